package daemon

import (
	"cmp"
	"slices"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// stand says how each compute stands by a plan and, once it was carried out, by
// its result. What stands as before does so since then.
func stand(v *View, ws *plan.Workspace, result *apply.Result, before []Compute) []Compute {
	s := make(standing, len(v.Actual)+len(ws.Changes))
	for _, a := range v.Actual {
		s.put(a.Name, kindOf(a), ComputeUnmanaged, "")
	}
	for _, d := range v.Desired.Computes {
		if _, there := s[d.Key()]; there {
			s.put(d.Name, kindOf(d), ComputeInSync, "")
		}
	}
	for _, name := range ws.Orphaned {
		s.put(name, "", ComputeOrphaned, "")
	}
	for i := range ws.Changes {
		s.change(&ws.Changes[i], result != nil)
	}
	for name := range v.InFlight {
		if _, there := s[name]; there && result == nil {
			s.put("", "", ComputeChanging, "", name)
		}
	}
	if result != nil {
		s.result(result)
	}
	for i := range ws.Notices {
		s.notice(&ws.Notices[i])
	}
	return s.list(before)
}

func kindOf(c *spec.Compute) string {
	if c.Kind == nil {
		return ""
	}
	return c.Kind.Name
}

// standing is how computes stand, by folded name.
type standing map[string]Compute

// put notes a state; what is left empty stays as it was.
func (s standing) put(name, kind string, state ComputeState, code plan.Code, keys ...string) {
	key := spec.FoldName(name)
	if len(keys) > 0 {
		key = keys[0]
	}
	c := s[key]
	c.Name, c.Kind, c.State, c.Code = cmp.Or(name, c.Name), cmp.Or(kind, c.Kind), state, code
	s[key] = c
}

// change notes what a plan does about a compute, or has done.
func (s standing) change(c *plan.Change, done bool) {
	switch {
	case c.Held != nil:
		s.put(c.Name, c.Kind, ComputeHeld, c.Held.Code)
	case !done:
		s.put(c.Name, c.Kind, ComputeChanging, "")
	case c.Desired == nil:
		delete(s, spec.FoldName(c.Name))
	default:
		s.put(c.Name, c.Kind, ComputeInSync, "")
		if c.Former != "" {
			delete(s, spec.FoldName(c.Former))
		}
	}
}

// notice notes what people should know about a compute.
func (s standing) notice(n *plan.Notice) {
	if c, there := s[spec.FoldName(n.Name)]; there {
		c.Notices = append(c.Notices, n.Code)
		s[spec.FoldName(n.Name)] = c
	}
}

// result notes what did not go as planned.
func (s standing) result(r *apply.Result) {
	for _, names := range [][]string{r.Stale, r.Waiting} {
		for _, name := range names {
			s.put(name, "", ComputeChanging, "")
		}
	}
	for i := range r.Held {
		s.put(r.Held[i].Name, "", ComputeHeld, r.Held[i].Held.Code)
	}
	for i := range r.Failed {
		s.put(r.Failed[i].Name, "", ComputeFailed, "")
	}
}

// list orders the computes by name.
func (s standing) list(before []Compute) []Compute {
	was := make(map[string]Compute, len(before))
	for i := range before {
		was[spec.FoldName(before[i].Name)] = before[i]
	}
	now := clock.Now()
	all := make([]Compute, 0, len(s))
	for key, c := range s {
		c.Since = now
		if b, known := was[key]; known && b.State == c.State && b.Code == c.Code {
			c.Since = b.Since
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Compute) int { return cmp.Compare(spec.FoldName(a.Name), spec.FoldName(b.Name)) })
	return all
}

// held are the changes that a plan holds, and those that were held when their
// step was about to be sent. Of what was held before it is known since when, and
// the journal knows it of what is busy.
func held(ws *plan.Workspace, result *apply.Result, before []Held) []Held {
	var all []Held
	now := clock.Now()
	add := func(name, kind string, action plan.Action, h *plan.Held) {
		one := Held{Name: name, Kind: kind, Action: action, Code: h.Code, Text: h.Text, Since: now, Until: h.Until, Overdue: h.Overdue}
		for i := range before {
			if b := &before[i]; b.Name == name && b.Action == action && b.Code == h.Code {
				one.Since = b.Since
			}
		}
		if !h.Since.IsZero() { // which outlasts this process
			one.Since = h.Since
		}
		all = append(all, one)
	}
	kinds := map[string]string{}
	for i := range ws.Changes {
		c := &ws.Changes[i]
		kinds[c.Name] = c.Kind
		if c.Held != nil {
			add(c.Name, c.Kind, c.Action, c.Held)
		}
	}
	if result != nil {
		for i := range result.Held {
			h := &result.Held[i]
			add(h.Name, kinds[h.Name], h.Action, &h.Held)
		}
	}
	return all
}

// notices are those of a plan; of what was noticed before it is known since when.
func notices(ws *plan.Workspace, before []Notice) []Notice {
	var all []Notice
	for _, n := range ws.Notices {
		one := Notice{n, clock.Now()}
		for i := range before {
			if b := &before[i]; b.Name == n.Name && b.Code == n.Code {
				one.Since = b.Since
			}
		}
		all = append(all, one)
	}
	return all
}
