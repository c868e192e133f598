package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

// pruning lets a workspace remove, of which one compute stays.
func pruning(w *world) {
	w.Desired.Settings.Prune = true
	w.declare(cluster("stays", nil))
	w.owns(cluster("stays", nil))
}

// leaving adds computes of ours that git no longer declares.
func leaving(w *world, names ...string) {
	for _, name := range names {
		w.owns(cluster(name, nil))
	}
}

// TestHolds has every code that a plan gives, each where it is due.
func TestHolds(t *testing.T) {
	nc6 := fieldsOf{"size": "STANDARD_NC6"}
	check(t, []scenario{
		{"protected by its file", func(w *world) {
			w.declare(with(cluster("cpu", nc6), spec.Lifecycle{Protect: true}))
			w.owns(cluster("cpu", nil))
		}, "cpu replace (size) held protected"},
		{"protected by the workspace", func(w *world) {
			pruning(w)
			w.Desired.Settings.Protect = []string{"CPU*"}
			leaving(w, "cpu-a")
			w.declare(vm("cpu-b", 2, nil))
			w.owns(vm("cpu-b", 1, nil))
		}, "cpu-a delete () held protected\ncpu-b re-attach (resource_id) held protected"},
		{"protected against a takeover", func(w *world) {
			w.Desired.Settings.Protect = []string{"old"}
			w.declare(vm("new", 1, nil))
			w.owns(vm("old", 1, nil))
		}, "new takeover from old (name) held protected"},
		{"protect dropped in the same commit", func(w *world) {
			w.declare(cluster("cpu", nc6))
			w.owns(cluster("cpu", nil))
			w.previous(nil, "cpu")
		}, "cpu replace (size) held protected"},
		{"protect of the workspace dropped in the same commit", func(w *world) {
			w.declare(cluster("cpu", nc6))
			w.owns(cluster("cpu", nil))
			w.previous(func(s *spec.Settings) { s.Protect = []string{"c*"} })
		}, "cpu replace (size) held protected"},
		{"protect dropped a commit ago", func(w *world) {
			w.declare(cluster("cpu", nc6))
			w.owns(with(cluster("cpu", nil), spec.Lifecycle{Protect: true}))
			w.previous(nil)
		}, "cpu replace (size): delete create"},
		{"a protected file went", func(w *world) {
			pruning(w)
			w.owns(with(cluster("cpu", nil), spec.Lifecycle{Protect: true}))
			w.previous(nil)
		}, "cpu delete () held protected"},
		{"a protected file went and another took its resource", func(w *world) {
			w.declare(vm("new", 1, nil))
			w.owns(with(vm("old", 1, nil), spec.Lifecycle{Protect: true}))
		}, "new takeover from old (name) held protected"},
		{"expired and protected", func(w *world) {
			w.declare(with(cluster("cpu", nil), spec.Lifecycle{Expires: now, Protect: true}))
			w.owns(cluster("cpu", nil))
		}, "cpu delete () held protected"},

		{"prune off", func(w *world) {
			w.declare(cluster("stays", nil))
			w.owns(cluster("stays", nil))
			leaving(w, "cpu")
		}, "cpu delete () held prune-off"},
		{"prune turned on in the same commit", func(w *world) {
			pruning(w)
			leaving(w, "cpu")
			w.previous(func(s *spec.Settings) { s.Prune = false })
		}, "cpu delete () held prune-off"},
		{"empty source", func(w *world) { w.Desired.Settings.Prune = true; leaving(w, "cpu") }, "cpu delete () held empty-source"},

		{"too many deletions", func(w *world) {
			pruning(w)
			w.declare(cluster("gpu", nc6), vm("lab", 2, nil))
			leaving(w, "cpu-a", "cpu-b", "cpu-c")
			w.owns(cluster("gpu", nil))
			w.owns(vm("lab", 1, nil))
		}, "cpu-a delete () held max-deletions\ncpu-b delete () held max-deletions\ncpu-c delete () held max-deletions\n" +
			"gpu replace (size) held max-deletions\nlab re-attach (resource_id): detach attach"},
		{
			"deletions up to the limit", func(w *world) { pruning(w); leaving(w, "cpu-a", "cpu-b", "cpu-c") },
			"cpu-a delete (): delete\ncpu-b delete (): delete\ncpu-c delete (): delete",
		},
		{"too many of a share", func(w *world) {
			pruning(w)
			w.Desired.Settings.MaxDeletions = spec.Limit{Percent: 50}
			leaving(w, "cpu-a", "cpu-b")
		}, "cpu-a delete () held max-deletions\ncpu-b delete () held max-deletions"},
		{"a share is at least one", func(w *world) {
			pruning(w)
			w.Desired.Settings.MaxDeletions = spec.Limit{Percent: 1}
			leaving(w, "cpu-a")
		}, "cpu-a delete (): delete"},
		{"limit raised in the same commit", func(w *world) {
			pruning(w)
			w.Desired.Settings.MaxDeletions = spec.Limit{Percent: 100}
			leaving(w, "cpu-a", "cpu-b")
			w.previous(func(s *spec.Settings) { s.MaxDeletions = spec.Limit{Count: 1} })
		}, "cpu-a delete () held max-deletions\ncpu-b delete () held max-deletions"},
		{"held deletions do not count", func(w *world) {
			pruning(w)
			w.Desired.Settings.MaxDeletions = spec.Limit{Count: 1}
			w.Desired.Settings.Protect = []string{"cpu-a"}
			leaving(w, "cpu-a", "cpu-b")
		}, "cpu-a delete () held protected\ncpu-b delete (): delete"},

		{"deletions held only for now count", func(w *world) {
			pruning(w)
			w.Desired.Settings.MaxDeletions = spec.Limit{Count: 1}
			leaving(w, "cpu-a")
			w.owns(cluster("cpu-b", nil), running(1))
			w.owns(cluster("cpu-c", nil), provisioning("Updating"))
		}, "cpu-a delete () held max-deletions\ncpu-b delete () held busy\ncpu-c delete () held transitional"},
		{"taken over while it is being finished", func(w *world) {
			w.declare(vm("new", 1, nil))
			w.owns(vm("old", 1, nil))
			w.InFlight = map[string]bool{"old": true}
		}, "new attach () held transitional\nold none () held transitional"},

		{"another owner", func(w *world) {
			pruning(w)
			w.declare(cluster("cpu", nil), vm("lab", 1, nil), vm("new", 2, nil))
			w.exists(cluster("cpu", nil), tag("COMPUTESYNC-owner", "them/cpu"))
			w.exists(vm("lab", 2, nil), tag(spec.OwnerTag, "them/lab"))
			w.exists(cluster("gpu", nil), tag(spec.OwnerTag, "them/gpu"))
			w.Records["gpu"] = &spec.Record{Name: "gpu", CreatedOn: "born-gpu", Good: true, Spec: cluster("gpu", nil)}
		}, "cpu none (tags) held foreign-owner\nlab none (resource_id) held foreign-owner\nnew attach () held foreign-owner"},
		{"another owner has the resource", func(w *world) {
			w.declare(vm("new", 1, nil))
			w.exists(vm("old", 1, nil), tag(spec.OwnerTag, "them/old"))
		}, "new takeover from old (name) held foreign-owner"},

		{"not ours to replace", func(w *world) { w.declare(cluster("cpu", nc6)); w.exists(cluster("cpu", nil)) }, "cpu replace (tags,size) held not-ours"},
		{"not ours to re-attach", func(w *world) { w.declare(vm("lab", 2, nil)); w.exists(vm("lab", 1, nil)) }, "lab re-attach (resource_id) held not-ours"},
		{"not ours to take over", func(w *world) { w.declare(vm("new", 1, nil)); w.exists(vm("old", 1, nil)) }, "new takeover from old (name) held not-ours"},
		{"a later compute of that name is not ours", func(w *world) {
			w.declare(cluster("cpu", nc6))
			w.owns(cluster("cpu", nil), tag("a", "b"), func(a *spec.Compute) { a.Live.CreatedOn = "later" }).CreatedOn = "before"
		}, "cpu replace (tags,size) held not-ours"},
		{"a tag that was copied from another compute", func(w *world) {
			w.declare(vm("lab", 2, nil))
			w.exists(vm("lab", 1, nil), tag(spec.OwnerTag, "me/other"))
		}, "lab re-attach (resource_id) held not-ours"},
		{"Azure does not say who made it", func(w *world) {
			pruning(w)
			w.owns(cluster("cpu-a", nil), func(a *spec.Compute) { a.Live.AttachedKnown = false })
			w.owns(cluster("cpu-b", nil), func(a *spec.Compute) { a.Live.Attached = true })
		}, "cpu-a delete () held not-ours\ncpu-b delete () held not-ours"},
		{"the resource stays where it is", func(w *world) {
			w.declare(vm("old", 1, nil), vm("new", 1, fieldsOf{"resource_id": nil, "address": "10.0.0.4"}))
			w.owns(vm("old", 1, nil), set("address", "10.0.0.4"))
		}, "new attach () held not-ours"},
		{"two take over one resource", func(w *world) {
			w.declare(vm("new-a", 1, nil), vm("new-b", 1, fieldsOf{"resource_id": nil, "address": "10.0.0.4"}))
			w.owns(vm("old", 1, nil), set("address", "10.0.0.4"))
		}, "new-a takeover from old (name): old/detach attach\nnew-b attach () held not-ours"},
		{"a remake would break another attachment", func(w *world) {
			w.declare(vm("lab", 1, nil))
			w.owns(vm("lab", 1, nil), provisioning("Failed")).Good = false
			w.exists(vm("theirs", 1, nil))
		}, "lab remake () held not-ours"},
		{"another kind of that name", func(w *world) {
			w.declare(cluster("lab", nil))
			w.owns(vm("lab", 1, nil))
		}, "lab replace (type) held cannot-change-in-place"},

		{"busy", func(w *world) {
			pruning(w)
			w.declare(cluster("gpu", nc6), with(box("dev", nc6), spec.Lifecycle{ReplaceAllow: true}))
			w.owns(cluster("cpu", nil), running(1))
			w.owns(cluster("gpu", nil), func(a *spec.Compute) { a.Live.Nodes.Preparing = 1 })
			w.owns(box("dev", nil), state("JobRunning", "User"))
		}, "cpu delete () held busy\ndev replace (size) held busy\ngpu replace (size) held busy"},
		{"busy scale-down", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"max_instances": int64(2)}), cluster("gpu", fieldsOf{"max_instances": int64(3)}))
			w.owns(cluster("cpu", nil), running(3))
			w.owns(cluster("gpu", nil), running(3))
		}, "cpu update (max_instances) held busy\ngpu update (max_instances): patch"},
		{"busy stop", func(w *world) {
			w.declare(with(box("dev", nil), spec.Lifecycle{State: "stopped"}))
			w.owns(box("dev", nil), state("JobRunning", "User"))
		}, "dev stop (computesync.state) held busy"},

		{"transitional", func(w *world) {
			pruning(w)
			w.declare(cluster("gpu", fieldsOf{"max_instances": int64(8)}), with(box("dev", nil), spec.Lifecycle{State: "stopped"}),
				with(box("eve", nil), spec.Lifecycle{State: "running"}), vm("lab", 1, nil))
			w.owns(cluster("cpu", nil), provisioning("Deleting"))
			w.owns(cluster("gpu", nil), provisioning("Updating"))
			w.owns(box("dev", nil), state("Starting", "User"))
			w.owns(box("eve", nil), state("Stopping", "User"))
			w.exists(vm("lab", 1, nil), provisioning("Creating"))
		}, "cpu delete () held transitional\ndev stop (computesync.state) held transitional\neve start (computesync.state) held transitional\n" +
			"gpu update (max_instances) held transitional\nlab adopt () held transitional"},
		{"what moves and does not differ is left alone", func(w *world) {
			w.declare(cluster("cpu", nil))
			w.owns(cluster("cpu", nil), provisioning("Updating"))
		}, ""},

		{"not applied", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"max_instances": int64(8), "min_instances": int64(1)}))
			w.owns(cluster("cpu", nil)).Refused = spec.Refusals{"max_instances": {Want: "8", Have: "4"}, "min_instances": {Want: "1", Have: "2"}}
		}, "cpu none (max_instances) held not-applied\ncpu update (min_instances): patch"},
		{"not applied and cannot change", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"max_instances": int64(8), "description": "x"}))
			w.owns(cluster("cpu", nil)).Refused = spec.Refusals{"max_instances": {Want: "8", Have: "4"}}
		}, "cpu none (max_instances,description) held cannot-change-in-place"},

		{"cannot change in place", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"description": "x", "max_instances": int64(8)}), box("dev", fieldsOf{"tags": map[string]string{"a": "b"}}),
				vm("lab", 1, fieldsOf{"description": "x"}))
			w.owns(cluster("cpu", nil))
			w.owns(box("dev", nil))
			w.owns(vm("lab", 1, nil))
		}, "cpu none (description) held cannot-change-in-place\ncpu update (max_instances): patch\n" +
			"dev none (tags) held cannot-change-in-place\nlab none (description) held cannot-change-in-place"},
		{"an instance without permission", func(w *world) { w.declare(box("dev", nc6)); w.owns(box("dev", nil)) }, "dev replace (size) held cannot-change-in-place"},
		{"a system identity would go", func(w *world) {
			w.declare(cluster("cpu", nc6))
			w.owns(cluster("cpu", nil), func(a *spec.Compute) { a.Live.SystemIdentity = true })
		}, "cpu replace (size) held cannot-change-in-place"},
		{"a live password would go", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"size": "STANDARD_NC6", "ssh_settings.admin_username": "ml", "ssh_settings.ssh_key_value": "k"}))
			w.owns(cluster("cpu", nil), func(a *spec.Compute) { a.Live.HasCredentials = true })
		}, "cpu replace (size) held cannot-change-in-place"},
		{"a live key is kept", func(w *world) {
			w.declare(cluster("cpu", nc6))
			w.owns(cluster("cpu", nil), set("ssh_settings.ssh_key_value", "k"), func(a *spec.Compute) { a.Live.HasCredentials = true })
		}, "cpu replace (size): delete create"},
		{"adoption of what differs for good", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"description": "x"}), vm("lab", 1, fieldsOf{"description": "x"}))
			w.exists(cluster("cpu", nil))
			w.exists(vm("lab", 1, nil))
		}, "cpu adopt (tags,description) held cannot-change-in-place\nlab adopt (description) held cannot-change-in-place"},

		{"no way back", func(w *world) {
			w.declare(vm("lab", 2, nil), vm("new", 3, nil))
			w.tagged(vm("lab", 1, nil))
			w.owns(vm("old", 3, nil)).Spec = nil
		}, "lab re-attach (resource_id) held no-way-back\nnew takeover from old (name) held no-way-back"},

		{"failed", func(w *world) {
			w.declare(cluster("cpu", nil), box("dev", nil), vm("lab", 1, nil))
			w.owns(cluster("cpu", nil), provisioning("Failed"))
			w.owns(box("dev", nil), state("SetupFailed", "User")).Adopted = true
			w.exists(vm("lab", 1, nil), provisioning("Failed"))
		}, "cpu none () held failed\ndev none () held failed\nlab none () held failed"},
		{"failed, made again later", func(w *world) {
			w.declare(cluster("cpu", nil))
			r := w.owns(cluster("cpu", nil), provisioning("Failed"))
			r.Good, r.Remakes, r.RemakeAt = false, 2, now.Add(time.Minute)
		}, "cpu remake () held failed"},

		{"a removal that failed is tried again", func(w *world) {
			pruning(w)
			w.declare(cluster("cpu", nc6), vm("lab", 2, nil), vm("new", 3, nil))
			for _, r := range []*spec.Record{
				w.owns(cluster("cpu", nil), provisioning("Failed")), w.owns(cluster("gone", nil), provisioning("Failed")),
				w.owns(vm("lab", 1, nil), provisioning("Failed")), w.owns(vm("old", 3, nil), provisioning("Failed")),
			} {
				r.Unremoved, r.Remakes, r.RemakeAt = "locked", 1, now
			}
		}, "cpu replace (size): delete create\ngone delete (): delete\nlab re-attach (resource_id): detach attach\nnew takeover from old (name): old/detach attach"},
		{"a removal that failed, later", func(w *world) {
			pruning(w)
			w.declare(cluster("cpu", nc6), cluster("well", nc6), cluster("weak", nil), vm("lab", 2, nil), vm("new", 3, nil))
			for i, r := range []*spec.Record{
				w.owns(cluster("weak", nil), provisioning("Failed")),
				w.owns(cluster("cpu", nil), provisioning("Failed")), w.owns(cluster("gone", nil), provisioning("Failed")),
				w.owns(cluster("well", nil)), w.owns(vm("lab", 1, nil)), w.owns(vm("old", 3, nil)),
			} {
				r.Good, r.Unremoved, r.Remakes, r.RemakeAt = i > 0, "locked", 1, now.Add(time.Minute)
			}
		}, "cpu replace (size) held failed\ngone delete () held failed\nlab re-attach (resource_id) held failed\n" +
			"new takeover from old (name) held failed\nweak remake () held failed\nwell replace (size) held failed"},
		{"a removal that failed and is not wanted any more", func(w *world) {
			w.declare(cluster("cpu", nil), box("dev", nil), cluster("well", nil))
			for _, r := range []*spec.Record{w.owns(cluster("cpu", nil), provisioning("Failed")), w.owns(box("dev", nil), provisioning("Failed")), w.owns(cluster("well", nil))} {
				r.Unremoved, r.Remakes, r.RemakeAt = "locked", 1, now
			}
		}, "cpu replace (): delete create\ndev replace () held cannot-change-in-place"},
		{"a removal that failed, of an earlier one of that name", func(w *world) {
			w.declare(cluster("cpu", nil))
			r := w.owns(cluster("cpu", nil), provisioning("Failed"))
			r.Unremoved, r.CreatedOn = "locked", "another"
		}, "cpu none () held failed"},
		{"a failed one that is to be replaced, as its file permits", func(w *world) {
			allow := spec.Lifecycle{ReplaceAllow: true}
			w.declare(with(cluster("cpu", nc6), allow), with(cluster("same", nil), allow), with(cluster("tagged", nc6), allow), with(cluster("theirs", nc6), allow))
			w.owns(cluster("cpu", nil), provisioning("Failed"))
			w.owns(cluster("same", nil), provisioning("Failed"))
			w.tagged(cluster("tagged", nil), provisioning("Failed"))
			w.exists(cluster("theirs", nil), provisioning("Failed"))
		}, "cpu replace (size): delete create\nsame none () held failed\ntagged replace (size) held approval\ntheirs replace (tags,size) held not-ours"},

		{"journal lost", func(w *world) { pruning(w); w.tagged(cluster("cpu", nil)) }, "cpu delete () held approval"},

		{"a hold takes along what needs it", func(w *world) {
			w.declare(vm("lab-a", 2, nil), vm("lab-b", 3, nil), vm("lab-c", 4, nil))
			w.owns(vm("lab-a", 1, nil))
			w.owns(vm("lab-b", 2, nil))
			w.owns(vm("lab-c", 3, nil), provisioning("Updating"))
		}, "lab-a re-attach (resource_id) held transitional\nlab-b re-attach (resource_id) held transitional\nlab-c re-attach (resource_id) held transitional"},
		{"a removal does not need what needs it", func(w *world) {
			pruning(w)
			w.Desired.Settings.Protect = []string{"lab-a"}
			w.declare(vm("lab-a", 2, nil))
			w.owns(vm("lab-a", 1, nil))
			w.owns(vm("lab-b", 2, nil))
		}, "lab-a re-attach (resource_id) held protected\nlab-b detach (): detach"},
		{"a resource that only prune frees", func(w *world) {
			w.declare(vm("lab-a", 2, nil))
			w.owns(vm("lab-a", 1, nil))
			w.owns(vm("lab-b", 2, nil))
		}, "lab-a re-attach (resource_id) held prune-off\nlab-b detach () held prune-off"},
		{"an orphan keeps its resource", func(w *world) {
			w.Desired.Settings.Prune = true
			w.declare(vm("lab-a", 2, nil))
			w.owns(vm("lab-a", 1, nil))
			w.owns(with(vm("lab-b", 2, nil), spec.Lifecycle{OnDelete: "orphan"}))
		}, "lab-a re-attach (resource_id) held not-ours\norphaned lab-b"},
	})
}

// TestWorkspaceHold holds everything of a workspace, with each code that a
// caller gives.
func TestWorkspaceHold(t *testing.T) {
	for _, code := range []Code{Suspended, Window, DuplicateWorkspace} {
		w := newWorld()
		pruning(w)
		leaving(w, "cpu")
		w.declare(vm("lab", 1, nil))
		w.Hold = &Held{Code: code, Text: "because"}
		p := w.plan()
		sound(t, p)
		want := "cpu delete () held " + string(code) + "\nlab attach () held " + string(code)
		if got := show(p); got != want || p.Steps() != 0 || p.Summary["held"] != 2 || p.Summary["unchanged"] != 1 {
			t.Errorf("%s, summary %v", got, p.Summary)
		}
	}
}

// TestPersonLifts checks what a person's word lifts.
func TestPersonLifts(t *testing.T) {
	build := func(change func(*world)) (*world, string) {
		w := newWorld()
		pruning(w)
		w.Desired.Settings.MaxDeletions = spec.Limit{Count: 1}
		leaving(w, "cpu-a", "cpu-b")
		w.tagged(cluster("cpu-c", nil)) // journal lost
		w.declare(vm("lab", 2, nil))
		w.owns(vm("lab", 1, nil))
		w.owns(cluster("safe", nil))
		w.Desired.Settings.Protect = []string{"safe"}
		w.previous(func(s *spec.Settings) { s.Prune = false }, "lab")
		change(w)
		p := w.plan()
		sound(t, p)
		var held []string
		for _, c := range p.Workspaces[0].Changes {
			if c.Held != nil {
				held = append(held, c.Name+" "+string(c.Held.Code))
			}
		}
		return w, strings.Join(held, ", ")
	}
	var hash string
	for _, c := range []struct {
		name   string
		change func(*world)
		want   string
	}{
		{
			"nothing said", func(w *world) { hash = w.plan().Hash },
			"cpu-a prune-off, cpu-b prune-off, cpu-c prune-off, lab protected, safe protected",
		},
		{
			"too few allowed", func(w *world) { w.AllowDeletions = 2 },
			"cpu-a prune-off, cpu-b prune-off, cpu-c prune-off, lab protected, safe protected",
		},
		{"all deletions allowed", func(w *world) { w.AllowDeletions = 3 }, "lab protected, safe protected"},
		{"approved", func(w *world) { w.Approved = hash }, "safe protected"},
		{
			"another plan approved", func(w *world) { w.Approved = "0" + hash[1:] + "x" },
			"cpu-a prune-off, cpu-b prune-off, cpu-c prune-off, lab protected, safe protected",
		},
		{
			"approved and changed since", func(w *world) { w.Approved = hash; w.declare(cluster("more", nil)) },
			"cpu-a prune-off, cpu-b prune-off, cpu-c prune-off, lab protected, safe protected",
		},
	} {
		if _, got := build(c.change); got != c.want {
			t.Errorf("%s: held %s, want %s", c.name, got, c.want)
		}
	}
}

// TestGuards names the codes that exit code 3 tells of.
func TestGuards(t *testing.T) {
	quiet := []Code{PruneOff, Busy, Transitional, Suspended, Window, Approval, DuplicateWorkspace}
	loud := []Code{Protected, MaxDeletions, EmptySource, ForeignOwner, NotOurs, CannotChangeInPlace, NoWayBack, Failed, NotApplied, Policy, ConflictingValues}
	for i, codes := range [][]Code{quiet, loud} {
		for _, code := range codes {
			w := newWorld()
			w.declare(cluster("cpu", nil))
			w.Hold = &Held{Code: code, Text: ""}
			if w.plan().Raises() != (i == 1) {
				t.Errorf("a hold by %s guards: %v", code, i == 0)
			}
		}
	}
}
