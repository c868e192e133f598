package spec

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/secret"
)

// Compute is a compute target of a workspace: desired when it was read from a
// spec, actual when Live is set.
type Compute struct {
	Name      string
	Kind      *Kind          // nil for an actual compute of a type nobody here knows
	Values    map[string]any // field name to normal form; absent means unmanaged or not returned
	Lifecycle Lifecycle      // what stands under `computesync:`
	File      string         // the spec's file and line; empty for actual ones
	Line      int
	Live      *Live
	Kept      map[string]any // ARM path to value: what of the Kind's Keep is live
	// Unsent are the ARM paths of live values that no PUT of ours can have, by the field
	// whose items they are in; "" is none.
	Unsent map[string][]string
}

// Key is the name as Azure compares it, without regard to case.
func (c *Compute) Key() string { return FoldName(c.Name) }

// FoldName brings a compute's or workspace's name to the form in which names
// are compared.
func FoldName(name string) string { return strings.ToLower(name) }

// KindName is the spec's word for the compute's type, or ARM's computeType
// where the kind is unknown.
func (c *Compute) KindName() string {
	if c.Kind != nil {
		return c.Kind.Name
	}
	if c.Live != nil {
		return c.Live.ComputeType
	}
	return ""
}

// Int returns a whole-number field's value.
func (c *Compute) Int(field string) (int64, bool) {
	n, ok := c.Values[field].(int64)
	return n, ok
}

// Text returns a text field's value, "" when absent.
func (c *Compute) Text(field string) string { return text(c.Values[field]) }

// LowPriority reports whether the compute's nodes may be preempted.
func (c *Compute) LowPriority() bool { return c.Text("tier") == "low_priority" }

// WithLifecycle is the compute with another lifecycle.
func (c *Compute) WithLifecycle(l Lifecycle) *Compute {
	other := *c
	other.Lifecycle = l
	return &other
}

// Tags returns the compute's tags; read-only.
func (c *Compute) Tags() map[string]string {
	t, _ := c.Values["tags"].(map[string]string)
	return t
}

// Raw returns the compute's raw ARM properties; read-only.
func (c *Compute) Raw() map[string]any {
	raw, _ := c.Values["properties"].(map[string]any)
	return raw
}

// Secrets returns the references of the compute's secret fields by field name.
func (c *Compute) Secrets() map[string]secret.Ref {
	var refs map[string]secret.Ref
	for name, v := range c.Values {
		if r, ok := v.(secret.Ref); ok {
			if refs == nil {
				refs = map[string]secret.Ref{}
			}
			refs[name] = r
		}
	}
	return refs
}

// Lifecycle is what only computesync understands of a spec.
type Lifecycle struct {
	Protect       bool      `json:"protect,omitempty"`
	IgnoreChanges []string  `json:"ignore_changes,omitempty"` // field names
	ReplaceAllow  bool      `json:"replace_allow,omitempty"`  // `replace: allow`
	OnDelete      string    `json:"on_delete,omitempty"`      // "", OnDeleteOrphan or OnDeleteRemove
	State         string    `json:"state,omitempty"`          // "", StateRunning or StateStopped
	Expires       time.Time `json:"expires,omitzero"`
	BusyForce     bool      `json:"busy_force,omitempty"` // `busy: force`

	Suspend *Suspension `json:"suspend,omitempty"`
}

// Values of Lifecycle.OnDelete and Lifecycle.State.
const (
	OnDeleteOrphan = "orphan"
	OnDeleteRemove = "remove"
	StateRunning   = "running"
	StateStopped   = "stopped"
)

// Live is what Azure alone knows of a compute.
type Live struct {
	ID                string
	ComputeType       string
	CreatedOn         string   // as Azure wrote it; distinguishes a remade compute from the former of that name
	ModifiedOn        string   // as Azure wrote it
	Clock             Clock    // of the answer that showed it
	ProvisioningState string   // Creating, Updating, Deleting, Succeeded, Failed, Canceled, Unknown
	Errors            []string // what Azure reports of it, in whatever state
	Attached          bool     // isAttachedCompute: it came from outside
	AttachedKnown     bool     // false when Azure did not say
	State             string   // instances: Running, Stopped, ...
	StateTrigger      string   // instances: User, Schedule or IdleShutdown caused the last operation
	Nodes             Nodes
	SystemIdentity    bool
	HasCredentials    bool // a cluster with an admin account, whose password Azure never returns
}

// Clock bounds by how much Azure's clock is ahead of ours, as an answer's Date
// shows it; both zero where nothing is known.
type Clock struct{ Min, Max time.Duration }

// Nodes counts a cluster's nodes by what they do.
type Nodes struct{ Running, Preparing, Idle, Leaving, Unusable, Preempted int }

// Busy counts the nodes that hold somebody's job.
func (n Nodes) Busy() int { return n.Running + n.Preparing }

// Allocated counts the nodes that take quota.
func (n Nodes) Allocated() int { return n.Running + n.Preparing + n.Idle + n.Leaving }

// computeJSON is the stored form of a desired compute: references, never
// values, stand in its secret fields.
type computeJSON struct {
	Name      string         `json:"name"`
	Kind      string         `json:"kind"`
	Values    map[string]any `json:"values"`
	Lifecycle *Lifecycle     `json:"lifecycle,omitempty"`
	File      string         `json:"file,omitempty"`
	Line      int            `json:"line,omitempty"`
	Kept      map[string]any `json:"kept,omitempty"`
}

// MarshalJSON writes a desired compute such that UnmarshalJSON restores it.
func (c *Compute) MarshalJSON() ([]byte, error) {
	return json.Marshal(computeJSON{c.Name, c.KindName(), c.Values, &c.Lifecycle, c.File, c.Line, c.Kept})
}

// UnmarshalJSON restores a desired compute; an unknown kind, field or value
// of the wrong type is an error.
func (c *Compute) UnmarshalJSON(data []byte) error {
	j := computeJSON{Lifecycle: &c.Lifecycle}
	if err := json.Unmarshal(data, &j); err != nil {
		return fmt.Errorf("read compute: %w", err)
	}
	c.Name, c.File, c.Line, c.Kept = j.Name, j.File, j.Line, j.Kept
	if c.Kind = KindByName(j.Kind); c.Kind == nil {
		return fmt.Errorf("read compute %s: unknown kind %q", j.Name, j.Kind)
	}
	c.Values = make(map[string]any, len(j.Values))
	for name, raw := range j.Values {
		f := c.Kind.Field(name)
		if f == nil {
			return fmt.Errorf("read compute %s: unknown field %q", j.Name, name)
		}
		v, err := f.restore(raw)
		if err != nil {
			return fmt.Errorf("read compute %s: %s: %w", j.Name, name, err)
		}
		c.Values[name] = v
	}
	foldMounts(c.Values) // a version before volumes stored bind mounts
	return nil
}

// restore turns what encoding/json made of a normal form back into it.
func (f *Field) restore(raw any) (any, error) {
	switch f.Type {
	case Switch:
		if b, ok := raw.(bool); ok {
			return b, nil
		}
	case Int, Seconds, Minutes, ISO, Timeout:
		if n, ok := raw.(float64); ok {
			return int64(n), nil
		}
	case Tags, Map:
		if m, ok := raw.(map[string]any); ok {
			out := make(map[string]string, len(m))
			for k, v := range m {
				out[k] = text(v)
			}
			return out, nil
		}
	case Words, List:
		return restoreList(raw, func(v any) (string, bool) { s, ok := v.(string); return s, ok })
	case Ints:
		return restoreList(raw, func(v any) (int64, bool) { n, ok := v.(float64); return int64(n), ok })
	case Objects:
		if list, ok := raw.([]any); ok {
			return f.restoreObjects(list)
		}
	case Raw:
		if m, ok := raw.(map[string]any); ok {
			return m, nil
		}
	case Secret:
		return secret.ParseRef(text(raw))
	default:
		if s, ok := raw.(string); ok {
			return s, nil
		}
	}
	return nil, fmt.Errorf("not a %s", f.Type)
}

func restoreList[T any](raw any, item func(any) (T, bool)) (any, error) {
	list, ok := raw.([]any)
	out := make([]T, 0, len(list))
	for _, v := range list {
		t, good := item(v)
		ok = ok && good
		out = append(out, t)
	}
	if !ok {
		return nil, errors.New("not a list of its type")
	}
	return out, nil
}

func (f *Field) restoreObjects(list []any) (any, error) {
	out := make([]any, len(list))
	for i, raw := range list {
		m, _ := raw.(map[string]any)
		item := make(map[string]any, len(m))
		for j := range f.Fields {
			sub := &f.Fields[j]
			v, ok := m[sub.Name]
			if !ok {
				continue
			}
			r, err := sub.restore(v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", sub.Name, err)
			}
			item[sub.Name] = r
		}
		out[i] = item
	}
	return out, nil
}
