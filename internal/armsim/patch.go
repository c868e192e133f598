package armsim

import (
	"bytes"
	"net/http"
	"time"
)

// patch merges the scale settings of a cluster, and replaces its identity where one is given, as the SDK v1 does that;
// nothing else of a PATCH is honoured. It answers 202 with an operation
// (recorded 2022-05-01), although every API description says 200.
func (s *Server) patch(rq *request) answer {
	body, err := parseObject(rq.body)
	if err != nil {
		return armError(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid and could not be deserialized: '%v'.", err)
	}
	c := s.find(rq)
	switch {
	case c == nil:
		return s.notFound(rq)
	case !c.kind.isCluster():
		return s.userError(rq, "The compute '%s' of type '%s' cannot be updated.", c.name, c.props().str("computeType"))
	case c.busy(rq.now):
		return s.conflict(rq, c)
	}
	change := body.at("properties").at("properties").at("scaleSettings")
	live := c.inner().at("scaleSettings")
	merged := mergeScale(live, change, nil)
	if merged.num(0, "minNodeCount") < 0 || merged.num(0, "minNodeCount") > merged.num(0, "maxNodeCount") {
		return s.userError(rq, "The property 'minNodeCount' must lie between 0 and 'maxNodeCount'.")
	}
	_, identified := body.get("identity").(*object)
	if s.patchAnswer != PatchAlwaysHeader && !identified && same(mergeScale(live, change, idleDefault), live) {
		status := http.StatusAccepted
		if s.patchAnswer == PatchOK {
			status = http.StatusOK
		}
		return jsonAnswer(status, s.shown(rq, c))
	}
	return s.update(rq, c, body, merged)
}

func (s *Server) update(rq *request, c *compute, body, shown *object) answer {
	change := body.at("properties").at("properties").at("scaleSettings")
	c.props().set("provisioningState", "Updating")
	s.begin(rq, c, func(at time.Time) {
		if change != nil {
			c.inner().set("scaleSettings", mergeScale(c.inner().at("scaleSettings"), change, idleDefault))
		}
		if in := body.at("identity"); in != nil {
			c.identify(in)
		}
		c.succeed()
		c.resize(s, at)
	})
	echo := c.doc.clone()
	echo.at("properties").at("properties").set("scaleSettings", shown)
	return c.op.accepted(rq, jsonAnswer(http.StatusAccepted, echo))
}

// mergeScale keeps the node counts that a change leaves out, but not the idle time: the recorded echo shows it null then
// and the next GET PT2M, so whether the service would have kept another value is open, and this is the nastier way.
func mergeScale(live, change *object, idle any) *object {
	if change == nil {
		return live
	}
	return obj("maxNodeCount", change.or("maxNodeCount", live.get("maxNodeCount")),
		"minNodeCount", change.or("minNodeCount", live.get("minNodeCount")),
		"nodeIdleTimeBeforeScaleDown", change.or("nodeIdleTimeBeforeScaleDown", idle))
}

// same compares documents as they are written.
func same(a, b any) bool { return bytes.Equal(appendJSON(nil, a, 0), appendJSON(nil, b, 0)) }
