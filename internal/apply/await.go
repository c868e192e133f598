package apply

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// lastWait is for how long a pass waits for an operation that former passes
// have waited for long enough.
const lastWait = time.Minute

// await waits until the step's operation has ended and the compute shows it,
// and returns the compute as seen then: nil after a removal.
func (u *unit) await(ctx context.Context, s *step) (*spec.Compute, error) {
	if s.Verb == plan.VerbAdopt {
		return u.seen, nil
	}
	limit := u.r.Timeout
	if s.resumed { // an operation that never ends must not hold up every pass for so long
		limit = max(limit-s.age(), min(limit, lastWait))
	}
	ended := s.ended()
	seen, err := u.r.watch.wait(ctx, u.interrupt(), limit, &waiting{
		name: s.Name, token: s.token, ended: ended,
		settled: func(c *spec.Compute) bool { return ended(c) && u.verify(s, c) == nil },
	})
	if !errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
		return seen, err
	}
	// An operation may never end though the compute is as it should be, or has
	// been taken away: what can be seen decides, or it would be waited for forever.
	seen, err = u.r.Target.Get(ctx, s.Name)
	if err == nil && ended(seen) && (seen == nil || u.verify(s, seen) == nil) {
		return seen, nil
	}
	return nil, errTimeout{limit}
}

// ended tells from a look at the compute whether the step has come to its end,
// well or not.
func (s *step) ended() func(*spec.Compute) bool {
	switch {
	case s.removes():
		return s.hasRemoved
	case s.Verb == plan.VerbStart:
		return func(c *spec.Compute) bool { return c == nil || !inMotion(c) && c.Live.State != "Stopped" }
	case s.Verb == plan.VerbStop:
		return func(c *spec.Compute) bool {
			return c == nil || !inMotion(c) && c.Live.State != "Running" && c.Live.State != "JobRunning"
		}
	}
	return func(c *spec.Compute) bool { return c == nil || !inMotion(c) }
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

// ignored are the fields that Azure left as they were. One that is neither as
// it was nor as it should be was written by somebody else meanwhile.
func (u *unit) ignored(s *step, unmet []plan.Field) []plan.Field {
	if s.makes() {
		return unmet
	}
	return slices.DeleteFunc(unmet, func(f plan.Field) bool {
		return !slices.ContainsFunc(u.change.Fields, func(was plan.Field) bool { return was.Path == f.Path && was.From == f.From })
	})
}
