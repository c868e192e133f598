package plan

import (
	"fmt"
	"time"

	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/window"
)

// holdBy holds the change, where there is something that does.
func (d *draft) holdBy(h *Held) {
	if d.Held == nil {
		d.Held = h
	}
}

// is reports whether a word of spec.ActionWords is about the action.
func (a Action) is(word string) bool {
	return word == string(a) || word == spec.Destructive && a.Destroys()
}

// names are those of the computes that the change is about.
func (c *Change) names() []string {
	if c.Former != "" {
		return []string{c.Name, c.Former}
	}
	return []string{c.Name}
}

// suspended is why a change is not made for now, nil where nobody suspended
// it. Of several reasons it is the one that lasts longest.
func (b *builder) suspended(c *Change) *Held {
	var longest *spec.Suspension
	var text string
	consider := func(s *spec.Suspension, where string) {
		if !s.Active(b.in.Now) || longest != nil && (longest.Until.IsZero() || !s.Until.IsZero() && !s.Until.After(longest.Until)) {
			return
		}
		longest, text = s, "suspended"+where+suspendedBy(s)
	}
	consider(b.settings.Suspend, " in git")
	for _, name := range c.names() {
		for i := range b.in.Suspended {
			if b.in.Suspended[i].Covers(name) {
				consider(&b.in.Suspended[i], "")
			}
		}
		if d := b.stated(spec.FoldName(name)); d != nil {
			consider(d.Lifecycle.Suspend, " in git")
		}
	}
	if longest == nil {
		return nil
	}
	return &Held{Code: Suspended, Text: text, Until: longest.Until}
}

// suspendedBy says by whom, until when and why.
func suspendedBy(s *spec.Suspension) string {
	text := ""
	if s.By != "" {
		text += " by " + s.By
	}
	if !s.Until.IsZero() {
		text += " until " + s.Until.UTC().Format(time.RFC3339)
	}
	return text + ": " + s.Reason
}

// stated is what this commit declares of a name, though it may have expired.
func (b *builder) stated(key string) *spec.Compute {
	if d := b.declared[key]; d != nil {
		return d
	}
	return b.expired[key]
}

// unapproved is why a change waits until a person approves the plan, nil where
// no rule says so. A commit that weakens the rule cannot use that itself.
func (b *builder) unapproved(c *Change, planHash string) *Held {
	how := "--approve"
	if b.in.Approve != "" {
		how = b.in.Approve
	}
	why := fmt.Sprintf("%s waits until somebody approves this plan", c.Action)
	switch p := b.in.Previous; {
	case b.in.Rules.Approval.Needs(c.Action.is, c.names()...), b.settings.Approval.Needs(c.Action.is, c.names()...):
	case p != nil && p.Settings.Approval.Needs(c.Action.is, c.names()...):
		why = fmt.Sprintf("%s needed approval until this commit; it waits for the next one or an approval", c.Action)
	default:
		return nil
	}
	return &Held{Code: Approval, Text: why + ", with " + how + " " + planHash}
}

// outside is why changes of that action do not begin now, nil where they may.
// What opened the windows only with this commit waits for the next one, or
// until the plan was approved.
func (b *builder) outside(a Action, approved bool) *Held {
	if h, known := b.closed[a]; known {
		return h
	}
	sets := b.windows(a)
	h := outside(b.in.Now, "outside of the change windows", sets)
	if p := b.in.Previous; h == nil && p != nil && !approved {
		h = outside(b.in.Now, "this very commit opened the change windows, and waits for the next one or an approval", append(sets, p.Settings.Windows.About(a.is)))
	}
	b.closed[a] = h
	return h
}

// windows are those that are about an action: all of the sets must be open.
func (b *builder) windows(a Action) []window.Set {
	return []window.Set{b.in.Rules.Windows.About(a.is), b.settings.Windows.About(a.is)}
}

func outside(now time.Time, why string, sets []window.Set) *Held {
	at, found := window.Opening(now, sets...)
	switch {
	case !found:
		return &Held{Code: Window, Text: why + "; none is in sight"}
	case at.After(now):
		return &Held{Code: Window, Text: fmt.Sprintf("%s; they open at %s (%s)", why, at.Format(time.RFC3339), at.Location()), Until: at.UTC()}
	}
	return nil
}

// Closes is the first moment after the plan was made from which on a change
// that has steps may not begin any more; false when none is in sight.
func (w *Workspace) Closes(in *Input) (soonest time.Time, found bool) {
	b := &builder{in: in, settings: w.Settings}
	asked := map[Action]bool{}
	for i := range w.Changes {
		c := &w.Changes[i]
		if len(c.Steps) == 0 || asked[c.Action] {
			continue
		}
		asked[c.Action] = true
		if at, ok := window.Closing(in.Now, b.windows(c.Action)...); ok && (!found || at.Before(soonest)) {
			soonest, found = at, true
		}
	}
	return soonest, found
}
