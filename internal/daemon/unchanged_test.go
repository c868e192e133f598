package daemon_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// two is a commit of the workspaces prod and other.
func two(prod, other string) files {
	f := one(prod)
	f["other/workspace.yaml"], f["other/c.yaml"] = workspaceFile("other"), other
	return f
}

func TestCommitIsReadAndCarriedOutWhereItChangesSomething(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", two(cluster("cpu", 4), cluster("cpu", 1)))
		s := w.start()
		pass(3 * time.Minute)

		w.sim.ResetCounters()
		read := r.reads.Load()
		newest := r.commit(two(cluster("cpu", 4), cluster("cpu", 2)))
		pass(5 * time.Second)
		expect(t, "files read", int(r.reads.Load()-read), 2)
		if lists, writes := w.requests(); lists != 1 || writes != 1 {
			t.Errorf("got %d lists and %d writes, want one of each", lists, writes)
		}
		pass(time.Minute)
		expect(t, "cpu of the other", w.most("other", "cpu"), 2)
		w.edit("cpu", scaledTo99) // what was not touched is at the new commit all the same
		pass(drift + time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
		expect(t, "passes of prod at the newest commit", w.log.count("applying", "/prod", newest), 1)

		w.sim.ResetCounters()
		written := s.written()
		unrelated := two(cluster("cpu", 4), cluster("cpu", 2))
		unrelated["README.md"] = "hello"
		r.commit(unrelated)
		pass(5 * time.Second)
		expect(t, "requests for a commit that touches nothing", w.sim.Counters().Total(), 0)
		expect(t, "transactions of the journal for it", s.written()-written, 1) // the commit in effect of its source
	})
}

func TestUntouchedWorkspaceDoesNotEndItsWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", two(cluster("cpu", 4), cluster("cpu", 1)))
		w.start()
		pass(3 * time.Minute)
		r.commit(two(cluster("cpu", 5), cluster("cpu", 1)))
		pass(time.Second)
		w.sim.ResetCounters()
		for i := range 10 { // while the operation runs
			r.commit(two(cluster("cpu", 5), cluster("cpu", 2+i)))
			pass(time.Second)
		}
		pass(time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 5)
		expect(t, "times prod's pass was begun", w.log.count("applying", "/prod"), 2) // and the first sync
		expect(t, "cpu of the other", w.most("other", "cpu"), 11)
	})
}

// A permission must be granted by one commit to the workspace and used by
// another: one that touches something else is not it.
func TestPermissionIsNotUsedByACommitThatTouchesSomethingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		declared := two(cluster("cpu", 4)+"---\n"+cluster("gpu", 2), cluster("cpu", 1))
		declared["ws/workspace.yaml"] = strings.Replace(workspaceFile("prod"), "prune: true\n", "", 1)
		r := w.newRepo("fleet", declared)
		s := w.start()
		pass(3 * time.Minute)
		bad := two(cluster("cpu", 4), cluster("cpu", 1)) // turns prune on, and uses it
		r.commit(bad)
		pass(2 * drift)
		expect(t, "gpu after the commit", w.most("prod", "gpu"), 2)
		for range 3 {
			bad = maps.Clone(bad)
			bad["other/c.yaml"] += "# and more\n"
			r.commit(bad)
			pass(2 * drift)
			expect(t, "gpu after a commit to the other workspace", w.most("prod", "gpu"), 2)
			s.end()
			s = w.start()
			pass(2 * drift)
			expect(t, "gpu after a restart", w.most("prod", "gpu"), 2)
		}
		bad = maps.Clone(bad)
		bad["ws/computes.yaml"] += "# yes, gpu may go\n"
		r.commit(bad)
		pass(2 * drift)
		expect(t, "gpu after a second commit to its workspace", w.most("prod", "gpu"), -1)
	})
}

func TestFirstPassAfterARestartIsMadeThoughNothingChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("fleet", two(cluster("cpu", 4), cluster("cpu", 1)))
		s := w.start()
		pass(3 * time.Minute)
		s.end()
		w.edit("cpu", scaledTo99)
		s = w.start()
		pass(time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
		expect(t, "status", s.statusLine(), "2 workspaces: 2 in sync, 0 applying, 0 held, 0 failing")
	})
}

func TestLooksForDriftAreSpreadOverTheInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const workspaces, parts = 200, 10
		w := newWorld(t)
		r := w.newRepo("crowd", crowd(workspaces))
		w.start()
		pass(time.Minute)
		for _, after := range []string{"the start", "a commit that touches all of them"} {
			for range 2 { // intervals
				var looks []int
				for range parts {
					w.sim.ResetCounters()
					pass(drift / parts)
					n, _ := w.requests()
					looks = append(looks, n)
				}
				t.Logf("after %s: %v", after, looks)
				if slices.Min(looks) < 1 || slices.Max(looks) > workspaces/parts*5/2 {
					t.Errorf("the looks of %d workspaces in a tenth of the interval each, after %s: %v", workspaces, after, looks)
				}
			}
			f := crowd(workspaces)
			for name := range f {
				f[name] += "\n# touched"
			}
			r.commit(f)
			pass(time.Minute)
		}
	})
}
