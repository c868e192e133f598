package plan

import (
	"strings"

	"github.com/computesync/computesync/internal/region"
	"github.com/computesync/computesync/internal/spec"
)

// Machine is what a cluster or an instance runs on: nodes of one size.
type Machine struct {
	Type     string // ARM's computeType
	Region   string // folded; "" is the workspace's
	Size     string
	Low      bool // low priority
	Windows  bool
	Min, Max int  // nodes; an instance is one
	Nodes    int  // that there are now
	Off      bool // a stopped instance
}

// MachineOf tells what a compute runs on, desired or actual; what it leaves
// open is as a creation makes it. It is nil for what Azure ML has no nodes for.
func MachineOf(c *spec.Compute) *Machine {
	if c == nil || c.Kind == nil || !c.Kind.Quota {
		return nil
	}
	m := &Machine{
		Type: c.Kind.ComputeType, Region: spec.FoldRegion(c.Text("location")), Size: word(c, "size"),
		Low: c.LowPriority(), Windows: c.Text("os_type") == "windows", Min: 1, Max: 1,
	}
	if c.Kind.Field("max_instances") != nil {
		m.Min, m.Max = number(c, "min_instances"), number(c, "max_instances")
	} else {
		m.Off = c.Lifecycle.State == spec.StateStopped
	}
	if l := c.Live; l != nil {
		m.Off = l.State == "Stopped" || l.State == "Stopping"
		m.Nodes = l.Nodes.Allocated()
	}
	return m
}

func word(c *spec.Compute, field string) string {
	if s := c.Text(field); s != "" {
		return s
	}
	s, _ := c.Kind.Field(field).Default.(string)
	return s
}

func number(c *spec.Compute, field string) int {
	n, stated := c.Int(field)
	if !stated {
		n, _ = c.Kind.Field(field).Default.(int64)
	}
	return int(n)
}

// held is how many nodes take quota now, as far as that is known: whether a
// stopped instance keeps its quota, Azure's documents tell in different ways.
func (m *Machine) held() int {
	switch {
	case m == nil || m.Off:
		return 0
	case m.Type == "ComputeInstance":
		return 1
	}
	return m.Nodes
}

// grows reports whether b wants more than a had.
func grows(a, b *Machine) bool {
	return b != nil && (a == nil || !strings.EqualFold(a.Size, b.Size) || a.Low != b.Low || b.Min > a.Min || b.Max > a.Max || a.Off && !b.Off)
}

// Rate is what something costs in an hour. Min and Max are estimates, with as
// few and as many nodes as it may have; Unknown counts computes for which Azure
// lists no price, and which are not in them. AtMost is the upper bound of Max, by
// the highest pay-as-you-go price; Unbounded computes are not in it.
type Rate struct {
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
	Unknown   int     `json:"unknown,omitempty"`
	AtMost    float64 `json:"at_most,omitempty"`
	Unbounded int     `json:"unbounded,omitempty"`
}

// add sums rates up.
func (r Rate) add(o Rate) Rate {
	return Rate{r.Min + o.Min, r.Max + o.Max, r.Unknown + o.Unknown, r.AtMost + o.AtMost, r.Unbounded + o.Unbounded}
}

// cost is the rate as guard rails judge it, and whether it is the whole of it.
func (r Rate) cost() (hourly spec.Cost, known bool) {
	r = rounded(r)
	return spec.Cost{AtMost: r.AtMost, About: r.Max}, r.Unbounded == 0
}

// RateOf prices a machine by what its region offers, and names the currency. A
// machine that is not there or stopped costs nothing: what of it is billed all
// the same, disks and addresses, Azure ML does not tell.
func RateOf(m *Machine, o *region.Offer) (Rate, string) {
	if m == nil || m.Off {
		return Rate{}, ""
	}
	r, currency := Rate{Unknown: 1, Unbounded: 1}, ""
	if o == nil {
		return r, currency
	}
	size := o.Size(m.Size)
	if size == nil {
		return r, currency
	}
	if price, in, known := size.Hourly(m.Windows, m.Low); known {
		r.Min, r.Max, r.Unknown, currency = price*float64(m.Min), price*float64(m.Max), 0, in
	}
	if price, known := size.AtMost(m.Windows); known {
		r.AtMost, r.Unbounded = price*float64(m.Max), 0
	}
	return r, currency
}
