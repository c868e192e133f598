package plan

import "github.com/computesync/computesync/internal/spec"

// holdByPolicy holds what would make, attach or change a compute such that it
// breaks a guard rail that it does not break now, or breaks it more. A remake
// makes a compute of which nothing ever worked.
func (b *builder) holdByPolicy(c *draft) {
	guard := b.in.Desired.Guard
	if guard == nil || c.Desired == nil || c.Action == None {
		return
	}
	actual := b.actual[spec.FoldName(c.Name)]
	if c.Action == Remake {
		actual = nil
	}
	why, unjudged := guard.Hold(c.Desired, actual, b.price)
	if d := b.demand(c); d.grows() { // else nothing was asked, for nothing can get worse
		c.Notes = append(c.Notes, unjudged...)
	}
	if why != "" {
		c.hold(Policy, why)
	}
}
