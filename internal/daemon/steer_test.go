package daemon_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/window"
)

// with is a commit with the one workspace prod, whose workspace.yaml says more.
func with(more string, computes ...string) files {
	f := one(computes...)
	f["ws/workspace.yaml"] += more + "\n"
	return f
}

func suspension(until time.Duration) spec.Suspension {
	return spec.Suspension{Reason: "incident 42", By: "ann", Until: time.Now().Add(until)}
}

// must fails the test on an error.
func must[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// refused checks what a request is refused with, and its way out.
func refused(t *testing.T, err error, text, hint string) {
	t.Helper()
	var r *daemon.RefusedError
	if !errors.As(err, &r) || !strings.Contains(r.Error(), text) || !strings.Contains(r.Hint(), hint) {
		t.Errorf("got %v (%+v), want %q and the way out %q", err, r, text, hint)
	}
}

// TestSuspendedWorkspace looks on and writes nothing, over a restart too, until
// the very moment at which the suspension ends.
func TestSuspendedWorkspace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		expect(t, "what is suspended", must[string](t)(s.d.Suspend("PROD", suspension(3*time.Hour))), subscription+"/rg-ml/prod")
		end := time.Now().Add(3 * time.Hour)
		r.commit(one(cluster("cpu", 6), cluster("gpu", 1)))
		w.sim.ResetCounters()
		pass(time.Hour)
		lists, writes := w.requests()
		if lists < 5 || writes > 0 {
			t.Errorf("got %d lists and %d writes in an hour", lists, writes)
		}
		expect(t, "status", s.statusLine(), "1 workspaces: 0 in sync, 0 applying, 1 held, 0 failing")
		expect(t, "times that it was told", w.log.count("held: suspended by ann until", "incident 42", `"cpu"`), 1)

		s.end()
		w.start()
		pass(time.Until(end) - time.Second)
		expect(t, "cpu a second before", w.most("prod", "cpu"), 4)
		pass(time.Second + 100*time.Millisecond)
		if _, writes := w.requests(); writes != 2 {
			t.Errorf("got %d writes right after the end, want 2", writes)
		}
		pass(time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 6)
	})
}

// TestSuspendedCompute keeps one, and goes on with the others, until it is
// resumed.
func TestSuspendedCompute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("gpu-a", 4)))
		s := w.start()
		pass(2 * time.Minute)
		forEver := spec.Suspension{Reason: "driver tests", By: "ann"}
		expect(t, "what is suspended", must[string](t)(s.d.Suspend("prod/GPU-*", forEver)), subscription+"/rg-ml/prod/gpu-*")
		expect(t, "times it was told until when", w.log.count("suspended", "driver tests", "until"), 0)
		r.commit(one(cluster("cpu", 6), cluster("gpu-a", 6)))
		pass(time.Hour)
		expect(t, "cpu", w.most("prod", "cpu"), 6)
		expect(t, "gpu-a", w.most("prod", "gpu-a"), 4)

		_, err := s.d.Resume("prod", "bob")
		refused(t, err, "resume prod: it is not suspended", "/rg-ml/prod/gpu-*")
		expect(t, "what is resumed", must[string](t)(s.d.Resume(strings.ToUpper(subscription+"/rg-ml/prod")+"/gpu-*", "bob")), subscription+"/rg-ml/prod/gpu-*")
		pass(time.Second)
		pass(time.Minute)
		expect(t, "gpu-a", w.most("prod", "gpu-a"), 6)
		_, err = s.d.Resume("prod/gpu-*", "bob")
		refused(t, err, "it is not suspended", "nothing of the workspace is suspended")
	})
}

// TestSuspendedInGit wakes at the moment that git names; a command cannot lift
// it.
func TestSuspendedInGit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		end := time.Now().Add(95 * time.Minute).Truncate(time.Second)
		until := "suspend: {reason: audit, until: " + end.UTC().Format(time.RFC3339) + "}"
		r := w.newRepo("fleet", with(until, cluster("cpu", 4)))
		s := w.start()
		pass(time.Minute)
		_, err := s.d.Resume("prod", "bob")
		refused(t, err, "resume prod: it is suspended in git, in ws/workspace.yaml", "remove suspend there")
		must[string](t)(s.d.Suspend("prod", suspension(time.Hour)))
		resumed := must[string](t)(s.d.Resume("prod", "bob"))
		if !strings.Contains(resumed, "stays suspended in git, in ws/workspace.yaml") {
			t.Errorf("resumed: %s", resumed)
		}
		pass(time.Until(end) - time.Second)
		expect(t, "cpu a second before", w.exists("cpu"), false)
		pass(time.Second + 100*time.Millisecond)
		expect(t, "cpu", w.exists("cpu"), true)

		pass(time.Minute)
		r.commit(one(cluster("cpu", 4, "computesync: {suspend: {reason: mine, by: bob}}"), cluster("more", 1)))
		pass(time.Minute)
		w.edit("cpu", scaledTo99)
		pass(2 * drift)
		expect(t, "cpu, suspended by its file", w.most("prod", "cpu"), 99)
		expect(t, "more", w.most("prod", "more"), 1)
		_, err = s.d.Resume("prod/cpu", "ann")
		refused(t, err, "suspended in git, in ws/computes.yaml:1", "remove suspend there")
		r.commit(one(cluster("cpu", 4), cluster("more", 1)))
		pass(time.Minute)
		expect(t, "cpu, lifted in git", w.most("prod", "cpu"), 4)
	})
}

// TestSuspendedAmidReplacement finishes what has removed something, and begins
// nothing more.
func TestSuspendedAmidReplacement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("old", 1)))
		s := w.start()
		pass(2 * time.Minute)
		bigger := strings.Replace(cluster("cpu", 4), "DS3", "DS4", 1)
		r.commit(one(bigger, cluster("more", 1)))
		pass(5 * time.Second) // both DELETEs are under way, and more waits for that of old
		must[string](t)(s.d.Suspend("prod", suspension(time.Hour)))
		pass(5 * time.Minute)
		if doc := string(w.sim.Compute(ref("prod", "cpu"))); !strings.Contains(doc, "STANDARD_DS4_V2") {
			t.Errorf("the replacement was not finished: %s", doc)
		}
		expect(t, "old", w.exists("old"), false)
		expect(t, "more", w.exists("more"), false)
		expect(t, "times that it was told", w.log.count("held: suspended", `"more"`), 1)
		s.end()
		expect(t, "units in the journal", len(w.unfinished()), 0)
	})
}

func TestRefusedSuspensions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		f := one(cluster("cpu", 4))
		f["a/workspace.yaml"], f["b/workspace.yaml"] = workspaceFile("twin", "allow_empty: true"), strings.Replace(workspaceFile("twin"), "rg-ml", "rg-other", 1)
		w.newRepo("fleet", f)
		s := w.start()
		pass(time.Minute)
		for _, c := range []struct {
			target     string
			s          spec.Suspension
			text, hint string
		}{
			{"nowhere", suspension(1), "no workspace is called nowhere", "there is prod, twin, twin"},
			{"twin", suspension(1), "more than one workspace is called twin", subscription + "/rg-other/twin"},
			{"prod/[", suspension(1), `"[" is not a glob`, "WORKSPACE/GLOB"},
			{"prod/", suspension(1), `"" is not a glob`, "WORKSPACE/GLOB"},
			{"prod", suspension(0), "is over already", "a time to come"},
			{"prod", spec.Suspension{By: "ann"}, "the reason is empty", "say why"},
			{"prod", spec.Suspension{Reason: "a\nb", By: "ann"}, "more than one line", "say why"},
		} {
			_, err := s.d.Suspend(c.target, c.s)
			refused(t, err, c.text, c.hint)
		}
		expect(t, "what is suspended", must[string](t)(s.d.Suspend(subscription+"/RG-OTHER/twin", suspension(1))), subscription+"/rg-other/twin")
	})
}

// at12 is open at noon, for an hour.
var at12 = window.Set{{Cron: "0 12 * * *", Seconds: 3600, Zone: "UTC"}}

// TestWindowOpens begins at the very moment at which the window opens, over a
// restart too.
func TestWindowOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // from midnight on
		w := newWorld(t)
		w.rules.Windows = at12
		w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		noon := time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)
		pass(6 * time.Hour)
		s.end()
		s = w.start()
		pass(time.Until(noon) - time.Second)
		expect(t, "cpu a second before", w.exists("cpu"), false)
		expect(t, "status", s.statusLine(), "1 workspaces: 0 in sync, 0 applying, 1 held, 0 failing")
		expect(t, "times that it was told", w.log.count("held: outside of the change windows; they open at 2000-01-01T12:00:00Z (UTC)"), 2) // by each process
		pass(time.Second + 100*time.Millisecond)
		expect(t, "cpu", w.exists("cpu"), true)
	})
}

// TestWindowCloses finishes what had begun, and begins nothing more.
func TestWindowCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("old", 1)))
		w.start()
		pass(2 * time.Minute)
		bigger := strings.Replace(cluster("cpu", 4), "DS3", "DS4", 1)
		noon := time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)
		pass(time.Until(noon.Add(-10 * time.Second)))
		r.commit(with("windows: [{deny: \"0 12 * * *\", duration: 6h}]", bigger, cluster("more", 1)))
		pass(9 * time.Second) // both DELETEs are under way, and more waits for that of old
		expect(t, "cpu before noon", strings.Contains(string(w.sim.Compute(ref("prod", "cpu"))), "STANDARD_DS4_V2"), false)
		pass(5 * time.Hour)
		expect(t, "cpu", strings.Contains(string(w.sim.Compute(ref("prod", "cpu"))), "STANDARD_DS4_V2"), true)
		expect(t, "more while it is closed", w.exists("more"), false)
		pass(time.Until(noon.Add(6*time.Hour)) + time.Second)
		expect(t, "more", w.exists("more"), true)
	})
}

// waiting is the hash of the plan that waits, as a refusal names it.
func (s *service) waiting(t *testing.T) string {
	t.Helper()
	_, err := s.d.Approve("0123", "ann")
	var r *daemon.RefusedError
	if !errors.As(err, &r) {
		t.Fatal(err)
	}
	hash, of, _ := strings.Cut(strings.TrimPrefix(r.Hint(), "waiting is "), " of ")
	if of == "" {
		return ""
	}
	return hash
}

const deletions = "approval: {actions: [delete]}"

// TestApproval waits for the approval of the plan, survives a restart with it,
// and uses it once.
func TestApproval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", with(deletions, cluster("cpu", 4), cluster("old", 1)))
		s := w.start()
		pass(2 * time.Minute)
		expect(t, "what waits", s.waiting(t), "")
		r.commit(with(deletions, cluster("cpu", 5)))
		pass(time.Hour)
		expect(t, "cpu", w.most("prod", "cpu"), 5)
		expect(t, "old, not approved", w.exists("old"), true)
		first := s.waiting(t)
		expect(t, "told how", w.log.count("held: delete waits until somebody approves this plan, with computesync approve "+first), 1)

		r.commit(with(deletions, cluster("cpu", 5), cluster("more", 1)))
		pass(time.Hour)
		_, err := s.d.Approve(first, "ann")
		second := s.waiting(t)
		refused(t, err, "no plan of that hash waits", second+" of prod")
		w.rules.Windows = at12 // by an earlier approval, what is approved waits for noon
		s.end()
		s = w.start()
		pass(time.Minute)
		expect(t, "workspace", must[string](t)(s.d.Approve(second, "ann")), subscription+"/rg-ml/prod")
		pass(time.Minute)
		expect(t, "what waits, approved", s.waiting(t), "")
		s.end()
		s = w.start()
		pass(time.Minute)
		expect(t, "old, before the window", w.exists("old"), true)
		noon := time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour)
		pass(time.Until(noon) + time.Minute)
		expect(t, "old", w.exists("old"), false)

		s.end()
		j, err := journal.Open(w.dir, journal.KeyFile(w.dir+".key"), journal.ReadOnly())
		if err != nil {
			t.Fatal(err)
		}
		defer j.Close()
		ws := j.Workspace(journal.Scope(endpoint, spec.WorkspaceID{Subscription: subscription, ResourceGroup: "rg-ml", Name: "prod"}))
		if a, err := ws.Approval(); a != nil || err != nil {
			t.Errorf("the approval is still there: %+v, %v", a, err)
		}
		events := must[[]journal.Event](t)(ws.History(100))
		seen := ""
		for _, e := range events {
			if e.Plan == second {
				seen = e.Verb + " " + e.Outcome + " " + e.By + ", " + seen
			}
		}
		expect(t, "history", seen, "approve done ann, delete done , ")
	})
}

// TestApprovalDies holds an approval to the plan that it was given to.
func TestApprovalDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.rules = spec.Rules{Windows: window.Set{{Cron: "0 12 * * *", Seconds: 3600, Zone: "UTC", Actions: []string{"delete"}}}, Approval: &spec.Approval{Actions: []string{"delete"}}}
		r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("old", 1)))
		s := w.start()
		pass(2 * time.Minute)
		r.commit(one(cluster("cpu", 4)))
		pass(time.Minute)
		hash := s.waiting(t)
		must[string](t)(s.d.Approve(hash, "ann"))
		pass(time.Minute)
		r.commit(one(cluster("cpu", 5))) // before the window opens
		pass(time.Minute)
		expect(t, "told", w.log.count("approval is void", hash, "ann"), 1)
		r.commit(one(cluster("cpu", 4)))
		pass(24 * time.Hour)
		expect(t, "old", w.exists("old"), true)
		if again := s.waiting(t); again == "" || again == hash {
			t.Errorf("waiting is %q, approved was %q", again, hash)
		}
	})
}

// TestApprovalOutlivesFailure gives an approval back that served for nothing.
func TestApprovalOutlivesFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", with(deletions, cluster("cpu", 4), cluster("old", 1)))
		s := w.start()
		pass(2 * time.Minute)
		r.commit(with(deletions, cluster("cpu", 4)))
		pass(time.Minute)
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "delete", Name: "old"}, Status: 403, Code: "AuthorizationFailed"})
		must[string](t)(s.d.Approve(s.waiting(t), "ann"))
		pass(time.Hour)
		expect(t, "old while Azure refuses", w.exists("old"), true)
		w.sim.ClearFaults()
		pass(10 * time.Minute)
		expect(t, "old", w.exists("old"), false)
	})
}

// TestApprovalOfTooManyDeletions lifts the limit for the one plan.
func TestApprovalOfTooManyDeletions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		many := []string{cluster("cpu", 4)}
		for _, name := range []string{"aa1", "bb2", "cc3", "dd4"} {
			many = append(many, cluster(name, 1))
		}
		r := w.newRepo("fleet", one(many...))
		s := w.start()
		pass(5 * time.Minute)
		r.commit(one(many[0]))
		pass(time.Minute)
		hash := s.waiting(t)
		expect(t, "told how", w.log.count("max_deletions is 3; allow it with computesync approve "+hash), 4)
		must[string](t)(s.d.Approve(hash, "ann"))
		pass(2 * time.Minute)
		expect(t, "aa1", w.exists("aa1"), false)
		expect(t, "dd4", w.exists("dd4"), false)
	})
}

// TestNobodysWorkspaceIsNotLookedAtInHaste lets go of a workspace in which a
// hold was to pass by itself, and then has nothing to do there.
func TestNobodysWorkspaceIsNotLookedAtInHaste(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		must[string](t)(s.d.Suspend("prod", suspension(time.Hour)))
		r.commit(one(cluster("cpu", 6)))
		pass(2 * time.Minute)
		r.commit(files{"other/workspace.yaml": workspaceFile("other"), "other/c.yaml": cluster("cpu", 3)})
		pass(2 * time.Hour) // over the end of the suspension: who looks without a pause never gets there
		expect(t, "status", s.statusLine(), "1 workspaces: 1 in sync, 0 applying, 0 held, 0 failing")
		expect(t, "cpu", w.most("prod", "cpu"), 4)
	})
}
