package daemon_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/spec"
)

// The bubble of a test ends only when every goroutine in it has: none of these
// daemons leaves one behind.

func TestStopEndsInTime(t *testing.T) {
	endless := &armsim.OperationFault{NeverEnds: true}
	bigger := strings.Replace(cluster("cpu", 4), "DS3", "DS4", 1)
	for name, c := range map[string]struct {
		prepare func(*world, *repo)
		within  time.Duration
	}{
		"idle":    {func(*world, *repo) { pass(time.Minute) }, 0},
		"at once": {func(*world, *repo) {}, 0},
		"hanging fetch": {func(_ *world, r *repo) {
			pass(time.Minute)
			r.mu.Lock()
			r.hang = true
			r.hint()
			r.mu.Unlock()
			pass(time.Minute)
		}, 0},
		"source away": {func(_ *world, r *repo) { r.fail(errDown); pass(time.Minute) }, 0},
		"endless creation": {func(w *world, r *repo) {
			w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "more"}, Operation: endless})
			r.commit(one(cluster("cpu", 4), cluster("more", 1)))
			pass(time.Minute)
		}, 0},
		"list that Azure puts off": {func(w *world, r *repo) {
			pass(time.Minute)
			w.fault(armsim.Fault{Match: armsim.Match{Kind: "list"}, Status: 429, RetryAfter: armsim.Duration(time.Hour)})
			r.commit(one(cluster("cpu", 5)))
			pass(time.Minute)
		}, 0},
		"list without answer": {func(w *world, r *repo) {
			pass(time.Minute)
			w.fault(armsim.Fault{Match: armsim.Match{Kind: "list"}, Delay: armsim.Duration(time.Hour), Times: 1})
			r.commit(one(cluster("cpu", 5)))
			pass(time.Second)
		}, 0},
		"failing": {func(w *world, _ *repo) {
			w.fault(armsim.Fault{Match: armsim.Match{Kind: "list"}, Status: 403, Times: 8})
			pass(time.Minute)
		}, 0},
		"write that Azure puts off": {func(w *world, r *repo) {
			pass(time.Minute)
			w.fault(armsim.Fault{Match: armsim.Match{Kind: "patch"}, Status: 429, RetryAfter: armsim.Duration(time.Hour), Times: 1})
			r.commit(one(cluster("cpu", 5)))
			pass(time.Minute)
		}, grace},
		"replacement": {func(_ *world, r *repo) {
			pass(time.Minute)
			r.commit(one(bigger))
			pass(5 * time.Second)
		}, grace / 2},
		"endless replacement": {func(w *world, r *repo) {
			pass(time.Minute)
			w.fault(armsim.Fault{Match: armsim.Match{Kind: "delete"}, Operation: endless})
			r.commit(one(bigger))
			pass(5 * time.Second)
		}, grace},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				r := w.newRepo("fleet", one(cluster("cpu", 4)))
				s := w.start()
				c.prepare(w, r)
				begin := time.Now()
				s.end()
				if took := time.Since(begin); took > c.within {
					t.Errorf("it took %v to stop, want %v at most", took, c.within)
				}

				expect(t, "complaints of being stopped", w.log.count("pass failed", "cancel"), 0)

				// Whatever was left is taken up.
				w.sim.ClearFaults()
				for _, op := range w.sim.Snapshot().Operations {
					if err := w.sim.Advance(op.GUID); err != nil {
						t.Fatal(err)
					}
				}
				r.mu.Lock()
				r.hang = false
				r.mu.Unlock()
				r.fail(nil)
				r.commit(one(cluster("cpu", 9), cluster("more", 1)))
				s = w.start()
				pass(5 * time.Minute)
				expect(t, "cpu", w.most("prod", "cpu"), 9)
				expect(t, "more", w.most("prod", "more"), 1)
				expect(t, "warnings that it finishes what it began", w.log.count("being finished first"), 0)
				s.end()
				expect(t, "units left in the journal", len(w.unfinished()), 0)
			})
		})
	}
}

func TestReplacementIsFinishedBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(time.Minute)
		r.commit(one(strings.Replace(cluster("cpu", 4), "DS3", "DS4", 1)))
		pass(5 * time.Second)
		s.end()
		if doc := strings.ToUpper(string(w.sim.Compute(ref("prod", "cpu")))); !strings.Contains(doc, "DS4") {
			t.Errorf("the PUT that the DELETE made necessary was not sent: %s", doc)
		}
	})
}

func TestWatchdogIsFedWhileAllIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "slow"}, Operation: &armsim.OperationFault{NeverEnds: true}})
		s := w.start()
		for _, step := range []func(){
			func() {},
			func() { r.fail(errDown) },
			func() { r.fail(nil); r.commit(one(cluster("cpu", 4), cluster("slow", 1))) },
			func() { w.fault(armsim.Fault{Match: armsim.Match{Kind: "list"}, Status: 403}) },
			func() {
				w.sim.ClearFaults()
				w.fault(armsim.Fault{Match: armsim.Match{Kind: "list"}, Status: 429, RetryAfter: armsim.Duration(50 * time.Minute), Times: 1})
			},
		} {
			step()
			begin := time.Now()
			pass(time.Hour)
			if n := s.fedSince(begin); n < 359 || n > 361 {
				t.Errorf("it was fed %d times in an hour, want once in ten seconds", n)
			}
		}
		// While it stops it is fed, too, but not for longer than the grace.
		w.sim.ClearFaults()
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "delete"}, Operation: &armsim.OperationFault{NeverEnds: true}})
		r.commit(one(strings.Replace(cluster("cpu", 4), "DS3", "DS4", 1)))
		pass(2 * drift)
		begin := time.Now()
		s.end()
		if n := s.fedSince(begin); n < 5 || n > 6 {
			t.Errorf("it was fed %d times while it stopped", n)
		}
	})
}

// deaf is a target whose lists answer nothing, not even that they were called
// off, until they are released.
type deaf struct {
	apply.Target
	release chan struct{}
}

func (d deaf) List(context.Context) ([]*spec.Compute, int, error) {
	<-d.release
	return nil, 0, errDown
}

func TestWatchdogStarvesWhenALoopIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		r.commit(files{
			"ws/workspace.yaml": workspaceFile("prod"), "ws/c.yaml": cluster("cpu", 4),
			"other/workspace.yaml": workspaceFile("other"), "other/c.yaml": cluster("cpu", 4),
		})
		s := w.start()
		pass(time.Minute)
		release := make(chan struct{})
		wrap := wrapper(func(t apply.Target, id spec.WorkspaceID) apply.Target {
			if id.Name == "other" {
				return deaf{t, release}
			}
			return t
		})
		w.wrap.Store(&wrap)
		pass(drift)
		begin := time.Now()
		pass(time.Hour)
		if n := s.fedSince(begin); n < 359 {
			t.Errorf("it was fed only %d times in the first hour", n)
		}
		pass(20 * time.Minute)
		begin = time.Now()
		pass(10 * drift)
		expect(t, "times it was fed after more than an hour of silence", s.fedSince(begin), 0)
		w.edit("cpu", scaledTo99) // the others go on
		pass(drift + time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
		s.stop()
		begin = time.Now()
		pass(2 * grace)
		if n := s.fedSince(begin.Add(grace)); n > 0 {
			t.Errorf("it was fed %d times after the grace", n)
		}
		close(release)
	})
}
