package armsim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is something that goes wrong with the requests that match it. The zero Fault goes wrong with nothing.
type Fault struct {
	Match Match `json:"match"`
	Times int   `json:"times,omitempty"` // how many requests it meets; 0 = all
	Skip  int   `json:"skip,omitempty"`  // how many matching requests it lets pass before

	Delay Duration `json:"delay,omitempty"` // before anything else
	After bool     `json:"after,omitempty"` // the request takes effect, and only its answer is spoilt

	Status         int      `json:"status,omitempty"` // answer this instead
	Code           string   `json:"code,omitempty"`   // its error code
	Message        string   `json:"message,omitempty"`
	Ack            Ack      `json:"ack,omitempty"`            // answer this instead of an error; Status 0 = 200
	RetryAfter     Duration `json:"retryAfter,omitempty"`     // a header on whatever the answer is
	RetryAfterDate bool     `json:"retryAfterDate,omitempty"` // written as an HTTP date instead of seconds
	Drop           bool     `json:"drop,omitempty"`           // close the connection instead of answering
	Truncate       bool     `json:"truncate,omitempty"`       // close it in the middle of the answer

	Operation *OperationFault `json:"operation,omitempty"` // what becomes of the operation that the request begins
	Stranger  *Stranger       `json:"stranger,omitempty"`  // who is faster than the request
}

// Match chooses requests; what is empty matches all.
type Match struct {
	Method string `json:"method,omitempty"` // GET, PUT, ...
	Kind   string `json:"kind,omitempty"`   // as Counters.Kinds: list, get, put, patch, delete, start, stop, restart, resize, post, name, status, other
	Name   string `json:"name,omitempty"`   // of the compute, in any case
	Path   string `json:"path,omitempty"`   // a regular expression that the path and query contain
}

// OperationFault is how an operation ends otherwise than well.
type OperationFault struct {
	NeverEnds bool   `json:"neverEnds,omitempty"` // it runs until somebody advances it
	Shape     string `json:"shape,omitempty"`     // of the error: "a" ARM's, "b" the provider's, "c" bare with a statusCode; "" = it does not fail
	Code      string `json:"code,omitempty"`
	Message   string `json:"message,omitempty"`
}

// Duration is a time.Duration that reads from JSON as a Go duration ("1.5s") or a number of seconds.
type Duration time.Duration

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(data []byte) error {
	text := string(data)
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		*d = Duration(n * float64(time.Second))
		return nil
	}
	parsed, err := time.ParseDuration(strings.Trim(text, `"`))
	if err != nil {
		return fmt.Errorf("parse duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(time.Duration(d).String()) }

// AddFault lays a fault in wait. Of several that match a request, the one laid first meets it.
func (s *Server) AddFault(f Fault) error {
	path, err := regexp.Compile(f.Match.Path)
	if err != nil {
		return fmt.Errorf("add fault: %w", err)
	}
	if o := f.Operation; o != nil && !slices.Contains([]string{"", "a", "b", "c"}, o.Shape) {
		return fmt.Errorf("add fault: operation shape %q is none of a, b, c", o.Shape)
	}
	if !slices.Contains([]Ack{"", AckEmpty, AckHTML}, f.Ack) {
		return fmt.Errorf("add fault: ack %q is neither empty nor html", f.Ack)
	}
	if err := f.Stranger.check(); err != nil {
		return fmt.Errorf("add fault: %w", err)
	}
	if f.Ack != "" && f.Status == 0 {
		f.Status = http.StatusOK
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &trap{f, path})
	return nil
}

// ClearFaults takes all faults away.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// trap is a fault that lies in wait.
type trap struct {
	Fault
	path *regexp.Regexp
}

func (f *trap) matches(rq *request) bool {
	m := f.Match
	return (m.Method == "" || strings.EqualFold(m.Method, rq.method)) &&
		(m.Kind == "" || strings.EqualFold(m.Kind, rq.kind)) &&
		(m.Name == "" || strings.EqualFold(m.Name, rq.name)) &&
		f.path.MatchString(rq.path+"?"+rq.rawQuery)
}

// nextFault is the fault that a request meets, the zero Fault if it meets none.
func (s *Server) nextFault(rq *request) Fault {
	for i, f := range s.faults {
		if !f.matches(rq) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times == 1 {
			s.faults = slices.Delete(s.faults, i, i+1)
		}
		f.Times = max(0, f.Times-1)
		return f.Fault
	}
	if s.faultRate > 0 && s.rng.Float64() < s.faultRate {
		return randomFaults[s.rng.IntN(len(randomFaults))]
	}
	if s.ackRate > 0 && rq.method != http.MethodGet && s.rng.Float64() < s.ackRate {
		return acks[s.rng.IntN(len(acks))]
	}
	return Fault{}
}

// randomFaults are what WithFaultRate chooses from: what a client of a healthy service meets now and then.
var randomFaults = []Fault{
	{Status: http.StatusInternalServerError, Code: "InternalServerError"},
	{Status: http.StatusServiceUnavailable, Code: "ServerBusy", RetryAfter: Duration(time.Second)},
	{Status: http.StatusTooManyRequests, Code: "TooManyRequests", RetryAfter: Duration(time.Second)},
	{Drop: true},
	{Drop: true, After: true},
	{Truncate: true, After: true},
	{Status: http.StatusGatewayTimeout, Code: "GatewayTimeout", After: true},
}

// reaches says whether the request takes effect.
func (f *Fault) reaches() bool { return f.After || f.Truncate || f.Status == 0 && !f.Drop }

// spoil makes of an answer what the client gets.
func (f *Fault) spoil(a answer, now time.Time) answer {
	if f.Drop {
		panic(http.ErrAbortHandler)
	}
	switch {
	case f.Ack != "":
		a = f.Ack.answer(f.Status)
	case f.Status != 0:
		a = armError(f.Status, cmp.Or(f.Code, strings.ReplaceAll(http.StatusText(f.Status), " ", "")),
			"%s", cmp.Or(f.Message, "Injected fault."))
	}
	if f.RetryAfter > 0 || f.RetryAfterDate {
		header := map[string]string{"Retry-After": strconv.Itoa(int(time.Duration(f.RetryAfter).Seconds()))}
		if f.RetryAfterDate {
			header["Retry-After"] = now.Add(time.Duration(f.RetryAfter)).UTC().Format(http.TimeFormat)
		}
		for key, value := range a.header {
			header[key] = value
		}
		a.header = header
	}
	return a
}

// document is the final status document of the operation, nil if it does not fail.
func (f *OperationFault) document(s *Server, rq *request) *object {
	switch f.Shape {
	case "a":
		return obj("status", "Failed", "error", obj("code", f.Code, "message", f.Message, "target", nil, "details", []any{},
			"additionalInfo", []any{obj("type", "ComponentName", "info", obj("value", "machinelearningcompute"))}))
	case "b":
		doc := obj("status", "Failed")
		long, err := parseObject(s.computeError(rq, 0, f.Code, "%s", f.Message).body)
		if err != nil {
			panic(err) // we wrote it ourselves
		}
		doc.members = append(doc.members, long.members...)
		return doc
	case "c":
		return obj("status", "Failed", "error", obj("code", f.Code, "statusCode", http.StatusBadRequest, "message", f.Message,
			"details", []any{obj("code", f.Code, "message", f.Message)}))
	}
	return nil
}
