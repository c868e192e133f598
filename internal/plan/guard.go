package plan

import (
	"fmt"

	"github.com/computesync/computesync/internal/spec"
)

// guard applies what holds whole plans: the hold of a workspace, what somebody
// suspended, what waits for a person, the limit on deletions, and windows. What
// needs a person goes before windows, so that it can be settled before they open.
func (b *builder) guard(planHash string) {
	approved := b.in.Approved != "" && b.in.Approved == planHash
	deletions := 0
	for _, c := range b.changes {
		if b.in.Hold != nil {
			c.hold(b.in.Hold.Code, b.in.Hold.Text)
		}
		b.holdByPolicy(c)
		c.holdBy(b.suspended(&c.Change))
		if !approved {
			c.holdBy(b.unapproved(&c.Change, planHash))
		}
		if c.deletes() {
			deletions++
		}
	}
	if !approved {
		allowed := b.in.AllowDeletions > 0 && deletions <= b.in.AllowDeletions
		deletions = b.holdSoft(deletions, allowed, planHash)
		if !allowed {
			b.holdDeletions(deletions, planHash)
		}
	}
	for _, c := range b.changes {
		c.holdBy(b.outside(c.Action, approved))
	}
	b.holdTotal()
	b.holdDependents()
	b.holdRenames()
	b.tellWaits()
	for _, c := range b.changes {
		if c.Held != nil {
			c.Steps = []Step{}
		}
	}
	b.publish()
}

// deletes reports whether the change is a deletion that nothing holds, or
// nothing but what passes: the busy ones of too many would go one by one.
func (d *draft) deletes() bool {
	if !d.Action.counted() || d.Held == nil {
		return d.Action.counted()
	}
	switch d.Held.Code {
	case Busy, Transitional, Suspended:
		return true
	}
	return false
}

// holdSoft makes the holds that nobody lifted good, and returns how many
// deletions remain. Who allowed all deletions lifted theirs.
func (b *builder) holdSoft(deletions int, allowed bool, planHash string) int {
	for _, c := range b.changes {
		if c.soft == nil || allowed && c.Action.counted() {
			continue
		}
		if c.deletes() {
			deletions--
		}
		if c.Held == nil {
			c.Held = c.soft
			if b.in.Approve != "" {
				c.Held.Text += "; approve it with " + b.in.Approve + " " + planHash
			}
		}
	}
	return deletions
}

// holdDependents holds what needs a step that is held, until nothing changes:
// an attachment waits for the one that has its resource.
func (b *builder) holdDependents() {
	for again := true; again; {
		again = false
		for _, c := range b.changes {
			if c.Held != nil {
				continue
			}
			for _, f := range c.freedBy {
				b.holdDependent(c, f)
			}
			again = again || c.Held != nil
		}
	}
}

// holdDependent holds c unless f, which has the resource that c attaches, goes.
func (b *builder) holdDependent(c *draft, f *spec.Compute) {
	switch d := b.removalOf(f); {
	case d == nil && b.pending(f.Key()):
		b.holdPending(c, f.Key(), f.Name)
	case d == nil:
		c.hold(NotOurs, breaks(f, "which stays"))
	case d.Held != nil:
		c.holdBy(&Held{Code: d.Held.Code, Text: fmt.Sprintf("needs the resource of %s, which is held: %s", d.Name, d.Held.Text), Until: d.Held.Until})
	}
}

// holdRenames keeps an attachment whose resource another declared name is to
// have that is somebody else's: such a rename is refused as a whole.
func (b *builder) holdRenames() {
	for _, c := range b.changes {
		if c.Action != Detach || c.Held != nil {
			continue
		}
		former := b.actual[spec.FoldName(c.Name)]
		for _, x := range b.changes {
			refused := x.Held != nil && x.Desired != nil && (x.Held.Code == NotOurs || x.Held.Code == ForeignOwner)
			if refused && spec.Overlap(b.underlying(former), x.Desired.Underlying()) {
				c.holdBy(&Held{Code: x.Held.Code, Until: x.Held.Until, Text: fmt.Sprintf(
					"%s is declared to have its resource, which is held: %s", x.Name, x.Held.Text)})
			}
		}
	}
}

// removalOf finds the change that removes an actual compute.
func (b *builder) removalOf(a *spec.Compute) *draft {
	for _, c := range b.changes {
		if !c.Action.Destroys() {
			continue
		}
		name := c.Name
		if c.Action == Takeover {
			name = c.Former
		}
		if spec.FoldName(name) == a.Key() {
			return c
		}
	}
	return nil
}
