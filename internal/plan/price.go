package plan

import "github.com/computesync/computesync/internal/spec"

// Priced is Build, with prices where a guard rail needs them: ask finds them
// out. Of a workspace in which nothing is made or grows nothing is asked.
func Priced(commit string, inputs []Input, ask func([]Ask) Answers) *Plan {
	p := Build(commit, inputs)
	grows := map[string]bool{}
	for _, a := range p.Asks(inputs) {
		grows[a.Target.Key()] = true
	}
	var asks []Ask
	for i := range inputs {
		if ws := inputs[i].Desired; grows[ws.ID.Key()] && ws.Guard != nil && ws.Guard.Priced() {
			asks = append(asks, everywhere(&inputs[i]))
		}
	}
	if len(asks) == 0 {
		return p
	}
	answers := ask(asks)
	for i := range inputs {
		inputs[i].Prices = &answers
	}
	return Build(commit, inputs)
}

// everywhere asks for all regions that a workspace has nodes in, or is to have.
func everywhere(in *Input) Ask {
	a := Ask{Target: in.Desired.ID, Location: in.Desired.Location}
	for _, list := range [][]*spec.Compute{in.Desired.Computes, in.Actual} {
		for _, c := range list {
			if m := MachineOf(c); m != nil {
				a.in(m)
			}
		}
	}
	return a
}

// price is what a compute costs in an hour with as many nodes as it may have.
func (b *builder) price(c *spec.Compute) (hourly float64, known bool) { return b.priced(MachineOf(c)) }

func (b *builder) priced(m *Machine) (hourly float64, known bool) {
	var prices checkup
	if b.in.Prices != nil {
		prices.answers = *b.in.Prices
	}
	r, _ := RateOf(m, prices.offer(&b.out, m))
	return r.Max, r.Unknown == 0
}

// holdTotal holds what makes a workspace dearer than it may be: all that grows,
// for no change is more to blame than another.
func (b *builder) holdTotal() {
	guard := b.in.Desired.Guard
	if guard == nil || !guard.Priced() {
		return
	}
	var before, after float64
	var growing []*draft
	unknown, changed := 0, map[string]bool{}
	cost := func(m *Machine) float64 {
		hourly, known := b.priced(m)
		if !known {
			unknown++
		}
		return hourly
	}
	for _, c := range b.changes {
		if c.Held != nil {
			continue
		}
		changed[spec.FoldName(c.Name)] = true
		d := b.demand(c)
		was, _ := b.priced(d.before)
		before, after = before+was, after+cost(d.after)
		if d.grows() {
			growing = append(growing, c)
		}
	}
	for _, a := range b.in.Actual {
		if !changed[a.Key()] {
			hourly := cost(MachineOf(a))
			before, after = before+hourly, after+hourly
		}
	}
	why, notes := guard.Total(before, after, unknown)
	for _, c := range growing {
		c.Notes = append(c.Notes, notes...)
		if why != "" {
			c.hold(Policy, why)
		}
	}
}

func (b *builder) demand(c *draft) demand {
	a := b.actual[spec.FoldName(c.Name)]
	return demand{&b.out, &c.Change, MachineOf(a), after(&c.Change, a)}
}
