package apply

import (
	"context"
	"errors"
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

// settleTime is settle as a duration.
func settleTime() (time.Duration, error) {
	d, err := time.ParseDuration(settle)
	if err != nil {
		return 0, fmt.Errorf("settle time: %w", err)
	}
	return d, nil
}

// lookAgain looks, at growing intervals, until a look decides or the time in
// which an answer may be old is over.
func lookAgain(ctx context.Context, look func() (decided bool)) error {
	limit, err := settleTime()
	if err != nil {
		return err
	}
	pause := firstAsk
	for start := time.Now(); ; pause = min(2*pause, lastAsk) {
		last := time.Since(start) > limit // before the look
		if look() || last {
			return nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// effect watches a compute after a write without answer: whether the write
// took effect, or nothing showed for as long as it could have.
func (u *unit) effect(ctx context.Context, s *step, cause error) (bool, error) {
	limit, err := settleTime()
	if err != nil {
		return false, err
	}
	pause := 250 * time.Millisecond
	looked, rest := time.Now(), limit-s.age()
	for first := true; ; first = false {
		late := time.Since(looked) > rest // before the look: it is the last one
		c, err := u.r.Target.Get(ctx, s.Name)
		switch {
		case err == nil && u.landedOn(s, c):
			return false, errNotOurs{c}
		case err == nil && u.shows(s, c):
			return true, nil
		}
		if first {
			u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Unanswered, Text: cause.Error()})
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
		return s.hasRemoved(c) && (c != nil || !s.young()) || c != nil && c.Live.ProvisioningState == "Deleting"
	case c == nil:
		return false
	case s.makes():
		return !u.precedes(s, c) && s.originOf(c, false) != theirs
	case s.Verb == plan.VerbStart:
		return c.Live.State == "Starting" || c.Live.State == "Running"
	case s.Verb == plan.VerbStop:
		return c.Live.State == "Stopping" || c.Live.State == "Stopped"
	}
	state := c.Live.ProvisioningState // not moving when the write was sent
	if state == "Updating" || state == "Creating" {
		return true
	}
	err := u.verify(s, c)
	short, ok := errors.AsType[errNotApplied](err)
	return err == nil || ok && short.added()
}

// hasRemoved reports whether what the step removes is gone. Another compute of
// that name may have come since; an older one is an old answer.
func (s *step) hasRemoved(c *spec.Compute) bool {
	if c == nil || s.created == "" {
		return c == nil
	}
	return c.Live.CreatedOn != s.created && !spec.Older(c.Live.CreatedOn, s.created)
}

// young reports whether what the step removes was made so short a while ago
// that its absence may be an answer from before that.
func (s *step) young() bool { return spec.Recent(spec.ParseTime(s.created), clock.Now()) }
