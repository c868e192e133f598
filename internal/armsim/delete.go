package armsim

import (
	"net/http"
	"time"
)

// remove deletes or detaches, as underlyingResourceAction says in any case; for attached computes it may be left out and
// means detach then (azure-service-operator's recordings of 2022 and 2025).
func (s *Server) remove(rq *request) answer {
	c := s.find(rq)
	if c == nil {
		return answer{status: http.StatusNoContent}
	}
	attached := c.attached()
	action := fold(rq.query.Get("underlyingResourceAction"))
	if action == "" && attached {
		action = "detach"
	}
	switch {
	case c.busy(rq.now):
		return s.conflict(rq, c)
	case action != "delete" && action != "detach":
		return s.userError(rq, "The query parameter 'underlyingResourceAction' must be 'Delete' or 'Detach'.")
	case action == "detach" && c.kind.isInstance():
		return s.userError(rq, "The compute instance '%s' cannot be detached.", c.name)
	}
	c.props().set("provisioningState", "Deleting")
	s.begin(rq, c, func(at time.Time) {
		switch {
		case action == "delete" && attached:
			s.destroyed = append(s.destroyed, underlying(c))
		case action == "detach" && c.kind.isCluster(): // azure-rest-api-specs#18889
			c.ws.ghosts[fold(c.name)] = c.inner().str("vmSize")
		case action == "detach" && !attached:
			s.orphaned = append(s.orphaned, underlying(c))
		}
		s.drop(c, at)
	})
	if c.kind.isInstance() {
		c.inner().set("state", "Deleting")
		c.changed(rq.now)
	}
	return c.op.accepted(rq, answer{status: http.StatusAccepted})
}

// underlying names what an attachment stands for.
func underlying(c *compute) string {
	if id := c.props().str("resourceId"); id != "" {
		return id
	}
	if address := c.inner().str("address"); address != "" {
		return address
	}
	return c.id()
}
