package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// Limit takes from a plan that was made again, of the same workspaces, what this
// one, which was read from a file, does and holds: nothing of the file's is left
// in it but that something is held. What differs between the two is listed, a
// line for each difference; then the result is of no use. exact wants both to do
// the same to every compute. Otherwise what only the plan made again does is
// left out, since a compute that this plan does not touch may have changed.
func (p *Plan) Limit(again *Plan, exact bool) (limited *Plan, differ []string) {
	limited = &Plan{Format: Format, Commit: p.Commit, Hash: p.Hash, Workspaces: slices.Clone(again.Workspaces)}
	for i := range p.Workspaces {
		ws, now := &p.Workspaces[i], &limited.Workspaces[i]
		add := func(format string, args ...any) {
			differ = append(differ, "workspace "+ws.Target.Name+": "+fmt.Sprintf(format, args...))
		}
		if exact {
			ws.compareSettings(now, add)
			for j := range now.Changes {
				if c := &now.Changes[j]; ws.change(c) == nil {
					add("%s: %s is planned now, and the file does not have it", c.Name, c.Action)
				}
			}
		}
		now.Changes = ws.limit(now, exact, add)
	}
	limited.Summary = summarize(limited.Workspaces)
	return limited, differ
}

// limit is what remains of the changes that were planned again.
func (w *Workspace) limit(again *Workspace, exact bool, add func(string, ...any)) []Change {
	kept := []Change{}
	for i := range w.Changes {
		c := &w.Changes[i]
		now := again.change(c)
		switch {
		case now == nil && c.Held != nil && !exact:
			continue // it is not held any more, for there is nothing to do
		case now == nil:
			add("%s: the file says %s, and nothing like that is planned now", c.Name, c.Action)
			continue
		case c.Held == nil && now.Held != nil:
			add("%s: the file says %s, and that is held now (%s): %s", c.Name, c.Action, now.Held.Code, now.Held.Text)
			continue
		case c.Held == nil || exact:
			c.compare(w, now, again, add)
		}
		one := *now
		if c.Held != nil && one.Held == nil {
			one.Held, one.Steps = c.Held, []Step{}
		}
		kept = append(kept, one)
	}
	return kept
}

// change finds the change of the same ID; nil where there is none.
func (w *Workspace) change(like *Change) *Change {
	i := slices.IndexFunc(w.Changes, func(c Change) bool { return c.ID() == like.ID() })
	if i < 0 {
		return nil
	}
	return &w.Changes[i]
}

// compare lists what a change does or shows otherwise than the one that was
// planned again.
func (c *Change) compare(in *Workspace, again *Change, inAgain *Workspace, add func(string, ...any)) {
	for _, part := range []struct {
		what       string
		file, then any
		unheld     bool // what is held has none
	}{
		{"kind", c.Kind, again.Kind, false},
		{"former name", c.Former, again.Former, false},
		{"place in the specs", in.place(c), inAgain.place(again), false},
		{"created_on and fingerprint", c.CreatedOn + " " + c.Fingerprint, again.CreatedOn + " " + again.Fingerprint, false},
		{"fields", c.Fields, again.Fields, false},
		{"body", body(c.Desired), body(again.Desired), false},
		{"way back", body(c.Previous), body(again.Previous), false},
		{"force", c.Force, again.Force, true},
		{"notes", c.Notes, again.Notes, true},
		{"steps", c.Steps, again.Steps, true},
	} {
		if (c.Held == nil || !part.unheld) && text(part.file) != text(part.then) {
			add("%s: the file has another %s than is planned now: %s, not %s",
				c.Name, part.what, excerpt(part.file), excerpt(part.then))
		}
	}
}

// compareSettings lists what the specs say otherwise of the whole workspace.
func (w *Workspace) compareSettings(again *Workspace, add func(string, ...any)) {
	if w.Location != again.Location || w.Owner != again.Owner || text(w.Settings) != text(again.Settings) {
		add("the file has other settings than workspace.yaml")
	}
	bodies := func(list []*spec.Compute) (out []*spec.Compute) {
		for _, c := range list {
			out = append(out, body(c))
		}
		return out
	}
	if text(bodies(w.Declared)) != text(bodies(again.Declared)) {
		add("the file declares other computes than the specs")
	}
}

// place is where a change is declared, counted from the workspace's folder: the
// specs may lie elsewhere by now.
func (w *Workspace) place(c *Change) string {
	return fmt.Sprintf("%s:%d", strings.TrimPrefix(c.File, w.Path), c.Line)
}

// body is a compute without its place.
func body(c *spec.Compute) *spec.Compute {
	if c == nil {
		return nil
	}
	bare := *c
	bare.File, bare.Line = "", 0
	return &bare
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data: cannot happen
	}
	return string(data)
}

// excerpt is a value for the text of an error.
func excerpt(v any) string {
	const most = 200
	s := text(v)
	if s == "null" {
		return "none"
	}
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
