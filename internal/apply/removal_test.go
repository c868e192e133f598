package apply_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// failingRemoval lets Azure take a removal and not do it.
func failingRemoval(name string, times int) armsim.Fault {
	return armsim.Fault{
		Match: armsim.Match{Method: "DELETE", Name: name}, Times: times,
		Operation: &armsim.OperationFault{Shape: "c", Code: "ScopeLocked", Message: "It is locked."},
	}
}

// removals are the computes that an action removes.
func (a *action) removals() (names []string) {
	for _, write := range a.writes {
		if name, ok := strings.CutPrefix(write, "DELETE "); ok {
			names = append(names, name)
		}
	}
	return names
}

// TestFailedRemoval lets the operation of each removal of each action fail: it
// is tried again after growing waits, by a process that knows of it from the
// journal alone, and says why meanwhile. The end is as without.
func TestFailedRemoval(t *testing.T) {
	for _, a := range actions() {
		for _, name := range a.removals() {
			t.Run(a.name+" "+name, func(t *testing.T) {
				t.Parallel()
				var calm undisturbed
				synctest.Test(t, func(t *testing.T) { calm = a.run(t, nil) })
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					a.prepare(w)
					w.fault(failingRemoval(name, 2))
					for n, wait := range []time.Duration{time.Minute, 2 * time.Minute} {
						w.live(func(l *life) { l.failsToRemove(name, n+1, wait) })
						elapse(wait)
					}
					w.live(func(l *life) { l.converge() })
					w.settled()
					if d := cmp.Diff(calm.state, w.state()); d != "" {
						t.Errorf("state: %s", d)
					}
					if d := cmp.Diff(calm.owned, w.owned()); d != "" {
						t.Errorf("records: %s", d)
					}
				})
			})
		}
	}
}

// failsToRemove makes a pass in which the removal of a compute fails for the
// nth time, and one that holds it.
func (l *life) failsToRemove(name string, n int, wait time.Duration) {
	l.t.Helper()
	if result := l.pass(); len(result.Failed) != 1 || result.Failed[0].Name != name {
		l.t.Fatalf("attempt %d: %+v", n, result)
	}
	r := l.records()[name]
	if r == nil || !strings.Contains(r.Unremoved, "ScopeLocked: It is locked.") || !strings.Contains(r.Unremoved, "; remove the lock") ||
		r.Remakes != n || time.Until(r.RemakeAt) > wait || time.Until(r.RemakeAt) <= wait-time.Minute || r.CreatedOn != l.compute(name).Live.CreatedOn {
		l.t.Fatalf("attempt %d: record %+v", n, r)
	}
	before := l.wire.sent("DELETE", name)
	_, p := l.look()
	held := heldAs(p, plan.Failed, r.Unremoved)
	if held == nil || !p.Raises() || !held.Until.Equal(r.RemakeAt) {
		l.t.Fatalf("attempt %d: %s", n, show(p))
	}
	if l.pass(); l.wire.sent("DELETE", name) != before {
		l.t.Errorf("attempt %d: it is sent again at once", n)
	}
}

func heldAs(p *plan.Plan, code plan.Code, text string) *plan.Held {
	for _, c := range p.Workspaces[0].Changes {
		if c.Held != nil && c.Held.Code == code && strings.Contains(c.Held.Text, text) {
			return c.Held
		}
	}
	return nil
}

// TestFailedRemovalNoLongerWanted changes its mind after the removal failed: a
// compute that failed only for that is made again, or kept where it is well.
func TestFailedRemovalNoLongerWanted(t *testing.T) {
	for _, c := range []struct {
		name, state string
		writes      int
	}{{"failed", "Failed", 2}, {"well", "Succeeded", 0}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.declare(cluster("gpu"))
				w.live(func(l *life) { l.converge() })
				w.declare(cluster("gpu", "size: STANDARD_D2_V2"))
				w.fault(failingRemoval("gpu", 1))
				w.live(func(l *life) { l.pass() })
				w.declare(cluster("gpu"))
				w.patch("gpu", `{"properties":{"provisioningState":"`+c.state+`"}}`)
				w.wire.forget()
				w.live(func(l *life) {
					l.pass()
					elapse(time.Hour)
					l.converge()
					if r := l.records()["gpu"]; r.Unremoved != "" || r.Remakes != 0 {
						t.Errorf("record %+v", r)
					}
				})
				if n := len(w.wire.effects()); n != c.writes {
					t.Errorf("%d writes, want %d", n, c.writes)
				}
				w.settled()
			})
		})
	}
}

// TestFailedRemovalWithoutJournal holds a compute that failed where only its
// tag says that it is ours.
func TestFailedRemovalWithoutJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(cluster("gpu"))
		w.live(func(l *life) { l.converge() })
		w.declare(cluster("gpu", "size: STANDARD_D2_V2"))
		w.fault(failingRemoval("gpu", 1))
		w.live(func(l *life) { l.pass() })
		w.dir = t.TempDir()
		w.wire.forget()
		w.live(func(l *life) {
			elapse(time.Hour)
			if _, p := l.look(); heldAs(p, plan.Failed, "ScopeLocked") == nil {
				t.Errorf("not held: %s", show(p))
			}
			l.pass()
		})
		w.declare(cluster("gpu", "size: STANDARD_D2_V2", "computesync: {replace: allow}"))
		w.live(func(l *life) {
			if _, p := l.look(); heldAs(p, plan.Approval, "tag") == nil {
				t.Errorf("not held for an approval: %s", show(p))
			}
			l.pass()
		})
		if n := len(w.wire.effects()); n != 0 {
			t.Errorf("%d writes", n)
		}
	})
}

// TestFailedRemovalOnTheWayBack lets the removal of a new attachment that failed
// fail as well: it stays in the way, is known as ours, and is tried again.
func TestFailedRemovalOnTheWayBack(t *testing.T) {
	for _, m := range moves {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.declare(m.before)
				w.live(func(l *life) { l.converge() })
				w.declare(m.after)
				w.fault(failing(m.next, 1))
				f := failingRemoval(m.next, 1)
				if m.next == m.former {
					f.Skip = 1
				}
				w.fault(f)
				w.live(func(l *life) {
					l.pass()
					r := l.records()[spec.FoldName(m.next)]
					if r == nil || r.Good || r.Unremoved == "" || !r.RemakeAt.After(time.Now()) {
						t.Errorf("record %+v", r)
					}
					if _, p := l.look(); heldAs(p, plan.Failed, "ScopeLocked") == nil {
						t.Errorf("not held: %s", show(p))
					}
				})
				w.live(func(l *life) { l.converge() })
				w.settled()
			})
		})
	}
}

// TestCrashesOfAFailedRemovalOnTheWayBack lets the process die after every write to
// the journal of such a pass: the next one remembers the same of what stays there.
func TestCrashesOfAFailedRemovalOnTheWayBack(t *testing.T) {
	for _, m := range moves {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				run := func(dieAt int) (writes int) {
					w := newWorld(t)
					w.declare(m.before)
					w.live(func(l *life) { l.converge() })
					w.declare(m.after)
					w.fault(failing(m.next, 1))
					f := failingRemoval(m.next, 1)
					if m.next == m.former {
						f.Skip = 1
					}
					w.fault(f)
					w.failpoint = func(int) error {
						if writes++; writes == dieAt {
							return errFailpoint
						}
						return nil
					}
					w.live(func(l *life) {
						v, p := l.look()
						_, _ = l.apply(v, p) // dies
					})
					w.failpoint = nil
					w.live(func(l *life) {
						for l.begun() {
							l.try()
							elapse(time.Second)
						}
						r := l.records()[spec.FoldName(m.next)]
						if w.eventsOf(apply.Undoing) > 0 && (r == nil || r.Good || !strings.Contains(r.Unremoved, "ScopeLocked")) {
							t.Errorf("died after journal write %d: record %+v", dieAt, r)
						}
						l.converge()
					})
					w.settled()
					return writes
				}
				for n := range run(0) {
					run(n + 1)
				}
			})
		})
	}
}
