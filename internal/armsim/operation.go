package armsim

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// operation is a long-running operation: it runs until end, then it has failed or succeeded.
type operation struct {
	guid     string
	kind     string // the request that began it, as in request.kind
	compute  *compute
	version  string // api-version of the request, and so of the status address
	header   string // of the answer that leads to it
	long     bool   // the status address carries a signature
	begun    time.Time
	end      time.Time
	failure  *object // the final status document of one that fails; nil = it succeeds
	deletion bool
	before   string // an instance's state when the operation began
}

// statusHeader is the header that every recorded operation began with.
const statusHeader = "Azure-AsyncOperation"

// path is that of its status, or of its result for a client that follows Location.
func (o *operation) path() string {
	ws, what := o.compute.ws, "computeOperationsStatus"
	if o.header != statusHeader {
		what = "computeOperationsResults"
	}
	return "/subscriptions/" + ws.subscription + "/providers/" + provider + "/locations/" + ws.location + "/" + what + "/" + o.guid
}

func (o *operation) status(now time.Time) string {
	switch {
	case now.Before(o.end):
		return "InProgress"
	case o.failure != nil:
		return "Failed"
	}
	return "Succeeded"
}

// begin starts an operation on c. done happens at its end, unless the operation fails.
func (s *Server) begin(rq *request, c *compute, done func(at time.Time)) *operation {
	op := &operation{
		guid: s.guid(), kind: rq.kind, compute: c, version: rq.version, header: statusHeader, long: s.longURLs,
		begun: rq.now, end: rq.now.Add(s.operationTime), deletion: rq.kind == "delete",
	}
	if c.kind.isInstance() {
		op.before = c.inner().str("state")
	}
	if f := rq.operation; f != nil {
		if f.NeverEnds {
			op.end = never
		}
		op.failure = f.document(s, rq)
	}
	s.operations[op.guid] = op
	c.op = op
	s.at(op.end, c, op, func(at time.Time) {
		if op.failure != nil {
			c.fail(op)
			return
		}
		done(at)
	})
	c.changed(rq.now)
	return op
}

// fail is what a failed operation leaves on its compute.
func (c *compute) fail(op *operation) {
	switch op.kind {
	case "start", "stop", "restart":
		c.powerFailed(op)
		return
	case "resize":
		c.inner().set("state", op.before)
		return
	}
	if op.kind == "delete" && c.kind.isInstance() {
		c.inner().set("state", op.before)
	}
	c.props().set("provisioningState", "Failed")
	c.props().set("provisioningErrors", []any{obj("error", op.failure.at("error").clone())})
	if c.kind.isInstance() && !c.good {
		c.inner().set("state", "CreateFailed")
	}
}

// succeed is what every finished PUT and PATCH leaves.
func (c *compute) succeed() {
	p := c.props()
	p.set("provisioningState", "Succeeded")
	p.set("provisioningErrors", nil)
	c.good = true
}

// accepted carries the one header that leads to an operation: no recorded answer has Location, Retry-After or ETag.
func (o *operation) accepted(rq *request, a answer) answer {
	a.header = map[string]string{o.header: rq.base + o.path() + "?" + o.query()}
	return a
}

// query is the query of the status address. Since about 2025 it carries a signature and a certificate, which make it some
// 4.5 KB long; ARM asks clients to take at least 4 KB and to use it byte for byte.
func (o *operation) query() string {
	q := "api-version=" + o.version + "&service=new"
	if !o.long {
		return q
	}
	ticks := strconv.FormatInt(o.begun.UnixNano()/100+621355968000000000, 10) // since year 1, in 100 ns
	return q + "&t=" + ticks + "&c=" + certificate + "&s=" + noise(o.guid+ticks, 342) + "&h=" + noise(o.guid, 43)
}

// certificate stands where the service puts its own: as long, and of the same alphabet.
var certificate = noise("certificate", 3900)

// noise is n characters of base64url that depend on seed.
func noise(seed string, n int) string {
	var b strings.Builder
	for sum := sha256.Sum256([]byte(seed)); b.Len() < n; sum = sha256.Sum256(sum[:]) {
		b.WriteString(base64.RawURLEncoding.EncodeToString(sum[:]))
	}
	return b.String()[:n]
}

// leadsTo says whether a request has the query of an operation's status address. Parameters that it does not have do not
// matter: Microsoft's JavaScript SDK repeats those of the request that began the operation, such as a DELETE's
// underlyingResourceAction, and works with the service.
func (s *Server) leadsTo(op *operation, rq *request) bool {
	if s.exactURLs {
		return rq.rawQuery == op.query()
	}
	want, err := url.ParseQuery(op.query())
	if err != nil {
		panic(err) // we wrote it ourselves
	}
	for key := range want {
		if rq.query.Get(key) != want.Get(key) {
			return false
		}
	}
	return true
}

func (s *Server) operationStatus(rq *request) answer {
	op, refused := s.operation(rq)
	if refused != nil {
		return *refused
	}
	switch status := op.status(rq.now); status {
	case "Failed":
		return jsonAnswer(http.StatusOK, op.failure)
	case "Succeeded":
		return jsonAnswer(http.StatusOK, obj("status", status, "percentComplete", json.Number("100.0")))
	default:
		return jsonAnswer(http.StatusOK, obj("status", status))
	}
}

// operationResult is what Location leads to: 202 while the operation runs, then what became of it ("Track asynchronous
// Azure operations").
func (s *Server) operationResult(rq *request) answer {
	op, refused := s.operation(rq)
	if refused != nil {
		return *refused
	}
	switch op.status(rq.now) {
	case "Failed":
		return jsonAnswer(http.StatusBadRequest, obj("error", op.failure.at("error")))
	case "Succeeded":
		return answer{status: http.StatusOK}
	}
	return op.accepted(rq, answer{status: http.StatusAccepted})
}

// operation is the one that a request asks for, or why it gets no answer.
func (s *Server) operation(rq *request) (*operation, *answer) {
	op := s.operations[rq.guid]
	var a answer
	switch {
	case op == nil || op.deletion && s.forgetDeletes && !rq.now.Before(op.end):
		a = armError(http.StatusNotFound, "NotFound", "The operation '%s' was not found.", rq.guid)
	case !s.leadsTo(op, rq):
		a = armError(http.StatusBadRequest, "InvalidOperationUrl", "The signature of the operation status address does not match its parameters.")
	default:
		return op, nil
	}
	return nil, &a
}
