package armsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// backdoorPrefix begins the paths of what no client of the service can do, in JSON:
//
//	GET    /_sim/snapshot                         Snapshot
//	GET    /_sim/counters                         Counters
//	POST   /_sim/counters/reset                   ResetCounters
//	POST   /_sim/reset                            Reset
//	POST   /_sim/faults                           AddFault, of a Fault
//	DELETE /_sim/faults                           ClearFaults
//	PUT    /_sim/lag                              SetReadLag, of a ReadLag
//	PUT    /_sim/quotas/{name}                    SetQuota, of a Quota
//	PUT    /_sim/workspaces/{s}/{g}/{w}/computes/{c}        Patch, of a merge patch
//	DELETE /_sim/workspaces/{s}/{g}/{w}/computes/{c}        Remove
//	POST   /_sim/workspaces/{s}/{g}/{w}/computes/{c}/nodes  SetNodes, of Nodes
//	POST   /_sim/operations/{guid}/advance        Advance
//
// What answers nothing answers 204; an error is 400 or 404 with {"error": text}.
const backdoorPrefix = "/_sim/"

func (s *Server) newBackdoor() http.Handler {
	mux := http.NewServeMux()
	on := func(pattern string, do func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { serveBackdoor(w, r, do) })
	}
	on("GET /_sim/snapshot", func(*http.Request) (any, error) { return s.Snapshot(), nil })
	on("GET /_sim/counters", func(*http.Request) (any, error) { return s.Counters(), nil })
	on("POST /_sim/counters/reset", func(*http.Request) (any, error) { s.ResetCounters(); return nil, nil })
	on("POST /_sim/reset", func(*http.Request) (any, error) { s.Reset(); return nil, nil })
	on("POST /_sim/faults", func(r *http.Request) (any, error) { return nil, withBody(r, s.AddFault) })
	on("DELETE /_sim/faults", func(*http.Request) (any, error) { s.ClearFaults(); return nil, nil })
	on("PUT /_sim/lag", func(r *http.Request) (any, error) { return nil, withBody(r, s.SetReadLag) })
	on("PUT /_sim/quotas/{name}", func(r *http.Request) (any, error) {
		return nil, withBody(r, func(q Quota) error { s.SetQuota(r.PathValue("name"), q); return nil })
	})
	const compute = "/_sim/workspaces/{s}/{g}/{w}/computes/{c}"
	on("PUT "+compute, func(r *http.Request) (any, error) {
		return nil, withBody(r, func(patch json.RawMessage) error { return s.Patch(pathRef(r), patch) })
	})
	on("DELETE "+compute, func(r *http.Request) (any, error) { return nil, s.Remove(pathRef(r)) })
	on("POST "+compute+"/nodes", func(r *http.Request) (any, error) {
		return nil, withBody(r, func(n Nodes) error { return s.SetNodes(pathRef(r), n) })
	})
	on(backdoorPrefix, func(r *http.Request) (any, error) {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, ErrNotFound)
	})
	on("POST /_sim/operations/{guid}/advance", func(r *http.Request) (any, error) { return nil, s.Advance(r.PathValue("guid")) })
	return mux
}

func pathRef(r *http.Request) Ref {
	return Ref{r.PathValue("s"), r.PathValue("g"), r.PathValue("w"), r.PathValue("c")}
}

// withBody hands the JSON of a request to do; a key that do does not know is an error, for a fault with a misspelt key
// would be another fault.
func withBody[T any](r *http.Request, do func(T) error) error {
	var v T
	d := json.NewDecoder(io.LimitReader(r.Body, maxBody))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return fmt.Errorf("read body: %w", err)
	}
	return do(v)
}

func serveBackdoor(w http.ResponseWriter, r *http.Request, do func(*http.Request) (any, error)) {
	v, err := do(r)
	status := http.StatusOK
	switch {
	case errors.Is(err, ErrNotFound):
		status = http.StatusNotFound
	case err != nil:
		status = http.StatusBadRequest
	case v == nil:
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if err != nil {
		v = map[string]string{"error": strings.TrimSpace(err.Error())}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	_ = e.Encode(v) // an error means that the client is gone
}
