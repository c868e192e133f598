package daemon_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// now is the report of the one workspace prod.
func (s *service) now() *daemon.WorkspaceReport {
	s.t.Helper()
	r := s.d.Report()
	for i := range r.Workspaces {
		if r.Workspaces[i].ID.Name == "prod" {
			return &r.Workspaces[i]
		}
	}
	s.t.Fatal("the report does not know the workspace")
	return nil
}

// states are the computes of a report, in one line.
func states(w *daemon.WorkspaceReport) string {
	parts := make([]string, len(w.Computes))
	for i, c := range w.Computes {
		parts[i] = strings.TrimSpace(fmt.Sprintf("%s: %s %s", c.Name, c.State, c.Code))
	}
	return strings.Join(parts, ", ")
}

func TestReportFollowsAWorkspace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("desc", 1, "description: ours")))
		began := time.Now()
		s := w.start()
		pass(time.Second) // operations take 20
		now := s.now()
		expect(t, "phase", now.Phase, daemon.Applying)
		expect(t, "pending", now.Pending, true)
		expect(t, "computes", states(now), "cpu: changing, desc: changing")
		expect(t, "steps under way", len(now.Steps), 2)
		expect(t, "first step", now.Steps[0].Name+" "+string(now.Steps[0].Verb), "cpu create")
		if age := time.Since(now.Steps[0].Since); age < 0 || age > time.Second {
			t.Errorf("the step is %s old, want up to a second", age)
		}
		expect(t, "no pass has ended", now.Last == nil, true)

		pass(2 * time.Minute)
		now = s.now()
		expect(t, "phase", now.Phase, daemon.InSync)
		expect(t, "pending", now.Pending, false)
		expect(t, "computes", states(now), "cpu: in sync, desc: in sync")
		expect(t, "steps under way", len(now.Steps), 0)
		expect(t, "commits", now.Attempted+" "+now.Good+" "+now.Applied, "fleet-1 fleet-1 fleet-1")
		expect(t, "source", now.Source+" "+now.Dir, "fleet ws")
		expect(t, "outcome", now.Last.Outcome, daemon.PassOK)
		expect(t, "plan that waits", now.Plan, "")
		if now.Since.Before(began) || now.Next.Before(time.Now()) || now.Next.After(time.Now().Add(2*drift)) {
			t.Errorf("in sync since %s, next pass %s", now.Since, now.Next)
		}
		since := now.Since

		// What is held says so for as long as it is, and what drifted is counted.
		if err := w.sim.Patch(ref("prod", "desc"), []byte(`{"properties":{"description":"theirs"}}`)); err != nil {
			t.Fatal(err)
		}
		w.edit("cpu", scaledTo99)
		pass(2 * drift)
		now = s.now()
		expect(t, "phase", now.Phase, daemon.HeldBack)
		expect(t, "computes", states(now), "cpu: in sync, desc: held cannot-change-in-place")
		expect(t, "held", len(now.Held), 1)
		held := now.Held[0]
		expect(t, "held code", held.Code, plan.CannotChangeInPlace)
		expect(t, "outcome", now.Last.Outcome, daemon.PassHeld)
		if !now.Since.After(since) || now.Plan == "" || !strings.Contains(held.Text, "description") {
			t.Errorf("got %+v", now)
		}
		pass(5 * drift)
		expect(t, "held since", s.now().Held[0].Since, held.Since)
		expect(t, "compute held since", s.now().Computes[1].Since, now.Computes[1].Since)

		// A commit with a mistake is attempted, and another is in force.
		bad := one(cluster("cpu", 4))
		bad["ws/bad.yaml"] = "name: cpu-two\ntype: amlcompute\nsize: s\nmax_instances: many\n"
		r.commit(bad)
		pass(time.Second)
		now = s.now()
		expect(t, "commits", now.Attempted+" "+now.Good+" "+now.Applied, "fleet-2 fleet-1 fleet-1")
		expect(t, "mistakes", now.Mistakes, 1)
		if !strings.HasPrefix(now.Mistake, "ws/bad.yaml:4:16: ") {
			t.Errorf("got the mistake %q", now.Mistake)
		}
		src := s.d.Report().Sources[0]
		expect(t, "commits of the source", src.Attempted+" "+src.Good, "fleet-2 fleet-1")

		r.commit(files{"other/workspace.yaml": workspaceFile("other"), "other/c.yaml": cluster("cpu", 1)})
		pass(time.Minute)
		expect(t, "phase of a workspace that left", s.now().Phase, daemon.Left)
	})
}

func TestReportOfFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4), machine("lab", "vm1")))
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "list"}, Status: 403, Code: "AuthorizationFailed"})
		s := w.start()
		pass(time.Minute)
		now := s.now()
		expect(t, "phase", now.Phase, daemon.Failing)
		expect(t, "outcome", now.Last.Outcome, daemon.PassFailed)
		if now.Error == "" || now.Hint == "" || now.Failures < 3 || !now.Next.After(time.Now()) {
			t.Errorf("got %+v", now)
		}
		since := now.Since
		pass(10 * time.Minute)
		expect(t, "failing since", s.now().Since, since)
		w.sim.ClearFaults()
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "lab"}, Status: 400, Code: "BadRequest", Message: "bad " + vmPassword})
		pass(6 * time.Minute)
		now = s.now()
		expect(t, "computes", states(now), "cpu: in sync, lab: failed")
		data, err := json.Marshal(s.d.Report())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), vmPassword) || !strings.Contains(string(data), "400 Bad Request") {
			t.Errorf("the report holds a secret, or not the error: %s", data)
		}
		w.sim.ClearFaults()
		pass(6 * time.Minute)
		now = s.now()
		expect(t, "phase", now.Phase, daemon.InSync)
		expect(t, "error", now.Error+now.Hint, "")

		asked := s.d.Report().Sources[0]
		expect(t, "lag of a source that answers", asked.Lag, 0.0)
		r.fail(errors.New("fetch: the host is away"))
		pass(5 * time.Minute)
		src := s.d.Report().Sources[0]
		expect(t, "error of the source", src.Error, "fetch: the host is away")
		expect(t, "answered", src.Answered, asked.Answered)
		if src.Lag != 300 || src.Failing.IsZero() {
			t.Errorf("lag %v, failing since %s", src.Lag, src.Failing)
		}
		expect(t, "phase while the source is away", s.now().Phase, daemon.InSync)
		r.fail(nil)
		pass(time.Minute)
		src = s.d.Report().Sources[0]
		expect(t, "error of the source", fmt.Sprint(src.Error, src.Lag, src.Failing.IsZero()), "0 true")
	})
}

func TestReportOfDriftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		w.observer = &counts{passes: map[daemon.Outcome]int{}, steps: map[string]int{}}
		w.start()
		pass(time.Minute)
		r.commit(one(cluster("cpu", 5)))
		pass(5 * drift)
		expect(t, "drift found", w.observer.drift, 0)
		w.edit("cpu", scaledTo99)
		pass(5 * drift)
		expect(t, "drift found", w.observer.drift, 1)
		expect(t, "steps", fmt.Sprint(w.observer.steps), "map[create done:1 patch done:2]")
		expect(t, "failed passes", w.observer.passes[daemon.PassFailed], 0)
		if n := w.observer.passes[daemon.PassOK]; n < 10 {
			t.Errorf("%d passes in ten intervals", n)
		}
	})
}

func TestWakeLooksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		w.sim.ResetCounters()
		fetches := len(r.asked())
		none := s.d.Wake(func(id spec.WorkspaceID) bool { return id.Name == "other" })
		pass(time.Second)
		lists, _ := w.requests()
		expect(t, "woken, looks and questions", fmt.Sprint(len(none), lists, len(r.asked())-fetches), "0 0 0")
		expect(t, "woken", len(s.d.Wake(nil)), 1)
		pass(time.Second)
		lists, _ = w.requests()
		expect(t, "looks and questions", fmt.Sprint(lists, len(r.asked())-fetches), "1 1")

		// A burst makes two passes: the one under way, and one after it.
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "list"}, Delay: armsim.Duration(100 * time.Millisecond)})
		for range 1000 {
			s.d.Wake(nil)
		}
		pass(time.Second)
		lists, _ = w.requests()
		if lists < 2 || lists > 3 {
			t.Errorf("a burst made %d looks, want 1 or 2", lists-1)
		}
	})
}

// counts counts what the daemon tells.
type counts struct {
	mu     sync.Mutex
	passes map[daemon.Outcome]int
	steps  map[string]int
	drift  int
}

func (c *counts) Pass(_ spec.WorkspaceID, outcome daemon.Outcome, _ time.Duration, drift int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.passes[outcome]++
	c.drift += drift
}

func (c *counts) Step(verb plan.Verb, state apply.State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.steps[string(verb)+" "+string(state)]++
}
