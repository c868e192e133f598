package daemon_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// ledger writes down every write that is sent.
type ledger struct {
	began time.Time

	mu    sync.Mutex
	lines []string
	at    []time.Duration
}

// keepLedger notes all writes from now on.
func (w *world) keepLedger() *ledger {
	l := &ledger{began: time.Now()}
	wrap := wrapper(func(t apply.Target, _ spec.WorkspaceID) apply.Target { return noted{t, l} })
	w.wrap.Store(&wrap)
	return l
}

func (l *ledger) note(method, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, method+" "+name)
	l.at = append(l.at, time.Since(l.began))
}

// String lists the writes in the order in which they were sent.
func (l *ledger) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, ", ")
}

// first is how long after its beginning a write was sent first, -1 when none was.
func (l *ledger) first(line string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if i := slices.Index(l.lines, line); i >= 0 {
		return l.at[i]
	}
	return -1
}

// noted is a workspace's computes with a ledger.
type noted struct {
	apply.Target
	in *ledger
}

func (n noted) Put(
	ctx context.Context, want, live *spec.Compute, reveal func(secret.Ref) (secret.Value, error),
) (string, *spec.Compute, error) {
	n.in.note(http.MethodPut, want.Name)
	return n.Target.Put(ctx, want, live, reveal)
}

func (n noted) Scale(ctx context.Context, want, live *spec.Compute) (string, error) {
	n.in.note(http.MethodPatch, want.Name)
	return n.Target.Scale(ctx, want, live)
}

func (n noted) Remove(ctx context.Context, name string, detach bool) (string, error) {
	n.in.note(http.MethodDelete, name)
	return n.Target.Remove(ctx, name, detach)
}

// bigger is the cluster in a size that only a new one can have.
func bigger(name string, most int) string {
	return strings.Replace(cluster(name, most), "DS3", "DS4", 1)
}

func (w *world) isBigger(name string) bool {
	return strings.Contains(strings.ToUpper(string(w.sim.Compute(ref("prod", name)))), "DS4")
}

var endless = &armsim.OperationFault{NeverEnds: true}

// stallDeletes lets the next removals run until endAll.
func (w *world) stallDeletes() {
	w.fault(armsim.Fault{Match: armsim.Match{Kind: "delete"}, Operation: endless})
}

// endAll ends every operation.
func (w *world) endAll() {
	w.t.Helper()
	w.sim.ClearFaults()
	for _, op := range w.sim.Snapshot().Operations {
		if err := w.sim.Advance(op.GUID); err != nil {
			w.t.Fatal(err)
		}
	}
}

// underWay are the steps of the report, in one line.
func (s *service) underWay() string {
	var all []string
	for _, x := range s.now().Steps {
		all = append(all, fmt.Sprintf("%s %s", x.Verb, x.Name))
	}
	return strings.Join(all, ", ")
}

// heldText is why a compute is held.
func (s *service) heldText(name string) string {
	for _, h := range s.now().Held {
		if h.Name == name {
			return h.Text
		}
	}
	return ""
}

// TestSlowRemovalHoldsUpNoCommit applies commits to other computes while a
// replacement waits for its DELETE of 40 s.
func TestSlowRemovalHoldsUpNoCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, armsim.WithOperationTime(40*time.Second))
		r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("gpu", 4)))
		s := w.start()
		pass(3 * time.Minute)
		l := w.keepLedger()
		r.commit(one(bigger("cpu", 4), cluster("gpu", 4)))
		pass(5 * time.Second)
		r.commit(one(bigger("cpu", 4), cluster("gpu", 6), cluster("more", 1)))
		pass(2 * time.Second)
		for _, write := range []string{"PATCH gpu", "PUT more"} {
			if l.first(write) < 0 {
				t.Errorf("no %s within two seconds of the commit", write)
			}
		}

		now := s.now()
		expect(t, "phase", now.Phase, daemon.Applying)
		expect(t, "pending", now.Pending, true)
		expect(t, "oldest step", now.Steps[0].Name+" "+string(now.Steps[0].Verb), "cpu delete")
		if age := time.Since(now.Steps[0].Since); age < 6*time.Second || age > 7*time.Second {
			t.Errorf("the delete is %s old, want about seven seconds", age)
		}
		expect(t, "computes", states(now), "cpu: changing, gpu: changing, more: changing")
		pass(2 * time.Minute)
		expect(t, "writes", len(strings.Split(l.String(), ", ")), 4)
		expect(t, "cpu", w.isBigger("cpu"), true)
		expect(t, "gpu", w.most("prod", "gpu"), 6)
		now = s.now()
		expect(t, "phase in the end", now.Phase, daemon.InSync)
		expect(t, "commit that is applied", now.Applied, "fleet-3")
		expect(t, "under way in the end", len(now.Steps), 0)
	})
}

// TestSlowRemovalHoldsUpNoDrift looks for drift on schedule for as long as two
// DELETEs take, and does no more than that.
func TestSlowRemovalHoldsUpNoDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("lab", 4), cluster("gpu", 4)))
		w.observer = &counts{passes: map[daemon.Outcome]int{}, steps: map[string]int{}}
		s := w.start()
		pass(3 * time.Minute)
		w.stallDeletes()
		r.commit(one(bigger("cpu", 4), bigger("lab", 4), cluster("gpu", 4)))
		pass(time.Minute)
		expect(t, "under way", s.underWay(), "delete cpu, delete lab")
		applied := s.now().Applied
		w.sim.ResetCounters()
		const intervals = 5
		for range intervals {
			w.edit("gpu", scaledTo99)
			pass(drift + time.Minute)
			expect(t, "gpu", w.most("prod", "gpu"), 4)
		}
		expect(t, "under way", s.underWay(), "delete cpu, delete lab")
		expect(t, "phase", s.now().Phase, daemon.Applying)
		expect(t, "pending", s.now().Pending, true)
		expect(t, "outcome", s.now().Last.Outcome, daemon.PassInterrupted)
		expect(t, "commit that is applied", s.now().Applied, applied)
		if lists, _ := w.requests(); lists > 2*intervals+2 { // each correction is followed by a look
			t.Errorf("got %d lists in %d intervals", lists, intervals)
		}

		// One ends, and a pass follows at once; then the other.
		var guids []string
		for _, op := range w.sim.Snapshot().Operations {
			guids = append(guids, op.GUID)
		}
		w.sim.ClearFaults()
		expect(t, "operations", len(guids), 2)
		if err := w.sim.Advance(guids[0]); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		expect(t, "replaced", w.isBigger("cpu") != w.isBigger("lab"), true)
		expect(t, "steps under way", len(s.now().Steps), 1)
		w.endAll()
		pass(time.Minute)
		expect(t, "both replaced", w.isBigger("cpu") && w.isBigger("lab"), true)
		expect(t, "phase", s.now().Phase, daemon.InSync)
		expect(t, "commit that is applied", s.now().Applied, "fleet-2")
		expect(t, "steps", fmt.Sprint(w.observer.steps), "map[create done:5 delete done:2 patch done:5]")
	})
}

// TestCommitToWhatIsBeingReplaced waits for the replacement, and is applied
// right after it.
func TestCommitToWhatIsBeingReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		l := w.keepLedger()
		w.stallDeletes()
		r.commit(one(bigger("cpu", 4)))
		pass(5 * time.Second)
		for most := 5; most < 9; most++ {
			r.commit(one(bigger("cpu", most)))
			pass(time.Minute)
		}
		expect(t, "writes while it is removed", l.String(), "DELETE cpu")
		expect(t, "held", s.heldText("cpu"), "what was begun on cpu is being finished first")
		w.endAll()
		pass(operationTime + 20*time.Second)
		expect(t, "writes", l.String(), "DELETE cpu, PUT cpu, PATCH cpu")
		pass(time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 8)
	})
}

// TestTakeoverKeepsItsResource holds a third name for a resource that goes from
// one name to another, while the first is detached and after.
func TestTakeoverKeepsItsResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(machine("lab", "vm1"), cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		l := w.keepLedger()
		w.stallDeletes()
		r.commit(one(machine("lab2", "vm1"), cluster("cpu", 4)))
		pass(5 * time.Second)
		expect(t, "under way", s.underWay(), "detach lab")
		r.commit(one(machine("lab3", "vm1"), cluster("cpu", 5)))
		pass(time.Minute)
		expect(t, "writes while lab is detached", l.String(), "DELETE lab, PATCH cpu")
		expect(t, "under way", s.underWay(), "detach lab")
		expect(t, "held", s.heldText("lab3"), "what was begun on lab is being finished first")

		// The detachment has ended, and the attachment is slow to arrive.
		w.endAll()
		slow := armsim.Duration(80 * time.Second)
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "lab2"}, Delay: slow, Times: 1})
		pass(16 * time.Second) // the detachment is asked for every 15
		r.commit(one(machine("lab3", "vm1"), cluster("cpu", 6)))
		w.sim.ResetCounters()
		pass(time.Minute)
		expect(t, "writes while nothing has it", l.String(), "DELETE lab, PATCH cpu, PUT lab2, PATCH cpu")
		expect(t, "held", s.heldText("lab3"), "what lab3 attaches is being attached as lab2")
		if lists, _ := w.requests(); lists > 6 {
			t.Errorf("got %d lists in a minute", lists)
		}
		pass(3 * time.Minute)
		expect(t, "writes", l.String(), "DELETE lab, PATCH cpu, PUT lab2, PATCH cpu, DELETE lab2, PUT lab3")
		expect(t, "lab3", w.exists("lab3") && !w.exists("lab2"), true)
		expect(t, "phase", s.now().Phase, daemon.InSync)
	})
}

// TestOwedCreationFails reports a creation that fails long after its pass, and
// tries it again as what fails in a pass is.
func TestOwedCreationFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("gpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		w.stallDeletes()
		r.commit(one(bigger("cpu", 4), cluster("gpu", 4)))
		pass(drift)
		expect(t, "phase before", s.now().Phase, daemon.Applying)
		w.endAll()
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "cpu"}, Status: 403, Code: "AuthorizationFailed"})
		for range 15 { // seconds, in which the DELETE is asked for once
			if s.now().Failures == 0 {
				pass(time.Second)
			}
		}
		now := s.now()
		expect(t, "phase", now.Phase, daemon.Failing)
		expect(t, "computes", states(now), "cpu: failed, gpu: in sync")
		expect(t, "failures", now.Failures, 1)
		if !strings.Contains(now.Error, "create cpu: PUT") || now.Hint == "" || !now.Next.After(time.Now()) {
			t.Errorf("got %+v", now)
		}

		// After 5 s, 10 s, ... 5 min, and half a minute of looking whether the former try had an effect.
		l := w.keepLedger()
		pass(15 * time.Minute)
		early := strings.Count(l.String(), "PUT cpu")
		w.edit("gpu", scaledTo99)
		pass(time.Hour)
		late := strings.Count(l.String(), "PUT cpu") - early
		if early < 6 || early > 9 || late < 11 || late > 14 {
			t.Errorf("got %d tries in 15 minutes and %d in the hour after", early, late)
		}
		expect(t, "gpu", w.most("prod", "gpu"), 4)
		expect(t, "phase", s.now().Phase, daemon.Failing)
		expect(t, "error is there", strings.Contains(s.now().Error, "create cpu"), true)
		expect(t, "times that it was told to be over", w.log.count("passes succeed again"), 0)
		w.sim.ClearFaults()
		pass(6 * time.Minute)
		expect(t, "cpu", w.isBigger("cpu"), true)
		expect(t, "phase in the end", s.now().Phase, daemon.InSync)
		expect(t, "error in the end", s.now().Error+s.now().Hint, "")
		expect(t, "times that it was told to be over", w.log.count("passes succeed again"), 1)
	})
}

// TestOwedCreationFailsAmidPass reports it soon, though the pass that is under
// way waits for something else.
func TestOwedCreationFailsAmidPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		r.commit(one(bigger("cpu", 4)))
		pass(5 * time.Second)
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "slow"}, Operation: endless})
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "cpu"}, Status: 400, Code: "BadRequest", Times: 1})
		r.commit(one(bigger("cpu", 4), cluster("slow", 1)))
		pass(operationTime)
		expect(t, "times the step was told to fail", w.log.count("400 Bad Request", `"failed"`), 1)
		pass(recheck)
		expect(t, "times the failure was told", w.log.count("pass failed", "400 Bad Request"), 1)
		pass(10 * time.Second)
		expect(t, "cpu", w.isBigger("cpu"), true)
		expect(t, "under way", s.underWay(), "create slow, create cpu")
	})
}

// TestUndoGoesOnByItself puts a machine back while a commit to another compute
// is applied.
func TestUndoGoesOnByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(machine("lab", "vm1"), cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		// The new attachment fails, and removing what is left of it takes long.
		fails := &armsim.OperationFault{Shape: "a", Code: "Bad", Message: "luck"}
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "lab2"}, Operation: fails})
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "delete", Name: "lab2"}, Operation: endless})
		r.commit(one(machine("lab2", "vm1"), cluster("cpu", 4)))
		pass(2 * time.Minute)
		expect(t, "under way", s.underWay(), "detach lab2")
		l := w.keepLedger()
		r.commit(one(machine("lab2", "vm1"), cluster("cpu", 5)))
		pass(2 * time.Second)
		expect(t, "writes", l.String(), "PATCH cpu")
		w.endAll()
		pass(time.Minute)
		expect(t, "lab is back", w.exists("lab") && !w.exists("lab2"), true)
		expect(t, "times the failure was told", w.log.count("pass failed", "attach lab2"), 1)
		expect(t, "phase", s.now().Phase, daemon.HeldBack) // until the next try
	})
}
