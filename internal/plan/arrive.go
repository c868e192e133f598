package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// missing plans a declared compute that does not exist: create it, attach it,
// or take over the resource from the name that leaves.
func (b *builder) missing(d *spec.Compute) {
	d = b.withOwnerTag(d, nil)
	formers := b.formers(d)
	for i, f := range formers {
		if b.declared[f.Key()] == nil && !b.taken[f.Key()] && !b.pending(f.Key()) && !f.Made() {
			b.takeover(d, f, slices.Delete(slices.Clone(formers), i, i+1))
			return
		}
	}
	action, verb := arrival(d)
	c := b.begin(d, nil, action)
	b.makeSteps(c, verb)
	b.claim(c, formers)
	b.add(c)
}

// arrival tells how a compute of that kind comes into a workspace.
func arrival(d *spec.Compute) (Action, Verb) {
	if d.Attaches() {
		return Attach, VerbAttach
	}
	return Create, VerbCreate
}

// makeSteps appends what makes the compute, up to the state it should have.
func (b *builder) makeSteps(c *draft, verb Verb) {
	c.step(verb, c.Name).AfterRemovals = c.Desired.Kind.Quota
	if c.Desired.Lifecycle.State == spec.StateStopped {
		c.step(VerbStop, c.Name)
	}
}

// formers are the other actual computes that hold what d wants to attach, by name.
func (b *builder) formers(d *spec.Compute) []*spec.Compute {
	var all []*spec.Compute
	for _, wanted := range b.wanted(d) {
		for _, a := range b.holders.Overlapping(wanted) {
			if a.Key() != d.Key() && !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	slices.SortFunc(all, func(a, b *spec.Compute) int { return strings.Compare(a.Key(), b.Key()) })
	return all
}

// wanted is what a declared compute will attach: what its spec leaves open stays
// as it is.
func (b *builder) wanted(d *spec.Compute) []spec.Underlying {
	return spec.Carry(d, b.actual[d.Key()]).Underlying()
}

// claim says what becomes of the computes that hold the resource which c is to
// attach: each must be leaving, and c the only one to want it.
func (b *builder) claim(c *draft, formers []*spec.Compute) {
	wanted := b.wanted(c.Desired)
	if own := b.actual[c.Desired.Key()]; own != nil && spec.Overlap(b.underlying(own), wanted) {
		wanted = withNames(wanted, b.underlying(own))
	}
	for _, f := range formers {
		wanted = withNames(wanted, b.underlying(f))
		switch o, _ := b.owns(f); {
		case b.pending(f.Key()):
			b.holdPending(c, f.Key(), f.Name)
		case o == foreign:
			b.holdForeign(c, f)
		case !o.ours():
			c.hold(NotOurs, breaks(f, "which is not ours"))
		case f.Made():
			c.hold(NotOurs, goesWith(f))
		}
	}
	for _, a := range wanted {
		for _, other := range b.in.Attaching.Overlapping(a) {
			if spec.FoldName(other) != c.Desired.Key() {
				c.hold(Transitional, fmt.Sprintf("what %s attaches is being attached as %s", c.Name, other))
			}
		}
		others := b.claims.Overlapping(a)
		if i := slices.IndexFunc(others, func(other string) bool { return other != c.Name }); i >= 0 {
			c.hold(NotOurs, fmt.Sprintf("%s is to be attached as %s; a second attachment would break it",
				resourceOf(c.Desired), others[i]))
			continue
		}
		b.claims.Add(a, c.Name)
	}
	c.freedBy = formers
}

// withNames adds what else of the same is known by other names: the spec may
// know only one of them.
func withNames(wanted, more []spec.Underlying) []spec.Underlying {
	for _, a := range more {
		same := func(w spec.Underlying) bool { return w.Resource == a.Resource }
		if !slices.ContainsFunc(wanted, same) {
			wanted = append(wanted, a)
		}
	}
	return wanted
}

// goesWith says why nothing can stand on what Azure ML made.
func goesWith(f *spec.Compute) string {
	return fmt.Sprintf("%s was made by Azure ML as %s and goes with it; it cannot be attached as well", resourceOf(f), f.Name)
}

func breaks(a *spec.Compute, why string) string {
	return fmt.Sprintf("%s is attached as %s, %s; a second attachment would break it", resourceOf(a), a.Name, why)
}

// takeover plans that one name leaves and another arrives on one resource:
// detach the old, attach the new. It needs no prune, but a way back.
func (b *builder) takeover(d, former *spec.Compute, others []*spec.Compute) {
	c := b.begin(d, nil, Takeover)
	c.Former = former.Name
	b.mayLoseIdentity(c, former)
	c.CreatedOn = former.Live.CreatedOn
	c.Fingerprint = Fingerprint(nil, former)
	c.Fields = []Field{{Path: "name", From: former.Name, To: d.Name, Reason: "one resource takes one attachment"}}
	b.removalSteps(c, former)
	b.holdSkipped(c, former)
	b.makeSteps(c, VerbAttach)
	b.wayBack(c, former)
	b.claim(c, append([]*spec.Compute{former}, others...))
	c.freedBy = others
	if slices.ContainsFunc(b.underlying(former), spec.Underlying.Unknown) {
		c.hold(NoWayBack, fmt.Sprintf("Azure does not show which namespace %s has, so it could not be put back", former.Name))
	}
	b.mayRemove(c, former)
	if o, record := b.owns(former); o.ours() {
		b.taken[former.Key()] = true
		b.holdProtectedLast(c, former, record)
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
		c.hold(NotOurs, breaks(former, "which is not ours"))
	case record == nil || record.Spec == nil:
		c.hold(NoWayBack, fmt.Sprintf("the journal does not know how %s was attached, so it could not be put back", former.Name))
	default:
		c.Previous = record.Spec.InPartOf(former)
		if record.Unremoved == "" {
			b.holdUntilDue(c, record, "what was to come in place of "+former.Name+" failed", former.Name+" was put back")
		}
	}
}

// resourceOf names what a compute attaches, with the part of it.
func resourceOf(a *spec.Compute) string {
	id := a.Text("resource_id")
	if id == "" {
		return a.Text("address")
	}
	for _, one := range a.Underlying() {
		switch {
		case one.Unknown():
			return "a namespace, which Azure does not show, of " + id
		case one.Part != "":
			return fmt.Sprintf("namespace %s of %s", one.Part, id)
		}
	}
	return id
}
