package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// A write that Azure refuses for now is sent again this often, after these
// growing waits, or when Azure wants it; then the next pass takes over.
const (
	tries     = 4
	firstWait = 2 * time.Second

	longestRetry = time.Hour
)

// send looks, journals the intent, writes and journals the answer. At most
// Options.Parallel units are in here at once.
func (u *unit) send(ctx context.Context, s *step) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := u.sendOnce(ctx, s)
		if err == nil || try == tries || s.state == journal.Intent || !u.soon(err) {
			return err
		}
		timer := time.NewTimer(max(wait, RetryIn(err)))
		select {
		case <-timer.C:
		case <-u.interrupt():
			timer.Stop()
			return errInterrupted
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		wait *= 2
	}
}

// RetryIn is how long Azure wants to be left alone after an error, the longest
// of several joined, an hour at most; 0 when it does not say.
func RetryIn(err error) (wait time.Duration) {
	switch e := err.(type) { //nolint:errorlint // the tree of wrapped errors is walked by hand: errors.As finds but the first
	case interface{ RetryIn() time.Duration }:
		return min(e.RetryIn(), longestRetry)
	case interface{ Unwrap() error }:
		return RetryIn(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			wait = max(wait, RetryIn(one))
		}
	}
	return wait
}

// soon reports whether the same write may succeed in a moment.
func (u *unit) soon(err error) bool {
	_, later, _ := u.r.Target.Judge(err)
	return later || is[errTraceless](err)
}

func (u *unit) sendOnce(ctx context.Context, s *step) error {
	select {
	case u.r.slots <- struct{}{}:
		defer func() { <-u.r.slots }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := cmp.Or(u.tooLate(), u.wantsBegun()); err != nil {
		return err
	}
	if s.Verb == plan.VerbAttach {
		release, err := u.r.claims.take(ctx, u.wanted(s).Underlying())
		if err != nil {
			return err
		}
		defer release()
	}
	live, err := u.look(ctx, s)
	if errors.Is(err, errArrived) {
		return u.answered(s, "")
	}
	if err != nil {
		return err
	}
	if s.Verb == plan.VerbAdopt {
		u.seen = live
		return nil
	}
	secrets, err := u.prepare(ctx, s, live)
	if err != nil {
		return err
	}
	s.at = clock.Now()
	if s.first.IsZero() {
		s.first = s.at
	}
	if live != nil {
		s.created, s.before, s.power = live.Live.CreatedOn, live.Live.ModifiedOn, live.Live.State
	}
	if err := u.tooLate(); err != nil {
		return err
	}
	if err := u.begin(s); err != nil {
		return err
	}
	s.state = journal.Intent
	token, seen, err := u.write(u.lastLook(ctx, s), s, live, secrets)
	if errors.Is(err, errArrived) {
		return u.answered(s, "")
	}
	if err != nil {
		return u.unanswered(ctx, s, err)
	}
	u.learn(s, seen)
	if token == "" && seen == nil {
		return u.acknowledged(ctx, s)
	}
	return u.answered(s, token)
}

// lastLook looks again before a creation or removal leaves that waited for its
// turn after its look.
func (u *unit) lastLook(ctx context.Context, s *step) context.Context {
	if u.r.LastLook == nil || !s.makes() && !s.removes() {
		return ctx
	}
	looked := time.Now()
	return u.r.LastLook(ctx, func(ctx context.Context) error {
		if time.Since(looked) > freshFor {
			if _, err := u.look(ctx, s); err != nil {
				return err
			}
			looked = time.Now()
		}
		s.left = clock.Now()
		return nil
	})
}

// tooLate keeps a unit from beginning after an interrupt, however long it waited
// for its turn or for the look: what is to end must not go on for all that queue.
func (u *unit) tooLate() error {
	if !u.begun && u.r.interrupted() {
		return errInterrupted
	}
	return nil
}

// answered journals that Azure took the write.
func (u *unit) answered(s *step, token string) error {
	s.state, s.token = journal.Sent, token
	u.remember(s)
	u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Began})
	made := ""
	if s.makes() {
		made = s.created
		u.r.claims.attached(s.Name, u.wanted(s).Underlying())
	}
	return u.journal(u.r.Journal.Sent(u.change.ID(), s.ID, token, made))
}

// remember notes what a step that was answered makes of the unit.
func (u *unit) remember(s *step) {
	switch {
	case s.removes():
		u.removed = true
		u.owe(s.undo || s != u.last())
	case s.makes():
		u.owe(false)
	}
}

// unanswered decides after a write that failed. Where it may have taken effect
// all the same, the compute is watched until that shows or can show no more.
// Where Azure did not come to judge it, the journal keeps the intent: whoever
// resumes looks before sending again.
func (u *unit) unanswered(ctx context.Context, s *step, err error) error {
	maybe, _, final := u.r.Target.Judge(err)
	switch {
	case final:
		s.state = journal.Failed
		if u.removed || s.undo {
			if e := u.journal(u.r.Journal.Failed(u.change.ID(), s.ID, err.Error())); e != nil {
				return e
			}
		}
		return err
	case !maybe:
		s.state = journal.Pending
		return err
	}
	return u.find(ctx, s, err)
}

// errNoAnswer is an answer of 2xx to a write that shows neither an operation
// nor a compute: a proxy may have given it, and Azure seen nothing.
var errNoAnswer = errors.New("the answer shows no operation: something other than Azure may have given it")

// acknowledged decides after such an answer. What it did not do the first time
// and the second is what Azure accepts and ignores.
func (u *unit) acknowledged(ctx context.Context, s *step) error {
	s.acks++
	err := u.find(ctx, s, errNoAnswer)
	if is[errTraceless](err) && s.acks > 1 && !s.makes() && !s.removes() {
		return u.answered(s, "")
	}
	return err
}

// find looks for the effect of a write without answer.
func (u *unit) find(ctx context.Context, s *step, cause error) error {
	s.lost = true
	shown, err := u.effect(ctx, s, cause)
	switch {
	case is[errNotOurs](err):
		return err
	case err != nil:
		return fmt.Errorf("%w (and whether it took effect is not known: %w)", cause, err)
	case shown:
		return u.answered(s, "")
	}
	s.state = journal.Pending
	return errTraceless{cause}
}

// look is the fresh look before a write. What is made needs a free name, what
// is attached a free resource; another step later in a unit rests on what the
// one before it saw.
func (u *unit) look(ctx context.Context, s *step) (*spec.Compute, error) {
	switch {
	case s.makes():
		return nil, u.vacant(ctx, s)
	case s == u.steps[0]:
		fresh, err := u.r.Target.Get(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		if why := plan.Recheck(u.change, &s.Step, fresh); why != "" {
			return nil, errStale{why}
		}
		return fresh, nil
	case u.seen == nil: // an earlier pass took the step before
		fresh, err := u.r.Target.Get(ctx, s.Name)
		if err == nil && fresh == nil {
			err = errStale{s.Name + " is gone by now"}
		}
		return fresh, err
	}
	return u.seen, nil
}

// wants is the compute that the step sends, nil for one that sends none.
func (u *unit) wants(s *step) *spec.Compute {
	switch {
	case s.undo && s.makes():
		return u.change.Previous
	case s.undo:
		return nil
	case s.makes():
		return u.full
	case s.Verb == plan.VerbPut:
		return u.change.Desired.ForUpdate()
	}
	return u.change.Desired
}

// wanted is what the step will send, as far as it is complete.
func (u *unit) wanted(s *step) *spec.Compute {
	switch {
	case s.undo:
		return u.change.Previous
	case u.full != nil:
		return u.full
	}
	return u.change.Desired
}

// write sends the step. The compute is as the answer shows it, nil where it
// shows none.
func (u *unit) write(ctx context.Context, s *step, live *spec.Compute, secrets sendable) (token string, seen *spec.Compute, err error) {
	t := u.r.Target
	switch s.Verb {
	case plan.VerbCreate, plan.VerbAttach:
		return t.Put(ctx, u.wants(s), nil, secrets.reveal)
	case plan.VerbPut:
		return t.Put(ctx, u.wants(s), live, secrets.reveal)
	case plan.VerbPatch:
		token, err = t.Scale(ctx, u.change.Desired, live)
	case plan.VerbPost:
		token, err = t.Act(ctx, u.change.Desired, s.Action, s.Version)
	case plan.VerbDelete, plan.VerbDetach:
		token, err = t.Remove(ctx, s.Name, s.Verb == plan.VerbDetach)
	case plan.VerbStart, plan.VerbStop:
		token, err = t.Power(ctx, s.Name, s.Verb == plan.VerbStart)
	default:
		err = fmt.Errorf("unknown verb %q", s.Verb)
	}
	return token, nil, err
}
