package policy

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// unmanagedCost reads the column AtStake of the kinds' tables.
var unmanagedCost = &Rule{
	Code: "unmanaged-cost", Key: "unmanaged_cost", Default: spec.Warns, Example: "true",
	Doc: "The spec of what Azure ML makes states every field that costs money or grants access: " +
		"a change in Azure of what it leaves open is not noticed.",
	Hint: "state these fields; computesync export writes them as they are in Azure",
	check: func(_ *Setting, x *Subject) []Breach {
		if x.Live != nil { // a spec that states anything is no worse than none
			return []Breach{{Amount: math.MaxInt}}
		}
		var open []string
		for i := range x.Kind.Fields {
			if f := &x.Kind.Fields[i]; x.leavesOpen(f) {
				open = append(open, fmt.Sprintf("%s (%s)", f.Name, x.otherwise(f)))
			}
		}
		if len(open) == 0 {
			return nil
		}
		return []Breach{{Amount: float64(len(open)), Text: "leaves open what costs money or grants access: " + strings.Join(open, ", ")}}
	},
}

// leavesOpen reports whether a spec neither states a field that matters nor
// leaves it to others by name. To state no access takes nothing.
func (s *Subject) leavesOpen(f *spec.Field) bool {
	_, stated := s.Values[f.Name]
	return f.AtStake != 0 && s.has(f.Name) && !stated && !slices.Contains(s.Lifecycle.IgnoreChanges, f.Name) &&
		(f.AtStake == spec.Money || !isNothing(s.Otherwise(f)))
}

// otherwise says who decides a field that is left open, and how.
func (s *Subject) otherwise(f *spec.Field) string {
	v := s.Otherwise(f)
	switch {
	case v == nil:
		return "Azure chooses"
	case f.Default != nil:
		return "az ml: " + f.Show(v)
	case isNothing(v), v == int64(0):
		return "Azure: none"
	}
	return "Azure: " + f.Show(v)
}

func isNothing(v any) bool {
	list, isList := v.([]any)
	return v == nil || v == "" || isList && len(list) == 0
}
