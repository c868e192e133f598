package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// holdLost holds what would make a compute again without something that the live one
// has and the spec leaves open. What can be stated must be; what nothing is known
// about goes only where the file permits a loss.
func (b *builder) holdLost(c *draft, a *spec.Compute) {
	if a.Kind != c.Desired.Kind {
		return // all of it goes
	}
	if names := spec.NotCarried(c.Desired, a); len(names) > 0 {
		c.hold(CannotChangeInPlace, fmt.Sprintf("Azure does not show %s of %s, so it cannot be carried over; state it in the file",
			strings.Join(names, ", "), a.Name))
	}
	for _, field := range slices.Sorted(maps.Keys(a.Unsent)) {
		if field != "" && (c.Desired.Values[field] == nil || slices.Contains(c.Desired.Lifecycle.IgnoreChanges, field)) {
			c.hold(CannotChangeInPlace, fmt.Sprintf("%s has %s, which cannot be carried over; state %s in the file",
				field, strings.Join(a.Unsent[field], ", "), field))
		}
	}
	for _, text := range losses(c.Desired, a) {
		if a.Made() {
			c.loses(text)
		} else {
			c.Notes = append(c.Notes, text)
		}
	}
}

// losses says what of a live compute no file can state and a PUT does not carry.
func losses(d, a *spec.Compute) []string {
	var out []string
	if a.Kind != d.Kind {
		return out
	}
	if names := a.Unsent[""]; len(names) > 0 {
		out = append(out, fmt.Sprintf("its %s would go: Azure takes none when it makes a compute", strings.Join(names, ", ")))
	}
	if names := spec.UnknownRaw(d, a); len(names) > 0 {
		out = append(out, fmt.Sprintf("Azure shows properties.%s, which this version does not know: it would not be carried over",
			strings.Join(names, ", properties.")))
	}
	return out
}
