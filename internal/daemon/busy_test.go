package daemon_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
)

// TestBusyDeadline has a change wait for a job beyond its deadline, across a
// restart: that is told once, and it waits on.
func TestBusyDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		f := one(cluster("cpu", 4))
		f["ws/workspace.yaml"] += "busy_deadline: 4h\n"
		r := w.newRepo("fleet", f)
		s := w.start()
		pass(2 * time.Minute)
		nodes := func(n armsim.Nodes) {
			if err := w.sim.SetNodes(ref("prod", "cpu"), n); err != nil {
				t.Fatal(err)
			}
		}
		nodes(armsim.Nodes{Running: 3})
		f["ws/computes.yaml"] = cluster("cpu", 1)
		r.commit(f)
		pass(time.Hour)
		s.end()
		pass(2 * time.Hour)
		s = w.start()
		pass(50 * time.Minute)
		expect(t, "times it was told in each of two lives", w.log.count("held", "busy"), 2)
		expect(t, "times the deadline was told before it passed", w.log.count("deadline"), 0)
		pass(15 * time.Minute)
		shown := s.now().Held[0]
		expect(t, "overdue in the status", shown.Overdue, true)
		if waits := time.Since(shown.Since); waits < 4*time.Hour {
			t.Errorf("the status says that it waits for %v, but the restart was in the middle of 4h", waits)
		}
		written := s.written()
		pass(5 * time.Hour)
		expect(t, "times the deadline was told", w.log.count(`"level":"warn"`, "2 more than the 1", "deadline 4h passed"), 1)
		expect(t, "transactions while it waits", s.written()-written, 0)
		expect(t, "cpu while it waits", w.most("prod", "cpu"), 4)
		nodes(armsim.Nodes{Running: 1, Idle: 2})
		pass(2 * time.Minute)
		expect(t, "cpu when only as many nodes are in use as may stay", w.most("prod", "cpu"), 1)

		// The next wait begins anew.
		nodes(armsim.Nodes{Running: 1})
		f["ws/computes.yaml"] = strings.Replace(cluster("cpu", 1), "DS3", "DS4", 1)
		r.commit(f)
		pass(time.Hour)
		expect(t, "times the deadline was told", w.log.count("deadline 4h passed"), 1)
	})
}

// TestBusyForce has a file permit that jobs end, which works from the commit
// after the one that adds it.
func TestBusyForce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		w.start()
		pass(2 * time.Minute)
		if err := w.sim.SetNodes(ref("prod", "cpu"), armsim.Nodes{Running: 3}); err != nil {
			t.Fatal(err)
		}
		forced := cluster("cpu", 1, "computesync: {busy: force}")
		r.commit(one(forced))
		pass(2 * drift)
		expect(t, "cpu by the commit that adds it", w.most("prod", "cpu"), 4)
		expect(t, "times it was told", w.log.count("held", "busy: force works from the commit after"), 1)
		r.commit(one(forced, "# a line of text"))
		pass(2 * time.Minute)
		expect(t, "cpu by the next one", w.most("prod", "cpu"), 1)
	})
}
