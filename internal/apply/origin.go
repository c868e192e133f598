package apply

import (
	"slices"
	"time"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// origin is who made a compute that a creation of ours asked for. Our tag on it
// says nothing: our PUT writes it onto whatever is there.
type origin uint8

const (
	ours origin = iota
	theirs
	unsure
)

// originOf compares createdOn with the moment at which our creation left, by
// Azure's clock. In the answer to a PUT that makes something, createdOn and
// modifiedOn are equal (recorded 2025); in that of one that lands on something
// they are not.
func (s *step) originOf(c *spec.Compute, answer bool) origin {
	created, ahead := spec.ParseTime(c.Live.CreatedOn), c.Live.Clock
	since := s.since()
	landed := answer && c.Live.ModifiedOn != "" && c.Live.ModifiedOn != c.Live.CreatedOn
	switch {
	case created.IsZero(), since.After(clock.Now()): // the clock was set back since
		return unsure
	case created.Before(since.Add(ahead.Min)):
		return theirs
	case answer && c.Live.ModifiedOn == c.Live.CreatedOn:
		return ours
	case landed && !s.lost:
		return theirs
	case !created.Before(since.Add(ahead.Max)):
		return ours
	case landed:
		return theirs
	case ahead.Min <= 0 && ahead.Max >= 0 && !created.Before(since): // the clocks agree as far as can be seen
		return ours
	}
	return unsure
}

// since is before what the step makes can have been made, to the precision of
// Azure's times.
func (s *step) since() time.Time {
	if s.lost || s.left.IsZero() {
		return s.first.Truncate(time.Microsecond)
	}
	return s.left.Truncate(time.Microsecond)
}

// learn takes in what the answer to a PUT shows.
func (u *unit) learn(s *step, seen *spec.Compute) {
	if seen == nil {
		return
	}
	s.wrote = seen.Live.ModifiedOn
	if !s.makes() {
		return
	}
	switch s.originOf(seen, true) {
	case ours:
		s.created = seen.Live.CreatedOn
	case theirs:
		u.theirs = seen
	case unsure:
	}
}

// judge decides, once a creation has ended, whose what is there is. err is what
// the wait for its end came to.
func (u *unit) judge(s *step, seen *spec.Compute, err error) error {
	if s.makes() && u.theirs == nil && s.created == "" && err == nil {
		switch s.originOf(seen, false) {
		case ours:
		case theirs:
			u.theirs = seen
		case unsure:
			u.unsure = true
		}
	}
	if u.theirs != nil && s.makes() && (err == nil || u.final(err)) {
		return errNotOurs{u.theirs}
	}
	return err
}

// landedOn reports whether a creation without answer shows on a compute that
// somebody else made before it.
func (u *unit) landedOn(s *step, c *spec.Compute) bool {
	if !s.makes() || c == nil || u.precedes(s, c) || s.originOf(c, false) != theirs {
		return false
	}
	key, ok := spec.FindTag(c.Tags(), spec.OwnerTag)
	return ok && c.Tags()[key] == spec.OwnerValue(u.r.ws.Owner, c.Name, false)
}

// precedes reports whether a compute is an incarnation from before the one that
// the step makes or changes: what shows it is behind.
func (u *unit) precedes(s *step, c *spec.Compute) bool {
	if s.created != "" || !s.makes() {
		return spec.Older(c.Live.CreatedOn, s.created)
	}
	known := []string{u.removedBefore(s)}
	if r := u.r.Records[c.Key()]; r != nil {
		known = append(known, r.CreatedOn)
	}
	if d := u.r.Disowned[c.Key()]; d != nil && d.Removed {
		known = append(known, d.CreatedOn)
	}
	return slices.ContainsFunc(known, func(createdOn string) bool { return spec.UpTo(c.Live.CreatedOn, createdOn) })
}

// removedBefore is the createdOn of what the unit removed under the name that
// the step makes; "" when it removed nothing of that name.
func (u *unit) removedBefore(s *step) string {
	for _, x := range u.steps {
		if x.removes() && spec.FoldName(x.Name) == spec.FoldName(s.Name) {
			return x.created
		}
	}
	return ""
}

// makesIt reports whether the change makes its compute, instead of changing one
// that exists.
func makesIt(c *plan.Change) bool {
	switch c.Action {
	case plan.Update, plan.Adopt, plan.Start, plan.Stop:
		return false
	}
	return true
}
