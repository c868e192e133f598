package daemon_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/daemon"
)

// fleet is a commit of n workspaces with a cluster each.
func fleet(n, most int) files {
	f := files{}
	for i := range n {
		name := fmt.Sprintf("ml%02d", i)
		f[name+"/workspace.yaml"], f[name+"/cpu.yaml"] = workspaceFile(name), cluster("cpu", most)
	}
	return f
}

// fleetHas reports whether each of n workspaces has its cluster at its size.
func (w *world) fleetHas(n, most int) bool {
	for i := range n {
		if w.most(fmt.Sprintf("ml%02d", i), "cpu") != most {
			return false
		}
	}
	return true
}

// requestsIn lets time go by, and returns how many requests were made in each second of it.
func (w *world) requestsIn(d time.Duration) (perSecond []int) {
	for range int(d / time.Second) {
		w.sim.ResetCounters()
		pass(time.Second)
		perSecond = append(perSecond, w.sim.Counters().Total())
	}
	return perSecond
}

func sum(all []int) (n int) {
	for _, one := range all {
		n += one
	}
	return n
}

var outages = map[string]armsim.Fault{
	"503":                 {Status: 503, Code: "ServerBusy", Message: "The server is busy."},
	"dropped connections": {Drop: true},
}

// TestOutageIsOneFact has Resource Manager down for 200 seconds: while 20 workspaces
// are in sync, while a commit arrives, and when the daemon starts.
func TestOutageIsOneFact(t *testing.T) {
	const n = 20
	for name, fault := range outages {
		for _, when := range []string{"in sync", "with a commit", "at the start"} {
			t.Run(name+" "+when, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					r := w.newRepo("fleet", fleet(n, 4))
					want := 4
					if when == "at the start" {
						w.fault(fault)
					}
					s := w.start()
					if when != "at the start" {
						pass(5 * time.Minute)
						w.fault(fault)
					}
					if when == "with a commit" {
						want = 5
						r.commit(fleet(n, want))
					}
					total, late := 0, 0
					for range 200 {
						known := len(s.outages()) > 0
						n := sum(w.requestsIn(time.Second))
						total += n
						if known {
							late = max(late, n)
						}
					}
					t.Logf("%d requests in 200 seconds", total)
					if total > 120 {
						t.Errorf("%d requests were made in 200 seconds of an outage", total)
					}
					if late > 1 {
						t.Errorf("%d requests were made in one second of a known outage", late)
					}
					s.oneOutage()
					w.sim.ClearFaults()
					pass(30 * time.Second)
					if lists, _ := w.requests(); lists == 0 {
						t.Error("nothing was looked at within 30 seconds of the service's return")
					}
					if when != "in sync" {
						pass(operationTime)
					}
					expect(t, "all of it is as declared", w.fleetHas(n, want), true)
					for _, ws := range s.d.Report().Workspaces {
						if ws.Phase == daemon.Failing {
							t.Errorf("%s still fails: %s", ws.ID.Name, ws.Error)
						}
					}
					expect(t, "outages begun and ended", len(s.outages()), 2)
					expect(t, "an outage is reported", s.d.Report().Outage != nil, false)
				})
			})
		}
	}
}

// oneOutage checks that an outage that lasts is said once.
func (s *service) oneOutage() {
	s.t.Helper()
	expect(s.t, "outages begun", len(s.outages()), 1)
	if n := s.log.count("pass failed"); n > 1 { // the one whose requests were the first to fail
		s.t.Errorf("the log has %d lines of passes that failed", n)
	}
	r := s.d.Report()
	if r.Outage == nil {
		s.t.Fatal("the report says nothing about the outage")
	}
	failing := 0
	for _, ws := range r.Workspaces {
		if ws.Phase == daemon.Failing {
			failing++
			expect(s.t, "the error of "+ws.ID.Name, ws.Error, r.Outage.Error)
		}
	}
	if failing == 0 {
		s.t.Error("no workspace fails")
	}
	if line := s.statusLine(); !strings.HasSuffix(line, "; Azure Resource Manager does not answer") {
		s.t.Errorf("the status line is %q", line)
	}
}

// outages are those that the client reported.
func (s *service) outages() []arm.Outage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.down)
}

// A daemon with one workspace cannot distinguish an outage from a broken workspace by
// its own requests.
func TestOutageOfOneWorkspace(t *testing.T) {
	for name, fault := range outages {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.newRepo("fleet", one(cluster("cpu", 4)))
				w.fault(fault)
				s := w.start()
				pass(200 * time.Second)
				s.oneOutage()
				w.sim.ClearFaults()
				pass(30*time.Second + operationTime)
				expect(t, "cpu", w.most("prod", "cpu"), 4)
			})
		})
	}
}

func TestOneBrokenComputeOrWorkspaceIsNoOutage(t *testing.T) {
	for name, match := range map[string]armsim.Match{
		"compute":    {Name: "bad"},
		"operations": {Kind: "status"},
		"workspace":  {Path: "/workspaces/ml03/"},
	} {
		for kind, fault := range outages {
			t.Run(name+" "+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					f := fleet(5, 4)
					f["ml00/bad.yaml"] = cluster("bad", 1)
					w.newRepo("fleet", f)
					fault.Match = match
					w.fault(fault)
					s := w.start()
					pass(time.Hour)
					expect(t, "outages", len(s.outages()), 0)
					expect(t, "cpu", w.most("ml01", "cpu"), 4)
				})
			})
		}
	}
}

func TestThrottlingIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("fleet", fleet(20, 4))
		w.fault(armsim.Fault{Status: 429})
		s := w.start()
		pass(10 * time.Minute)
		expect(t, "outages", len(s.outages()), 0)
	})
}

// TestOutageDuringOperations begins while operations run and answers to writes are lost.
func TestOutageDuringOperations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		w := newWorld(t, armsim.WithOperationTime(time.Minute))
		w.newRepo("fleet", fleet(n, 4))
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put"}, Drop: true, After: true, Skip: n / 2})
		s := w.start()
		for w.sim.Counters().Kinds["put"] < n {
			pass(time.Second)
		}
		w.fault(armsim.Fault{Status: 503})
		perSecond := w.requestsIn(10 * time.Minute)
		if n := slices.Max(perSecond[60:]); n > 1 {
			t.Errorf("%d requests were made in one second", n)
		}
		s.oneOutage()
		if n := w.log.count(`"level":"error"`); n > 0 {
			t.Errorf("the log has %d errors about what the outage stopped", n)
		}
		w.sim.ClearFaults()
		w.sim.ResetCounters()
		pass(time.Minute)
		expect(t, "all of it is there", w.fleetHas(n, 4), true)
		if _, writes := w.requests(); writes > 0 {
			t.Errorf("%d writes were repeated that had taken effect", writes)
		}
	})
}

// TestHourOfOutage starves no watchdog: a restart would not help.
func TestHourOfOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("fleet", fleet(20, 4))
		s := w.start()
		pass(5 * time.Minute)
		begin := time.Now()
		w.fault(armsim.Fault{Delay: armsim.Duration(time.Hour)}) // requests hang
		for range 120 {
			pass(time.Minute)
			expect(t, "healthy", s.d.Healthy(), true)
		}
		if n := s.fedSince(begin); n < 2*360-1 {
			t.Errorf("the watchdog was fed %d times in two hours", n)
		}
		s.oneOutage()
		w.sim.ClearFaults()
		pass(30 * time.Second)
		expect(t, "status", s.statusLine(), "20 workspaces: 20 in sync, 0 applying, 0 held, 0 failing")
	})
}

// TestOperationsAreAskedForAfterAnOutage of any length.
func TestOperationsAreAskedForAfterAnOutage(t *testing.T) {
	for seconds := 10; seconds <= 130; seconds += 5 {
		t.Run(fmt.Sprint(seconds), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, armsim.WithOperationTime(time.Minute))
				w.newRepo("fleet", fleet(3, 4))
				w.start()
				for w.sim.Counters().Kinds["status"] < 3 {
					pass(time.Second)
				}
				w.fault(armsim.Fault{Status: 503})
				pass(time.Duration(seconds) * time.Second)
				w.sim.ClearFaults()
				w.sim.ResetCounters()
				pass(30 * time.Second)
				if n := w.sim.Counters().Kinds["status"]; n < 3 {
					t.Errorf("3 operations were asked for %d times within 30 seconds of the service's return", n)
				}
			})
		})
	}
}
