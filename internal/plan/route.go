package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/diff"
	"github.com/computesync/computesync/internal/spec"
)

// routed gives each difference that an action changes, and that the configured
// api-version does not have the action for, the cost that it has without the action.
// What Azure did not accept is held instead: nothing is removed for that.
func (b *builder) routed(live *spec.Compute, list []diff.Field) []diff.Field {
	out := slices.Clone(list)
	for i := range out {
		f := &out[i]
		switch {
		case f.Cost != spec.ByAction:
		case len(f.Action.Versions(b.in.APIVersion)) == 0:
			f.Cost = f.Action.Else
			f.Reason = fmt.Sprintf("%s cannot change in place: api-version %s does not have %s", f.Path, b.in.APIVersion, f.Action.Name)
		default:
			if _, refused := b.version(f.Action, live, *f); refused != "" {
				f.Cost, f.Reason = spec.CreateOnly, refused
			}
		}
	}
	return out
}

// version is the api-version to send an action with. Where Azure refused it with each,
// refused says so.
func (b *builder) version(a *spec.Action, live *spec.Compute, f diff.Field) (version, refused string) {
	var answers []string
	var again time.Time
	for _, v := range a.Versions(b.in.APIVersion) {
		i := slices.IndexFunc(b.in.Unrouted, func(u spec.Unrouted) bool { return u.Stops(a, v, live, f.To, b.in.Now) })
		if i < 0 {
			return v, ""
		}
		u := &b.in.Unrouted[i]
		answers = append(answers, u.Text)
		if at := u.At.Add(spec.UnroutedFor); again.IsZero() || at.Before(again) {
			again = at
		}
	}
	return "", fmt.Sprintf("%s was not changed, and is tried again after %s, or once the spec, the state of the compute "+
		"or the configured api-version is another: %s",
		f.Path, again.UTC().Format("2006-01-02T15:04:05Z"), strings.Join(answers, "; "))
}

// whyNot is the text of a hold for differences that do not change in place. Where
// Azure did not accept an action, the compute need not go.
func whyNot(cannot []diff.Field) string {
	fixed, refused := []diff.Field{}, []diff.Field{}
	for _, f := range cannot {
		if f.Action == nil {
			fixed = append(fixed, f)
		} else {
			refused = append(refused, f)
		}
	}
	var texts []string
	if len(fixed) > 0 {
		texts = append(texts, fieldNames(fixed)+" cannot change on a live compute; undo the change, or remove the compute and make it again")
	}
	if len(refused) > 0 {
		text := "Azure did not accept the change of " + fieldNames(refused) + "; correct the value, or wait: nothing is removed for it"
		if slices.ContainsFunc(refused, func(f diff.Field) bool { return f.Action.Restarts }) {
			text += "; if Azure wants the instance stopped, state computesync: {state: stopped}"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
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
