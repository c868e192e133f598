package apply_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
)

// faults are what may happen to any request and says nothing about it.
var faults = map[string]armsim.Fault{
	"401":                {Status: http.StatusUnauthorized, Code: "InvalidAuthenticationToken"},
	"403":                {Status: http.StatusForbidden, Code: "AuthorizationFailed"},
	"404 workspace gone": {Status: http.StatusNotFound, Code: "ResourceNotFound", Message: "The Resource 'Microsoft.MachineLearningServices/workspaces/ml-test' under resource group 'rg-ml' was not found."},
	"404 group gone":     {Status: http.StatusNotFound, Code: "ResourceGroupNotFound"},
	"409":                {Status: http.StatusConflict, Code: "Conflict"},
	"429 seconds":        {Status: http.StatusTooManyRequests, RetryAfter: armsim.Duration(90 * time.Second)},
	"429 date":           {Status: http.StatusTooManyRequests, RetryAfter: armsim.Duration(150 * time.Second), RetryAfterDate: true},
	"500":                {Status: http.StatusInternalServerError},
	"503 after":          {Status: http.StatusServiceUnavailable, After: true},
	"504 after":          {Status: http.StatusGatewayTimeout, After: true},
	"dropped before":     {Drop: true},
	"dropped after":      {Drop: true, After: true},
	"truncated":          {Truncate: true, After: true},
	"slow":               {Delay: armsim.Duration(time.Minute)},
	"too slow":           {Delay: armsim.Duration(10 * time.Minute), After: true},
}

// requests are those of an action that a fault may meet.
var requests = map[string]armsim.Match{
	"PUT": {Method: "PUT"}, "DELETE": {Method: "DELETE"}, "POST": {Method: "POST"}, "PATCH": {Method: "PATCH"},
	"status": {Kind: "status"}, "get": {Kind: "get"}, "list": {Kind: "list"},
}

// TestFaults lets each fault meet requests of actions that together take every
// step, once and many times. The end is the same, and no write is repeated
// whose effect can be seen.
func TestFaults(t *testing.T) {
	chosen := []string{"several at once", "update and stop", "update by patch"}
	for _, a := range actions() {
		if !slices.Contains(chosen, a.name) {
			continue
		}
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			var calm undisturbed
			synctest.Test(t, func(t *testing.T) { calm = a.run(t, nil) })
			for name, f := range faults {
				for where, match := range requests {
					if method := match.Method; method != "" && !slices.ContainsFunc(a.writes, func(w string) bool { return strings.HasPrefix(w, method) }) {
						continue
					}
					for _, f.Times = range []int{1, 7, 60} {
						if f.Match = match; f.Times == 60 && f.Match.Kind != "status" || f.Times == 7 && len(a.writes) > 4 {
							continue // operations are asked for most often before a pass gives up
						}
						a.meet(t, f, calm, name+" on "+where)
					}
				}
			}
		})
	}
}

// meet carries an action out while a fault lies in wait for it.
func (a *action) meet(t *testing.T, f armsim.Fault, calm undisturbed, where string) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a.prepare(w)
		if f.Match.Kind == "list" {
			f.Skip = 1 // the look before the plan, which would fail the pass
		}
		w.fault(f)
		w.live(func(l *life) { l.converge() })
		w.sim.ClearFaults()
		writes := w.wire.effects()
		w.settled()
		for what, d := range map[string]string{
			"state": cmp.Diff(calm.state, w.state()), "records": cmp.Diff(calm.owned, w.owned()),
			"effects": cmp.Diff(calm.writes, writes),
		} {
			if d != "" && !(a.detour && what == "effects") {
				t.Errorf("%d times %s: %s: %s", f.Times, where, what, d)
			}
		}
	})
}

// TestFailedCreation remakes what never worked, after growing waits.
func TestFailedCreation(t *testing.T) {
	for _, shape := range []string{"a", "b", "c"} {
		t.Run(shape, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.declare(cluster("gpu"))
				w.fault(armsim.Fault{Match: armsim.Match{Method: "PUT"}, Times: 2, Operation: &armsim.OperationFault{Shape: shape, Code: "NoCapacity", Message: "none left"}})
				w.live(func(l *life) {
					for n, wait := range []time.Duration{time.Minute, 2 * time.Minute} {
						if result := l.pass(); len(result.Failed) != 1 {
							t.Fatalf("attempt %d: %+v", n, result)
						}
						r := l.records()["gpu"]
						if r == nil || r.Good || r.Remakes != n+1 || time.Until(r.RemakeAt) != wait {
							t.Fatalf("attempt %d: record %+v", n, r)
						}
						before := w.wire.sent("PUT", "gpu")
						if l.pass(); w.wire.sent("PUT", "gpu") != before {
							t.Errorf("attempt %d: it is remade at once", n)
						}
						elapse(wait)
					}
					if result := l.pass(); result.Done != 2 {
						t.Errorf("the last attempt: %+v", result)
					}
					if r := l.records()["gpu"]; !r.Good || r.Remakes != 0 {
						t.Errorf("record %+v", r)
					}
				})
				w.settled()
			})
		})
	}
}

// TestEndlessOperation keeps nobody else back, and loses nothing.
func TestEndlessOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.timeout = 30 * time.Minute
		w.declare(cluster("gpu"), cluster("cpu"), machine("vm1", "m1"))
		w.fault(armsim.Fault{Match: armsim.Match{Method: "PUT", Name: "gpu"}, Operation: &armsim.OperationFault{NeverEnds: true}})
		w.live(func(l *life) {
			for _, bound := range []time.Duration{w.timeout + time.Minute, 2 * time.Minute, 2 * time.Minute} {
				start := time.Now()
				if result := l.pass(); len(result.Waiting) != 1 || len(result.Failed) != 1 {
					t.Fatalf("result %+v", result)
				}
				if took := time.Since(start); took > bound {
					t.Errorf("the pass took %s", took)
				}
				if w.compute("cpu").Live.ProvisioningState != "Succeeded" || w.compute("vm1").Live.ProvisioningState != "Succeeded" {
					t.Error("the others did not go on")
				}
			}
			if err := w.sim.Advance(w.sim.Snapshot().Operations[0].GUID); err != nil {
				t.Fatal(err)
			}
			l.converge()
		})
		w.settled()
		if n := w.wire.sent("PUT", "gpu"); n != 1 {
			t.Errorf("%d creations were sent", n)
		}
	})
}

// TestEndlessOperationOnNothing has operations that never end on computes that
// are not there any more: what was to be made is made anew, and what was to be
// removed is.
func TestEndlessOperationOnNothing(t *testing.T) {
	for _, c := range []struct {
		method string
		before []string
		then   []string
	}{
		{"PUT", nil, []string{cluster("gpu")}},
		{"PUT", []string{machine("gpu", "m1")}, []string{machine("gpu", "m2")}},
		{"DELETE", []string{cluster("gpu")}, nil},
		{"DELETE", []string{cluster("gpu")}, []string{cluster("gpu", "size: STANDARD_D2_V2")}},
	} {
		t.Run(fmt.Sprintf("%s of %d for %d", c.method, len(c.before), len(c.then)), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.timeout = 30 * time.Minute
				keep := cluster("cpu")
				w.declare(append(c.before, keep)...)
				w.live(func(l *life) { l.converge() })
				w.declare(append(c.then, keep)...)
				w.fault(armsim.Fault{Match: armsim.Match{Method: c.method, Name: "gpu"}, Operation: &armsim.OperationFault{NeverEnds: true}, Times: 1})
				w.live(func(l *life) {
					sent := w.wire.sent(c.method, "gpu")
					taken := make(chan error, 1)
					time.AfterFunc(10*time.Minute, func() {
						taken <- w.sim.Remove(armsim.Ref{Subscription: subscription, Group: "rg-ml", Workspace: "ml-test", Name: "gpu"})
					})
					start := time.Now()
					l.pass()
					if took := time.Since(start); took < w.timeout || took > w.timeout+time.Minute {
						t.Errorf("the pass took %s", took)
					}
					if err := <-taken; err != nil {
						t.Fatal(err)
					}
					if n := w.wire.sent(c.method, "gpu") - sent; c.method == "DELETE" && n != 1 {
						t.Errorf("%d removals were sent", n)
					}
					l.converge()
				})
				w.settled()
			})
		})
	}
}

// TestNotApplied is told once, and then held without writing.
func TestNotApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.ghost("gpu", "STANDARD_D2_V2")
		w.declare(cluster("gpu"))
		w.live(func(l *life) {
			if result := l.pass(); len(result.Failed) != 1 {
				t.Errorf("result %+v", result)
			}
			w.sim.ResetCounters()
			for range 5 {
				v, p := l.look()
				if p.Steps() != 0 || p.Workspaces[0].Changes[0].Held.Code != "not-applied" {
					t.Errorf("plan %s", show(p))
				}
				if _, err := l.apply(v, p); err != nil {
					t.Error(err)
				}
				elapse(10 * time.Minute)
			}
			if m := w.sim.Counters().Methods; len(m) != 1 {
				t.Errorf("wrote: %v", m)
			}
			w.declare(cluster("gpu", "size: STANDARD_D2_V2"))
			l.converge()
			if r := l.records()["gpu"]; r == nil || !r.Good || r.Adopted {
				t.Errorf("record %+v", r)
			}
		})
	})
}

// ghost leaves behind what a detached cluster does.
func (w *world) ghost(name, size string) {
	w.t.Helper()
	w.patch(name, `{"properties":{"computeType":"AmlCompute","properties":{"vmSize":"`+size+`","scaleSettings":{"maxNodeCount":1}}}}`)
	url := endpoint + w.desired().ID.ResourcePath() + "/computes/" + name + "?underlyingResourceAction=Detach&api-version=2025-12-01"
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodDelete, url, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if res, err := w.sim.Transport().RoundTrip(r); err != nil || res.StatusCode != http.StatusAccepted {
		w.t.Fatalf("detach %s: %v, %v", name, res, err)
	}
	elapse(time.Hour)
}

// TestStale lets somebody else write between plan and apply: nothing is sent
// on a plan that no longer holds, and the next pass puts it right.
func TestStale(t *testing.T) {
	tests := map[string]struct {
		before, after string
		meanwhile     func(w *world)
		later         func(w *world)
	}{
		"created": {after: cluster("gpu"), meanwhile: foreignCluster},
		"attached elsewhere": {after: machine("vm1", "m1"), meanwhile: func(w *world) {
			w.patch("theirs", `{"properties":{"computeType":"VirtualMachine","resourceId":"`+machineID("m1")+`","properties":{"administratorAccount":{"username":"x","password":"y"}}}}`)
		}, later: func(w *world) {
			if err := w.sim.Remove(ref("theirs")); err != nil {
				w.t.Fatal(err)
			}
		}},
		"edited": {before: cluster("gpu"), after: cluster("gpu", "max_instances: 5"), meanwhile: func(w *world) {
			w.patch("gpu", `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":99}}}}`)
		}},
		"deleted": {before: cluster("gpu"), after: cluster("gpu", "max_instances: 5"), meanwhile: func(w *world) {
			if err := w.sim.Remove(ref("gpu")); err != nil {
				w.t.Fatal(err)
			}
		}},
		"busy": {before: cluster("gpu", "max_instances: 4"), after: cluster("other"), meanwhile: func(w *world) {
			if err := w.sim.SetNodes(ref("gpu"), armsim.Nodes{Running: 1}); err != nil {
				w.t.Fatal(err)
			}
		}, later: func(w *world) {
			if err := w.sim.SetNodes(ref("gpu"), armsim.Nodes{}); err != nil {
				w.t.Fatal(err)
			}
		}},
	}
	for name, x := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				if x.before != "" {
					w.declare(x.before)
					w.live(func(l *life) { l.converge() })
				}
				w.declare(x.after)
				w.wire.forget()
				w.live(func(l *life) {
					v, p := l.look()
					x.meanwhile(w)
					result, err := l.apply(v, p)
					if err != nil || len(result.Stale) != 1 || w.eventsOf(apply.Stale) != 1 {
						t.Errorf("result %+v, %v", result, err)
					}
					if writes := w.wire.effects(); len(writes) > 0 && name != "busy" || writes["DELETE gpu"] > 0 {
						t.Errorf("wrote %v", writes)
					}
					if x.later != nil {
						x.later(w)
					}
					l.converge()
				})
				w.settled()
			})
		})
	}
}
