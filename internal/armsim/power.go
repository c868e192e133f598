package armsim

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// power is one of the three ways to move an instance.
type power struct {
	name    string   // as lastOperation calls it
	from    []string // states that it is possible in
	through string   // state while it runs
	to      string   // state afterwards
	code    string   // what the operation fails with elsewhere
}

var (
	running = []string{"Running", "JobRunning"}
	powers  = map[string]power{
		"start":   {"Start", []string{"Stopped"}, "Starting", "Running", "StartComputeInstanceOnlyAllowedInStoppedState"},
		"stop":    {"Stop", append([]string{"Stopped"}, running...), "Stopping", "Stopped", "UserError"},
		"restart": {"Restart", running, "Restarting", "Running", "UserError"},
	}
)

func (s *Server) start(rq *request, c *compute) answer   { return s.move(rq, c, powers["start"]) }
func (s *Server) stop(rq *request, c *compute) answer    { return s.move(rq, c, powers["stop"]) }
func (s *Server) restart(rq *request, c *compute) answer { return s.move(rq, c, powers["restart"]) }

// move is accepted in every state; in a wrong one it is the operation that fails (vscode-tools-for-ai#2096).
func (s *Server) move(rq *request, c *compute, p power) answer {
	if c.busy(rq.now) {
		return s.conflict(rq, c)
	}
	before := c.inner().str("state")
	op := s.begin(rq, c, func(at time.Time) {
		c.inner().set("state", p.to)
		c.lastOperation(p.name, "Succeeded", at)
	})
	if !slices.Contains(p.from, before) {
		op.failure = obj("status", "Failed", "error", obj("code", p.code, "message",
			p.name+" is only allowed when the instance "+c.name+" is in '"+strings.ToLower(p.from[0])+"' state."))
		return op.accepted(rq, answer{status: http.StatusAccepted})
	}
	c.inner().set("state", p.through)
	c.lastOperation(p.name, "InProgress", rq.now)
	c.changed(rq.now)
	return op.accepted(rq, answer{status: http.StatusAccepted})
}

// powerFailed leaves an instance where it was; it stays Succeeded, for that is about its creation.
func (c *compute) powerFailed(op *operation) {
	p := powers[op.kind]
	c.inner().set("state", op.before)
	c.lastOperation(p.name, p.name+"Failed", op.end)
}

func (c *compute) lastOperation(name, status string, at time.Time) {
	c.inner().set("lastOperation", obj("operationName", name, "operationTime", milliStamp(at), "operationStatus", status, "operationTrigger", "User"))
}
