package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// lastWait is for how long a pass waits for an operation that former passes
// have waited for long enough.
const lastWait = time.Minute

// await waits until the step's operation has ended and the compute shows it. It
// returns the compute as seen then, nil after a removal, and when the operation
// was known to have ended.
func (u *unit) await(ctx context.Context, s *step) (seen *spec.Compute, over time.Time, err error) {
	if s.Verb == plan.VerbAdopt {
		return u.seen, over, nil
	}
	limit := u.r.Timeout
	waited := s.age()
	if s.resumed { // an operation that never ends must not hold up every pass for so long
		limit = max(limit-waited, min(limit, lastWait))
	}
	x := &waiting{name: s.Name, token: s.token, patience: visibleFor}
	x.sight = func(c *spec.Compute, confirmed bool) sight { return u.sightOf(s, c, confirmed) }
	x.settled = func(c *spec.Compute) bool { return u.sightOf(s, c, false) == ended && u.verify(s, c) == nil }
	if s.resumed {
		x.patience = lastWait
	}
	seen, over, err = u.r.watch.wait(ctx, u.interrupt(), limit, x)
	if behind, ok := errors.AsType[errBehind](err); ok && waited > u.r.Timeout {
		behind.over = true
		return nil, over, behind
	}
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return seen, over, err
	}
	// An operation may never end though the compute is as it should be, or has
	// been taken away: what can be seen decides, or it would be waited for forever.
	seen, err = u.r.Target.Get(ctx, s.Name)
	if err == nil && (seen == nil || u.sightOf(s, seen, false) == ended && u.verify(s, seen) == nil) {
		return seen, over, goneUnless(s, seen)
	}
	return nil, over, errTimeout{limit}
}

// goneUnless is the error of a compute that somebody took away while an
// operation on it did not end; nil where there is one, or where it was to go.
func goneUnless(s *step, seen *spec.Compute) error {
	if seen == nil && !s.removes() {
		return errGone{s.Name}
	}
	return nil
}

// visibleFor is how long the effect of an operation that succeeded is looked
// for before the unit is left to the next pass.
const visibleFor = 5 * time.Minute

// sight is what a look at a compute says about a write on it.
type sight uint8

const (
	running sight = iota
	ended         // it has come to its end, well or not
	behind        // it shows what was before the write
	still         // it may show what was before the write, or what Azure left as it was
)

// sightOf judges a look. confirmed is that the operation itself says that it
// succeeded.
func (u *unit) sightOf(s *step, c *spec.Compute, confirmed bool) sight {
	switch {
	case s.removes():
		return s.sightOfRemoval(c, confirmed)
	case c == nil || u.precedes(s, c):
		return behind
	case inMotion(c):
		return running
	case s.Verb == plan.VerbStart && c.Live.State == "Stopped",
		s.Verb == plan.VerbStop && (c.Live.State == "Running" || c.Live.State == "JobRunning"):
		return behind
	case !s.makes() && s.mayPrecede(c) && is[errNotApplied](u.verify(s, c)):
		return still
	}
	return ended
}

func (s *step) sightOfRemoval(c *spec.Compute, confirmed bool) sight {
	switch {
	case c == nil && !confirmed && s.young():
		return still
	case s.hasRemoved(c):
		return ended
	case inMotion(c):
		return running
	}
	return behind
}

// mayPrecede reports whether what is seen of a compute may be from before the
// step changed it: Azure moves modifiedOn with each write.
func (s *step) mayPrecede(c *spec.Compute) bool {
	if s.wrote != "" {
		return spec.Older(c.Live.ModifiedOn, s.wrote)
	}
	return !spec.Older(s.before, c.Live.ModifiedOn)
}

// inMotion reports whether Azure is still at work on a compute.
func inMotion(c *spec.Compute) bool {
	return slices.Contains([]string{"Creating", "Updating", "Deleting", "Unknown"}, c.Live.ProvisioningState) ||
		slices.Contains([]string{"Creating", "SettingUp", "UserSettingUp", "Starting", "Stopping", "Restarting", "Deleting", "Resizing"}, c.Live.State)
}

// verify compares what is there with what the step was to bring about.
func (u *unit) verify(s *step, seen *spec.Compute) error {
	switch {
	case s.removes():
		return nil
	case seen == nil:
		return errGone{s.Name}
	case !s.makes() && s.created != "" && seen.Live.CreatedOn != s.created:
		return errStale{fmt.Sprintf("%s was made again by somebody else at %s", s.Name, seen.Live.CreatedOn)}
	case seen.Live.ProvisioningState == "Failed" || seen.Live.ProvisioningState == "Canceled" || strings.HasSuffix(seen.Live.State, "Failed"):
		return errProvisioning{seen}
	case s.Verb == plan.VerbStart || s.Verb == plan.VerbStop || s.Verb == plan.VerbAdopt || s.undo:
		return nil
	}
	unmet := plan.Unmet(u.change, &s.Step, u.change.Desired, seen)
	if len(unmet) == 0 {
		return nil
	}
	if ignored := u.ignored(s, unmet); len(ignored) > 0 {
		return errNotApplied{ignored}
	}
	return errStale{s.Name + " was changed by somebody else at the same time"}
}

// ignored are the fields that Azure left as they were, and the lists that it added
// to. One that is neither as it was nor as it should be was written by somebody else
// meanwhile.
func (u *unit) ignored(s *step, unmet []plan.Shortfall) []plan.Shortfall {
	if s.makes() {
		return unmet
	}
	return slices.DeleteFunc(unmet, func(f plan.Shortfall) bool {
		isAsWas := func(was plan.Field) bool { return was.Path == f.Path && was.From == f.From }
		return f.Kept == "" && !slices.ContainsFunc(u.change.Fields, isAsWas)
	})
}

// undoneByOthers is why a step's effect is not there: what Azure did not apply,
// unless somebody wrote to the compute after the operation was known to have
// ended.
func (u *unit) undoneByOthers(seen *spec.Compute, over time.Time, err error) error {
	if !is[errNotApplied](err) || over.IsZero() {
		return err
	}
	modified := spec.ParseTime(seen.Live.ModifiedOn)
	if modified.IsZero() || !modified.After(over.Add(seen.Live.Clock.Max)) {
		return err
	}
	return errStale{fmt.Sprintf("another writer changed %s at %s, after this change", seen.Name, seen.Live.ModifiedOn)}
}
