// Package diff compares desired computes with actual ones. It says what
// differs, what changing it costs and why, and decides nothing.
//
// Only what a spec states is compared. What Azure did not return is unknown
// and no difference; what both sides write differently and mean alike was
// brought to one normal form before (package spec).
package diff

import (
	"fmt"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// Change is one compute that is declared, exists, or both.
type Change struct {
	Desired *spec.Compute // nil when git does not declare it
	Actual  *spec.Compute // nil when the workspace has none
	Fields  []Field       // what differs, when both are there
}

// Field is one difference. It is told once, here: plan, log and status all
// print this.
type Field struct {
	Path   string
	Cost   spec.Change
	Action *spec.Action // for a cost of spec.ByAction
	From   string       // as people read it
	To     string
	Reason string // why it costs what it costs; "" when it simply changes
	Extra  []any  // of a list of which all is there that is wanted: what is there besides
}

// Computes pairs desired and actual by name and compares each pair. The
// result is ordered by name.
func Computes(desired, actual []*spec.Compute) []Change {
	byName := make(map[string]int, len(desired)+len(actual))
	changes := make([]Change, 0, len(desired)+len(actual))
	for _, d := range desired {
		byName[d.Key()] = len(changes)
		changes = append(changes, Change{Desired: d})
	}
	for _, a := range actual {
		if i, ok := byName[a.Key()]; ok {
			changes[i].Actual = a
			changes[i].Fields = Compute(changes[i].Desired, a)
			continue
		}
		changes = append(changes, Change{Actual: a})
	}
	slices.SortStableFunc(changes, func(a, b Change) int { return strings.Compare(a.Key(), b.Key()) })
	return changes
}

// Key is the folded name of the compute.
func (c Change) Key() string {
	if c.Desired != nil {
		return c.Desired.Key()
	}
	return c.Actual.Key()
}

// Compute lists what differs between a desired and an actual compute of one
// name, in the order of the kind's table.
func Compute(desired, actual *spec.Compute) []Field {
	if actual.Kind != desired.Kind {
		return []Field{{
			Path: "type", Cost: spec.ByReplace, From: actual.KindName(), To: desired.KindName(),
			Reason: "a compute cannot become another kind",
		}}
	}
	var fields []Field
	for i := range desired.Kind.Fields {
		f := &desired.Kind.Fields[i]
		if f.ARM == "" || f.Type == spec.Secret {
			continue
		}
		want, stated := desired.Values[f.Name]
		have, known := actual.Values[f.Name]
		switch {
		case !stated || slices.Contains(desired.Lifecycle.IgnoreChanges, f.Name):
		case !known:
			if from := elsewhere(desired, actual, f); from != "" {
				fields = append(fields, newField(f, f.Cost(actual), want, from))
			}
		case !f.Equal(want, have):
			fields = append(fields, newField(f, f.Cost(actual), want, have))
		}
	}
	return fields
}

// elsewhere says what actual is attached to where it names that in another way
// than by f and both ways can be compared, as an HDInsight cluster's address
// and resource ID can, and name two things. "" otherwise.
func elsewhere(desired, actual *spec.Compute, f *spec.Field) string {
	if !spec.NamesResource(f.Name) {
		return ""
	}
	other := ""
	for _, want := range desired.Underlying() {
		for _, have := range actual.Underlying() {
			if want == have {
				return ""
			}
			if want.ByClusterName() && have.ByClusterName() {
				other = actual.Text("resource_id") + actual.Text("address")
			}
		}
	}
	return other
}

func newField(f *spec.Field, cost spec.Change, want, have any) Field {
	if f.Type == spec.Tags { // only the stated keys are ours
		w, _ := want.(map[string]string)
		h, _ := have.(map[string]string)
		from := map[string]string{}
		for k := range w {
			if key, ok := spec.FindTag(h, k); ok {
				from[k] = h[key]
			}
		}
		have = from
	}
	if f.Type == spec.Raw {
		have = spec.Project(want, have)
	}
	return Field{
		Path: f.Name, Cost: cost, Action: f.Action, From: f.Show(have), To: f.Show(want), Reason: reason(f, cost),
		Extra: f.Extra(want, have),
	}
}

func reason(f *spec.Field, cost spec.Change) string {
	switch cost {
	case spec.ByReplace:
		return fmt.Sprintf("%s cannot change in place", f.Name)
	case spec.ByReattach:
		return "an attachment cannot change in place"
	case spec.CreateOnly:
		return fmt.Sprintf("%s is set at creation and nothing shows that it can change", f.Name)
	}
	return ""
}
