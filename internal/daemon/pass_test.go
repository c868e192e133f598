package daemon_test

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// bench makes single passes.
type bench struct {
	*world
	r       *daemon.Reconciler
	journal *journal.Workspace
}

func newBench(t *testing.T) *bench {
	t.Helper()
	w := newWorld(t)
	j, err := journal.Open(w.dir, journal.KeyFile(w.dir+".key"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	client, err := arm.New(arm.Config{Endpoint: endpoint, Transport: transporter{sim: w.sim}})
	if err != nil {
		t.Fatal(err)
	}
	return &bench{
		w, &daemon.Reconciler{
			Endpoint: endpoint, Journal: j, Secrets: w, Timeout: time.Hour,
			Target: func(ws *spec.Workspace) apply.Target {
				return azureml.NewWorkspace(client, ws)
			},
		},
		j.Workspace(journal.Scope(endpoint, spec.WorkspaceID{Subscription: subscription, ResourceGroup: "rg-ml", Name: "prod"})),
	}
}

// make makes a pass by the files at a commit and returns its plan.
func (b *bench) make(commit string, f files, hold *plan.Held) *plan.Workspace {
	b.t.Helper()
	tree := fstest.MapFS{}
	for name, content := range f {
		tree[name] = &fstest.MapFile{Data: []byte(content)}
	}
	set := spec.Load(tree, spec.Options{})
	if !set.Valid() {
		b.t.Fatal(set.AllErrors())
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	defer cancel()
	v, err := b.r.Look(ctx, set.Workspaces[0], commit)
	if err != nil {
		b.t.Fatal(err)
	}
	v.Hold = hold
	p := v.Plan()
	if _, err := b.r.Apply(ctx, v, &p.Workspaces[0], p.Hash, nil, nil); err != nil {
		b.t.Fatal(err)
	}
	return &p.Workspaces[0]
}

func (b *bench) record(name string) *spec.Record {
	b.t.Helper()
	records, err := b.journal.Records()
	if err != nil {
		b.t.Fatal(err)
	}
	return records[name]
}

// held is what a plan says of a compute: its action, and the code of its hold.
func held(ws *plan.Workspace, name string) string {
	for i := range ws.Changes {
		if c := &ws.Changes[i]; c.Name == name {
			if c.Held == nil {
				return string(c.Action)
			}
			return string(c.Action) + " " + string(c.Held.Code)
		}
	}
	return ""
}

func TestRecordsFollowTheSpec(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.make("c1", one(cluster("cpu", 4, "description: ours")), nil)
		first := b.record("cpu")
		if first == nil || !first.Good || first.Adopted || first.CreatedOn == "" {
			t.Fatalf("got record %+v of what was made", first)
		}

		// What is as declared takes over all of the spec, what is held only what concerns removal.
		b.make("c2", one(cluster("cpu", 4, "description: ours", "computesync: {on_delete: orphan}")), nil)
		expect(t, "on_delete", b.record("cpu").Spec.Lifecycle.OnDelete, spec.OnDeleteOrphan)
		ws := b.make("c3", one(cluster("cpu", 4, "description: other", "computesync: {protect: true}")), nil)
		expect(t, "change", held(ws, "cpu"), "none cannot-change-in-place")
		r := b.record("cpu")
		expect(t, "description as last applied", r.Spec.Text("description"), "ours")
		expect(t, "lifecycle", r.Spec.Lifecycle.Protect, true)
		expect(t, "on_delete", r.Spec.Lifecycle.OnDelete, "")

		// Nothing at all is remembered of what is not in force.
		before := b.record("cpu")
		b.make("c4", one(cluster("cpu", 4, "description: ours")), &plan.Held{Code: plan.DuplicateWorkspace, Text: "two"})
		if diff := cmp.Diff(before.Spec.Lifecycle, b.record("cpu").Spec.Lifecycle); diff != "" {
			t.Errorf("a held pass changed the record: %s", diff)
		}
		current, _, err := b.journal.Permissions()
		if err != nil || current.Commit != "c3" {
			t.Errorf("got permissions of %v, %v after a held pass, want those of c3", current, err)
		}

		// Gone is gone.
		if err := b.sim.Remove(ref("prod", "cpu")); err != nil {
			t.Fatal(err)
		}
		b.make("c5", one(cluster("gpu", 1)), nil)
		if r := b.record("cpu"); r != nil {
			t.Errorf("got record %+v of what is gone", r)
		}
	})
}

func TestFailedIsNotGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		f := one(cluster("cpu", 4))
		b.make("c1", f, nil)
		r := *b.record("cpu")
		r.Good, r.RemakeAt = false, time.Now().Add(time.Hour)
		if err := b.journal.Save(journal.Update{Put: []*spec.Record{&r}}); err != nil {
			t.Fatal(err)
		}
		for _, state := range []string{"Failed", "Canceled", "Creating", "Updating", "Unknown", "Deleting"} {
			if err := b.sim.Patch(ref("prod", "cpu"), []byte(`{"properties":{"provisioningState":"`+state+`"}}`)); err != nil {
				t.Fatal(err)
			}
			ws := b.make("c2", f, nil)
			if got := b.record("cpu"); got == nil || got.Good {
				t.Errorf("%s: got record %+v (%s), want one that is not good", state, got, held(ws, "cpu"))
			}
		}
		if err := b.sim.Patch(ref("prod", "cpu"), []byte(`{"properties":{"provisioningState":"Succeeded"}}`)); err != nil {
			t.Fatal(err)
		}
		b.make("c2", f, nil)
		expect(t, "good when it succeeded", b.record("cpu").Good, true)
	})
}

func TestTagTellsOursWhereTheJournalIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		f := one(cluster("cpu", 4))
		b.make("c1", f, nil)
		if err := b.journal.Save(journal.Update{Forget: []string{"cpu"}}); err != nil {
			t.Fatal(err)
		}
		b.make("c1", f, nil)
		if r := b.record("cpu"); r == nil || !r.Good || r.Adopted {
			t.Errorf("got record %+v", r)
		}
	})
}

func TestAdoptedIsOrphaned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		if err := b.sim.Patch(ref("prod", "theirs"), []byte(`{"location":"westeurope","properties":{"computeType":"AmlCompute",
			"properties":{"vmSize":"STANDARD_DS3_V2","scaleSettings":{"minNodeCount":0,"maxNodeCount":4}}}}`)); err != nil {
			t.Fatal(err)
		}
		ws := b.make("c1", one(cluster("theirs", 4), cluster("cpu", 1)), nil)
		expect(t, "change", held(ws, "theirs"), "adopt")
		if r := b.record("theirs"); r == nil || !r.Adopted {
			t.Fatalf("got record %+v of what was adopted", r)
		}
		b.make("c1", one(cluster("theirs", 4), cluster("cpu", 1)), nil)
		if r := b.record("theirs"); !r.Adopted {
			t.Error("the record forgot that it was adopted")
		}
		ws = b.make("c2", one(cluster("cpu", 1)), nil)
		expect(t, "change when it is not declared any more", held(ws, "theirs"), "")
		if diff := cmp.Diff([]string{"theirs"}, ws.Orphaned); diff != "" {
			t.Errorf("orphaned: %s", diff)
		}
		expect(t, "still there", b.exists("theirs"), true)
	})
}

func TestExpiredIsNotRememberedAsApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.make("c1", one(cluster("cpu", 4), cluster("gpu", 1)), nil)
		past := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
		b.make("c2", one(cluster("cpu", 9, "computesync: {on_delete: orphan, expires: "+past+"}"), cluster("gpu", 1)), nil)
		r := b.record("cpu")
		if n, _ := r.Spec.Int("max_instances"); n != 4 {
			t.Errorf("got max_instances %d as last applied, want 4", n)
		}
		expect(t, "on_delete", r.Spec.Lifecycle.OnDelete, spec.OnDeleteOrphan)
	})
}

func TestPermissionsAreThoseOfTheCommitBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		protected, open := one(cluster("cpu", 4, "computesync: {protect: true}")), one(strings.Replace(cluster("cpu", 4), "DS3", "DS4", 1))
		b.make("c1", protected, nil)
		for range 3 { // however often the pass is made, it is one commit
			expect(t, "by the commit that drops it", held(b.make("c2", open, nil), "cpu"), "replace protected")
		}
		expect(t, "by the next one", held(b.make("c3", open, nil), "cpu"), "replace")
	})
}

func TestRotatedSecretIsSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		f := one(machine("lab", "vm1"))
		b.make("c1", f, nil)
		expect(t, "with the same secret", held(b.make("c1", f, nil), "lab"), "")
		r := *b.record("lab")
		r.Secrets = spec.Prints{"ssh_settings.admin_password": "of another"}
		if err := b.journal.Save(journal.Update{Put: []*spec.Record{&r}}); err != nil {
			t.Fatal(err)
		}
		expect(t, "with another", held(b.make("c1", f, nil), "lab"), "re-attach")
		expect(t, "after that", held(b.make("c1", f, nil), "lab"), "")
	})
}
