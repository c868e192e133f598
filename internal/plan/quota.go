package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/region"
)

// nodes are how many a change takes at once and gives back.
func (d *demand) nodes() (needed, freed int) {
	switch {
	case d.after == nil:
		return 0, d.before.held()
	case d.before == nil:
		return d.after.Min, 0
	case d.remade():
		return d.after.Min, d.before.held()
	case d.before.Off || d.after.Off:
		return 0, 0 // whether a stopped instance keeps its quota is not known
	}
	return max(0, d.after.Min-max(d.before.Min, d.before.Nodes)), 0
}

// spare is how many nodes must have room while none is there: Azure wants that
// for one node of a new cluster even where its minimum is 0, and refuses with
// ClusterMinNodesExceedCoreQuota where the limit is smaller. That it does where
// the room is merely taken, nobody has shown. The cluster does not take it: one
// room is enough for all of them.
func (d *demand) spare() int {
	if d.after.Min == 0 && (d.before == nil || d.remade()) {
		return 1
	}
	return 0
}

// demandQuota enters a change into the quotas that it draws on or gives back to.
func (c *checkup) demandQuota(d *demand) {
	needed, freed := d.nodes()
	c.draw(d, d.before, amounts{freed: freed})
	if d.after != nil {
		c.draw(d, d.after, amounts{needed: needed, spare: d.spare(), most: d.after.Max})
		c.maximum(d)
		c.starts(d)
	}
	switch {
	case d.before == nil:
		c.count(d, d.after, amounts{needed: 1, most: 1})
	case d.after == nil:
		c.count(d, d.before, amounts{freed: 1})
	}
}

// amounts are those of nodes, vCPUs or computes.
type amounts struct{ needed, spare, freed, most int }

func (a amounts) times(n int) amounts {
	return amounts{a.needed * n, a.spare * n, a.freed * n, a.most * n}
}

// count enters a compute into the region's number of them.
func (c *checkup) count(d *demand, m *Machine, a amounts) {
	if o := c.offer(d.ws, m); o != nil {
		c.enter(d, o, region.TotalClusters, a)
	}
}

// draw enters nodes of a machine into its pools.
func (c *checkup) draw(d *demand, m *Machine, a amounts) {
	o := c.offer(d.ws, m)
	if o == nil || a == (amounts{}) {
		return
	}
	if size := o.Size(m.Size); size != nil {
		for _, pool := range size.Pools(m.Low) {
			c.enter(d, o, pool, a.times(size.VCPUs))
		}
	}
}

func (c *checkup) enter(d *demand, o *region.Offer, pool string, a amounts) {
	u := o.Usage(pool)
	if u == nil {
		c.unknownPool(o, pool)
		return
	}
	key := RegionKey(d.ws.Target.Subscription, o.Name) + "/" + pool
	at, known := c.quotas[key]
	if !known {
		at = len(c.out.Quotas)
		c.quotas[key] = at
		c.spare = append(c.spare, 0)
		c.out.Quotas = append(c.out.Quotas, Quota{Subscription: d.ws.Target.Subscription, Region: o.Name, Name: u.Name.Value, Used: u.Used, Limit: u.Limit})
	}
	q := &c.out.Quotas[at]
	q.Needed += a.needed
	q.Freed += a.freed
	q.Maximum += a.most
	c.spare[at] = max(c.spare[at], a.spare)
	if a.needed+a.spare > 0 {
		c.by[at] = append(c.by[at], c.whose(d))
	}
}

// unknownPool notes that Azure lists no pool of Spot nodes: since low priority
// is retired, its quota may have another name.
func (c *checkup) unknownPool(o *region.Offer, pool string) {
	note := fmt.Sprintf("the quota of Spot nodes in %s: Azure lists no limit for %s; it is not checked", o.Name, pool)
	if pool == region.TotalLowPriorityCores && o.Usages != nil && !slices.Contains(c.out.Notes, note) {
		c.out.Notes = append(c.out.Notes, note)
	}
}

// whose names the compute of a change, and where there are several its
// workspace, whose names may be the same.
func (c *checkup) whose(d *demand) string {
	if !c.several {
		return d.change.Name
	}
	return d.change.Name + " in " + d.ws.Target.Name
}

// maximum tells of a cluster that can never have as many nodes as it may.
func (c *checkup) maximum(d *demand) {
	o := c.offer(d.ws, d.after)
	if o == nil {
		return
	}
	size := o.Size(d.after.Size)
	if size == nil || size.VCPUs == 0 {
		return
	}
	for _, pool := range size.Pools(d.after.Low) {
		if u := o.Usage(pool); u != nil && d.after.Max > 1 && d.after.Max*size.VCPUs > u.Limit {
			c.find(d, FindingMaximum, false, "%d nodes of %s are %d vCPUs, and the limit of %s is %d: it grows to %d at most",
				d.after.Max, d.after.Size, d.after.Max*size.VCPUs, pool, u.Limit, u.Limit/size.VCPUs)
			return
		}
	}
}

// starts tells of a stopped instance that may not come up again.
func (c *checkup) starts(d *demand) {
	if d.before == nil || !d.before.Off || d.after.Off || d.remade() {
		return
	}
	o := c.offer(d.ws, d.after)
	if o == nil {
		return
	}
	size := o.Size(d.after.Size)
	if size == nil {
		return
	}
	for _, pool := range size.Pools(false) {
		if u := o.Usage(pool); u != nil && u.Used+size.VCPUs > u.Limit {
			c.find(d, FindingQuota, false, "it needs %d vCPUs of %s, of which %d of %d are used: it starts only if it kept its quota when it stopped",
				size.VCPUs, pool, u.Used, u.Limit)
			return
		}
	}
}

// judgeQuotas tells which quotas the plan as a whole goes over.
func (c *checkup) judgeQuotas() {
	for i := range c.out.Quotas {
		q := &c.out.Quotas[i]
		refused := q.Needed > 0 && q.short() > 0 || c.spare[i] > q.Limit
		q.Needed += c.spare[i]
		if q.Needed == 0 || q.short() <= 0 {
			continue
		}
		code, what := FindingQuota, "vCPUs of "+q.Name
		if q.Name == region.TotalClusters {
			code, what = FindingClusters, "computes in the region"
		}
		frees := ""
		if q.Freed > 0 {
			frees = fmt.Sprintf(" and the plan frees %d", q.Freed)
		}
		switch {
		case q.Name == region.TotalLowPriorityCores:
			refused = false
			frees += "; whether Spot nodes still count against it is not documented"
		case !refused:
			frees += "; where the minimum is 0, nodes wait for room"
		}
		c.out.Findings = append(c.out.Findings, Finding{
			Code: code, Refused: refused,
			Text: fmt.Sprintf("%s: %d %s are needed for %s; %d of %d are used%s", q.Region, q.Needed, what, someOf(c.by[i]), q.Used, q.Limit, frees),
		})
	}
}

// someOf lists names, of many the first ones.
func someOf(names []string) string {
	const most = 5
	if more := len(names) - most; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), more)
	}
	return strings.Join(names, ", ")
}
