package plan

import (
	"fmt"

	"github.com/computesync/computesync/internal/spec"
)

// missing plans a declared compute that does not exist: create it, attach it,
// or take over the resource from the name that leaves.
func (b *builder) missing(d *spec.Compute) {
	d = b.withOwnerTag(d, false)
	former := b.former(d)
	if former != nil && b.declared[former.Key()] == nil {
		b.takeover(d, former)
		return
	}
	action, verb := arrival(d)
	c := b.begin(d, nil, action)
	c.freedBy = former
	b.makeSteps(c, verb)
	b.add(c)
}

// arrival tells how a compute of that kind comes into a workspace.
func arrival(d *spec.Compute) (Action, Verb) {
	if d.Kind.Managed {
		return Create, VerbCreate
	}
	return Attach, VerbAttach
}

// makeSteps appends what makes the compute, up to the state it should have.
func (b *builder) makeSteps(c *draft, verb Verb) {
	c.step(verb, c.Name).AfterRemovals = c.Desired.Kind.Managed
	if c.Desired.Lifecycle.State == spec.StateStopped {
		c.step(VerbStop, c.Name)
	}
}

// former is the other actual compute that holds what d wants to attach.
func (b *builder) former(d *spec.Compute) *spec.Compute {
	for _, key := range d.Underlying() {
		if a := b.holder[key]; a != nil && a.Key() != d.Key() {
			return a
		}
	}
	return nil
}

// takeover plans that one name leaves and another arrives on one resource:
// detach the old, attach the new. It needs no prune, but a way back.
func (b *builder) takeover(d, former *spec.Compute) {
	c := b.begin(d, nil, Takeover)
	c.Former = former.Name
	c.CreatedOn = former.Live.CreatedOn
	c.Fingerprint = Fingerprint(nil, former)
	c.Fields = []Field{{Path: "name", From: former.Name, To: d.Name, Reason: "one resource takes one attachment"}}
	b.removalSteps(c, former)
	b.makeSteps(c, VerbAttach)
	b.wayBack(c, former)
	b.mayRemove(c, former)
	if o, _ := b.owns(former); o.ours() {
		b.taken[former.Key()] = true
	}
	b.add(c)
}

// wayBack holds the change unless the journal can put the former attachment
// back, should the new one fail.
func (b *builder) wayBack(c *draft, former *spec.Compute) {
	o, record := b.owns(former)
	switch {
	case o == foreign:
		b.holdForeign(c, former)
	case !o.ours():
		c.hold(NotOurs, fmt.Sprintf("%s is attached as %s, which is not ours; a second attachment would break it", resourceOf(former), former.Name))
	case record == nil || record.Spec == nil:
		c.hold(NoWayBack, fmt.Sprintf("the journal does not know how %s was attached, so it could not be put back", former.Name))
	default:
		c.Previous = record.Spec
	}
}

func resourceOf(a *spec.Compute) string {
	if id := a.Text("resource_id"); id != "" {
		return id
	}
	return a.Text("address")
}
