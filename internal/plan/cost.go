package plan

import (
	"math"
	"slices"

	"github.com/computesync/computesync/internal/spec"
)

// cost tells what each change makes of what its compute costs, and what all
// clusters and instances of the workspace cost. Where no size could be read, a
// note says so, and there is nothing to tell.
func (c *checkup) cost(ws *Workspace, in *Input, list []demand) {
	if !slices.ContainsFunc(list, func(d demand) bool { o := c.offer(ws, d.after); return o != nil && o.Sizes != nil }) {
		return
	}
	total := Cost{Workspace: ws.ID}
	changed := map[string]bool{}
	for i := range list {
		d := &list[i]
		x := Cost{Workspace: ws.ID, Name: d.change.Name, Before: c.rate(ws, d.before), After: c.rate(ws, d.after)}
		if d.after != nil && d.after.Off {
			x.Note = "stopped: no compute is billed, but its disk and address are"
		}
		changed[spec.FoldName(d.change.Name)] = true
		total.Before, total.After = total.Before.add(x.Before), total.After.add(x.After)
		if x.Before != x.After || d.grows() && (x.After.Unknown > 0 || d.after.Off) {
			x.Before, x.After = rounded(x.Before), rounded(x.After)
			c.out.Costs = append(c.out.Costs, x)
		}
	}
	for _, a := range in.Actual {
		if m := MachineOf(a); m != nil && !changed[a.Key()] {
			r := c.rate(ws, m)
			total.Before, total.After = total.Before.add(r), total.After.add(r)
		}
	}
	total.Before, total.After = rounded(total.Before), rounded(total.After)
	c.out.Totals = append(c.out.Totals, total)
}

func (c *checkup) rate(ws *Workspace, m *Machine) Rate {
	r, currency := RateOf(m, c.offer(ws, m))
	if currency != "" {
		c.out.Currency = currency
	}
	return r
}

// rounded keeps what Azure's prices tell, and drops what summing added.
func rounded(r Rate) Rate {
	for _, f := range []*float64{&r.Min, &r.Max, &r.AtMost} {
		*f = math.Round(*f*1e4) / 1e4
	}
	return r
}
