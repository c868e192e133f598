package apply

import (
	"context"
	"fmt"
	"time"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// settle is how long after an intent without answer the write's effect may
// still appear: as long as a request may be on its way. It is a variable for
// the build that is killed in tests.
var settle = "30s"

// effect watches a compute after a write without answer: whether the write
// took effect, or nothing showed for as long as it could have.
func (u *unit) effect(ctx context.Context, s *step) (bool, error) {
	limit, err := time.ParseDuration(settle)
	if err != nil {
		return false, fmt.Errorf("settle time: %w", err)
	}
	pause := 250 * time.Millisecond
	looked, rest := time.Now(), limit-s.age()
	for {
		late := time.Since(looked) > rest // before the look: it is the last one
		c, err := u.r.Target.Get(ctx, s.Name)
		if err == nil && u.shows(s, c) {
			return true, nil
		}
		if late {
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

// age is how long ago the intent was journalled: no time at all, should the
// clock have been set back since.
func (s *step) age() time.Duration { return max(clock.Now().Sub(s.at), 0) }

// shows reports whether a write's effect can be seen on the compute.
func (u *unit) shows(s *step, c *spec.Compute) bool {
	switch {
	case s.removes():
		return s.hasRemoved(c) || c.Live.ProvisioningState == "Deleting"
	case c == nil:
		return false
	case s.makes():
		return u.madeByUs(s, c)
	case s.Verb == plan.VerbStart:
		return c.Live.State == "Starting" || c.Live.State == "Running"
	case s.Verb == plan.VerbStop:
		return c.Live.State == "Stopping" || c.Live.State == "Stopped"
	}
	state := c.Live.ProvisioningState // not moving when the write was sent
	return state == "Updating" || state == "Creating" || u.verify(s, c) == nil
}

// hasRemoved reports whether what the step removes is gone. Another compute of
// that name may have come since.
func (s *step) hasRemoved(c *spec.Compute) bool {
	return c == nil || s.created != "" && c.Live.CreatedOn != s.created
}

// madeByUs tells our own creation from one of that name which somebody else
// made in between: by our tag, and where Azure shows none by its time.
func (u *unit) madeByUs(s *step, c *spec.Compute) bool {
	if key, ok := spec.FindTag(c.Tags(), spec.OwnerTag); ok {
		return c.Tags()[key] == spec.OwnerValue(u.r.ws.Owner, c.Name)
	}
	if want := u.wants(s); want != nil && want.Tags()[spec.OwnerTag] != "" && !inMotion(c) {
		return false
	}
	made, err := time.Parse(time.RFC3339Nano, c.Live.CreatedOn)
	return err == nil && !made.Before(s.at.Add(-time.Minute))
}
