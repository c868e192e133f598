package armsim

import (
	"cmp"
	"slices"
	"time"
)

// revision is what a compute shows from a time on.
type revision struct {
	at time.Time
	c  *compute // as it was, which changes no more; nil = it was gone
}

// remember keeps what c shows from at on, if reads may be old, and forgets what no read can see any more.
func (c *compute) remember(at time.Time) {
	longest := c.ws.past.longest
	if longest == 0 {
		return
	}
	v := revision{at: at}
	if !c.gone {
		v.c = &compute{ws: c.ws, name: c.name, seq: c.seq, kind: c.kind, doc: c.doc.clone()}
	}
	if last := len(c.revisions) - 1; last >= 0 && c.revisions[last].at.Equal(at) {
		c.revisions = c.revisions[:last]
	}
	c.revisions = append(c.revisions, v)
	unseen := 0
	for unseen+1 < len(c.revisions) && !c.revisions[unseen+1].at.After(at.Add(-longest)) {
		unseen++
	}
	c.revisions = slices.Delete(c.revisions, 0, unseen)
}

// bury remembers that c is gone from at on, and forgets those that have been gone for too long to be seen.
func (w *workspace) bury(c *compute, at time.Time) {
	if w.past.longest == 0 {
		return
	}
	c.remember(at)
	w.deleted = append(w.deleted, c)
	seen := slices.IndexFunc(w.deleted, func(c *compute) bool {
		return c.revisions[len(c.revisions)-1].at.After(at.Add(-w.past.longest))
	})
	w.deleted = slices.Delete(w.deleted, 0, seen)
}

// asOf is c as it was at t, nil if it was not there.
func (c *compute) asOf(t time.Time) *compute {
	for _, v := range slices.Backward(c.revisions) {
		if !v.at.After(t) {
			return v.c
		}
	}
	return nil
}

// findAsOf is the compute of a request as it was at t, nil if there was none.
func (s *Server) findAsOf(rq *request, t time.Time) *compute {
	w := s.known(rq)
	if w == nil {
		return nil
	}
	for _, c := range w.deleted {
		if was := c.asOf(t); was != nil && fold(c.name) == fold(rq.name) {
			return was
		}
	}
	if c := w.find(rq.name); c != nil {
		return c.asOf(t)
	}
	return nil
}

// computesAsOf are the computes that were there at t, by seq.
func (w *workspace) computesAsOf(t time.Time) []*compute {
	were := make([]*compute, 0, len(w.computes))
	for _, c := range slices.Concat(w.deleted, w.computes) {
		if was := c.asOf(t); was != nil {
			were = append(were, was)
		}
	}
	slices.SortFunc(were, func(a, b *compute) int { return cmp.Compare(a.seq, b.seq) })
	return were
}
