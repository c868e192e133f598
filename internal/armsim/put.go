package armsim

import (
	"net/http"
	"time"
)

// put creates a compute, or replaces one: always 201 with an operation, for both (recorded 2022 to 2025).
func (s *Server) put(rq *request) answer {
	body, err := parseObject(rq.body)
	if err != nil {
		return armError(http.StatusBadRequest, "InvalidRequestContent", "The request content was invalid and could not be deserialized: '%v'.", err)
	}
	props := body.at("properties")
	k := kindOf(props.str("computeType"))
	if k == nil {
		return s.userError(rq, "The compute type '%s' is not supported.", props.str("computeType"))
	}
	if k.isInstance() {
		s.strip(rq, props.at("properties"))
	}
	c := s.find(rq)
	if c == nil {
		return s.create(rq, k, body)
	}
	if rq.onlyNew && s.ifNoneMatch {
		return s.computeError(rq, http.StatusPreconditionFailed, "PreconditionFailed",
			"The compute '%s' already exists.", c.name)
	}
	if refused := s.refuseReplace(rq, c, k, body); refused != nil {
		return *refused
	}
	return s.replace(rq, c, body)
}

func (s *Server) create(rq *request, k *kind, body *object) answer {
	w := s.known(rq)
	if w == nil {
		w = s.newWorkspace(rq, body.str("location"))
	}
	if !validName(k, rq.name) {
		return s.userError(rq, "%s", invalidName)
	}
	if r := k.check(s, rq, w, body.at("properties")); r != nil {
		return s.computeError(rq, http.StatusBadRequest, r.code, "%s", r.text)
	}
	c := &compute{ws: w, name: rq.name, kind: k, born: stamp(rq.now)}
	c.doc = envelope(c, body, rq.now)
	if c.attached() {
		c.complete(body)
	}
	s.add(c)
	s.begin(rq, c, func(at time.Time) {
		c.complete(body)
		if !c.attached() && c.doc.get("tags") == nil {
			c.doc.set("tags", obj())
		}
		k.made(s, c, rq, body, at)
		c.succeed()
	})
	s.limitClusters(c.op)
	s.pass(c, rq.now, k.stages)
	return c.op.accepted(rq, jsonAnswer(http.StatusCreated, s.shown(rq, c)))
}

// complete puts in what is missing in the answer to the first PUT of anything but an attachment.
func (c *compute) complete(body *object) {
	c.props().setAfter("computeType", "computeLocation", body.at("properties").or("computeLocation", c.ws.location))
	c.props().set("provisioningWarnings", obj())
}

// pass lets state go through stages, each as long as the others, while c.op runs.
func (s *Server) pass(c *compute, now time.Time, stages []string) {
	for i, stage := range stages {
		at := now.Add(c.op.end.Sub(now) / time.Duration(len(stages)) * time.Duration(i))
		s.at(at, c, c.op, func(at time.Time) {
			if at.Before(c.op.end) {
				c.inner().set("state", stage)
			}
		})
	}
}

// envelope is the answer to a PUT: what the request said, completed by little and without its secrets.
func envelope(c *compute, body *object, now time.Time) *object {
	props := body.at("properties")
	doc := obj("id", c.id(), "name", c.name, "type", provider+"/workspaces/computes",
		"location", body.or("location", c.ws.location), "tags", body.get("tags"))
	if id := identity(c, body.at("identity")); id != nil {
		doc.set("identity", id)
	}
	var inner any
	if c.kind.echo != nil {
		inner = c.kind.echo(c, props)
	}
	doc.set("properties", obj(
		"createdOn", stamp(now), "modifiedOn", stamp(now), "disableLocalAuth", props.or("disableLocalAuth", false),
		"description", props.get("description"), "resourceId", props.get("resourceId"), "computeType", c.kind.computeType,
		"provisioningState", "Creating", "provisioningErrors", nil, "provisioningWarnings", nil,
		"isAttachedCompute", c.kind.attached(props), "properties", inner))
	return doc
}

// refuseReplace says why a PUT on an existing compute is refused, nil if it is not.
func (s *Server) refuseReplace(rq *request, c *compute, k *kind, body *object) *answer {
	refused := func(a answer) *answer { return &a }
	switch {
	case c.busy(rq.now):
		return refused(s.conflict(rq, c))
	case c.kind != k:
		return refused(s.userError(rq, "The compute '%s' exists with compute type '%s'.", c.name, c.props().str("computeType")))
	case !c.good: // a failed creation blocks its name (machinelearning-modelbuilder#540)
		return refused(s.userError(rq, "The compute '%s' exists in state 'Failed'; delete it before it is created again.", c.name))
	}
	if c.attached() && s.assumes(reattach, "400") {
		return refused(s.userError(rq, "The compute '%s' is attached already; detach it before it is attached again.", c.name))
	}
	if r := k.check(s, rq, c.ws, body.at("properties")); r != nil {
		return refused(s.computeError(rq, http.StatusBadRequest, r.code, "%s", r.text))
	}
	if key := c.fixedChange(body); key != "" && s.ignoredPUT == PUTRefused {
		return refused(s.userError(rq, "The property '%s' of compute '%s' cannot be changed after creation.", key, c.name))
	}
	return nil
}

// replace echoes everything and changes what the kind says can change. What PUT does not carry is gone afterwards: tags
// and identity are replaced, not merged.
func (s *Server) replace(rq *request, c *compute, body *object) answer {
	echo := envelope(c, body, rq.now)
	p := echo.at("properties")
	p.set("createdOn", c.props().get("createdOn"))
	p.set("isAttachedCompute", c.attached())
	if echo.get("tags") == nil && !c.attached() {
		echo.set("tags", obj())
	}
	if c.kind.updateID != nil {
		p.set("resourceId", c.kind.updateID(c))
	}
	before := c.props().get("provisioningState")
	c.props().set("provisioningState", "Creating")
	s.begin(rq, c, func(at time.Time) {
		switch {
		case c.broken: // and stays so
			c.props().set("provisioningState", "Failed")
		case c.kind.apply == nil:
			c.props().set("provisioningState", before)
		default:
			c.kind.apply(s, c, body, at)
			c.succeed()
		}
	})
	return c.op.accepted(rq, jsonAnswer(http.StatusCreated, echo))
}

// conflict refuses a second operation on a compute; SDK v1 waits on this text.
func (s *Server) conflict(rq *request, c *compute) answer {
	return s.computeError(rq, http.StatusConflict, "Conflict",
		"There is already an active operation submitted for compute '%s'. Please wait for it to finish.", c.name)
}
