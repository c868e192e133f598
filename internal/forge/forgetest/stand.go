// Package forgetest stands in for the hosts of pull requests: it answers the
// requests that their documents define, keeps what is posted, and takes note of
// every request that the documents do not define.
package forgetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
)

// Fault is what happens to the next requests of a method and path.
type Fault struct {
	Method string            `json:"method"`
	Path   string            `json:"path"`  // end of the path
	Times  int               `json:"times"` // 0: once
	Status int               `json:"status"`
	Header map[string]string `json:"header"`
	Body   string            `json:"body"`
	Lost   bool              `json:"lost"` // the request takes effect and the answer never arrives
}

// Stand is what the stand-ins have in common.
type Stand struct {
	mu       sync.Mutex
	mux      *http.ServeMux
	check    func(*http.Request) error
	faults   []*Fault
	problems []string
	requests []string
}

func newStand(check func(*http.Request) error) *Stand {
	s := &Stand{mux: http.NewServeMux(), check: check}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, rq *http.Request) {
		s.wrong(w, "no document defines %s %s", rq.Method, rq.URL)
	})
	return s
}

// Fail lays a fault in wait.
func (s *Stand) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Times = max(f.Times, 1)
	s.faults = append(s.faults, &f)
}

// Problems are the requests that are not as the documents define them.
func (s *Stand) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.problems)
}

// Requests are all of them, as "METHOD path".
func (s *Stand) Requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Writes are the requests that change something.
func (s *Stand) Writes() []string {
	return slices.DeleteFunc(s.Requests(), func(rq string) bool { return strings.HasPrefix(rq, "GET ") })
}

// Between does something to the platform's state while no request is answered.
func (s *Stand) Between(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// ServeHTTP answers one request at a time.
func (s *Stand) ServeHTTP(w http.ResponseWriter, rq *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, rq.Method+" "+rq.URL.Path)
	if err := s.check(rq); err != nil {
		s.wrong(w, "%s %s: %v", rq.Method, rq.URL, err)
		return
	}
	f := s.fault(rq)
	switch {
	case f == nil:
		s.mux.ServeHTTP(w, rq)
	case f.Lost:
		s.mux.ServeHTTP(httptest.NewRecorder(), rq)
		panic(http.ErrAbortHandler)
	default:
		for k, v := range f.Header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(f.Status)
		_, _ = io.WriteString(w, f.Body) // who hangs up is not answered
	}
}

func (s *Stand) fault(rq *http.Request) *Fault {
	for i, f := range s.faults {
		if f.Method == rq.Method && strings.HasSuffix(rq.URL.Path, f.Path) {
			if f.Times--; f.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
			return f
		}
	}
	return nil
}

// wrong notes a request that no document defines.
func (s *Stand) wrong(w http.ResponseWriter, format string, args ...any) {
	s.problems = append(s.problems, fmt.Sprintf(format, args...))
	answer(w, http.StatusTeapot, map[string]string{"message": "see the stand-in's problems"})
}

// decode reads a body that may have these fields and no others.
func (s *Stand) decode(w http.ResponseWriter, rq *http.Request, into any) bool {
	d := json.NewDecoder(rq.Body)
	d.DisallowUnknownFields()
	if got := rq.Header.Get("Content-Type"); got != "application/json" {
		s.wrong(w, "%s %s: Content-Type %q", rq.Method, rq.URL, got)
		return false
	}
	if err := d.Decode(into); err != nil {
		s.wrong(w, "%s %s: body: %v", rq.Method, rq.URL, err)
		return false
	}
	return true
}

func answer(w http.ResponseWriter, status int, body any) {
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(body) // maps and texts always encode
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes())
}

// Transport brings requests to a handler without a network, such that simulated time goes on.
func Transport(h http.Handler) http.RoundTripper { return transport{h} }

type transport struct{ http.Handler }

func (t transport) RoundTrip(rq *http.Request) (resp *http.Response, err error) {
	defer func() {
		if r := recover(); r != nil {
			resp, err = nil, io.ErrUnexpectedEOF
		}
	}()
	if err := rq.Context().Err(); err != nil {
		return nil, err
	}
	in := rq.Clone(rq.Context())
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	t.ServeHTTP(w, in)
	resp = w.Result()
	resp.Request = rq
	return resp, nil
}
