package plan

import (
	"encoding/json"
	"slices"

	"github.com/computesync/computesync/internal/spec"
)

// Base is the commit that a plan was compared with.
type Base struct {
	Revision string `json:"revision"`       // as it was asked for
	Commit   string `json:"commit"`         // what that is
	Head     string `json:"head,omitempty"` // what is checked out; the files may differ from it
}

// CompareWith marks every change of the plan as introduced by it, or as already
// there: a plan of the specs at the base, against the same actual computes,
// makes it too, for the same reason to hold it or for none. That is drift, or
// what was merged and is not yet applied.
func (p *Plan) CompareWith(at Base, base *Plan) {
	p.Base = &at
	there := map[string]bool{}
	for i := range base.Workspaces {
		ws := &base.Workspaces[i]
		for j := range ws.Changes {
			there[effect(ws, &ws.Changes[j])] = true
		}
	}
	for i := range p.Workspaces {
		ws := &p.Workspaces[i]
		for j := range ws.Changes {
			c := &ws.Changes[j]
			introduced := !there[effect(ws, c)]
			c.Introduced = &introduced
		}
	}
}

// effect is all that a change does, whatever file says so: two changes of one
// effect are the same one.
func effect(ws *Workspace, c *Change) string {
	type wanted struct {
		Kind      string
		Values    map[string]any
		Lifecycle spec.Lifecycle
	}
	e := struct {
		Workspace, Location, Name, Kind, Former string
		Action                                  Action
		Held                                    Code
		Fields                                  []Field
		Desired                                 *wanted
	}{ws.Target.Key(), ws.Location, spec.FoldName(c.Name), c.Kind, spec.FoldName(c.Former), c.Action, "", c.Fields, nil}
	if c.Held != nil {
		e.Held = c.Held.Code
	}
	if c.Desired != nil {
		e.Desired = &wanted{c.Desired.KindName(), c.Desired.Values, c.Desired.Lifecycle}
	}
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // plain data: cannot happen
	}
	return string(text)
}

// Split parts the workspace's changes into those that are introduced here and
// those that are already there, each in the plan's order. Without a comparison
// all are introduced.
func (w *Workspace) Split() (introduced, there []Change) {
	introduced = slices.Clone(w.Changes)
	introduced = slices.DeleteFunc(introduced, func(c Change) bool {
		if c.alreadyThere() {
			there = append(there, c)
			return true
		}
		return false
	})
	return introduced, there
}

func (c *Change) alreadyThere() bool { return c.Introduced != nil && !*c.Introduced }
