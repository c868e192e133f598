package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// A write that Azure refuses for now is sent again this often, after these
// growing waits; then the next pass takes over.
const (
	tries     = 4
	firstWait = 2 * time.Second
)

// send looks, journals the intent, writes and journals the answer. At most
// Options.Parallel units are in here at once.
func (u *unit) send(ctx context.Context, s *step) error {
	wait := firstWait
	for try := 1; ; try++ {
		err := u.sendOnce(ctx, s)
		if err == nil || try == tries || s.state == journal.Intent || !u.retriesLater(err) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-u.interrupt():
			timer.Stop()
			return err
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
		wait *= 2
	}
}

func (u *unit) retriesLater(err error) bool {
	var traceless errLater
	if errors.As(err, &traceless) {
		return true
	}
	_, later := u.r.Target.Judge(err)
	return later
}

// interrupt is what cuts the unit's waits short: nothing, once it removed
// what it must make again.
func (u *unit) interrupt() <-chan struct{} {
	if u.owed {
		return nil
	}
	return u.r.Interrupt
}

func (u *unit) sendOnce(ctx context.Context, s *step) error {
	select {
	case u.r.slots <- struct{}{}:
		defer func() { <-u.r.slots }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	live, err := u.look(ctx, s)
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
	s.at = time.Now()
	if err := u.begin(s); err != nil {
		return err
	}
	s.state = journal.Intent
	token, err := u.write(ctx, s, live, secrets)
	if err != nil {
		return u.unanswered(ctx, s, err)
	}
	return u.answered(s, token)
}

// answered journals that Azure took the write.
func (u *unit) answered(s *step, token string) error {
	s.state, s.token = journal.Sent, token
	switch {
	case s.removes():
		u.removed = true
		u.owed = s.undo || s != u.last()
	case s.makes():
		u.owed = false
	}
	u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Began})
	return u.journal(u.r.Journal.Sent(u.change.ID(), s.ID, token))
}

// unanswered decides after a write that failed. Where it may have taken effect
// all the same, the compute is watched until that shows or can show no more.
func (u *unit) unanswered(ctx context.Context, s *step, err error) error {
	if maybe, _ := u.r.Target.Judge(err); !maybe {
		s.state = journal.Failed
		if u.removed || s.undo {
			if e := u.journal(u.r.Journal.Failed(u.change.ID(), s.ID, err.Error())); e != nil {
				return e
			}
		}
		return err
	}
	shown, lookErr := u.effect(ctx, s)
	if lookErr != nil {
		return fmt.Errorf("%w (and whether it took effect is not known: %w)", err, lookErr)
	}
	if shown {
		return u.answered(s, "")
	}
	s.state = journal.Pending
	return errLater{err}
}

// errLater is a write that left no trace: it may be sent again.
type errLater struct{ err error }

func (e errLater) Error() string { return e.err.Error() }
func (e errLater) Unwrap() error { return e.err }

// look is the fresh look before a write. A step later in a unit rests on what
// the one before it saw.
func (u *unit) look(ctx context.Context, s *step) (*spec.Compute, error) {
	switch {
	case s.makes() && !s.undo && s.Name != u.steps[0].Name: // a takeover: nobody looked at the new name yet
	case s != u.steps[0] || s.undo:
		return u.seen, nil
	}
	fresh, err := u.r.lookAt(ctx, s)
	if err != nil {
		return nil, err
	}
	if u.change.Former != "" && s == u.steps[0] {
		taken, err := u.r.Target.Get(ctx, u.change.Name)
		if err != nil {
			return nil, err
		}
		if taken != nil {
			return nil, errStale{u.change.Name + " exists by now"}
		}
	}
	if why := plan.Recheck(u.change, &s.Step, fresh); why != "" {
		return nil, errStale{why}
	}
	return fresh, nil
}

// lookAt asks for one compute, or shares a list where there are many to make.
func (r *run) lookAt(ctx context.Context, s *step) (*spec.Compute, error) {
	if r.many && s.makes() {
		l, err := r.lists.after(ctx, time.Now().Add(-freshFor))
		if err != nil {
			return nil, err
		}
		return l.find(s.Name), nil
	}
	return r.Target.Get(ctx, s.Name)
}

// freshFor is how old a shared list may be to stand for looks that find
// nothing: no longer than a request may wait for its turn.
const freshFor = 20 * time.Second

// sendable holds the secrets that one write needs, for no longer than it.
type sendable map[secret.Ref]secret.Value

// prepare makes sure before a removal that what comes after it can be made:
// its body is complete, its secrets resolve, size and quota are there. It
// returns the secrets of a step that sends some.
func (u *unit) prepare(ctx context.Context, s *step, live *spec.Compute) (sendable, error) {
	if u.full == nil && u.change.Desired != nil {
		u.full = u.change.Desired
		if s.removes() {
			u.full = spec.Carry(u.change.Desired, live)
		}
	}
	switch {
	case s.makes() || s.Verb == plan.VerbPut:
		return u.resolve(ctx, u.wants(s))
	case s.removes() && !s.undo && u.change.Desired != nil:
		if _, err := u.resolve(ctx, u.full); err != nil {
			return nil, err
		}
		if u.change.Previous != nil {
			if _, err := u.resolve(ctx, u.change.Previous); err != nil {
				return nil, errHeld{plan.Held{Code: plan.NoWayBack, Text: err.Error()}}
			}
		}
		if u.full.Kind.Managed {
			if err := u.r.Target.Preflight(ctx, u.full, live); err != nil {
				return nil, fmt.Errorf("nothing was removed: %w", err)
			}
		}
	}
	return nil, nil
}

// errHeld is a hold that only showed when the step was about to be sent.
type errHeld struct{ held plan.Held }

func (e errHeld) Error() string { return fmt.Sprintf("held (%s): %s", e.held.Code, e.held.Text) }

// wants is the compute that the step sends.
func (u *unit) wants(s *step) *spec.Compute {
	switch {
	case s.undo:
		return u.change.Previous
	case s.makes():
		return u.full
	}
	return u.change.Desired
}

// resolve gets every secret that a compute refers to.
func (u *unit) resolve(ctx context.Context, want *spec.Compute) (sendable, error) {
	values := sendable{}
	prints := spec.Prints{}
	for field, ref := range want.Secrets() {
		v, _, err := u.r.Secrets.Resolve(ctx, ref)
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", field, want.Name, err)
		}
		values[ref] = v
		prints[field] = v.Fingerprint(u.r.Key)
	}
	u.prints = prints
	return values, nil
}

var errNoSecret = errors.New("the reference was not resolved")

func (s sendable) reveal(ref secret.Ref) (secret.Value, error) {
	v, ok := s[ref]
	if !ok {
		return secret.Value{}, fmt.Errorf("%s: %w", ref, errNoSecret)
	}
	return v, nil
}

// write sends the step.
func (u *unit) write(ctx context.Context, s *step, live *spec.Compute, secrets sendable) (string, error) {
	t := u.r.Target
	switch s.Verb {
	case plan.VerbCreate, plan.VerbAttach:
		return t.Put(ctx, u.wants(s), nil, secrets.reveal)
	case plan.VerbPut:
		return t.Put(ctx, u.wants(s), live, secrets.reveal)
	case plan.VerbPatch:
		return t.Scale(ctx, u.change.Desired, live)
	case plan.VerbPost:
		return t.Act(ctx, u.change.Desired, s.Action)
	case plan.VerbDelete, plan.VerbDetach:
		return t.Remove(ctx, s.Name, s.Verb == plan.VerbDetach)
	case plan.VerbStart, plan.VerbStop:
		return t.Power(ctx, s.Name, s.Verb == plan.VerbStart)
	}
	return "", fmt.Errorf("unknown verb %q", s.Verb)
}
