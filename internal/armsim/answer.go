package armsim

import (
	"fmt"
	"net/http"
	"strconv"
)

// answer is what a request comes to, before faults mangle it and it is written.
type answer struct {
	status int
	header map[string]string
	body   []byte

	truncate bool // the connection is closed after half of it
	gateway  bool // it is not Resource Manager's
}

func jsonAnswer(status int, v any) answer {
	return answer{status: status, body: appendJSON(nil, v, 0)}
}

// armError is an error of Azure Resource Manager itself, which answers before the provider sees the request.
func armError(status int, code, format string, args ...any) answer {
	return jsonAnswer(status, obj("error", obj("code", code, "message", fmt.Sprintf(format, args...))))
}

// computeError is an error of the machine learning provider, in the long form that it was recorded with (2022 to 2025).
func (s *Server) computeError(rq *request, status int, code, format string, args ...any) answer {
	id := s.guid()
	return jsonAnswer(status, obj(
		"error", obj("code", code, "severity", nil, "message", fmt.Sprintf(format, args...),
			"messageFormat", nil, "messageParameters", nil, "referenceCode", nil, "detailsUri", nil, "target", nil,
			"details", []any{}, "innerError", nil, "debugInfo", nil, "additionalInfo", nil),
		"correlation", obj("operation", id, "request", id[:16]),
		"environment", s.region(rq), "location", s.region(rq), "time", stamp(rq.now),
		"componentName", "machinelearningcompute"))
}

// userError is the code that the provider gives to nearly every refusal.
func (s *Server) userError(rq *request, format string, args ...any) answer {
	return s.computeError(rq, http.StatusBadRequest, "UserError", format, args...)
}

func (s *Server) noRoute(rq *request) answer {
	if rq.workspace == "" && rq.location == "" {
		return armError(http.StatusNotFound, "InvalidResourceType", "The resource type could not be found in the namespace '%s'.", provider)
	}
	return armError(http.StatusMethodNotAllowed, "HttpMethodNotSupported", "The HTTP method '%s' is not supported at '%s'.", rq.method, rq.path)
}

// write sends the answer.
func (s *Server) write(w http.ResponseWriter, r *http.Request, a answer, id string, remaining budget) {
	h := w.Header()
	if !a.gateway {
		s.head(h, r, a, id, remaining)
	}
	for key, value := range a.header {
		h.Set(key, value)
	}
	if a.status != http.StatusNoContent {
		h.Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	if a.truncate {
		_, _ = w.Write(a.body[:len(a.body)/2])
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(a.body) // an error means that the client is gone, and nobody is left to tell
}

// head sets the headers that every recorded answer carries.
func (s *Server) head(h http.Header, r *http.Request, a answer, id string, remaining budget) {
	h.Set("Date", s.clock().UTC().Format(http.TimeFormat)) // by the clock that createdOn comes from
	h.Set("Cache-Control", "no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	h.Set("x-ms-request-id", id)
	h.Set("x-ms-correlation-request-id", id)
	h.Set("x-ms-routing-request-id", "WESTEUROPE:"+s.clock().UTC().Format("20060102T150405Z")+":"+id)
	h.Set("x-ms-response-type", "standard")
	if a.status >= 400 {
		h.Set("x-ms-response-type", "error")
	}
	if remaining.class != "" {
		h.Set("x-ms-ratelimit-remaining-subscription-"+remaining.class, strconv.Itoa(remaining.left))
		h.Set("x-ms-ratelimit-remaining-subscription-global-"+remaining.class, strconv.Itoa(remaining.global))
	}
	if client := r.Header.Get("x-ms-client-request-id"); client != "" {
		h.Set("x-ms-client-request-id", client)
	}
	if len(a.body) > 0 {
		h.Set("Content-Type", "application/json; charset=utf-8")
	}
}
