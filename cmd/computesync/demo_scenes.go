package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// scenes are the story. Each waits for what must happen, and looks for it in
// the simulator, not only in what the daemon says of itself.
var scenes = []struct {
	title string
	play  func(*demo, context.Context) error
}{
	{"First sync: the repository declares a fleet, and the workspaces are empty", (*demo).firstSync},
	{"A cluster waits for the quota of its GPUs", (*demo).grantQuota},
	{"A commit scales a cluster", (*demo).scaleByCommit},
	{"Somebody changes the cluster behind our back", (*demo).scaleBehindOurBack},
	{"A commit with a mistake is refused, and the old state holds", (*demo).mistake},
	{"The attachment of a virtual machine moves to a new name", (*demo).moveAttachment},
	{"A cluster with a running node is to be removed", (*demo).removeBusy},
}

// What the scenes play with: computes of examples/fleet, and their files.
const (
	clusters = "dev/clusters.yaml"
	scaled   = "cpu-cluster"
	removed  = "sweep-cluster"
	machines = "dev/lab-vm.yaml"
	machine  = "lab-vm"
	renamed  = "training-vm"
	trained  = "gpu-train"
)

// grantedQuotas are what the fleet needs beyond what a new subscription has. No
// GPU family is among them.
var grantedQuotas = map[string]int{
	armsim.TotalDedicatedCores: 100, armsim.TotalLowPriorityCores: 100, "standardDSv2Family": 24, "standardDSv3Family": 64,
}

// trainedFamily is the VM family of the compute that has to wait for a quota.
const trainedFamily = "standardNCADSA100v4Family"

func (d *demo) firstSync(ctx context.Context) error {
	if err := d.commit("Declare the fleet"); err != nil {
		return err
	}
	d.tell.say("you", "computesync run")
	if err := d.startDaemon(ctx); err != nil {
		return err
	}
	for _, ws := range d.fleet {
		what := fmt.Sprintf("%s has the %d computes that git declares", ws.ID.Name, len(ws.Computes))
		if slices.ContainsFunc(ws.Computes, func(c *spec.Compute) bool { return c.Name == trained }) {
			what = fmt.Sprintf("%s has %d of the %d, and Azure refuses %s",
				ws.ID.Name, len(ws.Computes)-1, len(ws.Computes), trained)
		}
		if err := d.until(what, func() bool { return d.complete(ws) }); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) grantQuota(context.Context) error {
	d.tell.say("somebody", "asks Azure for 24 vCPUs of %s, and gets them", trainedFamily)
	d.sim.SetQuota(trainedFamily, armsim.Quota{Limit: 24})
	return d.until("the daemon has tried again, and "+trained+" is there", func() bool { return d.did(trained) })
}

// complete reports whether all that a workspace declares is there and ready, but
// for what Azure refuses, and the daemon saw that.
func (d *demo) complete(ws *spec.Workspace) bool {
	for _, c := range ws.Computes {
		if c.Name == trained {
			refused := func(l *logLine) bool { return l.Compute == trained && l.State == string(apply.Failed) }
			if d.tell.last(refused) == nil {
				return false
			}
			continue
		}
		seen := d.compute(ws.ID, c.Name)
		if seen == nil || seen.Properties.ProvisioningState != "Succeeded" || !d.did(c.Name) {
			return false
		}
		if c.Lifecycle.State == spec.StateStopped && seen.Properties.Properties.State != "Stopped" {
			return false
		}
	}
	return true
}

func (d *demo) scaleByCommit(context.Context) error {
	if err := d.change(clusters, scaled, "max_instances", "8", "Scale "+scaled+" to 8 nodes"); err != nil {
		return err
	}
	return d.untilScaled(8, "the cluster may grow to 8 nodes")
}

func (d *demo) scaleBehindOurBack(context.Context) error {
	if err := d.meddle(40); err != nil {
		return err
	}
	return d.untilScaled(8, "the cluster is back at 8 nodes, as git says")
}

func (d *demo) mistake(context.Context) error {
	if err := d.change(clusters, scaled, "max_instances", "a dozen", "Scale "+scaled+" to a dozen nodes"); err != nil {
		return err
	}
	refused := func(l *logLine) bool { return l.Message == "commit refused" }
	if err := d.until("the commit is refused, with the place of its mistake", func() bool { return d.tell.last(refused) != nil }); err != nil {
		return err
	}
	if err := d.meddle(40); err != nil {
		return err
	}
	if err := d.untilScaled(8, "meanwhile the last good commit holds: drift is still put right"); err != nil {
		return err
	}
	if err := d.change(clusters, scaled, "max_instances", "12", "Scale "+scaled+" to 12 nodes"); err != nil {
		return err
	}
	return d.untilScaled(12, "the next good commit goes on: 12 nodes")
}

func (d *demo) moveAttachment(context.Context) error {
	resource := d.dev(machine).Properties.ResourceID
	if err := d.change(machines, machine, "name", renamed, "Rename "+machine+" to "+renamed); err != nil {
		return err
	}
	return d.until("the machine is attached as "+renamed+", and no longer as "+machine, func() bool {
		now := d.dev(renamed)
		return d.dev(machine) == nil && now != nil && now.Properties.ProvisioningState == "Succeeded" &&
			now.Properties.ResourceID == resource && d.did(renamed)
	})
}

func (d *demo) removeBusy(context.Context) error {
	d.tell.say("somebody", "starts a job on %s: one node runs", removed)
	if err := d.sim.SetNodes(d.ref(removed), armsim.Nodes{Running: 1}); err != nil {
		return err
	}
	if err := d.repo.remove(clusters, removed); err != nil {
		return err
	}
	if err := d.commit("Remove " + removed); err != nil {
		return err
	}
	held := func(l *logLine) bool { return l.Compute == removed && l.Code == string(plan.Busy) }
	if err := d.until("the cluster is not removed while a job runs on it", func() bool { return d.tell.last(held) != nil }); err != nil {
		return err
	}
	looks := d.sim.Counters().Kinds["list"]
	err := d.until("the daemon looks again and again, and waits", func() bool {
		return d.sim.Counters().Kinds["list"] >= looks+2*len(d.fleet)
	})
	if err != nil {
		return err
	}
	if d.dev(removed) == nil {
		return fmt.Errorf("%s was removed under a running job", removed)
	}
	d.tell.say("somebody", "the job ends: the node is idle")
	if err := d.sim.SetNodes(d.ref(removed), armsim.Nodes{Idle: 1}); err != nil {
		return err
	}
	return d.until("now it goes", func() bool { return d.dev(removed) == nil && d.did(removed) })
}

// change changes one key of a compute in git.
func (d *demo) change(file, compute, key, value, message string) error {
	before, err := d.repo.set(file, compute, key, value)
	if err != nil {
		return err
	}
	d.tell.say("you", "edit %s (%s): %s: %s → %s", file, compute, key, before, value)
	return d.commit(message)
}

func (d *demo) commit(message string) error {
	d.tell.forget()
	hash, err := d.repo.commit(message)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	d.tell.say("you", "git commit %s %q", hash, message)
	return nil
}

// meddle changes the scaled cluster as somebody in the portal might.
func (d *demo) meddle(nodes int) error {
	d.tell.forget()
	d.tell.say("somebody", "sets %s to %d nodes in the portal", scaled, nodes)
	return d.sim.Patch(d.ref(scaled), fmt.Appendf(nil, `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":%d}}}}`, nodes))
}

func (d *demo) untilScaled(nodes int, what string) error {
	return d.until(what, func() bool {
		c := d.dev(scaled)
		return c != nil && c.Properties.Properties.ScaleSettings.MaxNodeCount == nodes && d.did(scaled)
	})
}

// did reports whether the daemon ended what it began on a compute.
func (d *demo) did(compute string) bool {
	l := d.tell.last(func(l *logLine) bool { return l.Message == "step" && l.Compute == compute })
	return l != nil && l.State == string(apply.Done)
}
