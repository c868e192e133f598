package apply_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/plan"
)

// TestAcknowledgements answers each kind of write with a 2xx that Azure did not
// give: the effect is looked for, that is reported, and the write is sent again.
func TestAcknowledgements(t *testing.T) {
	for _, ack := range []armsim.Ack{"empty", "html"} {
		for _, after := range []bool{false, true} {
			for name, c := range map[string]struct {
				kind          string
				before, after []string
			}{
				"create": {"put", nil, []string{cluster("gpu")}},
				"attach": {"put", nil, []string{machine("lab", "m1")}},
				"update": {"patch", []string{cluster("gpu", "max_instances: 1")}, []string{cluster("gpu", "max_instances: 2")}},
				"put":    {"put", []string{cluster("gpu")}, []string{cluster("gpu", "tags: {a: b}")}},
				"delete": {"delete", []string{cluster("gpu"), cluster("cpu")}, []string{cluster("cpu")}},
				"rename": {"delete", []string{machine("old", "m1")}, []string{machine("new", "m1")}},
				"stop":   {"stop", []string{instance("desk")}, []string{instance("desk", "computesync: {state: stopped}")}},
			} {
				t.Run(fmt.Sprintf("%s/%s/took effect %t", name, ack, after), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t)
						w.declare(c.before...)
						if c.before != nil {
							w.live(func(l *life) { l.converge() })
						}
						w.events = nil
						w.fault(armsim.Fault{Match: armsim.Match{Kind: c.kind}, Times: 1, Ack: ack, Status: http.StatusAccepted, After: after})
						w.declare(c.after...)
						w.live(func(l *life) {
							start := time.Now()
							if r := l.pass(); len(r.Failed)+len(r.Held)+len(r.Waiting)+len(r.Stale) > 0 {
								t.Errorf("result: %+v", r)
							}
							if took := time.Since(start); took > 2*time.Minute {
								t.Errorf("it took %s", took)
							}
						})
						if n := w.eventsOf(apply.Unanswered); !after && n != 1 {
							t.Errorf("reported %d times that there was no answer", n)
						}
						w.settled()
					})
				})
			}
		}
	}
}

// TestAnotherWriter has somebody change a value back once the operation that
// set it has ended: that is another writer, not Azure ignoring the change, and
// the change is made again.
func TestAnotherWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(cluster("gpu", "max_instances: 1"))
		w.live(func(l *life) { l.converge() })
		w.declare(cluster("gpu", "max_instances: 2"))
		again := true
		w.wire.after = func(r *http.Request) bool {
			if again && strings.Contains(r.URL.Path, "/computeOperationsStatus/") && len(w.sim.Snapshot().Operations) == 0 {
				again = false // the look after the operation fails at first, and comes after the other writer
				w.fault(armsim.Fault{Match: armsim.Match{Kind: "get", Name: "gpu"}, Times: 3, Status: http.StatusServiceUnavailable, RetryAfter: armsim.Duration(time.Second)})
				time.AfterFunc(2*time.Second, func() {
					w.patch("gpu", `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":1}}}}`)
				})
			}
			return false
		}
		w.live(func(l *life) {
			if r := l.pass(); len(r.Stale) != 1 || len(r.Failed) > 0 || len(r.Held) > 0 {
				t.Errorf("result: %+v", r)
			}
			if r := l.records()["gpu"]; len(r.Refused) > 0 {
				t.Errorf("remembered as ignored by Azure: %v", r.Refused)
			}
			l.converge()
		})
		found := false
		for _, e := range w.events {
			found = found || strings.Contains(e.Text, "another writer changed gpu at ")
		}
		if !found || again {
			t.Errorf("another writer was not reported: %v", w.events)
		}
		w.settled()
	})
}

// TestStrangers has creations land on what somebody else made a moment before,
// in every action that creates, also where the answer is lost and where the
// process dies before it can note the answer: the compute is theirs.
func TestStrangers(t *testing.T) {
	for name, c := range map[string]struct {
		name          string
		before, after []string
	}{
		"create":   {"gpu", []string{cluster("cpu")}, []string{cluster("cpu"), cluster("gpu")}},
		"instance": {"desk", []string{cluster("cpu")}, []string{cluster("cpu"), instance("desk")}},
		"attach":   {"lab", []string{cluster("cpu")}, []string{cluster("cpu"), machine("lab", "m1")}},
		"replace":  {"gpu", []string{cluster("cpu"), cluster("gpu")}, []string{cluster("cpu"), cluster("gpu", "size: STANDARD_D2_V2")}},
	} {
		for trouble, f := range map[string]armsim.Fault{
			"answered": {}, "lost": {Drop: true, After: true},
		} {
			shortest := time.Millisecond
			if f.Drop { // before the request leaves: without an answer, nothing shows what happens on its way
				shortest = 100 * time.Millisecond
			}
			for _, age := range []time.Duration{shortest, time.Hour} {
				t.Run(fmt.Sprintf("%s/%s/%s", name, trouble, age), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t)
						w.declare(c.before...)
						w.live(func(l *life) { l.converge() })
						elapse(time.Hour)
						f.Match, f.Times = armsim.Match{Kind: "put", Name: c.name}, 1
						f.Stranger = &armsim.Stranger{Age: armsim.Duration(age), Compute: json.RawMessage(`{"tags":{"team":"theirs"}}`)}
						w.fault(f)
						w.declare(c.after...)
						w.live(func(l *life) { l.pass() })
						w.sim.ClearFaults()
						w.isTheirs(c.name)
						w.declare(c.before[0])
						w.live(func(l *life) {
							for range 3 {
								elapse(time.Minute)
								l.pass()
							}
						})
						if w.compute(c.name) == nil {
							t.Errorf("%s was removed", c.name)
						}
					})
				})
			}
		}
	}
}

// isTheirs checks that nothing says that the compute was made by us.
func (w *world) isTheirs(name string) {
	w.t.Helper()
	w.live(func(l *life) {
		for range 2 {
			elapse(time.Minute)
			_, p := l.look()
			for _, c := range p.Workspaces[0].Changes {
				if c.Name == name && c.Held == nil && c.Action != plan.Adopt {
					w.t.Errorf("%s is not ours, and the plan has %s", name, c.Action)
				}
			}
			l.pass()
		}
		if r := l.records()[name]; r != nil && !r.Adopted && !r.Claimed {
			w.t.Errorf("%s is recorded as made by us: %+v", name, r)
		}
	})
}

// TestStrangersAmongMany makes 40 clusters of which strangers take each third.
func TestStrangersAmongMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var docs []string
		theirs := map[string]bool{}
		for i := range 40 {
			name := fmt.Sprintf("c%02d", i)
			docs = append(docs, cluster(name))
			if i%3 == 0 {
				theirs[name] = true
				w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: name}, Times: 1, Stranger: &armsim.Stranger{}})
			}
		}
		w.declare(docs...)
		w.live(func(l *life) {
			r := l.pass()
			if len(r.Held) != len(theirs) || len(r.Failed) > 0 {
				t.Errorf("%d held, want %d; failed: %v", len(r.Held), len(theirs), r.Failed)
			}
			for name, record := range l.records() {
				if theirs[name] || record.Claimed {
					t.Errorf("%s is recorded: %+v", name, record)
				}
			}
		})
		w.specs = map[string]string{"workspace.yaml": head + "allow_empty: true\n"}
		w.live(func(l *life) { l.pass() })
		for name := range theirs {
			if w.compute(name) == nil {
				t.Errorf("%s was removed", name)
			}
		}
		if n := len(w.state()); n != len(theirs) {
			t.Errorf("%d computes are left, want %d", n, len(theirs))
		}
	})
}

// TestNotVisible has every read 20 minutes old after a rename began: the new
// attachment, which succeeded, is neither undone nor made again, however many
// passes do not see it, and is done once it shows.
func TestNotVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(machine("old", "m1"))
		w.live(func(l *life) { l.converge() })
		w.declare(machine("new", "m1"))
		began := time.Now()
		w.wire.before = func(r *http.Request) bool {
			if r.Method == http.MethodPut { // the removal has ended; from here on nothing new shows
				w.lag(armsim.ReadLag{Lag: armsim.Duration(20 * time.Minute)})
			}
			return false
		}
		w.live(func(l *life) {
			r := l.pass()
			if len(r.Failed) != 1 || len(r.Waiting) != 1 || !strings.Contains(r.Failed[0].Error(), "Azure says that the operation succeeded, and shows no new") {
				t.Errorf("result: %+v", r)
			}
			for time.Since(began) < 15*time.Minute {
				elapse(time.Minute)
				l.pass()
			}
			w.wire.before = nil
			w.lag(armsim.ReadLag{})
			l.converge()
		})
		if n := w.eventsOf(apply.Undoing); n > 0 {
			t.Errorf("undone %d times", n)
		}
		if n := w.wire.sent(http.MethodPut, "new"); n != 1 {
			t.Errorf("sent %d times", n)
		}
		w.settled()
	})
}
