package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/diff"
	"github.com/computesync/computesync/internal/spec"
)

// routed gives each difference that an action changes, and that no api-version
// has the action for, the cost that it has without the action. What Azure may have
// refused for its value is held instead: nothing is removed for that.
func (b *builder) routed(live *spec.Compute, list []diff.Field) []diff.Field {
	out := slices.Clone(list)
	for i := range out {
		f := &out[i]
		if f.Cost != spec.ByAction {
			continue
		}
		if _, stops := b.version(f.Action, live, *f); stops != nil {
			f.Cost, f.Reason = f.Action.Else, fmt.Sprintf("%s cannot change in place: %s", f.Path, stops.why)
			if stops.value {
				f.Cost = spec.CreateOnly
			}
		}
	}
	return out
}

// stop is why an action is not sent; value: Azure may have refused what it was to
// change the field to, and not the action.
type stop struct {
	why   string
	value bool
}

// version is the api-version to send an action with; otherwise there is none.
func (b *builder) version(a *spec.Action, live *spec.Compute, f diff.Field) (version string, otherwise *stop) {
	otherwise = &stop{why: fmt.Sprintf("api-version %s does not have %s", b.in.APIVersion, a.Name)}
	var answers []string
	for _, v := range a.Versions(b.in.APIVersion) {
		i := slices.IndexFunc(b.in.Unrouted, func(u spec.Unrouted) bool { return u.Stops(a, v, live, f.To, b.in.Now) })
		if i < 0 {
			return v, nil
		}
		u := &b.in.Unrouted[i]
		otherwise.value = otherwise.value || u.Name != ""
		answers = append(answers, fmt.Sprintf("at %s: %s", u.At.UTC().Format("2006-01-02T15:04:05Z"), u.Text))
	}
	if len(answers) > 0 {
		otherwise.why = strings.Join(answers, "; ")
	}
	return "", otherwise
}

// restarts reports whether one of the differences is changed by an action that
// ends what runs on the compute.
func restarts(list []diff.Field) bool {
	return slices.ContainsFunc(list, func(f diff.Field) bool { return f.Cost == spec.ByAction && f.Action.Restarts })
}

// Wants is what an action is to change a field to, as Unrouted.Want has it.
func (c *Change) Wants(action string) string {
	for i := range c.Fields {
		f := c.Desired.Kind.Field(c.Fields[i].Path)
		if f != nil && f.Action != nil && f.Action.Name == action {
			return c.Fields[i].To
		}
	}
	return ""
}
