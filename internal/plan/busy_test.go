package plan

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/spec"
)

var force = spec.Lifecycle{BusyForce: true}

// TestForce has a file permit what a job would hold, from the commit after the
// one that says so.
func TestForce(t *testing.T) {
	nc6 := fieldsOf{"size": "STANDARD_NC6"}
	before := func(w *world, forced ...string) {
		w.previous(nil)
		w.Previous.Forced = forced
	}
	check(t, []scenario{
		{"a replacement, the first commit ever", func(w *world) {
			w.declare(with(cluster("gpu", nc6), force))
			w.owns(cluster("gpu", nil), running(3))
		}, "gpu replace (size): delete create"},
		{"a replacement, permitted a commit ago", func(w *world) {
			w.declare(with(cluster("gpu", nc6), force))
			w.owns(cluster("gpu", nil), running(3))
			before(w, "gpu")
		}, "gpu replace (size): delete create"},
		{"a replacement, permitted by this very commit", func(w *world) {
			w.declare(with(cluster("gpu", nc6), force))
			w.owns(cluster("gpu", nil), running(3))
			before(w, "cpu")
		}, "gpu replace (size) held busy"},
		{"an idle one needs no permission", func(w *world) {
			w.declare(with(cluster("gpu", nc6), force))
			w.owns(cluster("gpu", nil))
			before(w)
		}, "gpu replace (size): delete create"},
		{"a file that went and permitted it", func(w *world) {
			pruning(w)
			w.owns(with(cluster("gpu", nil), force), running(3))
			before(w)
		}, "gpu delete (): delete"},
		{"a file that went and did not", func(w *world) {
			pruning(w)
			w.owns(cluster("gpu", nil), running(3))
			before(w, "gpu")
		}, "gpu delete () held busy"},
		{"ours by its tag alone: nobody knows what the file said", func(w *world) {
			pruning(w)
			w.tagged(cluster("gpu", nil), running(3))
			before(w)
		}, "gpu delete () held busy"},
		{"expired", func(w *world) {
			w.declare(with(cluster("gpu", nil), spec.Lifecycle{BusyForce: true, Expires: now}))
			w.owns(cluster("gpu", nil), running(3))
			before(w, "gpu")
		}, "gpu delete (): delete"},
		{"expired, and permitted by this very commit", func(w *world) {
			w.declare(with(cluster("gpu", nil), spec.Lifecycle{BusyForce: true, Expires: now}))
			w.owns(with(cluster("gpu", nil), force), running(3))
			before(w)
		}, "gpu delete () held busy"},
		{"a stop", func(w *world) {
			w.declare(with(box("dev", nil), spec.Lifecycle{State: "stopped", BusyForce: true}), with(box("eve", nil), spec.Lifecycle{State: "stopped"}))
			w.owns(box("dev", nil), state("JobRunning", "User"))
			w.owns(box("eve", nil), state("JobRunning", "User"))
			before(w, "dev", "eve")
		}, "dev stop (computesync.state): stop\neve stop (computesync.state) held busy"},
		{"a smaller maximum", func(w *world) {
			w.declare(with(cluster("gpu", fieldsOf{"max_instances": int64(1)}), force))
			w.owns(cluster("gpu", nil), running(3))
			before(w, "gpu")
		}, "gpu update (max_instances): patch"},
		{"it lifts nothing else", func(w *world) {
			w.Desired.Settings.Protect = []string{"gpu"}
			w.declare(with(cluster("gpu", nc6), force))
			w.owns(cluster("gpu", nil), running(3))
			before(w, "gpu")
		}, "gpu replace (size) held protected"},
		{"it counts as a deletion", func(w *world) {
			w.Desired.Settings.MaxDeletions = spec.Limit{}
			w.declare(with(cluster("gpu", nc6), force))
			w.owns(cluster("gpu", nil), running(3))
		}, "gpu replace (size) held max-deletions"},
	})
}

// TestForceIsTold has the plan say what ends, and a step stand by it later.
func TestForceIsTold(t *testing.T) {
	for _, c := range []struct {
		name string
		live func(*spec.Compute)
		want string
	}{
		{"running", func(a *spec.Compute) { a.Live.Nodes = spec.Nodes{Running: 3, Preparing: 1, Idle: 2} }, "ends 3 running and 1 preparing nodes: its file says busy: force"},
		{"idle", func(*spec.Compute) {}, "what runs on it by then is ended: its file says busy: force"},
	} {
		w := newWorld()
		w.declare(with(cluster("gpu", fieldsOf{"size": "STANDARD_NC6"}), force))
		w.owns(cluster("gpu", nil), c.live)
		p := w.plan()
		change := &p.Workspaces[0].Changes[0]
		if notes := strings.Join(change.Notes, "\n"); notes != c.want || !change.Force {
			t.Errorf("%s: force %v, notes %q, want %q", c.name, change.Force, notes, c.want)
		}
		fresh := *w.Actual[0]
		live := *fresh.Live
		live.Nodes.Running = 7
		fresh.Live = &live
		if why := Recheck(change, &change.Steps[0], &fresh); why != "" {
			t.Errorf("%s: permitted, and still refused before the write: %s", c.name, why)
		}
		change.Force = false
		if p.Hash == planHash(p) {
			t.Error("a plan without the permission has the same hash")
		}
		if why := Recheck(change, &change.Steps[0], &fresh); why == "" {
			t.Errorf("%s: not permitted, and sent", c.name)
		}
	}
}

// TestScaleDown waits for exactly the nodes in use above the new maximum: what
// is idle, leaves, is unusable or was preempted holds no job.
func TestScaleDown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 6)
		nodes := spec.Nodes{
			Running: count.Draw(t, "running"), Preparing: count.Draw(t, "preparing"), Idle: count.Draw(t, "idle"),
			Leaving: count.Draw(t, "leaving"), Unusable: count.Draw(t, "unusable"), Preempted: count.Draw(t, "preempted"),
		}
		from, to := rapid.Int64Range(1, 20).Draw(t, "from"), rapid.Int64Range(1, 20).Draw(t, "to")
		w := newWorld()
		w.declare(cluster("gpu", fieldsOf{"max_instances": to}))
		w.owns(cluster("gpu", fieldsOf{"max_instances": from}), func(a *spec.Compute) { a.Live.Nodes = nodes })
		p := w.plan()
		if from == to {
			return
		}
		held := p.Workspaces[0].Changes[0].Held != nil
		if want := int64(nodes.Running+nodes.Preparing) > to; held != want {
			t.Fatalf("held %v, want %v: %s", held, want, show(p))
		}
	})
}

// TestBusySince tells for how long a change has waited, and past its deadline
// that, and nothing else: it is still held, and the plan the same one.
func TestBusySince(t *testing.T) {
	waiting := func(since, deadline time.Duration) *Plan {
		w := newWorld()
		w.Desired.Settings.BusyDeadline = spec.Span(deadline)
		w.declare(cluster("gpu", fieldsOf{"size": "STANDARD_NC6"}))
		w.owns(cluster("gpu", nil), running(1))
		if since != 0 {
			w.BusySince = map[string]time.Time{"gpu/replace": now.Add(-since), "cpu/delete": now}
		}
		return w.plan()
	}
	const busy = "gpu has 1 running and 0 preparing nodes"
	for _, c := range []struct {
		since, deadline time.Duration
		want            string
		overdue         bool
	}{
		{0, time.Hour, busy, false},
		{20 * time.Second, time.Hour, busy, false},
		{90 * time.Minute, 0, busy + "; for 1h30m", false},
		{4*time.Hour - time.Second, 4 * time.Hour, busy + "; for 3h59m", false},
		{5*time.Hour + time.Second, 4 * time.Hour, busy + "; for 5h (deadline 4h passed)", true},
		{-24 * time.Hour, 4 * time.Hour, busy, false}, // the clock was set back since
	} {
		p := waiting(c.since, c.deadline)
		ws := &p.Workspaces[0]
		held := ws.Changes[0].Held
		if held == nil || held.Text != c.want || held.Overdue != c.overdue || p.Steps() > 0 {
			t.Errorf("%v of %v: %+v, want %q", c.since, c.deadline, held, c.want)
		}
		if p.Hash != waiting(0, c.deadline).Hash {
			t.Error("waiting changes the hash")
		}
		began := now
		if c.since > 0 {
			began = now.Add(-c.since)
		}
		if got := ws.BusySince(now); len(got) != 1 || !got["gpu/replace"].Equal(began) {
			t.Errorf("remembered %v, want since %v", got, began)
		}
	}
}

func TestSpan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := spec.Span(rapid.Int64Range(0, 1e7).Draw(t, "seconds") * int64(time.Second))
		text, err := json.Marshal(want)
		var got spec.Span
		if err != nil || json.Unmarshal(text, &got) != nil || got != want {
			t.Fatalf("%d became %s became %d", want, text, got)
		}
	})
	for text, d := range map[string]time.Duration{"4h": 4 * time.Hour, "1h30m": 90 * time.Minute, "10m": 10 * time.Minute, "20h10m": 1210 * time.Minute, "1m30s": 90 * time.Second, "0s": 0} {
		if got := spec.Span(d).String(); got != text {
			t.Errorf("%v is written %s, want %s", d, got, text)
		}
	}
}
