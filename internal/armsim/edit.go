package armsim

import (
	"errors"
	"fmt"
)

// ErrNotFound says that there is no such compute, or no such operation under way.
var ErrNotFound = errors.New("not found")

// Patch merges a JSON merge patch (RFC 7396) into the document of a compute, behind its client's back: what GET shows is
// changed at once, in any field, without an operation. A compute that does not exist is made of the patch, of whatever
// computeType, with the envelope filled in and provisioningState Succeeded.
func (s *Server) Patch(ref Ref, patch []byte) error {
	change, err := parseObject(patch)
	if err != nil {
		return fmt.Errorf("patch %s: %w", ref, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rq := ref.request(s)
	c := s.find(rq)
	if c == nil {
		s.seedCompute(rq, change)
		return nil
	}
	c.doc.merge(change)
	if c.props() == nil {
		c.doc.set("properties", obj())
	}
	if c.kind != nil && c.kind.echo != nil && c.inner() == nil {
		c.props().set("properties", obj())
	}
	c.changed(rq.now)
	return nil
}

func (s *Server) seedCompute(rq *request, doc *object) {
	w := s.known(rq)
	if w == nil {
		w = s.newWorkspace(rq, doc.str("location"))
	}
	props := doc.at("properties")
	k := kindOf(props.str("computeType"))
	c := &compute{ws: w, name: rq.name, kind: k, born: stamp(rq.now), good: true}
	c.doc = obj("id", c.id(), "name", c.name, "type", provider+"/workspaces/computes", "location", w.location, "tags", obj(),
		"properties", obj("createdOn", c.born, "modifiedOn", stamp(rq.now), "disableLocalAuth", false, "description", nil,
			"resourceId", nil, "computeType", nil, "computeLocation", w.location, "provisioningState", "Succeeded",
			"provisioningErrors", nil, "provisioningWarnings", obj(), "isAttachedCompute", k != nil && k.attached(props), "properties", nil))
	s.add(c)
	if k != nil {
		c.fill(s, rq, doc)
	}
	c.doc.merge(doc)
	c.remember(rq.now)
}

// fill puts in what the compute would show had it been made by a PUT of doc.
func (c *compute) fill(s *Server, rq *request, doc *object) {
	c.props().set("resourceId", doc.get("properties", "resourceId"))
	if c.kind.echo != nil {
		c.props().set("properties", c.kind.echo(c, doc.at("properties")))
	}
	put := *rq
	put.version = "2025-12-01"
	c.kind.made(s, c, &put, doc, rq.now)
	s.hasten(c, nil, rq.now)
}

// Remove takes a compute away at once, as somebody in the portal might. No ghost stays.
func (s *Server) Remove(ref Ref) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rq := ref.request(s)
	c := s.find(rq)
	if c == nil {
		return fmt.Errorf("remove %s: %w", ref, ErrNotFound)
	}
	s.drop(c, rq.now)
	return nil
}

// SetNodes says what the nodes of a cluster do. They do so until the cluster is scaled or they are set again.
func (s *Server) SetNodes(ref Ref, n Nodes) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rq := ref.request(s)
	c := s.find(rq)
	if c == nil || !c.kind.isCluster() {
		return fmt.Errorf("set nodes of cluster %s: %w", ref, ErrNotFound)
	}
	c.setNodes(n)
	c.changed(rq.now)
	return nil
}

// Advance ends an operation now.
func (s *Server) Advance(guid string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.look()
	op := s.operations[fold(guid)]
	if op == nil || !now.Before(op.end) {
		return fmt.Errorf("advance operation %s: %w", guid, ErrNotFound)
	}
	s.end(op, now)
	return nil
}
