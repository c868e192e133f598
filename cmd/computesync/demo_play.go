package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/spec"
)

// sceneLimit is how long anything that must happen in a scene may take.
const sceneLimit = 20 * time.Second

// play plays all scenes.
func (d *demo) play(ctx context.Context) error {
	began := time.Now()
	for i, s := range scenes {
		d.tell.scene(i+1, s.title)
		if err := d.wait(time.After(d.pause)); err != nil {
			return err
		}
		if err := s.play(d, ctx); err != nil {
			return fmt.Errorf("scene %d: %w", i+1, err)
		}
	}
	if lost := d.sim.Snapshot().DestroyedResources; len(lost) > 0 {
		return fmt.Errorf("resources under attachments were destroyed: %v", lost)
	}
	m := d.sim.Counters().Methods
	d.tell.end("That was the loop: git says what is to be, the daemon makes it so and keeps it so. It took %d writes to\n"+
		"the simulated Azure and %d reads, in %s.", m["PUT"]+m["PATCH"]+m["POST"]+m["DELETE"], m["GET"], time.Since(began).Round(time.Second))
	return nil
}

// until waits for something to happen, and tells that it did.
func (d *demo) until(what string, happened func() bool) error {
	limit := time.After(sceneLimit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !happened() {
		if err := d.tell.failed(); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-limit:
			return fmt.Errorf("this did not happen within %s: %s", sceneLimit, what)
		case <-d.interrupt:
			return ended(exitInterrupted)
		}
	}
	d.tell.say("✓", "%s", what)
	return nil
}

func (d *demo) wait(c <-chan time.Time) error {
	select {
	case <-c:
		return nil
	case <-d.interrupt:
		return ended(exitInterrupted)
	}
}

// seenCompute is what the story looks at in a compute as Azure shows it.
type seenCompute struct {
	Properties struct {
		ProvisioningState string `json:"provisioningState"`
		ResourceID        string `json:"resourceId"`
		Properties        struct {
			State         string `json:"state"` // of an instance
			ScaleSettings struct {
				MaxNodeCount int `json:"maxNodeCount"`
			} `json:"scaleSettings"`
		} `json:"properties"`
	} `json:"properties"`
}

// compute is a compute in the simulator, nil if it is not there.
func (d *demo) compute(id spec.WorkspaceID, name string) *seenCompute {
	data := d.sim.Compute(armsim.Ref{Subscription: id.Subscription, Group: id.ResourceGroup, Workspace: id.Name, Name: name})
	if data == nil {
		return nil
	}
	c := new(seenCompute)
	if err := json.Unmarshal(data, c); err != nil {
		return nil
	}
	return c
}

// dev is a compute of the workspace in which the story plays.
func (d *demo) dev(name string) *seenCompute { return d.compute(d.fleet[0].ID, name) }

func (d *demo) ref(name string) armsim.Ref {
	id := d.fleet[0].ID
	return armsim.Ref{Subscription: id.Subscription, Group: id.ResourceGroup, Workspace: id.Name, Name: name}
}

// introduce says what is there before the first scene.
func (d *demo) introduce() {
	d.tell.end("A simulated Azure ML, a git repository and the daemon, all in this process. Nothing leaves this machine.\n\n"+
		"   simulator  %s\n   repository %s", d.url, d.repo.dir)
	for _, ws := range d.fleet {
		d.tell.say("workspace", "%s, declared in %s/: %d computes", ws.ID.Name, ws.Dir, len(ws.Computes))
	}
}

// explain says how to play with what --keep left running.
func (d *demo) explain() {
	dev := d.fleet[0]
	door := d.url + "/_sim/workspaces/" + dev.ID.String() + "/computes/" + scaled
	self, err := os.Executable() // it need not be in the PATH
	if err != nil {
		self = "computesync"
	}
	d.tell.end(`All of it keeps running until Ctrl-C, and is gone then. To play, in another terminal:

   cd %s
   git commit -am 'Try something'         # after an edit; the daemon follows branch %s

   # before the commit
   %s validate
   %s plan --endpoint %s

   # what Azure has
   curl -s '%s%s/computes?api-version=2025-12-01'
   # change a cluster behind the daemon's back
   curl -X PUT -d '{"properties":{"properties":{"scaleSettings":{"maxNodeCount":9}}}}' \
      %s
   # have a job run on it, then end it
   curl -X POST -d '{"running":1}' %s/nodes
   curl -X POST -d '{"idle":1}' %s/nodes
`, d.repo.dir, demoBranch, self, self, d.url, d.url, dev.ID.ResourcePath(), door, door, door)
}
