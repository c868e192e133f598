package plan

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/spec/spectest"
)

// many is a world with a change of nearly every action, and one of each that
// is held, unchanged and not ours.
func many() *world {
	w := newWorld()
	pruning(w)
	leaving(w, "gone")
	w.owns(vm("old", 1, nil))
	w.declare(
		cluster("cpu", fieldsOf{"max_instances": int64(8)}), cluster("gpu", fieldsOf{"size": "B"}), cluster("same", nil),
		vm("moved", 1, nil), cluster("new", nil), with(box("dev", nil), spec.Lifecycle{State: spec.StateStopped}),
		with(box("held", fieldsOf{"size": "B"}), spec.Lifecycle{Protect: true}), cluster("found", nil),
	)
	for _, name := range []string{"cpu", "gpu", "same"} {
		w.owns(cluster(name, nil))
	}
	w.owns(box("dev", nil))
	w.owns(box("held", nil))
	w.exists(cluster("found", nil))
	w.exists(cluster("theirs", nil))
	return w
}

func written(t *testing.T, p *Plan) string {
	t.Helper()
	p.SetSeal()
	data, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestRead reads a plan of everything back: it is the same plan, and writes the
// same bytes.
func TestRead(t *testing.T) {
	w := many()
	p := w.plan()
	sound(t, p)
	text := written(t, p)
	got, err := Read([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if again := written(t, got); again != text {
		t.Errorf("(-want +got):\n%s", cmp.Diff(text, again))
	}
	if show(got) != show(p) {
		t.Errorf("read:\n%s\nwritten:\n%s", show(got), show(p))
	}
	if why := got.Workspaces[0].Outdated(&w.Input); why != nil {
		t.Errorf("outdated at once: %q", why)
	}
	var names []string
	for _, d := range got.Workspaces[0].Declares().Computes {
		names = append(names, d.Name)
	}
	if len(names) != len(w.Desired.Computes) {
		t.Errorf("it declares %q", names)
	}
}

// TestReadComputes reads plans of random computes of every kind.
func TestReadComputes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld()
		for _, k := range spec.Kinds() {
			c := spectest.Compute(rt, k)
			c.Name = k.Name
			w.declare(c)
			if rapid.Bool().Draw(rt, "as declared") {
				w.owns(c)
			}
		}
		p := w.plan()
		p.SetSeal()
		data, err := json.Marshal(p)
		if err != nil {
			rt.Fatal(err)
		}
		if _, err := Read(data); err != nil {
			rt.Fatalf("%v\n%s", err, data)
		}
	})
}

// TestReadRefuses reads what is no plan, or not as it was written.
func TestReadRefuses(t *testing.T) {
	good := written(t, many().plan())
	edit := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %s in the plan", old)
		}
		return strings.Replace(good, old, new, 1)
	}
	const edited, unknown = "it is not as it was written", "something that this version does not know"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":                 {"", "unexpected end"},
		"a list":                  {"[]", "read plan: "},
		"another file":            {`{"name":"x"}`, "does not say that it is a computesync.plan/v1"},
		"another version":         {edit("plan/v1", "plan/v2"), `its format is "computesync.plan/v2"`},
		"two":                     {good + good, "read plan: "},
		"an unknown key":          {edit(`"path":`, `"paths":`), `unknown field "paths"`},
		"one in a compute":        {edit(`"values": {`, `"extra": 1, "values": {`), unknown},
		"one in a lifecycle":      {edit(`"protect": true`, `"protect": true, "by": "me"`), unknown},
		"an unknown field":        {edit(`"size":`, `"vm":`), `unknown field "vm"`},
		"another value":           {edit(`"max_instances": 8`, `"max_instances": 80`), edited},
		"another name":            {edit(`"name": "cpu"`, `"name": "cpx"`), edited},
		"another fingerprint":     {edit(`"fingerprint": "`, `"fingerprint": "0`), edited},
		"another commit":          {edit("c0ffee", "decaf"), edited},
		"another workspace":       {edit(`"workspace_name": "ws"`, `"workspace_name": "prod"`), edited},
		"shown as another":        {edit(`"id": "s/g/ws"`, `"id": "s/g/dev"`), edited},
		"another region":          {edit(`"path": "fleet"`, `"location": "mars", "path": "fleet"`), edited},
		"a protection less":       {edit(`"protect": true`, `"protect": false`), "read plan: "},
		"a hold less":             {edit(`"held": 1`, `"held": 0`), edited},
		"an action more":          {edit(`"verb": "delete"`, `"verb": "detach"`), edited},
		"a write somewhere else":  {edit(`"verb": "patch",`+"\n"+`              "name": "cpu"`, `"verb": "patch",`+"\n"+`              "name": "theirs"`), edited},
		"another way back":        {edit(`"previous": {`+"\n"+`            "name": "old"`, `"previous": {`+"\n"+`            "name": "odd"`), edited},
		"what it was made of":     {edit(`"path": "fleet"`, `"against": "nothing", "path": "fleet"`), edited},
		"a need of nothing":       {edit(`"needs": []`, `"needs": ["nobody/delete"]`), edited},
		"prune":                   {edit(`"prune": true`, `"prune": false`), "read plan: "},
		"a lifecycle of the same": {edit(`"name": "same",`, `"name": "other",`), edited},
	} {
		_, err := Read([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	circle := many().plan()
	for i := range circle.Workspaces[0].Changes {
		for j := range circle.Workspaces[0].Changes[i].Steps {
			step := &circle.Workspaces[0].Changes[i].Steps[j]
			step.Needs = []string{step.ID}
		}
	}
	if _, err := Read([]byte(written(t, circle))); err == nil {
		t.Error("steps that need each other in a circle were read")
	}
	twice := Build("c0ffee", []Input{many().Input, many().Input})
	if _, err := Read([]byte(written(t, twice))); err == nil {
		t.Error("one workspace twice was read")
	}
	var format *FormatError
	if _, err := Read([]byte(`{"format":"x"}`)); !errors.As(err, &format) || format.Found != "x" {
		t.Errorf("another format: %v", err)
	}
}

// TestOutdated changes the world between a plan and its being carried out.
func TestOutdated(t *testing.T) {
	find := func(w *world, name string) *spec.Compute {
		for _, a := range w.Actual {
			if a.Name == name {
				return a
			}
		}
		t.Fatalf("no %s", name)
		return nil
	}
	drop := func(w *world, name string) {
		gone := find(w, name)
		var rest []*spec.Compute
		for _, a := range w.Actual {
			if a != gone {
				rest = append(rest, a)
			}
		}
		w.Actual = rest
	}
	for name, c := range map[string]struct {
		want   string // "" when the plan can still be carried out
		change func(*world)
	}{
		"a value of what is updated":   {"cpu changed since", func(w *world) { find(w, "cpu").Values["max_instances"] = int64(9) }},
		"one made anew":                {"gone changed since", func(w *world) { find(w, "gone").Live.CreatedOn = "today" }},
		"its owner":                    {"gpu changed since", func(w *world) { tag(spec.OwnerTag, "you/gpu")(find(w, "gpu")) }},
		"one less":                     {"dev is gone", func(w *world) { drop(w, "dev") }},
		"one more":                     {"new exists by now", func(w *world) { w.exists(cluster("new", nil)) }},
		"the name that is to arrive":   {"moved exists by now", func(w *world) { w.exists(vm("moved", 2, nil)) }},
		"the name that leaves":         {"old is gone", func(w *world) { drop(w, "old") }},
		"a job":                        {"1 running", func(w *world) { find(w, "gone").Live.Nodes.Running = 1 }},
		"an operation":                 {"gpu is Updating", func(w *world) { find(w, "gpu").Live.ProvisioningState = "Updating" }},
		"a journal that knows nothing": {"cpu is not ours", func(w *world) { delete(w.Records, "cpu"); untag(w, find(w, "cpu")) }},
		"how it came":                  {"gpu is not what it was", func(w *world) { find(w, "gpu").Live.AttachedKnown = false }},
		"nodes":                        {"", func(w *world) { find(w, "gpu").Live.Nodes.Idle = 1 }},
		"what is not touched":          {"", func(w *world) { find(w, "same").Values["max_instances"] = int64(9) }},
		"what is not managed":          {"", func(w *world) { find(w, "cpu").Values["description"] = "x" }},
		"what is held":                 {"", func(w *world) { drop(w, "held") }},
		"what is not ours":             {"", func(w *world) { drop(w, "theirs") }},
	} {
		p := many().plan()
		w := many()
		c.change(w)
		if name == "a journal that knows nothing" {
			p = func() *Plan { w := many(); untag(w, find(w, "cpu")); return w.plan() }()
		}
		why := strings.Join(p.Workspaces[0].Outdated(&w.Input), "\n")
		if (why == "") != (c.want == "") || !strings.Contains(why, c.want) || strings.Contains(why, "\n") {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// untag takes our tag away, so that the journal alone knows that it is ours.
func untag(_ *world, a *spec.Compute) { a.Values["tags"] = map[string]string{} }

// TestDeclaresSum keeps what a workspace's files come to: by it the next commit
// that touches them is known, also after a saved plan.
func TestDeclaresSum(t *testing.T) {
	w := newWorld()
	w.Desired.Sum = "of-the-folder"
	w.declare(cluster("cpu", nil))
	p, err := Read([]byte(written(t, Build("commit", []Input{w.Input}))))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Workspaces[0].Declares().Sum; got != w.Desired.Sum {
		t.Errorf("the sum is %q", got)
	}
}
