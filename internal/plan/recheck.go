package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/diff"
	"github.com/computesync/computesync/internal/spec"
)

// Recheck looks at a change again with a compute as it is just before the
// step: "" when the step may be sent, else why it must be planned anew.
func Recheck(c *Change, s *Step, fresh *spec.Compute) string {
	switch {
	case s.Verb == VerbCreate || s.Verb == VerbAttach:
		if fresh != nil {
			return fmt.Sprintf("%s exists by now", s.Name)
		}
		return ""
	case fresh == nil:
		return fmt.Sprintf("%s is gone by now", s.Name)
	case Fingerprint(c.restsOn(), fresh) != c.Fingerprint:
		return fmt.Sprintf("%s changed since it was planned", s.Name)
	case moving(fresh) != "":
		return fmt.Sprintf("%s is %s by now", s.Name, moving(fresh))
	}
	if texts := c.conflicts(fresh); len(texts) > 0 {
		return strings.Join(texts, "; ")
	}
	d := &draft{Change: *c}
	switch s.Verb {
	case VerbDelete, VerbDetach:
		holdBusy(d, fresh)
	case VerbPut, VerbPatch:
		holdBusyScale(d, fresh, diff.Compute(c.Desired, fresh))
	case VerbStop:
		holdBusyPower(d, fresh)
	case VerbPost:
		if restarts(slices.DeleteFunc(diff.Compute(c.Desired, fresh), func(f diff.Field) bool { return !c.routes(s, f) })) {
			holdBusyPower(d, fresh)
		}
	}
	if d.Held != nil {
		return d.Held.Text
	}
	return ""
}

// conflicts says what in the document that the change sends does not go together,
// where it carries values of live.
func (c *Change) conflicts(live *spec.Compute) []string {
	makes := slices.ContainsFunc(c.Steps, func(s Step) bool { return s.makes() })
	puts := slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Verb == VerbPut || s.Verb == VerbPatch })
	if c.Desired == nil || !makes && !puts {
		return nil
	}
	return spec.Conflicts(c.Desired, live, makes)
}

// restsOn is the desired compute whose fields the fingerprint covers: none
// when the compute leaves.
func (c *Change) restsOn() *spec.Compute {
	switch c.Action {
	case Takeover, Detach, Delete:
		return nil
	}
	return c.Desired
}

// Unmet lists what of a step Azure accepted and a look afterwards does not
// show: every field for what was made, the differing ones for an update.
func Unmet(c *Change, s *Step, want, seen *spec.Compute) []Shortfall {
	var unmet []Shortfall
	for _, f := range diff.Compute(want, seen) {
		if s.makes() || c.routes(s, f) {
			unmet = append(unmet, Shortfall{Field{f.Path, f.From, f.To, f.Reason}, kept(want.Kind, f)})
		}
	}
	return unmet
}

// Shortfall is a difference that is still there after a step.
type Shortfall struct {
	Field
	Kept string // of a list: what Azure left in it beside what was sent; "": it is another difference
}

// kept is what Azure left in a list beside what is wanted, as people read it.
func kept(k *spec.Kind, f diff.Field) string {
	if len(f.Extra) == 0 {
		return ""
	}
	return k.Field(f.Path).Show(f.Extra)
}

func (s *Step) makes() bool { return s.Verb == VerbCreate || s.Verb == VerbAttach }

// routes reports whether the step is the one that carries the difference.
func (c *Change) routes(s *Step, f diff.Field) bool {
	planned := false
	for i := range c.Fields {
		planned = planned || c.Fields[i].Path == f.Path
	}
	switch s.Verb {
	case VerbPut:
		return planned && (f.Cost == spec.ByPut || f.Cost == spec.ByPatch)
	case VerbPatch:
		return planned && f.Cost == spec.ByPatch
	case VerbPost:
		return planned && f.Cost == spec.ByAction && f.Action.Name == s.Action
	}
	return false
}
