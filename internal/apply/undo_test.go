package apply_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/spec"
)

// moves are the two ways in which an attachment goes for another to come.
var moves = []struct {
	name          string
	before, after string
	former, next  string // names
}{
	{"takeover", machine("old", "m1"), machine("new", "m1"), "old", "new"},
	{"re-attach", machine("vm1", "m1"), machine("vm1", "m2"), "vm1", "vm1"},
	{"another namespace", team("team", "na") + "---\n" + team("peer", "nb"), team("team", "nc") + "---\n" + team("peer", "nb"), "team", "team"},
	{"another kind", machine("vm1", "m1"), cluster("vm1", "computesync: {replace: allow}"), "vm1", "vm1"},
}

func failing(name string, times int) armsim.Fault {
	return armsim.Fault{
		Match: armsim.Match{Method: "PUT", Name: name}, Times: times,
		Operation: &armsim.OperationFault{Shape: "b", Code: "CannotConnect", Message: "no route"},
	}
}

// TestUndo lets the new attachment fail for good: the former one is back and
// works, nothing of the new one is left, and the next attempt succeeds.
func TestUndo(t *testing.T) {
	ways := map[string]func(name string) armsim.Fault{
		"operation a": func(name string) armsim.Fault { f := failing(name, 1); f.Operation.Shape = "a"; return f },
		"operation b": func(name string) armsim.Fault { return failing(name, 1) },
		"operation c": func(name string) armsim.Fault { f := failing(name, 1); f.Operation.Shape = "c"; return f },
		"refused": func(name string) armsim.Fault {
			return armsim.Fault{Match: armsim.Match{Method: "PUT", Name: name}, Times: 1, Status: http.StatusBadRequest, Code: "UserError"}
		},
	}
	for _, m := range moves {
		for way, fault := range ways {
			t.Run(m.name+" "+way, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.declare(m.before)
					w.live(func(l *life) { l.converge() })
					was, owned := w.state(), w.owned()
					w.declare(m.after)
					w.fault(fault(m.next))
					w.live(func(l *life) {
						result := l.pass()
						if len(result.Failed) != 1 || len(result.Waiting) > 0 || w.eventsOf(apply.Undoing) != 1 {
							t.Errorf("result %+v", result)
						}
						if d := cmp.Diff(was, w.state()); d != "" {
							t.Errorf("the former one is not back: %s", d)
						}
						r := l.records()[m.former]
						if r == nil || !r.Good || r.Adopted || r.Spec.Name != m.former || !r.RemakeAt.After(time.Now()) {
							t.Errorf("record %+v", r)
						}
					})
					if d := cmp.Diff(ownedNames(owned), ownedNames(w.owned())); d != "" {
						t.Errorf("owned: %s", d)
					}
					w.sound()
					w.live(func(l *life) { l.converge() })
					w.settled()
				})
			})
		}
	}
}

func ownedNames(owned map[string]string) []string { return slices.Sorted(maps.Keys(owned)) }

// TestUndoFaults lets faults meet the way back itself.
func TestUndoFaults(t *testing.T) {
	for _, m := range moves {
		if m.former == m.next {
			continue // a fault could not tell the way back from the way there
		}
		for name, f := range faults {
			for where, match := range map[string]armsim.Match{
				"leftover": {Method: "DELETE", Name: m.next}, "former": {Method: "PUT", Name: m.former},
				"status": {Kind: "status"}, "get": {Kind: "get"}, "list": {Kind: "list"},
			} {
				for _, times := range []int{1, 60} {
					if times == 60 && where != "status" {
						continue
					}
					t.Run(m.name+" "+name+" "+where, func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) {
							w := newWorld(t)
							w.declare(m.before)
							w.live(func(l *life) { l.converge() })
							w.declare(m.after)
							w.wire.forget()
							w.wire.after = func(r *http.Request) bool { // from the failing attachment on
								if r.Method == http.MethodPut && computeOf(r.URL.Path) == m.next && w.wire.after != nil {
									f := f
									f.Match, f.Times = match, times
									w.fault(f)
								}
								return false
							}
							w.fault(failing(m.next, 1))
							w.live(func(l *life) {
								l.untilUndone()
								w.wire.after = nil
								w.sim.ClearFaults()
								if r := l.records()[m.former]; r == nil || !r.Good {
									t.Errorf("record %+v", r)
								}
							})
							if d := cmp.Diff(map[string]int{"DELETE old": 1, "PUT new": 1, "DELETE new": 1, "PUT old": 1}, w.wire.effects()); d != "" {
								t.Errorf("effects: %s", d)
							}
							w.live(func(l *life) { l.converge() })
							w.settled()
						})
					})
				}
			}
		}
	}
}

// untilUndone makes passes until a way back has begun and ended.
func (l *life) untilUndone() {
	l.t.Helper()
	for n := 0; l.eventsOf(apply.Undoing) == 0 || l.begun(); n++ {
		l.try()
		elapse(time.Minute)
		if n > 60 {
			l.t.Fatalf("the way back does not end: %v", l.events)
		}
	}
}

// begun reports whether units are in the journal.
func (l *life) begun() bool {
	v, err := l.r.Look(l.ctx, l.desired(), "look")
	return err != nil || len(v.Begun) > 0
}

// try makes a pass that may fail.
func (l *life) try() {
	v, err := l.r.Look(l.ctx, l.desired(), "try")
	if err != nil {
		return
	}
	if _, err := l.apply(v, v.Plan()); err != nil {
		l.t.Errorf("apply: %v", err)
	}
}

// TestUndoCrashes lets the process die at every point of the way back.
func TestUndoCrashes(t *testing.T) {
	for _, m := range moves {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				run := func(disturb func(*world)) (n, wire int, state map[string]string) {
					w := newWorld(t)
					w.declare(m.before)
					w.live(func(l *life) { l.converge() })
					w.declare(m.after)
					w.wire.forget()
					w.fault(failing(m.next, 1))
					w.failpoint = func(int) error { n++; return nil }
					if disturb != nil {
						disturb(w)
					}
					w.live(func(l *life) {
						v, p := l.look()
						_, _ = l.apply(v, p) // dies
					})
					w.failpoint, w.wire.before, w.wire.after = nil, nil, nil
					w.live(func(l *life) {
						for l.begun() {
							l.try()
							elapse(time.Second)
						}
					})
					if disturb == nil || w.eventsOf(apply.Undoing) > 0 {
						for what, times := range w.wire.effects() {
							if times > 2 || times > 1 && m.former != m.next {
								t.Errorf("%s took effect %d times", what, times)
							}
						}
						if c := w.compute(m.former); c == nil || c.Live.ProvisioningState != "Succeeded" {
							t.Errorf("the former one is not back: %v", c)
						}
					}
					w.sound()
					wire = len(w.wire.writes)
					w.live(func(l *life) { l.converge() })
					w.settled()
					return n, wire, w.state()
				}
				writes, wire, calm := run(nil)
				for n := 1; n <= writes; n++ {
					_, _, state := run(func(w *world) {
						w.failpoint = func(i int) error {
							if i == n {
								return errFailpoint
							}
							return nil
						}
					})
					if d := cmp.Diff(calm, state); d != "" {
						t.Errorf("died after journal write %d: %s", n, d)
					}
				}
				for n := 1; n <= wire; n++ {
					for where, disturb := range map[string]func(*world){
						"before": func(w *world) { w.wire.before = nth(n) },
						"after":  func(w *world) { w.wire.after = nth(n) },
					} {
						if _, _, state := run(disturb); !cmp.Equal(calm, state) {
							t.Errorf("died %s request %d: %s", where, n, cmp.Diff(calm, state))
						}
					}
				}
			})
		})
	}
}

// TestNoWayBack lets the former attachment fail too: it is said loudly, and
// nothing is forgotten of what stands there.
func TestNoWayBack(t *testing.T) {
	for _, m := range moves {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.declare(m.before)
				w.live(func(l *life) { l.converge() })
				w.declare(m.after)
				w.fault(failing(m.next, 1))
				w.fault(failing(m.former, 1))
				w.live(func(l *life) {
					result := l.pass()
					if len(result.Failed) != 2 || len(result.Waiting) > 0 || !strings.Contains(result.Failed[1].Err.Error(), "could not be put back") {
						t.Errorf("result %+v", result)
					}
					if r := l.records()[m.former]; r == nil || r.Good || !r.RemakeAt.After(time.Now()) {
						t.Errorf("record %+v", r)
					}
					l.converge()
				})
				w.settled()
			})
		})
	}
}

// TestUndoLeavesOthersAlone lets somebody else attach the resource, or take
// the name, while the new attachment fails.
func TestUndoLeavesOthersAlone(t *testing.T) {
	for _, m := range moves[:2] {
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.declare(m.before)
				w.live(func(l *life) { l.converge() })
				w.declare(m.after)
				w.fault(armsim.Fault{Match: armsim.Match{Method: "PUT", Name: m.next}, Times: 1, Status: http.StatusBadRequest})
				w.wire.after = func(r *http.Request) bool {
					if r.Method == http.MethodPut && computeOf(r.URL.Path) == m.next && w.compute("theirs") == nil {
						w.patch("theirs", `{"properties":{"computeType":"VirtualMachine","resourceId":"`+machineID("m1")+
							`","properties":{"administratorAccount":{"username":"x","password":"y"}}}}`)
					}
					return false
				}
				w.live(func(l *life) {
					if result := l.pass(); len(result.Failed) != 2 || len(result.Waiting) > 0 {
						t.Errorf("result %+v", result)
					}
					if c := w.compute("theirs"); c.Live.ProvisioningState != "Succeeded" {
						t.Errorf("theirs is %s", c.Live.ProvisioningState)
					}
					if r := l.records()[m.former]; r != nil {
						t.Errorf("record %+v", r)
					}
					l.pass()
				})
				w.sound()
			})
		})
	}
}

// TestFormerKeepsWhatItWas lets an adopted attachment come back as adopted.
func TestFormerKeepsWhatItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.patch("old", `{"properties":{"computeType":"VirtualMachine","resourceId":"`+machineID("m1")+`","properties":{}}}`)
		w.declare(machine("old", "m1"))
		w.live(func(l *life) { l.converge() })
		w.declare(machine("new", "m1"))
		w.fault(failing("new", 1))
		w.live(func(l *life) {
			l.pass()
			r := l.records()["old"]
			if r == nil || !r.Adopted || r.Spec.Tags()[spec.OwnerTag] != "" || len(w.compute("old").Tags()) > 0 {
				t.Errorf("record %+v, compute %+v", r, w.compute("old"))
			}
		})
		w.sound()
	})
}

// TestPutBackAndTakenAway lets somebody take the former attachment away once it is
// back: the way back ends, and what is declared is made.
func TestPutBackAndTakenAway(t *testing.T) {
	for _, m := range moves[:1] { // a fault could not distinguish the way back of the others from the way there
		t.Run(m.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.declare(m.before)
				w.live(func(l *life) { l.converge() })
				w.declare(m.after)
				w.fault(failing(m.next, 1))
				w.wire.after = func(r *http.Request) bool {
					if r.Method == http.MethodPut && computeOf(r.URL.Path) == m.former {
						w.remove(m.former)
					}
					return false
				}
				w.live(func(l *life) {
					l.untilUndone()
					w.wire.after = nil
					l.converge()
				})
				w.settled()
			})
		})
	}
}
