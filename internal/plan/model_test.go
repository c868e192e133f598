package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// drawWorld draws a workspace in any state: some computes declared, some
// there, whoever made them, attached to a few resources under any names.
func drawWorld(t *rapid.T) *world {
	w := newWorld()
	s := &w.Desired.Settings
	s.Prune, s.AllowEmpty = rapid.Bool().Draw(t, "prune"), rapid.Bool().Draw(t, "allow_empty")
	s.MaxDeletions.Count = rapid.IntRange(0, 4).Draw(t, "max_deletions")
	s.Protect = rapid.SliceOfN(rapid.SampledFrom([]string{"na", "n[bc]"}), 0, 1).Draw(t, "protect")
	wanted := rapid.Permutation([]int{1, 2, 3, 4, 5, 6}).Draw(t, "wanted resources")
	held := rapid.Permutation([]int{1, 2, 3, 4, 5, 6}).Draw(t, "held resources")
	for i := range 6 {
		name := "n" + string(rune('a'+i))
		if rapid.IntRange(0, 3).Draw(t, name+" declared") > 0 {
			w.declare(drawDesired(t, name, wanted[i]))
		}
		if rapid.IntRange(0, 3).Draw(t, name+" exists") > 0 {
			w.drawActual(t, name, held[i])
		}
	}
	if rapid.Bool().Draw(t, "previous") {
		w.previous(func(s *spec.Settings) { s.Prune = rapid.Bool().Draw(t, "prune before") },
			rapid.SliceOfN(rapid.SampledFrom([]string{"na", "nd"}), 0, 1).Draw(t, "protected before")...)
	}
	return w
}

func drawDesired(t *rapid.T, name string, resource int) *spec.Compute {
	life := spec.Lifecycle{
		ReplaceAllow: rapid.Bool().Draw(t, "replace"), Protect: rapid.IntRange(0, 9).Draw(t, "protected") == 0,
		OnDelete: rapid.SampledFrom([]string{"", "orphan", "remove"}).Draw(t, "on_delete"),
	}
	if rapid.IntRange(0, 9).Draw(t, "expires") == 0 {
		life.Expires = now.Add(-time.Hour)
	}
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		c := cluster(name, fieldsOf{"max_instances": rapid.Int64Range(1, 4).Draw(t, "max"), "size": rapid.SampledFrom([]string{"A", "B"}).Draw(t, "size")})
		if rapid.Bool().Draw(t, "tagged") {
			c.Values["tags"] = map[string]string{"team": rapid.SampledFrom([]string{"x", "y"}).Draw(t, "team")}
		}
		return with(c, life)
	case 1:
		life.State = rapid.SampledFrom([]string{"", "running", "stopped"}).Draw(t, "state")
		return with(box(name, fieldsOf{"idle_time_before_shutdown_minutes": rapid.Int64Range(900, 902).Draw(t, "idle")}), life)
	}
	life.ReplaceAllow = false
	if rapid.Bool().Draw(t, "kubernetes") {
		return with(drawKubernetes(t, name, resource), life)
	}
	over := fieldsOf{}
	if rapid.Bool().Draw(t, "by address") {
		over = fieldsOf{"resource_id": nil, "address": address(resource)}
	}
	return with(vm(name, resource, over), life)
}

// drawKubernetes draws an attachment of a cluster: of the shared one in its nth
// namespace, of which the first may be left open, or of the sixth one as either
// kind.
func drawKubernetes(t *rapid.T, name string, n int) *spec.Compute {
	if n == 6 {
		kind := rapid.SampledFrom([]string{"aks", "kubernetes"}).Draw(t, "older")
		return attached(kind, name, 6, fieldsOf{"resource_id": resource("aks", 6)})
	}
	space := fieldsOf{"namespace": fmt.Sprintf("ns%d", n), "resource_id": resource("aks", 1)}
	if n == 1 {
		space["namespace"] = rapid.SampledFrom([]any{nil, "default"}).Draw(t, "default namespace")
	}
	return attached("kubernetes", name, 1, space)
}

func address(resource int) string { return fmt.Sprintf("10.0.0.%d", resource) }

func (w *world) drawActual(t *rapid.T, name string, resource int) {
	c := drawDesired(t, name, resource)
	change := func(a *spec.Compute) {
		if a.Kind.Name == "kubernetes" {
			a.Values["namespace"] = namespaceOf(c)
			if rapid.IntRange(0, 5).Draw(t, "namespace not shown") == 0 {
				w.hide(a)
			}
		}
		if a.Kind.Name == "virtualmachine" { // Azure knows both names
			a.Values["resource_id"], a.Values["address"] = vmID(resource), address(resource)
		}
		a.Live.ProvisioningState = rapid.SampledFrom([]string{"Succeeded", "Succeeded", "Succeeded", "Failed", "Updating"}).Draw(t, "provisioning")
		a.Live.Nodes.Running = rapid.SampledFrom([]int{0, 0, 0, 2}).Draw(t, "running")
		a.Live.SystemIdentity = rapid.IntRange(0, 5).Draw(t, "identity") == 0
		if a.Live.State != "" {
			a.Live.State = rapid.SampledFrom([]string{"Running", "Stopped", "JobRunning", "Starting"}).Draw(t, "state")
			a.Live.StateTrigger = rapid.SampledFrom([]string{"User", "Schedule"}).Draw(t, "trigger")
		}
	}
	switch rapid.IntRange(0, 5).Draw(t, "owner") {
	case 0:
		w.exists(c, change)
	case 1:
		w.exists(c, change, tag(spec.OwnerTag, "them/"+name))
	case 2:
		w.tagged(c, change)
	default:
		r := w.owns(c, change)
		r.Good, r.Adopted = rapid.IntRange(0, 3).Draw(t, "good") > 0, rapid.IntRange(0, 3).Draw(t, "adopted") == 0
		if rapid.IntRange(0, 5).Draw(t, "no spec") == 0 {
			r.Spec = nil
		}
	}
}

// namespaceOf is the namespace that a desired compute, or one in the model, has.
func namespaceOf(c *spec.Compute) string {
	for _, key := range []string{"namespace", hidden} {
		if s := c.Text(key); s != "" {
			return s
		}
	}
	return "default"
}

// hidden is where the model keeps a namespace that Azure does not show.
const hidden = "the true namespace"

func (w *world) hide(a *spec.Compute) {
	a.Values[hidden] = a.Values["namespace"]
	delete(a.Values, "namespace")
}

// collide reports whether one attachment breaks the other. It knows nothing of
// how the plan finds that out.
func collide(a, b *spec.Compute) bool {
	switch {
	case a.Text("resource_id") != b.Text("resource_id") || a.Text("resource_id") == "":
		return false
	case a.Kind.Name == "kubernetes" && b.Kind.Name == "kubernetes":
		return namespaceOf(a) == namespaceOf(b)
	}
	return true
}

// model carries plans out and checks each step against what must never happen.
type model struct {
	t       *rapid.T
	w       *world
	made    map[string]bool   // names made in this run
	left    map[string]string // the namespace of what was removed, by name
	destroy int
}

func (m *model) find(name string) int {
	return slices.IndexFunc(m.w.Actual, func(a *spec.Compute) bool { return a.Key() == spec.FoldName(name) })
}

func (m *model) ours(a *spec.Compute) bool {
	owner := a.Tags()[spec.OwnerTag]
	if owner != "" && owner != "me/"+a.Name {
		return false
	}
	r := m.w.Records[a.Key()]
	return r != nil && r.CreatedOn == a.Live.CreatedOn || owner != ""
}

func (m *model) do(c *Change, s Step) {
	i := m.find(s.Name)
	switch s.Verb {
	case VerbCreate, VerbAttach:
		if i >= 0 {
			m.t.Fatalf("%s makes what exists", s.ID)
		}
		m.add(c)
		return
	}
	if i < 0 {
		m.t.Fatalf("%s writes to what is not there", s.ID)
	}
	a := m.w.Actual[i]
	if !m.ours(a) && !m.made[a.Key()] && c.Action != Adopt {
		m.t.Fatalf("%s writes to what is not ours", s.ID)
	}
	switch s.Verb {
	case VerbDelete, VerbDetach:
		if c.Action == Adopt || m.w.Desired.Settings.Protects(a.Name) || a.Live.Nodes.Running > 0 || (s.Verb == VerbDelete) != a.Made() {
			m.t.Fatalf("%s must not be", s.ID)
		}
		if c.Action == Takeover && !collide(a, m.comes(c)) {
			m.t.Fatalf("%s removes what does not have the resource of %s", s.ID, c.Name)
		}
		m.destroy++
		m.left[a.Key()] = a.Text("namespace")
		m.w.Actual = slices.Delete(slices.Clone(m.w.Actual), i, i+1)
		delete(m.w.Records, a.Key())
		return
	case VerbStart, VerbStop:
		a.Live.State, a.Live.StateTrigger = map[Verb]string{VerbStart: "Running", VerbStop: "Stopped"}[s.Verb], "User"
	case VerbPut, VerbPatch, VerbPost:
		full := spec.Carry(c.Desired, a)
		for name, v := range full.Values {
			cost := full.Kind.Field(name).Change
			if cost == spec.ByPatch || s.Verb == VerbPut && cost == spec.ByPut || s.Verb == VerbPost && cost == spec.ByAction {
				a.Values[name] = v
			}
		}
	}
	if c.Action == Adopt {
		m.w.Records[a.Key()] = &spec.Record{Name: a.Name, CreatedOn: a.Live.CreatedOn, Adopted: true, Good: true, Spec: c.Desired}
	}
}

func (m *model) add(c *Change) {
	a := m.comes(c)
	for _, other := range m.w.Actual {
		if collide(a, other) {
			m.t.Fatalf("%s attaches what %s has:\n", a.Name, other.Name)
		}
	}
	m.w.Actual = append(m.w.Actual, a)
	m.made[a.Key()] = true
	m.w.Records[a.Key()] = &spec.Record{Name: a.Name, CreatedOn: a.Live.CreatedOn, Good: true, Spec: c.Desired}
}

// comes is what a change makes.
func (m *model) comes(c *Change) *spec.Compute {
	a := &spec.Compute{Name: c.Name, Kind: c.Desired.Kind, Values: fieldsOf{"description": ""}, Live: &spec.Live{
		ComputeType: c.Desired.Kind.ComputeType, CreatedOn: fmt.Sprintf("again-%d", m.destroy), ProvisioningState: "Succeeded",
		Attached: c.Desired.Attaches(), AttachedKnown: true,
	}}
	for name, v := range c.Desired.Values {
		if _, isSecret := v.(secret.Ref); !isSecret {
			a.Values[name] = v
		}
	}
	if a.Kind.Name == "computeinstance" {
		a.Live.State = "Running"
	}
	if a.Kind.Name == "kubernetes" {
		a.Values["namespace"] = cmp.Or(a.Text("namespace"), m.left[a.Key()], "default") // what is left open is carried over
	}
	if a.Kind.Name == "virtualmachine" {
		var n int
		if _, err := fmt.Sscanf(a.Text("resource_id")+a.Text("address"), vmID(0)[:len(vmID(0))-1]+"%d", &n); err != nil {
			if _, err := fmt.Sscanf(a.Text("address"), "10.0.0.%d", &n); err != nil {
				m.t.Fatal(err)
			}
		}
		a.Values["resource_id"], a.Values["address"] = vmID(n), address(n)
	}
	return a
}

// run takes the steps in any order that their needs allow.
func (m *model) run(p *Plan) {
	type todo struct {
		c *Change
		s Step
	}
	var open []todo
	for i := range p.Workspaces[0].Changes {
		c := &p.Workspaces[0].Changes[i]
		for _, s := range c.Steps {
			open = append(open, todo{c, s})
		}
	}
	done := map[string]bool{}
	for len(open) > 0 {
		var ready []int
		for i, x := range open {
			if !slices.ContainsFunc(x.s.Needs, func(n string) bool { return !done[n] }) {
				ready = append(ready, i)
			}
		}
		i := rapid.SampledFrom(ready).Draw(m.t, "next")
		m.do(open[i].c, open[i].s)
		done[open[i].s.ID] = true
		open = slices.Delete(open, i, i+1)
	}
}

// TestModel plans random workspaces, carries the plan out, and plans again:
// nothing that must never happen happens, and nothing is left to do.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		p := w.plan()
		sound(t, p)
		m := &model{t: t, w: w, made: map[string]bool{}, left: map[string]string{}}
		m.w.Records = maps.Clone(w.Records)
		m.run(p)
		again := w.plan()
		sound(t, again)
		if again.Steps() > 0 {
			t.Fatalf("the first plan:\n%s\nleaves to do:\n%s", show(p), show(again))
		}
	})
}

// TestSameBytes plans random workspaces again and again, with what Azure
// returned in another order too.
func TestSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		want, err := json.Marshal(w.plan())
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			w.Actual = rapid.Permutation(w.Actual).Draw(t, "actual")
			if got, err := json.Marshal(w.plan()); err != nil || string(got) != string(want) {
				t.Fatalf("%v\n%s\n%s", err, want, got)
			}
		}
	})
}

// TestSameBytesAHundredTimes plans one rich workspace a hundred times.
func TestSameBytesAHundredTimes(t *testing.T) {
	w := newWorld()
	pruning(w)
	leaving(w, "cpu-a", "cpu-b")
	w.declare(cluster("gpu", fieldsOf{"tags": map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"}}), vm("lab-a", 2, nil), vm("lab-b", 1, nil))
	w.owns(vm("lab-a", 1, nil))
	w.owns(vm("lab-b", 2, nil))
	w.exists(cluster("gpu", nil))
	want, err := json.Marshal(w.plan())
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if got, err := json.Marshal(w.plan()); err != nil || string(got) != string(want) {
			t.Fatalf("%v\n%s\n%s", err, want, got)
		}
	}
}
