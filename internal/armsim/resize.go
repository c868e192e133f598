package armsim

import (
	"net/http"
	"strings"
	"time"
)

// resizeInstance gives an instance another VM size: a POST of {"targetVMSize": ...} that answers 202 (preview API
// descriptions). While it runs the state is Resizing, which they list; afterwards it is what it was.
func (s *Server) resizeInstance(rq *request, c *compute) answer {
	body, err := parseObject(rq.body)
	if err != nil {
		return s.userError(rq, "The request content is invalid: %v", err)
	}
	wanted := body.str("targetVMSize")
	z := sizeNamed(wanted)
	if z == nil || !z.serves(c.kind.computeType) {
		r := unsupported(wanted)
		return s.computeError(rq, http.StatusBadRequest, r.code, "%s", r.text)
	}
	if r := s.room(c.ws, c, z, false, 1); r != nil {
		return s.computeError(rq, http.StatusBadRequest, r.code, "%s", r.text)
	}
	op := s.begin(rq, c, func(time.Time) {
		c.inner().set("vmSize", strings.ToUpper(z.name))
		c.inner().set("state", c.op.before)
	})
	op.header = s.answerTo(resizeHeader)
	if op.before != "Stopped" && s.assumes(resizeWhen, "stopped") {
		op.failure = obj("status", "Failed", "error", obj("code", "UserError", "message",
			"Resize is only allowed when the instance "+c.name+" is in 'stopped' state."))
		return op.accepted(rq, answer{status: http.StatusAccepted})
	}
	c.inner().set("state", "Resizing")
	c.changed(rq.now)
	return op.accepted(rq, answer{status: http.StatusAccepted})
}

// allowedSizes lists the VM sizes that an instance can be resized to: those for instances, but for its own.
func (s *Server) allowedSizes(_ *request, c *compute) answer {
	list := []any{}
	for _, z := range sizes() {
		if z.serves(c.kind.computeType) && !strings.EqualFold(z.name, c.inner().str("vmSize")) {
			list = append(list, z.document())
		}
	}
	return jsonAnswer(http.StatusOK, obj("value", list))
}
