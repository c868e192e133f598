package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

var (
	now      = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	password = secret.Ref{Scheme: secret.Env, Name: "P"}
)

// make a desired compute from a base and some fields over it.
func compute(kind, name string, base, over map[string]any) *spec.Compute {
	values := maps.Clone(base)
	maps.Copy(values, over)
	for k, v := range over {
		if v == nil {
			delete(values, k)
		}
	}
	return &spec.Compute{Name: name, Kind: spec.KindByName(kind), Values: values, File: name + ".yaml", Line: 1}
}

type fieldsOf = map[string]any

func cluster(name string, over fieldsOf) *spec.Compute {
	return compute("amlcompute", name, fieldsOf{"size": "STANDARD_DS3_V2", "min_instances": int64(0), "max_instances": int64(4)}, over)
}

func box(name string, over fieldsOf) *spec.Compute {
	return compute("computeinstance", name, fieldsOf{"size": "STANDARD_DS3_V2"}, over)
}

func vmID(n int) string {
	return fmt.Sprintf("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/r%d", n)
}

func vm(name string, n int, over fieldsOf) *spec.Compute {
	return compute("virtualmachine", name, fieldsOf{
		"resource_id": vmID(n), "ssh_settings.admin_username": "ml",
		"ssh_settings.admin_password": password, "ssh_settings.ssh_port": int64(22),
	}, over)
}

func hdi(name, cluster string) *spec.Compute {
	return compute("hdinsight", name, fieldsOf{
		"address": cluster + "-ssh.azurehdinsight.net", "ssh_settings.admin_username": "ml",
		"ssh_settings.admin_password": password,
	}, nil)
}

// with sets the lifecycle of a desired compute.
func with(c *spec.Compute, l spec.Lifecycle) *spec.Compute {
	c.Lifecycle = l
	return c
}

// world is an input under construction.
type world struct{ Input }

func newWorld() *world {
	return &world{Input{Now: now, Records: map[string]*spec.Record{}, Desired: &spec.Workspace{
		ID: spec.WorkspaceID{Subscription: "s", ResourceGroup: "g", Name: "ws"}, Dir: "fleet",
		Settings: spec.Settings{Owner: "me", MaxDeletions: spec.Limit{Count: 3}},
	}}}
}

func (w *world) declare(list ...*spec.Compute) {
	w.Desired.Computes = append(w.Desired.Computes, list...)
}

// exists adds an actual compute that is nobody's and looks like c.
func (w *world) exists(c *spec.Compute, change ...func(*spec.Compute)) *spec.Compute {
	a := &spec.Compute{Name: c.Name, Kind: c.Kind, Values: fieldsOf{"tags": map[string]string{}, "description": ""}}
	for name, v := range c.Values {
		if _, isSecret := v.(secret.Ref); !isSecret {
			a.Values[name] = v
		}
	}
	a.Live = &spec.Live{
		ComputeType: c.Kind.ComputeType, CreatedOn: "born-" + c.Key(), ProvisioningState: "Succeeded",
		Attached: c.Attaches(), AttachedKnown: true,
	}
	if c.Kind.Name == "computeinstance" {
		a.Live.State, a.Live.StateTrigger = "Running", "User"
		a.Values["properties"] = map[string]any{"autologgerSettings": nil}
		for i := range c.Kind.Fields { // what Azure shows of an instance, with the right api-version
			f := &c.Kind.Fields[i]
			if usual := f.Otherwise(); !f.Everywhere() && usual != nil && a.Values[f.Name] == nil {
				a.Values[f.Name] = usual
			}
		}
	}
	for _, f := range change {
		f(a)
	}
	w.Actual = append(w.Actual, a)
	return a
}

// owns adds an actual compute that we made from c, with our tag and a record.
func (w *world) owns(c *spec.Compute, change ...func(*spec.Compute)) *spec.Record {
	a := w.tagged(c, change...)
	r := &spec.Record{Name: c.Name, CreatedOn: a.Live.CreatedOn, Good: true, Spec: c}
	w.Records[c.Key()] = r
	return r
}

// tagged adds an actual compute that carries our tag and no record.
func (w *world) tagged(c *spec.Compute, change ...func(*spec.Compute)) *spec.Compute {
	a := w.exists(c)
	tags := maps.Clone(c.Tags())
	if tags == nil {
		tags = map[string]string{}
	}
	tags[spec.OwnerTag] = "me/" + c.Name
	a.Values["tags"] = tags
	for _, f := range change {
		f(a)
	}
	return a
}

// previous says what the commit before permitted; protected names are folded.
func (w *world) previous(change func(*spec.Settings), protected ...string) {
	s := w.Desired.Settings
	if change != nil {
		change(&s)
	}
	w.Previous = &spec.Permissions{Commit: "before", Settings: s, Protected: protected}
}

func (w *world) plan() *Plan { return Build("c0ffee", []Input{w.Input}) }

func state(s, trigger string) func(*spec.Compute) {
	return func(a *spec.Compute) { a.Live.State, a.Live.StateTrigger = s, trigger }
}

func provisioning(s string) func(*spec.Compute) {
	return func(a *spec.Compute) { a.Live.ProvisioningState = s }
}

func running(n int) func(*spec.Compute) {
	return func(a *spec.Compute) { a.Live.Nodes.Running = n }
}

func tag(key, value string) func(*spec.Compute) {
	return func(a *spec.Compute) { a.Values["tags"] = map[string]string{key: value} }
}

func set(field string, v any) func(*spec.Compute) {
	return func(a *spec.Compute) { a.Values[field] = v }
}

// show is a plan in one line a change: what, why, and the steps with what they
// need of other units, or the hold.
func show(p *Plan) string {
	var lines []string
	for _, ws := range p.Workspaces {
		for i := range ws.Changes {
			lines = append(lines, showChange(&ws.Changes[i]))
		}
		if len(ws.Orphaned) > 0 {
			lines = append(lines, "orphaned "+strings.Join(ws.Orphaned, ","))
		}
	}
	return strings.Join(lines, "\n")
}

func showChange(c *Change) string {
	line := c.Name + " " + string(c.Action)
	if c.Former != "" {
		line += " from " + c.Former
	}
	var paths, steps []string
	for _, f := range c.Fields {
		paths = append(paths, f.Path)
	}
	line += " (" + strings.Join(paths, ",") + ")"
	if c.Held != nil {
		return line + " held " + string(c.Held.Code)
	}
	for i, s := range c.Steps {
		text := strings.TrimPrefix(s.ID, c.Name+"/")
		for _, need := range s.Needs {
			if i == 0 || need != c.Steps[i-1].ID {
				text += "<" + need
			}
		}
		steps = append(steps, text)
	}
	return line + ": " + strings.Join(steps, " ")
}

// sound checks what must be true of every plan.
func sound(t interface {
	Helper()
	Fatalf(string, ...any)
}, p *Plan,
) {
	t.Helper()
	ids, units := map[string]bool{}, map[string]bool{}
	var steps []Step
	for _, ws := range p.Workspaces {
		for i := range ws.Changes {
			c := &ws.Changes[i]
			if units[c.ID()] {
				t.Fatalf("two changes are %s:\n%s", c.ID(), show(p))
			}
			units[c.ID()] = true
			if (c.Held != nil) == (len(c.Steps) > 0) {
				t.Fatalf("%s is held as %v and has %d steps", c.ID(), c.Held, len(c.Steps))
			}
			for _, s := range c.Steps {
				if ids[s.ID] {
					t.Fatalf("two steps are %s:\n%s", s.ID, show(p))
				}
				ids[s.ID] = true
			}
			steps = append(steps, c.Steps...)
		}
	}
	ordered, err := Order(steps)
	if err != nil {
		t.Fatalf("order: %v\n%s", err, show(p))
	}
	if len(ordered) != len(steps) || p.Steps() != len(steps) {
		t.Fatalf("%d steps became %d", len(steps), len(ordered))
	}
	done := map[string]bool{}
	for _, s := range ordered {
		if i := slices.IndexFunc(s.Needs, func(n string) bool { return !done[n] }); i >= 0 {
			t.Fatalf("%s comes before %s", s.ID, s.Needs[i])
		}
		done[s.ID] = true
	}
}
