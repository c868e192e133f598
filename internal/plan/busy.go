package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/computesync/computesync/internal/diff"
	"github.com/computesync/computesync/internal/spec"
)

// holdBusy holds the removal of what has somebody's job on it.
func holdBusy(c *draft, a *spec.Compute) {
	if n := a.Live.Nodes; n.Busy() > 0 {
		nodes := fmt.Sprintf("%d running and %d preparing nodes", n.Running, n.Preparing)
		c.ends(nodes, a.Name+" has "+nodes)
	}
	holdBusyPower(c, a)
}

// holdBusyScale holds a maximum below the nodes in use. Azure Batch, of which
// a cluster is a pool, lets idle nodes go first, but then ends what runs on
// others (nodeDeallocationOption requeue, its default): so it waits for as many
// nodes as are in use above the new maximum, and for no more.
func holdBusyScale(c *draft, a *spec.Compute, list []diff.Field) {
	busy := int64(a.Live.Nodes.Busy())
	for _, f := range list {
		if want, _ := c.Desired.Int(f.Path); f.Path == maximum && want < busy {
			c.ends(fmt.Sprintf("%d of %d nodes in use", busy-want, busy),
				fmt.Sprintf("%s has %d nodes in use, %d more than the %d it is to have at most", a.Name, busy, busy-want, want))
		}
	}
}

const maximum = "max_instances"

// holdBusyPower holds what stops an instance that a job runs on.
func holdBusyPower(c *draft, a *spec.Compute) {
	if a.Live.State == "JobRunning" {
		c.ends("the job that runs on it", fmt.Sprintf("a job runs on %s", a.Name))
	}
}

// ends holds what would end somebody's job. Where the file permits it, the plan
// says what ends.
func (d *draft) ends(what, why string) {
	if d.Force {
		d.Notes = append(d.Notes, fmt.Sprintf("ends %s: its file says busy: force", what))
		return
	}
	if d.forceLater {
		why += "; busy: force works from the commit after the one that adds it"
	}
	d.hold(Busy, why)
}

// mayForce sees whether the compute's file permits to end jobs: the file as it
// was last applied for one that is gone. A commit that adds the permission
// cannot use it.
func (b *builder) mayForce(c *draft, a *spec.Compute) {
	_, record := b.owns(a)
	life := b.lastLifecycle(a, record)
	d := b.declared[a.Key()]
	if d != nil {
		life = d.Lifecycle
	}
	if !life.BusyForce {
		return
	}
	stated := d != nil || b.expired[a.Key()] != nil
	if p := b.in.Previous; stated && p != nil && !slices.Contains(p.Forced, a.Key()) {
		c.forceLater = true
		return
	}
	c.Force = true
	if a.Live.Nodes.Busy() == 0 && a.Live.State != "JobRunning" {
		c.Notes = append(c.Notes, "what runs on it by then is ended: its file says busy: force")
	}
}

// lowers reports whether the maximum of a cluster goes down.
func lowers(d, a *spec.Compute, list []diff.Field) bool {
	return slices.ContainsFunc(list, func(f diff.Field) bool {
		want, _ := d.Int(maximum)
		have, known := a.Int(maximum)
		return f.Path == maximum && (!known || want < have)
	})
}

// tellWaits says since when busy changes have been waiting, and which of them
// longer than the workspace's deadline. Waiting is all they do, then too.
func (b *builder) tellWaits() {
	for _, c := range b.changes {
		since := b.in.BusySince[c.ID()]
		if c.Held == nil || c.Held.Code != Busy || since.IsZero() {
			continue
		}
		if since.After(b.in.Now) { // the clock was set back: it counts from now on
			since = b.in.Now.Truncate(time.Second)
		}
		waited, deadline := b.in.Now.Sub(since).Truncate(time.Minute), b.settings.BusyDeadline
		h := &Held{Code: Busy, Text: c.Held.Text, Since: since.UTC(), Overdue: deadline > 0 && waited >= time.Duration(deadline)}
		if waited > 0 {
			h.Text += fmt.Sprintf("; for %s", spec.Span(waited))
		}
		if h.Overdue {
			h.Text += fmt.Sprintf(" (deadline %s passed)", deadline)
		}
		c.Held = h
	}
}

// BusySince lists the changes that are held as busy, by their ID, and since
// when: the input of the next plan.
func (w *Workspace) BusySince(now time.Time) map[string]time.Time {
	waits := map[string]time.Time{}
	for i := range w.Changes {
		c := &w.Changes[i]
		if c.Held == nil || c.Held.Code != Busy {
			continue
		}
		if waits[c.ID()] = c.Held.Since; c.Held.Since.IsZero() {
			waits[c.ID()] = now.UTC().Truncate(time.Second)
		}
	}
	return waits
}
