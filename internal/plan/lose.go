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
		names := strings.Join(a.Unsent[field], ", ")
		switch {
		case field == "":
			c.loses(fmt.Sprintf("its %s would go: Azure takes none when it makes a compute", names))
		case c.Desired.Values[field] == nil:
			c.hold(CannotChangeInPlace, fmt.Sprintf("%s has %s, which cannot be carried over; state %s in the file", field, names, field))
		}
	}
	if names := spec.UnknownRaw(c.Desired, a); len(names) > 0 {
		text := fmt.Sprintf("Azure shows properties.%s, which this version does not know: it would not be carried over",
			strings.Join(names, ", properties."))
		if !a.Made() {
			c.Notes = append(c.Notes, text)
			return
		}
		c.loses(text)
	}
}
