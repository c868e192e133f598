package daemon_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/spec"
)

func TestFirstSyncThenNewCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4), machine("lab", "vm1")))
		s := w.start()
		pass(2 * time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
		expect(t, "lab exists", w.exists("lab"), true)
		expect(t, "status", s.statusLine(), "1 workspaces: 1 in sync, 0 applying, 0 held, 0 failing")

		r.commit(one(cluster("cpu", 6), machine("lab", "vm1")))
		w.sim.ResetCounters()
		pass(time.Second) // the write is sent at once
		if _, writes := w.requests(); writes != 1 {
			t.Errorf("got %d writes a second after the commit, want 1", writes)
		}
		pass(time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 6)
		if text := w.log.String(); strings.Contains(text, vmPassword) {
			t.Error("the log holds a secret")
		}
	})
}

func TestIdlePassIsOneListAndNoWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("fleet", one(cluster("cpu", 4), machine("lab", "vm1")))
		s := w.start()
		pass(3 * time.Minute)
		const intervals = 20
		w.sim.ResetCounters()
		before := s.written()
		pass(intervals * drift)
		lists, writes := w.requests()
		if lists < intervals-1 || lists > intervals+1 { // intervals are jittered
			t.Errorf("got %d lists in %d intervals", lists, intervals)
		}
		expect(t, "requests besides lists", w.sim.Counters().Total()-lists, 0)
		expect(t, "writes", writes, 0)
		expect(t, "transactions of the journal", s.written()-before, 0)
	})
}

func TestDriftIsPutRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		instance := "name: box4711\ntype: computeinstance\nsize: STANDARD_DS3_V2\ncomputesync: {state: stopped}\n"
		w.newRepo("fleet", one(cluster("cpu", 4), cluster("gone", 2), cluster("desc", 1, "description: ours"), instance))
		w.start()
		pass(3 * time.Minute)
		w.edit("cpu", scaledTo99)
		if err := w.sim.Remove(ref("prod", "gone")); err != nil {
			t.Fatal(err)
		}
		w.edit("box4711", `{"state":"Running"}`)
		if err := w.sim.Patch(ref("prod", "desc"), []byte(`{"properties":{"description":"theirs"}}`)); err != nil {
			t.Fatal(err)
		}
		pass(drift + 2*time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
		expect(t, "gone", w.most("prod", "gone"), 2)
		if doc := string(w.sim.Compute(ref("prod", "box4711"))); !strings.Contains(doc, `"state": "Stopped"`) && !strings.Contains(doc, `"state":"Stopped"`) {
			t.Errorf("the instance is not stopped: %s", doc)
		}
		pass(5 * drift)
		expect(t, "times the hold was told", w.log.count("cannot-change-in-place", "desc"), 1)
	})
}

func TestFailingPassesBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "list"}, Status: 403, Code: "AuthorizationFailed"})
		s := w.start()
		// 5 s, 10 s, ... 5 min: eight passes in the first quarter of an hour, then one in five minutes.
		pass(16 * time.Minute)
		early, _ := w.requests()
		pass(time.Hour)
		late, _ := w.requests()
		if early < 8 || early > 10 || late-early < 11 || late-early > 14 {
			t.Errorf("got %d passes in 16 minutes and %d in the hour after", early, late-early)
		}
		expect(t, "status", s.statusLine(), "1 workspaces: 0 in sync, 0 applying, 0 held, 1 failing")

		r.commit(one(cluster("cpu", 5))) // a new commit is tried at once, and begins the waits anew
		w.sim.ResetCounters()
		pass(17 * time.Second)
		if lists, _ := w.requests(); lists != 3 {
			t.Errorf("got %d passes in the 17 seconds after a commit, want 3", lists)
		}
		w.sim.ClearFaults()
		expect(t, "times that it was told to be over", w.log.count("passes succeed again"), 0)
		pass(2 * time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 5)
		expect(t, "times that it was told to be over", w.log.count("passes succeed again"), 1)
	})
}

func TestBrokenWorkspacesDoNotSlowOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, armsim.WithWorkspaces(armsim.Workspaces{
			{Subscription: subscription, Group: "rg-ml", Name: "prod"},
			{Subscription: subscription, Group: "rg-ml", Name: "forbidden"},
		}))
		f := one(cluster("cpu", 4))
		for _, name := range []string{"missing", "forbidden"} {
			f[name+"/workspace.yaml"], f[name+"/c.yaml"] = workspaceFile(name), cluster("cpu", 1)
		}
		w.newRepo("fleet", f)
		w.fault(armsim.Fault{Match: armsim.Match{Path: "workspaces/forbidden/"}, Status: 403, Code: "AuthorizationFailed"})
		s := w.start()
		pass(2 * time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
		w.edit("cpu", scaledTo99)
		pass(drift + time.Minute)
		expect(t, "cpu after drift", w.most("prod", "cpu"), 4)
		expect(t, "status", s.statusLine(), "3 workspaces: 1 in sync, 0 applying, 0 held, 2 failing")
		if w.log.count("pass failed", "check workspace_name", "missing") == 0 {
			t.Error("the log does not say what to do about the missing workspace")
		}
	})
}

func TestBrokenComputeDoesNotStopOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("fleet", one(cluster("bad", 1), cluster("cpu", 4)))
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "bad"}, Status: 400, Code: "BadRequest"})
		w.start()
		pass(2 * time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
		w.edit("cpu", scaledTo99)
		pass(7 * time.Minute)
		expect(t, "cpu after drift", w.most("prod", "cpu"), 4)
	})
}

func TestEndlessOperationDoesNotStopOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("fleet", one(cluster("slow", 1), cluster("cpu", 4)))
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "slow"}, Operation: &armsim.OperationFault{NeverEnds: true}})
		s := w.start()
		pass(5 * time.Minute)
		for range 3 {
			w.edit("cpu", scaledTo99)
			pass(2 * drift)
			expect(t, "cpu", w.most("prod", "cpu"), 4)
		}
		for range 2 * 6 { // when it counts as late, too
			w.edit("cpu", scaledTo99)
			pass(drift)
			expect(t, "cpu", w.most("prod", "cpu"), 4)
		}
		if w.log.count("pass failed", "slow", "did not end") == 0 {
			t.Error("the log does not say that the operation is late")
		}
		expect(t, "status", strings.HasSuffix(s.statusLine(), "1 failing"), true)
	})
}

func TestSomebodyUndoesWhatWeDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, armsim.WithOperationTime(0))
		w.newRepo("fleet", one(cluster("cpu", 4)))
		w.start()
		pass(time.Minute)
		meddle := wrapper(func(t apply.Target, _ spec.WorkspaceID) apply.Target { return meddling{t, w} })
		w.wrap.Store(&meddle)
		pass(drift + 10*time.Minute)
		w.sim.ResetCounters()
		pass(20 * time.Minute)
		if _, writes := w.requests(); writes < 20 || writes > 50 {
			t.Errorf("got %d writes in twenty minutes", writes)
		}
		w.wrap.Store(nil)
		pass(drift + time.Minute)
		w.sim.ResetCounters()
		pass(10 * drift)
		expect(t, "cpu in the end", w.most("prod", "cpu"), 4)
		if lists, _ := w.requests(); lists > 11 {
			t.Errorf("got %d lists in ten intervals of peace", lists)
		}
	})
}

// meddling is Azure with somebody who undoes our scaling before each pass.
type meddling struct {
	apply.Target
	w *world
}

func (m meddling) List(ctx context.Context) ([]*spec.Compute, int, error) {
	m.w.edit("cpu", scaledTo99)
	return m.Target.List(ctx)
}

func TestManyQuickCommitsEndAtTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, armsim.WithLatency(40*time.Millisecond))
		r := w.newRepo("fleet", one(cluster("cpu", 1)))
		w.start()
		for i := range 100 {
			r.commit(one(cluster("cpu", 2+i), cluster(fmt.Sprintf("other%d", i%7), 1)))
			pass(time.Duration(i*37%900) * time.Millisecond)
		}
		pass(5 * time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 101)
		expect(t, "other1", w.most("prod", "other1"), 1)
	})
}

func TestNewCommitEndsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("slow", 1)))
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "slow"}, Operation: &armsim.OperationFault{NeverEnds: true}})
		w.start()
		pass(time.Minute)
		r.commit(one(cluster("slow", 1), cluster("cpu", 4)))
		pass(time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
	})
}

func TestNewCommitFinishesReplacementFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		w.start()
		pass(2 * time.Minute)
		r.commit(one(strings.Replace(cluster("cpu", 4), "DS3", "DS4", 1)))
		pass(5 * time.Second) // DELETE was sent
		if doc := string(w.sim.Compute(ref("prod", "cpu"))); !strings.Contains(doc, "Deleting") {
			t.Fatalf("the replacement has not begun: %s", doc)
		}
		r.commit(one(strings.Replace(cluster("cpu", 7), "DS3", "DS4", 1)))
		pass(2 * time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 7)
		if doc := string(w.sim.Compute(ref("prod", "cpu"))); !strings.Contains(strings.ToUpper(doc), "DS4") {
			t.Errorf("the cluster was not replaced: %s", doc)
		}
	})
}

func TestHoldsAreToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(machine("lab", "vm1"), cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		// The way back of a takeover shows to be closed only when it is to be taken.
		name := "COMPUTESYNC_SECRET_VM"
		w.lost.Store(&name)
		r.commit(one(strings.Replace(machine("lab2", "vm1"), name, name+"2", 1), cluster("cpu", 4)))
		pass(3 * drift)
		expect(t, "times the late hold was told", w.log.count("held", "no-way-back"), 1)
		expect(t, "status", s.statusLine(), "1 workspaces: 0 in sync, 0 applying, 1 held, 0 failing")
		w.lost.Store(nil)
		pass(drift + 2*time.Minute)
		expect(t, "taken over", w.exists("lab2") && !w.exists("lab"), true)
		if strings.Contains(w.log.String(), vmPassword) {
			t.Error("the log holds a secret")
		}

		// What is busy is looked at sooner, and let go of when it is not.
		if err := w.sim.SetNodes(ref("prod", "cpu"), armsim.Nodes{Running: 3}); err != nil {
			t.Fatal(err)
		}
		r.commit(one(strings.Replace(machine("lab2", "vm1"), name, name+"2", 1), cluster("cpu", 1)))
		pass(drift)
		expect(t, "times the busy hold was told", w.log.count("held", "busy"), 1)
		if err := w.sim.SetNodes(ref("prod", "cpu"), armsim.Nodes{}); err != nil {
			t.Fatal(err)
		}
		pass(recheck + time.Minute)
		expect(t, "cpu when it is idle", w.most("prod", "cpu"), 1)
	})
}

const recheck = 30 * time.Second

func TestFailedOnesAreLeftInPeace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("fleet", one(cluster("cpu", 4)))
		w.start()
		pass(2 * time.Minute)
		if err := w.sim.Patch(ref("prod", "cpu"), []byte(`{"properties":{"provisioningState":"Failed"}}`)); err != nil {
			t.Fatal(err)
		}
		pass(2 * drift)
		w.sim.ResetCounters()
		pass(10 * drift)
		lists, writes := w.requests()
		expect(t, "writes", writes, 0)
		if lists > 11 {
			t.Errorf("got %d lists in ten intervals", lists)
		}
		expect(t, "times it was told", w.log.count("held", `"code":"failed"`), 1)
	})
}
