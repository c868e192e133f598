package daemon_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/spec"
)

// TestStopAmidSlowRemoval finishes a replacement within the grace where that
// suffices, and else after the restart; and a crash loses as little.
func TestStopAmidSlowRemoval(t *testing.T) {
	for name, c := range map[string]struct {
		takes, amid, within time.Duration
		kill, made          bool
	}{
		"in time":        {takes: 40 * time.Second, amid: 5 * time.Second, within: grace, made: true},
		"late":           {takes: 3 * time.Minute, amid: 5 * time.Second, within: grace},
		"creation":       {takes: 40 * time.Second, amid: 50 * time.Second, within: 0, made: true},
		"crash":          {takes: 40 * time.Second, amid: 5 * time.Second, kill: true},
		"crash creating": {takes: 40 * time.Second, amid: 50 * time.Second, kill: true, made: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, armsim.WithOperationTime(c.takes))
				r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("gpu", 4)))
				s := w.start()
				pass(5 * time.Minute)
				before := w.sim.Counters().Kinds["put"]
				r.commit(one(bigger("cpu", 4), cluster("gpu", 4)))
				pass(5 * time.Second)
				r.commit(one(bigger("cpu", 4), cluster("gpu", 6)))
				pass(c.amid)
				begin := time.Now()
				if c.kill {
					s.kill()
				} else {
					s.end()
				}
				if took := time.Since(begin); !c.kill && took > c.within {
					t.Errorf("it took %s to stop", took)
				}
				expect(t, "made before the end", w.sim.Counters().Kinds["put"] > before, c.made)
				s = w.start()
				pass(10 * time.Minute)
				made := w.sim.Counters()
				expect(t, "creations", made.Kinds["put"]-before, 1)
				expect(t, "other writes", fmt.Sprint(made.Kinds["delete"], made.Kinds["patch"]), "1 1")
				expect(t, "cpu", w.isBigger("cpu"), true)
				expect(t, "gpu", w.most("prod", "gpu"), 6)
				expect(t, "phase", s.now().Phase, daemon.InSync)
				s.end()
				expect(t, "units left in the journal", len(w.unfinished()), 0)
			})
		})
	}
}

// TestSuspendedAmidSlowRemoval, and a workspace that leaves git amid one,
// finish it and do nothing else.
func TestSuspendedAmidSlowRemoval(t *testing.T) {
	for name, stop := range map[string]func(*service, *repo){
		"suspended": func(s *service, r *repo) {
			must[string](s.t)(s.d.Suspend("prod", suspension(5*time.Hour)))
			r.commit(one(bigger("cpu", 4), cluster("gpu", 6)))
		},
		"left": func(_ *service, r *repo) {
			r.commit(files{"other/workspace.yaml": workspaceFile("other"), "other/c.yaml": cluster("x-x", 3)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("gpu", 4)))
				s := w.start()
				pass(2 * time.Minute)
				l := w.keepLedger()
				w.stallDeletes()
				r.commit(one(bigger("cpu", 4), cluster("gpu", 4)))
				pass(time.Minute)
				stop(s, r)
				pass(2 * drift)
				w.endAll()
				pass(2 * drift)
				expect(t, "writes", strings.Replace(l.String(), ", PUT x-x", "", 1), "DELETE cpu, PUT cpu")
				expect(t, "cpu", w.isBigger("cpu"), true)
				s.end()
				expect(t, "units left in the journal", len(w.unfinished()), 0)
			})
		})
	}
}

// TestApprovalOfSlowRemovalIsSpent uses an approval for the replacement that is
// under way, whatever is committed meanwhile.
func TestApprovalOfSlowRemovalIsSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		replaces := "approval: {actions: [replace]}"
		r := w.newRepo("fleet", with(replaces, cluster("cpu", 4), cluster("gpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		w.stallDeletes()
		r.commit(with(replaces, bigger("cpu", 4), cluster("gpu", 4)))
		pass(time.Minute)
		hash := s.waiting(t)
		must[string](t)(s.d.Approve(hash, "ann"))
		pass(time.Minute)
		expect(t, "under way", s.underWay(), "delete cpu")
		expect(t, "what waits", s.waiting(t), "")
		r.commit(with(replaces, bigger("cpu", 4), cluster("gpu", 6)))
		pass(2 * drift)
		s.end()
		j, err := journal.Open(w.dir, journal.KeyFile(w.dir+".key"), journal.ReadOnly())
		if err != nil {
			t.Fatal(err)
		}
		id := spec.WorkspaceID{Subscription: subscription, ResourceGroup: "rg-ml", Name: "prod"}
		ws := j.Workspace(journal.Scope(endpoint, id))
		if a, err := ws.Approval(); a != nil || err != nil {
			t.Errorf("the approval was given back: %+v, %v", a, err)
		}
		j.Close()
		expect(t, "times an approval was void", w.log.count("approval is void"), 0)

		w.start() // what was approved is finished, after a restart too
		w.endAll()
		pass(2 * time.Minute)
		expect(t, "cpu", w.isBigger("cpu"), true)
	})
}

// TestWatchdogAmidSlowRemoval is fed however long a removal takes, unless the
// loop is stuck: that the removal is asked for hides nothing.
func TestWatchdogAmidSlowRemoval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		w.stallDeletes()
		r.commit(one(bigger("cpu", 4)))
		begin := time.Now()
		pass(25 * time.Minute)
		if n := s.fedSince(begin); n < 149 {
			t.Errorf("it was fed %d times in 25 minutes", n)
		}
		expect(t, "under way", s.underWay(), "delete cpu")
		release := make(chan struct{})
		wrap := wrapper(func(t apply.Target, _ spec.WorkspaceID) apply.Target { return deaf{t, release} })
		w.wrap.Store(&wrap)
		pass(drift) // in which the loop gets stuck
		before := w.sim.Counters().Kinds["status"]
		pass(2 * drift) // the operation is given up after an hour
		if n := w.sim.Counters().Kinds["status"] - before; n < 70 {
			t.Errorf("the removal was asked for %d times in 20 minutes", n)
		}
		pass(time.Until(begin.Add(110 * time.Minute)))
		fed := time.Now()
		pass(drift)
		expect(t, "times it was fed while the loop was stuck", s.fedSince(fed), 0)
		w.endAll()
		close(release)
		w.wrap.Store(nil)
		pass(drift)
		expect(t, "cpu", w.isBigger("cpu"), true)
	})
}
