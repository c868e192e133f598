package plan

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/window"
)

// never is a change window that is closed at `now`, which is a Sunday.
var never = window.Set{{Cron: "0 22 * * 1-5", Seconds: 6 * 3600, Zone: "Europe/Berlin"}}

func suspension(reason string, hours int) *spec.Suspension {
	s := &spec.Suspension{Reason: reason, By: "ann"}
	if hours != 0 {
		s.Until = now.Add(time.Duration(hours) * time.Hour)
	}
	return s
}

func byCommand(glob string, s *spec.Suspension) []spec.Suspension {
	s.Computes = glob
	return []spec.Suspension{*s}
}

// held lists what is held, with the code alone, and the text of the first.
func held(p *Plan) (codes, text string) {
	var list []string
	for _, c := range p.Workspaces[0].Changes {
		if c.Held != nil {
			list = append(list, c.Name+" "+string(c.Held.Code))
			if text == "" {
				text = c.Held.Text
			}
		}
	}
	return strings.Join(list, ", "), text
}

// TestSteering holds what people suspended, what windows keep back, and what
// waits for approval.
func TestSteering(t *testing.T) {
	scenario := func(w *world) {
		pruning(w)
		leaving(w, "old")
		w.declare(cluster("cpu", nil), vm("lab", 1, nil))
		w.owns(cluster("cpu", fieldsOf{"max_instances": int64(9)}))
	}
	approval := func(a spec.Approval) *spec.Approval { return &a }
	for _, c := range []struct {
		name        string
		change      func(*world)
		codes, text string // HASH stands for the plan's
	}{
		{"nothing said", func(*world) {}, "", ""},
		{
			"the workspace, in git", func(w *world) { w.Desired.Settings.Suspend = suspension("incident 42", 2) },
			"cpu suspended, lab suspended, old suspended", "suspended in git by ann until 2026-11-01T14:00:00Z: incident 42",
		},
		{"its time is over", func(w *world) { w.Desired.Settings.Suspend = suspension("incident 42", -1) }, "", ""},
		{
			"the moment at which it is over", func(w *world) { w.Desired.Settings.Suspend = &spec.Suspension{Reason: "x", Until: now} }, "", "",
		},
		{
			"a compute, in git", func(w *world) { w.Desired.Computes[1].Lifecycle.Suspend = suspension("mine", 0) },
			"cpu suspended", "suspended in git by ann: mine",
		},
		{
			"what is gone from git, by command", func(w *world) { w.Suspended = byCommand("OL*", suspension("look first", 1)) },
			"old suspended", "suspended by ann until 2026-11-01T13:00:00Z: look first",
		},
		{
			"of two the one that lasts longer", func(w *world) {
				w.Suspended = byCommand("*", suspension("short", 1))
				w.Desired.Settings.Suspend = suspension("long", 2)
			},
			"cpu suspended, lab suspended, old suspended", "suspended in git by ann until 2026-11-01T14:00:00Z: long",
		},
		{
			"for ever lasts longest", func(w *world) {
				w.Suspended = byCommand("*", suspension("ever", 0))
				w.Desired.Settings.Suspend = suspension("long", 2)
			},
			"cpu suspended, lab suspended, old suspended", "suspended by ann: ever",
		},
		{
			"outside of a window", func(w *world) { w.Desired.Settings.Windows = never },
			"cpu window, lab window, old window", "outside of the change windows; they open at 2026-11-02T22:00:00+01:00 (Europe/Berlin)",
		},
		{
			"outside of the configuration's", func(w *world) { w.Rules.Windows = never },
			"cpu window, lab window, old window", "outside of the change windows; they open at 2026-11-02T22:00:00+01:00 (Europe/Berlin)",
		},
		{
			"both must be open", func(w *world) {
				w.Rules.Windows = never
				w.Desired.Settings.Windows = window.Set{{Cron: "0 12 * * *", Seconds: 3600}, {Cron: "0 0 3 11 *", Seconds: 3600}}
			},
			"cpu window, lab window, old window", "outside of the change windows; they open at 2026-11-03T00:00:00Z (UTC)",
		},
		{
			"for what destroys alone", func(w *world) {
				w.Desired.Settings.Windows = window.Set{{Cron: "0 22 * * 1-5", Seconds: 3600, Actions: []string{spec.Destructive}}}
			}, "old window", "outside of the change windows; they open at 2026-11-02T22:00:00Z (UTC)",
		},
		{
			"one that never opens", func(w *world) {
				w.Desired.Settings.Windows = window.Set{{Deny: true, Cron: "0 0 * * *", Seconds: 86400}}
			},
			"cpu window, lab window, old window", "outside of the change windows; none is in sight",
		},
		{
			"opened by this very commit", func(w *world) { w.previous(func(s *spec.Settings) { s.Windows = never }) },
			"cpu window, lab window, old window",
			"this very commit opened the change windows, and waits for the next one or an approval; they open at 2026-11-02T22:00:00+01:00 (Europe/Berlin)",
		},
		{
			"approval for all", func(w *world) { w.Desired.Settings.Approval = &spec.Approval{} },
			"cpu approval, lab approval, old approval", "update waits until somebody approves this plan, with --approve HASH",
		},
		{
			"approval in the daemon", func(w *world) {
				w.Approve = "computesync approve"
				w.Rules.Approval = approval(spec.Approval{Actions: []string{"attach"}})
			},
			"lab approval", "attach waits until somebody approves this plan, with computesync approve HASH",
		},
		{
			"approval for what destroys", func(w *world) {
				w.Desired.Settings.Approval = approval(spec.Approval{Actions: []string{"start", "destructive"}})
			},
			"old approval", "delete waits until somebody approves this plan, with --approve HASH",
		},
		{
			"approval by name", func(w *world) {
				w.Desired.Settings.Approval = approval(spec.Approval{Computes: []string{"gpu-*", "LAB"}})
			},
			"lab approval", "attach waits until somebody approves this plan, with --approve HASH",
		},
		{
			"the stricter of both", func(w *world) {
				w.Desired.Settings.Approval = approval(spec.Approval{Computes: []string{"lab"}})
				w.Rules.Approval = approval(spec.Approval{Actions: []string{"delete"}})
			}, "lab approval, old approval", "attach waits until somebody approves this plan, with --approve HASH",
		},
		{
			"weakened by this very commit", func(w *world) {
				w.previous(func(s *spec.Settings) { s.Approval = approval(spec.Approval{Actions: []string{"delete"}}) })
			}, "old approval", "delete needed approval until this commit; it waits for the next one or an approval, with --approve HASH",
		},
		{
			"allowed deletions are no approval", func(w *world) {
				w.AllowDeletions = 5
				w.Desired.Settings.Approval = approval(spec.Approval{Actions: []string{"delete"}})
			}, "old approval", "delete waits until somebody approves this plan, with --approve HASH",
		},
		{
			"suspended goes before approval, approval before windows", func(w *world) {
				w.Desired.Settings.Windows = never
				w.Desired.Settings.Approval = approval(spec.Approval{Actions: []string{"delete", "attach"}})
				w.Suspended = byCommand("old", suspension("x", 0))
			}, "cpu window, lab approval, old suspended", "outside of the change windows; they open at 2026-11-02T22:00:00+01:00 (Europe/Berlin)",
		},
		{
			"too many deletions go before windows", func(w *world) {
				w.Desired.Settings.Windows, w.Desired.Settings.MaxDeletions.Count = never, 0
				w.Approve = "computesync approve"
			}, "cpu window, lab window, old max-deletions", "outside of the change windows; they open at 2026-11-02T22:00:00+01:00 (Europe/Berlin)",
		},
		{
			"what somebody suspended counts as a deletion", func(w *world) {
				w.Desired.Settings.MaxDeletions.Count = 1
				leaving(w, "older")
				w.Suspended = byCommand("older", suspension("x", 0))
			}, "old max-deletions, older suspended", "the plan deletes, detaches or replaces 2 computes, max_deletions is 1; allow it with --allow-deletions 2",
		},
		{
			"protection stays the reason", func(w *world) {
				w.Desired.Settings.Protect, w.Desired.Settings.Suspend = []string{"old"}, suspension("x", 0)
			}, "cpu suspended, lab suspended, old protected", "suspended in git by ann: x",
		},
	} {
		w := newWorld()
		scenario(w)
		c.change(w)
		p := w.plan()
		sound(t, p)
		codes, text := held(p)
		if want := strings.ReplaceAll(c.text, "HASH", p.Hash); codes != c.codes || text != want {
			t.Errorf("%s: held %s: %s\nwant %s: %s", c.name, codes, text, c.codes, want)
		}
	}
}

// TestApprovalLifts checks what an approval of the very plan lifts, and what
// stays.
func TestApprovalLifts(t *testing.T) {
	w := newWorld()
	pruning(w)
	leaving(w, "old-a", "old-b")
	w.declare(vm("lab", 1, nil), cluster("safe", nil))
	w.Desired.Settings.MaxDeletions.Count = 0
	w.Desired.Settings.Approval = &spec.Approval{}
	w.previous(func(s *spec.Settings) { s.Windows = never })
	w.Suspended = byCommand("safe", suspension("x", 0))
	before := w.plan()
	w.Approved = before.Hash
	after := w.plan()
	if codes, _ := held(before); codes != "lab approval, old-a approval, old-b approval, safe suspended" {
		t.Errorf("before: %s", codes)
	}
	if codes, _ := held(after); codes != "safe suspended" || after.Hash != before.Hash {
		t.Errorf("after: %s, %s", codes, after.Hash)
	}
	w.Rules.Windows = never // of a plan that is approved, windows keep the rest
	if codes, _ := held(w.plan()); codes != "lab window, old-a window, old-b window, safe suspended" {
		t.Errorf("outside of windows: %s", codes)
	}
	w.declare(cluster("more", nil))
	if codes, _ := held(w.plan()); !strings.Contains(codes, "old-a approval") {
		t.Errorf("another plan: %s", codes)
	}
}

// TestSteeringNeeds holds with a change what needs its resource, and takeovers
// by either name.
func TestSteeringNeeds(t *testing.T) {
	w := newWorld()
	w.declare(vm("lab-a", 2, nil), vm("lab-b", 1, nil))
	w.owns(vm("lab-a", 1, nil))
	w.owns(vm("lab-b", 2, nil))
	w.Suspended = byCommand("lab-a", suspension("x", 3))
	p := w.plan()
	sound(t, p)
	for _, c := range p.Workspaces[0].Changes {
		if c.Held == nil || c.Held.Code != Suspended || !c.Held.Until.Equal(now.Add(3*time.Hour)) {
			t.Errorf("%s: %+v", c.Name, c.Held)
		}
	}
	for _, name := range []string{"new", "old"} {
		w = newWorld()
		w.declare(vm("new", 1, nil))
		w.owns(vm("old", 1, nil))
		w.Suspended = byCommand(name, suspension("x", 0))
		if got := show(w.plan()); got != "new takeover from old (name) held suspended" {
			t.Errorf("%s suspended: %s", name, got)
		}
	}
}

// TestSuspendedWhenItsFileWent keeps what git suspended when its file went.
func TestSuspendedWhenItsFileWent(t *testing.T) {
	w := newWorld()
	pruning(w)
	w.owns(with(cluster("old", nil), spec.Lifecycle{Suspend: suspension("hands off", 1)}))
	p := w.plan()
	if codes, text := held(p); codes != "old suspended" || text != "old was suspended by ann until 2026-11-01T13:00:00Z: hands off when its file went; the removal waits for an approval" {
		t.Errorf("%s: %s", codes, text)
	}
	if w.Approved = p.Hash; w.plan().Steps() != 1 {
		t.Error("approval does not lift it")
	}
	w.Approved, w.Now = "", now.Add(time.Hour)
	if w.plan().Steps() != 1 {
		t.Error("it outlasts its time")
	}
}

// TestSavedPlanIsSteered refuses to carry out a plan of before while something
// in it is suspended, or its windows are closed.
func TestSavedPlanIsSteered(t *testing.T) {
	w := newWorld()
	w.declare(cluster("cpu", nil))
	w.Desired.Settings.Windows = window.Set{{Cron: "0 12 * * *", Seconds: 3600}}
	p := w.plan()
	if p.Steps() != 1 || p.Workspaces[0].Outdated(&w.Input) != nil {
		t.Fatal(show(p))
	}
	if at, ok := p.Workspaces[0].Closes(&w.Input); !ok || !at.Equal(now.Add(time.Hour)) {
		t.Errorf("it closes at %v, %v", at, ok)
	}
	w.Suspended = byCommand("c*", suspension("x", 1))
	if why := p.Workspaces[0].Outdated(&w.Input); len(why) != 1 || !strings.Contains(why[0], "cpu: suspended by ann") {
		t.Errorf("suspended: %q", why)
	}
	w.Suspended, w.Now = nil, now.Add(time.Hour)
	if why := p.Workspaces[0].Outdated(&w.Input); len(why) != 1 || !strings.Contains(why[0], "cpu: outside of the change windows; they open at 2026-11-02T12:00:00Z") {
		t.Errorf("closed: %q", why)
	}
}

// TestActionWords holds the words of windows and approvals against the actions.
func TestActionWords(t *testing.T) {
	words := []string{spec.Destructive}
	for _, a := range Actions {
		words = append(words, string(a))
	}
	if !slices.Equal(words, spec.ActionWords()) {
		t.Errorf("the words are %v, the actions %v", spec.ActionWords(), words)
	}
}

// TestSteeredWorlds steers random workspaces: what is suspended, or has no open
// window, or waits for approval, gets no step; the rest is as without, but for
// what needs it. The hash stays.
func TestSteeredWorlds(t *testing.T) {
	reasons := map[Code]int{}
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		free := w.plan()
		glob := rapid.SampledFrom([]string{"*", "na", "n[cde]", "none"}).Draw(t, "glob")
		windows := window.Set{{Deny: rapid.Bool().Draw(t, "deny"), Cron: rapid.SampledFrom([]string{"0 12 * * *", "0 13 * * *"}).Draw(t, "cron"), Seconds: 60}}
		word := rapid.SampledFrom([]string{"create", "delete", "re-attach", spec.Destructive}).Draw(t, "word")
		windows[0].Actions = []string{word}
		w.Suspended = byCommand(glob, suspension("x", rapid.IntRange(-1, 1).Draw(t, "hours")))
		w.Rules.Windows = windows
		w.Rules.Approval = &spec.Approval{Actions: []string{word}, Computes: []string{"nb"}}
		p := w.plan()
		sound(t, p)
		open := windows[0].Deny == (windows[0].Cron == "0 13 * * *")
		for i, c := range p.Workspaces[0].Changes {
			suspended := w.Suspended[0].Active(now) && slices.ContainsFunc(c.names(), w.Suspended[0].Covers)
			closed := !open && c.Action.is(word)
			waits := c.Action.is(word) && slices.Contains(c.names(), "nb")
			if (suspended || closed || waits) && len(c.Steps) > 0 {
				t.Fatalf("%s has steps", c.ID())
			}
			before := free.Workspaces[0].Changes[i]
			if len(c.Steps) > 0 && len(before.Steps) == 0 && before.Held.Code != MaxDeletions { // what is held does not count
				t.Fatalf("%s has steps only when it is steered", c.ID())
			}
			if c.Held != nil {
				reasons[c.Held.Code]++
			}
		}
		if p.Hash != free.Hash {
			t.Fatal("holds are part of the hash")
		}
	})
	for _, code := range []Code{Suspended, Window, Approval} {
		if reasons[code] == 0 {
			t.Errorf("nothing was held as %s", code)
		}
	}
}
