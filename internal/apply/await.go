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

// await waits until the step's operation has ended and the compute shows it,
// and returns the compute as seen then: nil after a removal.
func (u *unit) await(ctx context.Context, s *step) (*spec.Compute, error) {
	if s.Verb == plan.VerbAdopt {
		return u.seen, nil
	}
	ended := s.ended()
	seen, err := u.r.watch.wait(ctx, u.interrupt(), u.r.Timeout, &waiting{
		name: s.Name, token: s.token, ended: ended,
		settled: func(c *spec.Compute) bool { return ended(c) && u.verify(s, c) == nil },
	})
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil, errTimeout{u.r.Timeout}
	}
	return seen, err
}

// ended tells from a look at the compute whether the step has come to its end,
// well or not.
func (s *step) ended() func(*spec.Compute) bool {
	switch {
	case s.removes():
		return func(c *spec.Compute) bool { return c == nil }
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
		return fmt.Errorf("%s is gone", s.Name)
	case seen.Live.ProvisioningState == "Failed" || seen.Live.ProvisioningState == "Canceled" || strings.HasSuffix(seen.Live.State, "Failed"):
		return errProvisioning{seen}
	case s.Verb == plan.VerbStart || s.Verb == plan.VerbStop || s.Verb == plan.VerbAdopt || s.undo:
		return nil
	}
	if unmet := plan.Unmet(u.change, &s.Step, u.change.Desired, seen); len(unmet) > 0 {
		return errNotApplied{unmet}
	}
	return nil
}

// errProvisioning is a compute that Azure took and could not make.
type errProvisioning struct{ seen *spec.Compute }

func (e errProvisioning) Error() string {
	live := e.seen.Live
	state := live.ProvisioningState
	if state == "Succeeded" {
		state = live.State
	}
	if len(live.Errors) == 0 {
		return fmt.Sprintf("it is %s and Azure gives no reason", state)
	}
	return fmt.Sprintf("it is %s: %s", state, strings.Join(live.Errors, "; "))
}

// errNotApplied is what Azure accepted and did not do.
type errNotApplied struct{ fields []plan.Field }

func (e errNotApplied) Error() string {
	parts := make([]string, len(e.fields))
	for i, f := range e.fields {
		parts[i] = fmt.Sprintf("%s is %s, not %s", f.Path, f.From, f.To)
	}
	return "Azure accepted it and did not apply it: " + strings.Join(parts, ", ")
}

// effect watches a compute after a write without answer: whether the write
// took effect, or nothing showed for as long as it could have.
func (u *unit) effect(ctx context.Context, s *step) (bool, error) {
	limit, err := time.ParseDuration(settle)
	if err != nil {
		return false, fmt.Errorf("settle time: %w", err)
	}
	pause := 250 * time.Millisecond
	for {
		c, err := u.r.Target.Get(ctx, s.Name)
		if err == nil && u.shows(s, c) {
			return true, nil
		}
		if time.Since(s.at) > limit {
			return false, err
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return false, context.Cause(ctx)
		}
		pause = min(2*pause, 5*time.Second)
	}
}

// shows reports whether a write's effect can be seen on the compute.
func (u *unit) shows(s *step, c *spec.Compute) bool {
	switch {
	case s.removes():
		return c == nil || c.Live.ProvisioningState == "Deleting"
	case c == nil:
		return false
	case s.makes():
		return u.madeByUs(s, c)
	case s.Verb == plan.VerbStart:
		return c.Live.State == "Starting" || c.Live.State == "Running"
	case s.Verb == plan.VerbStop:
		return c.Live.State == "Stopping" || c.Live.State == "Stopped"
	}
	return c.Live.ProvisioningState == "Updating" || u.verify(s, c) == nil
}

// madeByUs tells our own creation from one of that name which somebody else
// made in between: by our tag, and while Azure returns none yet, by its time.
func (u *unit) madeByUs(s *step, c *spec.Compute) bool {
	if tag, ok := c.Tags()[spec.OwnerTag]; ok {
		return tag == spec.OwnerValue(u.r.ws.Owner, c.Name)
	}
	made, err := time.Parse(time.RFC3339Nano, c.Live.CreatedOn)
	return err == nil && inMotion(c) && !made.Before(s.at.Add(-time.Minute))
}
