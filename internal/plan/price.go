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

// price is what a compute costs, for guard rails.
func (b *builder) price(c *spec.Compute) (hourly spec.Cost, known bool) {
	return b.rate(MachineOf(c)).cost()
}

func (b *builder) rate(m *Machine) Rate {
	var prices checkup
	if b.in.Prices != nil {
		prices.answers = *b.in.Prices
	}
	r, _ := RateOf(m, prices.offer(&b.out, m))
	return r
}

// holdTotal holds what makes a workspace dearer than it may be: all that grows,
// for no change is more to blame than another.
func (b *builder) holdTotal() {
	guard := b.in.Desired.Guard
	if guard == nil || !guard.Priced() {
		return
	}
	var before, after Rate
	var growing []*draft
	changed := map[string]bool{}
	for _, c := range b.changes {
		if c.Held != nil {
			continue
		}
		changed[spec.FoldName(c.Name)] = true
		d := b.demand(c)
		before, after = before.add(b.rate(d.before)), after.add(b.rate(d.after))
		if d.grows() {
			growing = append(growing, c)
		}
	}
	for _, a := range b.in.Actual {
		if !changed[a.Key()] {
			r := b.rate(MachineOf(a))
			before, after = before.add(r), after.add(r)
		}
	}
	was, _ := before.cost()
	hourly, _ := after.cost()
	why, notes := guard.Total(was, hourly, after.Unbounded)
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
