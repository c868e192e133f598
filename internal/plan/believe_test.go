package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

// born is a createdOn so many seconds before now.
func born(ago int) string { return now.Add(-time.Duration(ago) * time.Second).Format(time.RFC3339Nano) }

func modified(on string) func(*spec.Compute) {
	return func(a *spec.Compute) { a.Live.ModifiedOn = on }
}

func created(on string) func(*spec.Compute) {
	return func(a *spec.Compute) { a.Live.CreatedOn = on }
}

// TestOwnership goes through every rule about whose a compute is, with the
// journal, without it, and without it after a pass that found nothing to do:
// what a tag alone says stays a claim, whoever wrote the tag.
func TestOwnership(t *testing.T) {
	removes := spec.Lifecycle{OnDelete: "remove"}
	rules := []struct {
		name          string
		of            *spec.Compute // as it was applied last
		want          func(*world)  // what this commit declares
		live          []func(*spec.Compute)
		made, adopted string // with the journal
		claimed       string // made, known by the tag alone
		claimedTaken  string // adopted, known by the tag alone
	}{
		{
			name: "delete", of: cluster("cpu", nil), want: func(w *world) { w.Desired.Settings.AllowEmpty = true },
			made: "cpu delete (): delete", adopted: "orphaned cpu",
			claimed: "cpu delete () held approval", claimedTaken: "orphaned cpu",
		},
		{
			name: "delete as its file said", of: with(cluster("cpu", nil), removes), want: func(w *world) { w.Desired.Settings.AllowEmpty = true },
			made: "cpu delete (): delete", adopted: "cpu delete (): delete",
			claimed: "cpu delete () held approval", claimedTaken: "orphaned cpu; cpu delete () held approval",
		},
		{
			name: "expire", of: cluster("cpu", nil), want: func(w *world) {
				w.declare(with(cluster("cpu", nil), spec.Lifecycle{Expires: now, OnDelete: "remove"}))
			},
			made: "cpu delete (): delete", adopted: "cpu delete (): delete",
			claimed: "cpu delete () held approval", claimedTaken: "cpu delete () held approval",
		},
		{
			name: "replace", of: cluster("cpu", nil), want: func(w *world) { w.declare(cluster("cpu", fieldsOf{"size": "STANDARD_NC6"})) },
			made: "cpu replace (size): delete create", adopted: "cpu replace (size): delete create",
			claimed: "cpu replace (size) held approval", claimedTaken: "cpu replace (size) held approval",
		},
		{
			name: "identity", of: cluster("cpu", nil), live: []func(*spec.Compute){set("identity.type", "none")}, want: func(w *world) {
				w.declare(cluster("cpu", fieldsOf{"identity.type": "system_assigned"}))
			},
			made: "cpu update (identity.type): put", adopted: "cpu update (identity.type): put",
			claimed: "cpu update (identity.type) held approval", claimedTaken: "cpu update (identity.type) held approval",
		},
		{
			name: "stop", of: box("dev", nil), want: func(w *world) { w.declare(with(box("dev", nil), spec.Lifecycle{State: "stopped"})) },
			made: "dev stop (computesync.state): stop", adopted: "dev stop (computesync.state): stop",
			claimed: "dev stop (computesync.state) held approval", claimedTaken: "dev stop (computesync.state) held approval",
		},
		{
			name: "scale", of: cluster("cpu", nil), want: func(w *world) { w.declare(cluster("cpu", fieldsOf{"max_instances": int64(8)})) },
			made: "cpu update (max_instances): patch", adopted: "cpu update (max_instances): patch",
			claimed: "cpu update (max_instances): patch", claimedTaken: "cpu update (max_instances): patch",
		},
		{
			name: "nothing", of: cluster("cpu", nil), want: func(w *world) { w.declare(cluster("cpu", nil)) },
		},
	}
	for _, r := range rules {
		for _, taken := range []bool{false, true} {
			value := spec.OwnerValue("me", r.of.Name, taken)
			world := func(record *spec.Record) string {
				w := newWorld()
				w.Desired.Settings.Prune = true
				w.tagged(r.of, append(r.live, tag(spec.OwnerTag, value))...)
				if record != nil {
					record.Name, record.CreatedOn, record.Good, record.Spec = r.of.Name, "born-"+r.of.Key(), true, r.of
					w.Records[r.of.Key()] = record
				}
				r.want(w)
				p := w.plan()
				sound(t, p)
				return show(p)
			}
			known, claimed := r.made, r.claimed
			if taken {
				known, claimed = r.adopted, r.claimedTaken
			}
			lost, after := claimed, claimed // what the file said about removal is known again after a pass
			if a, b, both := strings.Cut(claimed, "; "); both {
				lost, after = a, b
			}
			for _, c := range []struct {
				when   string
				record *spec.Record
				want   string
			}{
				{"with the journal", &spec.Record{Adopted: taken}, known},
				{"without it", nil, lost},
				{"without it after a pass", &spec.Record{Adopted: taken, Claimed: true}, after},
			} {
				if got := world(c.record); got != c.want {
					t.Errorf("%s, adopted %t, %s: plan is %q, want %q", r.name, taken, c.when, got, c.want)
				}
			}
		}
	}
}

// TestAdoptionIsMarked has the tag say that somebody else made what is adopted,
// and keeps the tag of what was made.
func TestAdoptionIsMarked(t *testing.T) {
	w := newWorld()
	w.declare(cluster("theirs", nil), cluster("old", nil), cluster("mine", nil))
	w.exists(cluster("theirs", nil))
	w.owns(cluster("old", nil)).Adopted = true // by a version that did not mark it
	w.owns(cluster("mine", nil))
	want := "old update (tags): put\ntheirs adopt (tags): put"
	if got := show(w.plan()); got != want {
		t.Fatalf("plan is\n%s\nwant\n%s", got, want)
	}
	for _, c := range w.plan().Workspaces[0].Changes {
		if got := c.Desired.Tags()[spec.OwnerTag]; got != "me/"+c.Name+"/adopted" {
			t.Errorf("%s gets the tag %q", c.Name, got)
		}
	}
}

// TestOldReads makes plans from lists that are behind what the journal knows.
func TestOldReads(t *testing.T) {
	recorded := func(w *world, c *spec.Compute, ago int) *spec.Record {
		r := &spec.Record{Name: c.Name, CreatedOn: born(ago), Seen: now.Add(-time.Duration(ago) * time.Second), Good: true, Spec: c}
		w.Records[c.Key()] = r
		return r
	}
	check(t, []scenario{
		{"an older incarnation that differs", func(w *world) {
			w.declare(cluster("cpu", nil))
			recorded(w, cluster("cpu", nil), 5)
			w.tagged(cluster("cpu", fieldsOf{"size": "STANDARD_NC6"}), created(born(100)))
		}, "cpu none () held transitional"},
		{"an older incarnation, long after", func(w *world) {
			w.declare(cluster("cpu", nil))
			recorded(w, cluster("cpu", nil), 3600)
			w.tagged(cluster("cpu", fieldsOf{"size": "STANDARD_NC6"}), created(born(4000)))
		}, "cpu none () held transitional"},
		{"from before our last write", func(w *world) {
			w.declare(cluster("cpu", nil))
			w.owns(cluster("cpu", fieldsOf{"max_instances": int64(2)}), created(born(100)), modified(born(20)))
			r := w.Records["cpu"]
			r.Seen, r.Wrote, r.Modified = now.Add(-100*time.Second), now.Add(-5*time.Second), born(6)
		}, "cpu none () held transitional"},
		{"from before our last write, long after it", func(w *world) {
			w.declare(cluster("cpu", nil))
			w.owns(cluster("cpu", fieldsOf{"max_instances": int64(2)}), created(born(100)), modified(born(70)))
			r := w.Records["cpu"]
			r.Seen, r.Wrote, r.Modified = now.Add(-100*time.Second), now.Add(-50*time.Second), born(60)
		}, "cpu update (max_instances): patch"},
		{"an older incarnation that is no longer declared", func(w *world) {
			w.Desired.Settings.Prune, w.Desired.Settings.AllowEmpty = true, true
			recorded(w, cluster("cpu", nil), 5)
			w.tagged(cluster("cpu", nil), created(born(100)))
		}, ""},
		{"not there yet", func(w *world) {
			w.declare(cluster("cpu", nil))
			recorded(w, cluster("cpu", nil), 5)
		}, "cpu none () held transitional"},
		{"gone", func(w *world) {
			w.declare(cluster("cpu", nil))
			recorded(w, cluster("cpu", nil), 16)
		}, "cpu create (): create"},
		{"not there yet, and its resource is wanted", func(w *world) {
			w.declare(vm("new", 1, nil))
			recorded(w, vm("old", 1, nil), 5)
		}, "new attach () held transitional"},
		{"an older incarnation, and its resource is wanted", func(w *world) {
			w.declare(vm("new", 1, nil))
			recorded(w, vm("old", 1, nil), 5)
			w.exists(vm("old", 2, nil), created(born(100)))
		}, "new attach () held transitional"},
		{"a later incarnation with our tag", func(w *world) {
			w.Desired.Settings.Prune, w.Desired.Settings.AllowEmpty = true, true
			recorded(w, cluster("cpu", nil), 3600)
			w.tagged(cluster("cpu", nil), created(born(100)))
		}, "cpu delete () held approval"},
		{"a later incarnation without a tag", func(w *world) {
			w.declare(cluster("cpu", nil))
			recorded(w, cluster("cpu", nil), 3600)
			w.exists(cluster("cpu", nil), created(born(100)))
		}, "cpu adopt (tags): put"},
		{"removed a moment ago", func(w *world) {
			w.Desired.Settings.Prune, w.Desired.Settings.AllowEmpty = true, true
			w.tagged(cluster("cpu", nil), created(born(100)))
			w.Disowned = map[string]*spec.Disowned{"cpu": {Name: "cpu", CreatedOn: born(100), Removed: true, At: now.Add(-time.Second)}}
		}, ""},
		{"removed, and still there", func(w *world) {
			w.Desired.Settings.Prune, w.Desired.Settings.AllowEmpty = true, true
			w.tagged(cluster("cpu", nil), created(born(100)))
			w.Disowned = map[string]*spec.Disowned{"cpu": {Name: "cpu", CreatedOn: born(100), Removed: true, At: now.Add(-time.Hour)}}
		}, "cpu delete () held approval"},
		{"removed, and made again by somebody", func(w *world) {
			w.declare(cluster("cpu", nil))
			w.exists(cluster("cpu", nil), created(born(10)))
			w.Disowned = map[string]*spec.Disowned{"cpu": {Name: "cpu", CreatedOn: born(100), Removed: true, At: now.Add(-time.Second)}}
		}, "cpu adopt (tags): put"},
	})
}

// TestStranger leaves alone what somebody else made and a creation of ours
// landed on, until our tag is taken off it.
func TestStranger(t *testing.T) {
	theirs := func(w *world, c *spec.Compute) *spec.Compute {
		a := w.tagged(c, created(born(100)))
		w.Disowned = map[string]*spec.Disowned{c.Key(): {Name: c.Name, CreatedOn: born(100), At: now.Add(-time.Hour)}}
		return a
	}
	check(t, []scenario{
		{"declared", func(w *world) { w.declare(cluster("cpu", nil)); theirs(w, cluster("cpu", nil)) }, "cpu none () held not-ours"},
		{"differs", func(w *world) {
			w.declare(cluster("cpu", nil))
			theirs(w, cluster("cpu", fieldsOf{"size": "STANDARD_NC6"}))
		}, "cpu none (size) held not-ours"},
		{"no longer declared", func(w *world) {
			w.Desired.Settings.Prune, w.Desired.Settings.AllowEmpty = true, true
			theirs(w, cluster("cpu", nil))
		}, ""},
		{"an attachment without a tag of ours", func(w *world) {
			w.declare(vm("lab", 1, nil))
			theirs(w, vm("lab", 1, nil)).Values["tags"] = map[string]string{}
		}, "lab adopt () held not-ours"},
		{"its tag was taken off", func(w *world) {
			w.declare(cluster("cpu", nil))
			theirs(w, cluster("cpu", nil)).Values["tags"] = map[string]string{}
		}, "cpu adopt (tags): put"},
	})
}

// TestRefusedRename keeps the attachment whose resource another name is to
// have, where that name is somebody else's.
func TestRefusedRename(t *testing.T) {
	for name, make := range map[string]func(*world){
		"nobody's": func(w *world) { w.exists(vm("new", 2, nil)) },
		"another owner's": func(w *world) {
			w.exists(vm("new", 2, nil), tag(spec.OwnerTag, "other/new"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.Desired.Settings.Prune = true
			w.declare(vm("new", 1, nil))
			w.owns(vm("old", 1, nil))
			make(w)
			p := w.plan()
			sound(t, p)
			for _, c := range p.Workspaces[0].Changes {
				if c.Held == nil || c.Held.Code != NotOurs && c.Held.Code != ForeignOwner {
					t.Errorf("%s %s is held as %v: %s", c.Name, c.Action, c.Held, fmt.Sprint(c.Steps))
				}
			}
			if len(p.Workspaces[0].Changes) != 2 {
				t.Errorf("plan is\n%s", show(p))
			}
		})
	}
}
