package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/spec"
)

// TestHash has what makes a plan another plan, and what does not.
func TestHash(t *testing.T) {
	build := func(change func(*world)) string {
		w := newWorld()
		pruning(w)
		leaving(w, "gone")
		w.declare(cluster("cpu", fieldsOf{"max_instances": int64(8)}), cluster("new", nil))
		w.owns(cluster("cpu", nil))
		change(w)
		return w.plan().Hash
	}
	base := build(func(*world) {})
	for name, c := range map[string]struct {
		same   bool
		change func(*world)
	}{
		"nothing":               {true, func(*world) {}},
		"nodes moved":           {true, func(w *world) { w.Actual[2].Live.Nodes.Running = 1 }},
		"a hold":                {true, func(w *world) { w.Hold = &Held{Code: Suspended, Text: "x"} }},
		"time passed":           {true, func(w *world) { w.Now = now.Add(time.Hour) }},
		"more is allowed":       {true, func(w *world) { w.AllowDeletions = 9 }},
		"a commit before":       {true, func(w *world) { w.previous(nil) }},
		"another value":         {false, func(w *world) { w.Desired.Computes[1].Values["max_instances"] = int64(9) }},
		"a value of what's new": {false, func(w *world) { w.Desired.Computes[2].Values["size"] = "B" }},
		"a lifecycle":           {false, func(w *world) { w.Desired.Computes[2].Lifecycle.Protect = true }},
		"a live value":          {false, func(w *world) { w.Actual[2].Values["max_instances"] = int64(5) }},
		"one remade":            {false, func(w *world) { w.Actual[1].Live.CreatedOn, w.Records["gone"].CreatedOn = "x", "x" }},
		"one more":              {false, func(w *world) { w.declare(cluster("more", nil)) }},
		"another owner":         {false, func(w *world) { w.Desired.Settings.Owner = "we" }},
		"another endpoint":      {false, func(w *world) { w.Endpoint = "https://elsewhere" }},
		"another workspace":     {false, func(w *world) { w.Desired.ID.Name = "other" }},
	} {
		if got := build(c.change); (got == base) != c.same {
			t.Errorf("%s: the same hash is %v", name, got == base)
		}
	}
	w := newWorld()
	if Build("a", []Input{w.Input}).Hash == Build("b", []Input{w.Input}).Hash {
		t.Error("another commit has the same hash")
	}
}

// TestRecheck looks again just before a step, at a compute that changed or not.
func TestRecheck(t *testing.T) {
	w := newWorld()
	pruning(w)
	leaving(w, "gone")
	w.declare(cluster("cpu", fieldsOf{"max_instances": int64(2)}), cluster("new", nil), with(box("dev", nil), spec.Lifecycle{State: "stopped"}))
	w.owns(cluster("cpu", nil))
	w.owns(box("dev", nil))
	p := w.plan()
	sound(t, p)
	changes := map[string]*Change{}
	for i := range p.Workspaces[0].Changes {
		changes[p.Workspaces[0].Changes[i].Name] = &p.Workspaces[0].Changes[i]
	}
	actual := func(name string, change func(*spec.Compute)) *spec.Compute {
		for _, a := range w.Actual {
			if a.Name == name {
				fresh, values, live := *a, fieldsOf{}, *a.Live
				for k, v := range a.Values {
					values[k] = v
				}
				fresh.Values, fresh.Live = values, &live
				if change != nil {
					change(&fresh)
				}
				return &fresh
			}
		}
		return nil
	}
	for _, c := range []struct {
		name, change string
		fresh        *spec.Compute
		want         string
	}{
		{"as it was", "cpu", actual("cpu", nil), ""},
		{"as it was", "gone", actual("gone", nil), ""},
		{"as it was", "new", nil, ""},
		{"as it was", "dev", actual("dev", nil), ""},
		{"exists", "new", actual("cpu", nil), "new exists by now"},
		{"vanished", "cpu", nil, "cpu is gone by now"},
		{"scaled by hand", "cpu", actual("cpu", set("max_instances", int64(6))), "cpu changed since it was planned"},
		{"remade", "gone", actual("gone", func(a *spec.Compute) { a.Live.CreatedOn = "later" }), "gone changed since it was planned"},
		{"another's by now", "gone", actual("gone", tag(spec.OwnerTag, "them/gone")), "gone changed since it was planned"},
		{"what nobody stated", "cpu", actual("cpu", set("description", "x")), ""},
		{"moving", "cpu", actual("cpu", provisioning("Updating")), "cpu is Updating by now"},
		{"busy", "gone", actual("gone", running(1)), "gone has 1 running and 0 preparing nodes"},
		{"busy below the new scale", "cpu", actual("cpu", running(3)), "cpu has 3 nodes in use, 1 more than the 2 it is to have at most"},
		{"busy within the new scale", "cpu", actual("cpu", running(2)), ""},
		{"a job began", "dev", actual("dev", state("JobRunning", "User")), "a job runs on dev"},
	} {
		change := changes[c.change]
		if got := Recheck(change, &change.Steps[0], c.fresh); got != c.want {
			t.Errorf("%s, %s: %q, want %q", c.change, c.name, got, c.want)
		}
	}
}

// TestUnmet compares what a step asked for with what a look afterwards shows.
func TestUnmet(t *testing.T) {
	w := newWorld()
	want := cluster("cpu", fieldsOf{"max_instances": int64(8), "description": "x", "tags": map[string]string{"a": "b"}})
	w.declare(want)
	w.owns(cluster("cpu", nil))
	var update *Change
	p := w.plan()
	for i := range p.Workspaces[0].Changes {
		if c := &p.Workspaces[0].Changes[i]; c.Action == Update {
			update = c
		}
	}
	seen := w.Actual[0]
	paths := func(list []Shortfall) string {
		var out []string
		for _, f := range list {
			out = append(out, f.Path)
		}
		return strings.Join(out, ",")
	}
	if got := paths(Unmet(update, &update.Steps[0], update.Desired, seen)); got != "tags,max_instances" {
		t.Errorf("an update that did nothing leaves %s", got)
	}
	made := Change{Name: "cpu", Action: Create}
	if got := paths(Unmet(&made, &Step{Verb: VerbCreate}, want, seen)); got != "description,tags,max_instances" {
		t.Errorf("a creation that did nothing leaves %s", got)
	}
	if got := Unmet(update, &update.Steps[0], seen, seen); len(got) > 0 {
		t.Errorf("what is met: %v", got)
	}
}

// TestSummary counts what is done by action, and what is held or unchanged once.
func TestSummary(t *testing.T) {
	w := newWorld()
	pruning(w)
	leaving(w, "gone", "kept")
	w.Desired.Settings.Protect = []string{"kept"}
	w.declare(cluster("new-a", nil), cluster("new-b", nil))
	w.exists(cluster("theirs", nil))
	p := w.plan()
	if d := cmp.Diff(Summary{"create": 2, "delete": 1, "held": 1, "unchanged": 1}, p.Summary); d != "" {
		t.Errorf("summary (-want +got):\n%s", d)
	}
	if ws := p.Workspaces[0]; ws.Unmanaged != 1 || ws.Unchanged != 1 || p.Format != Format || ws.ID != "s/g/ws" || ws.Path != "fleet" || ws.Owner != "me" {
		t.Errorf("workspace %+v", ws)
	}
}
