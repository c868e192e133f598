package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/region"
	"github.com/computesync/computesync/internal/spec"
)

// Preflight is what can be told before a plan is carried out: what Azure is
// going to refuse, what is left of quotas, and what it costs. It holds nothing
// and is no part of the plan's hash. Quota is no promise of capacity, and
// prices are Azure's own estimates.
type Preflight struct {
	Findings []Finding `json:"findings"`
	Quotas   []Quota   `json:"quotas"`
	Costs    []Cost    `json:"costs"`  // of each compute whose cost changes
	Totals   []Cost    `json:"totals"` // of all clusters and instances of each workspace in which something grows
	Currency string    `json:"currency,omitempty"`
	Notes    []string  `json:"notes"` // what could not be checked, and why
}

// Finding is one thing that a reviewer should know.
type Finding struct {
	Workspace string `json:"workspace,omitempty"` // subscription/group/name
	Name      string `json:"name,omitempty"`      // of the compute
	Code      string `json:"code"`
	Refused   bool   `json:"refused"` // Azure is going to refuse it
	Text      string `json:"text"`
}

// The codes of findings; the set is stable.
const (
	FindingSize      = "size"         // there is no such size here, or not for that kind
	FindingRetired   = "retired-size" // Azure has retired the size, or retires it soon
	FindingQuota     = "quota"        // vCPUs are missing
	FindingMaximum   = "maximum"      // the quota is too small for the maximum of nodes
	FindingClusters  = "clusters"     // too many computes in the region
	FindingNameTaken = "name-taken"   // another compute of the region has the name
)

// Quota is what a plan makes of a quota, in vCPUs or computes.
type Quota struct {
	Subscription string `json:"subscription"`
	Region       string `json:"region"`
	Name         string `json:"name"`
	Used         int    `json:"used"`
	Limit        int    `json:"limit"`
	Needed       int    `json:"needed"`  // at once, with room for one node of the new clusters whose minimum is 0
	Freed        int    `json:"freed"`   // by what the plan removes
	Maximum      int    `json:"maximum"` // what the changed computes take with as many nodes as they may have
}

// short is how much of the quota is missing.
func (q *Quota) short() int { return q.Used - q.Freed + q.Needed - q.Limit }

// Cost is what something costs before and after.
type Cost struct {
	Workspace string `json:"workspace"`      // subscription/group/name
	Name      string `json:"name,omitempty"` // of the compute; none for a workspace's total
	Before    Rate   `json:"before"`
	After     Rate   `json:"after"`
	Note      string `json:"note,omitempty"`
}

// Ask is what the preflight of a workspace wants to know.
type Ask struct {
	Target   spec.WorkspaceID
	Location string          // the workspace's region; "" where the spec is silent
	Regions  []string        // where nodes come or become more; "" is the workspace's
	Names    []*spec.Compute // what is made whose names must be free
}

// Answers are what Azure says. What it did not say is missing in them, and
// Notes say why.
type Answers struct {
	Homes   map[string]string        // region of a workspace by its key
	Regions map[string]*region.Offer // by RegionKey
	Taken   map[string]string        // why a name is not to be had, by workspace key and folded name with a slash between
	Notes   []string
}

// RegionKey names what a subscription is offered in a region.
func RegionKey(subscription, name string) string {
	return strings.ToLower(subscription) + "/" + spec.FoldRegion(name)
}

// demand is what one change makes of the nodes of a cluster or an instance.
type demand struct {
	ws            *Workspace
	change        *Change
	before, after *Machine // nil: it is not there
}

func (d *demand) remade() bool { return d.change.Action == Replace || d.change.Action == Remake }

func (d *demand) grows() bool { return d.after != nil && (d.remade() || grows(d.before, d.after)) }

// demands are those of the changes that are going to be made.
func demands(ws *Workspace, in *Input) []demand {
	actual := make(map[string]*spec.Compute, len(in.Actual))
	for _, a := range in.Actual {
		actual[a.Key()] = a
	}
	var list []demand
	for i := range ws.Changes {
		c := &ws.Changes[i]
		if c.Held != nil {
			continue
		}
		a := actual[spec.FoldName(c.Name)]
		d := demand{ws, c, MachineOf(a), after(c, a)}
		if d.before != nil || d.after != nil {
			list = append(list, d)
		}
	}
	return list
}

// after is the machine that a change leaves, with what the spec leaves open as
// it is. Whether it runs then is what the steps make of it: what is made anew
// runs until it is stopped, and what its own schedule stopped stays stopped.
func after(c *Change, a *spec.Compute) *Machine {
	if c.Desired == nil {
		return nil
	}
	m := MachineOf(spec.Carry(c.Desired, a))
	if m == nil {
		return nil
	}
	before := MachineOf(a)
	m.Off = before != nil && before.Off
	for _, s := range c.Steps {
		switch s.Verb {
		case VerbCreate, VerbStart:
			m.Off = false
		case VerbStop:
			m.Off = true
		}
	}
	return m
}

// Asks lists what the plan's preflight wants to know: nothing of a workspace in
// which nothing is made or grows. The inputs are those that the plan was built
// from.
func (p *Plan) Asks(inputs []Input) []Ask {
	var asks []Ask
	for i := range p.Workspaces {
		ws := &p.Workspaces[i]
		a := Ask{Target: ws.Target, Location: ws.Location}
		for _, d := range demands(ws, &inputs[i]) {
			if !d.grows() {
				continue
			}
			a.in(d.after)
			if d.change.Action == Create && d.change.Desired.Kind.Unique != "" {
				a.Names = append(a.Names, d.change.Desired)
			}
		}
		if len(a.Regions) > 0 {
			asks = append(asks, a)
		}
	}
	return asks
}

// Guess lists what a preflight may want to know, by what the journal says was
// applied last: it is there before Azure has listed anything. It says nothing
// of a workspace of which the journal knows nothing.
func Guess(in *Input) (Ask, bool) {
	a := Ask{Target: in.Desired.ID, Location: in.Desired.Location}
	for _, d := range in.Desired.Computes {
		r := in.Records[d.Key()]
		if r == nil {
			r = &spec.Record{}
		}
		m := MachineOf(d)
		if !grows(MachineOf(r.Spec), m) {
			continue
		}
		a.in(m)
		if r.Spec == nil && d.Kind.Unique != "" {
			a.Names = append(a.Names, d)
		}
	}
	return a, len(in.Records) > 0 && len(a.Regions) > 0
}

// in adds the region of a machine.
func (a *Ask) in(m *Machine) {
	if !slices.Contains(a.Regions, m.Region) {
		a.Regions = append(a.Regions, m.Region)
	}
}

// Check adds the preflight to a plan. The inputs are those that it was built
// from. A plan of which there is nothing to tell gets none.
func (p *Plan) Check(inputs []Input, answers Answers) {
	c := &checkup{
		answers: answers, several: len(p.Workspaces) > 1, quotas: map[string]int{}, by: map[int][]string{},
		out: Preflight{Findings: []Finding{}, Quotas: []Quota{}, Costs: []Cost{}, Totals: []Cost{}, Notes: append([]string{}, answers.Notes...)},
	}
	for i := range p.Workspaces {
		c.workspace(&p.Workspaces[i], &inputs[i])
	}
	c.judgeQuotas()
	o := &c.out
	if len(o.Findings)+len(o.Quotas)+len(o.Costs)+len(o.Totals)+len(o.Notes) > 0 {
		p.Preflight = o
	}
}

// checkup is a preflight under way.
type checkup struct {
	answers Answers
	several bool // workspaces
	out     Preflight
	quotas  map[string]int   // region key and quota to its place in out
	by      map[int][]string // whose the need of the quota at that place is
	spare   []int            // of the quotas in out, what must be free and is not taken
}

func (c *checkup) find(d *demand, code string, refused bool, format string, args ...any) {
	c.out.Findings = append(c.out.Findings, Finding{d.ws.ID, d.change.Name, code, refused, fmt.Sprintf(format, args...)})
}

func (c *checkup) workspace(ws *Workspace, in *Input) {
	list := demands(ws, in)
	if !slices.ContainsFunc(list, func(d demand) bool { return d.grows() }) {
		return // nothing was asked
	}
	for i := range list {
		d := &list[i]
		if why := c.answers.Taken[ws.Target.Key()+"/"+spec.FoldName(d.change.Name)]; why != "" && d.before == nil {
			c.find(d, FindingNameTaken, true, "%s", why)
		}
		c.size(d, in.Now)
		c.demandQuota(d)
	}
	c.cost(ws, in, list)
}

// offer is what the region of a machine offers; nil where nothing is known.
func (c *checkup) offer(ws *Workspace, m *Machine) *region.Offer {
	if m == nil {
		return nil
	}
	name := m.Region
	if name == "" {
		name = c.answers.Homes[ws.Target.Key()]
	}
	return c.answers.Regions[RegionKey(ws.Target.Subscription, name)]
}

// size tells whether the size is to be had for what is made, and for how long.
func (c *checkup) size(d *demand, now time.Time) {
	if d.after == nil || d.before != nil && !d.remade() {
		return
	}
	if why := spec.RetiredSize(d.after.Size, now); why != "" {
		c.find(d, FindingRetired, false, "%s", why)
	}
	o := c.offer(d.ws, d.after)
	if o == nil || o.Sizes == nil {
		return
	}
	switch size := o.Size(d.after.Size); {
	case size == nil:
		c.find(d, FindingSize, true, "size %s is not to be had in %s%s", d.after.Size, o.Name, near(o, d.after))
	case !size.Serves(d.after.Type):
		c.find(d, FindingSize, true, "size %s is not to be had in %s for a %s%s", d.after.Size, o.Name, d.change.Kind, near(o, d.after))
	case d.after.Low && !size.LowPriority:
		c.find(d, FindingSize, true, "size %s has no low-priority nodes in %s", d.after.Size, o.Name)
	}
}

func near(o *region.Offer, m *Machine) string {
	if names := o.Near(m.Size, m.Type); len(names) > 0 {
		return "; near it are " + strings.Join(names, ", ")
	}
	return ""
}
