package apply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// addUndo adds the steps that put the former attachment back.
func (u *unit) addUndo() {
	remove := plan.VerbDetach
	if !u.change.Desired.Attaches() {
		remove = plan.VerbDelete
	}
	for _, s := range []plan.Step{{Verb: remove, Name: u.change.Name}, {Verb: plan.VerbAttach, Name: u.change.Previous.Name}} {
		s.ID = "undo/" + s.Name + "/" + string(s.Verb)
		u.steps = append(u.steps, &step{Step: s, undo: true, gate: newGate()})
	}
}

// undo puts the former attachment back after the new one failed for good: the
// failed leftover is removed, then the former attached as it was.
func (u *unit) undo(ctx context.Context, failed *step) {
	clear, attach := u.steps[len(u.steps)-2], u.steps[len(u.steps)-1]
	u.owe(true)
	if failed.state != journal.Failed {
		if u.journal(u.r.Journal.Failed(u.change.ID(), failed.ID, failed.failed.Error())) != nil {
			return
		}
		failed.state = journal.Failed
	}
	u.r.report(Event{Name: u.change.Previous.Name, Verb: attach.Verb, State: Undoing, Text: "the former attachment is put back"})
	if attach.state != journal.Sent {
		switch err := u.clear(ctx, clear, failed); {
		case errors.Is(err, errWorks):
			u.finish()
			return
		case err != nil:
			u.undoFailed(ctx, clear, failed, err)
			return
		}
	}
	if err := u.take(ctx, attach); err != nil {
		u.undoFailed(ctx, attach, failed, err)
		return
	}
	u.r.countDone()
	u.close(u.undone(true))
}

// errWorks is a compute that works although its operation failed.
var errWorks = errors.New("it works after all")

// clear removes what the failed step left behind, if anything. What somebody
// else put there since stays.
func (u *unit) clear(ctx context.Context, s, failed *step) error {
	switch s.state {
	case journal.Done:
		return nil
	case journal.Sent:
		return u.take(ctx, s)
	}
	left, err := u.leftover(ctx, failed)
	switch {
	case err != nil:
		return err
	case left == nil || u.theirs != nil || failed.originOf(left, false) != ours:
		s.state = journal.Done
		return u.journal(u.r.Journal.Done(u.change.ID(), s.ID, journal.Update{}))
	case left.Live.ProvisioningState == "Succeeded" && u.verify(failed, left) == nil:
		u.seen = left
		return errWorks
	}
	u.seen = left
	return u.take(ctx, s)
}

// leftover is what a failed creation left behind, nil for nothing. Absence, and
// what was there before, is believed only after as long as an answer may be old.
func (u *unit) leftover(ctx context.Context, failed *step) (*spec.Compute, error) {
	var left *spec.Compute
	var found error
	err := lookAgain(ctx, func() bool {
		if left, found = u.r.Target.Get(ctx, failed.Name); left != nil && u.precedes(failed, left) {
			left = nil
		}
		return found != nil || left != nil
	})
	return left, cmp.Or(err, found)
}

// undone is what the journal learns when the former attachment is back, or
// when it stands there broken. A next attempt waits.
func (u *unit) undone(good bool) journal.Update {
	previous := u.change.Previous
	r := &spec.Record{
		Name: previous.Name, CreatedOn: u.seen.Live.CreatedOn, Seen: clock.Now().UTC(), Good: good, Spec: previous,
		Claimed: u.unsure, Secrets: u.prints,
	}
	if old := u.r.Records[previous.Key()]; old != nil {
		r.Adopted, r.Remakes = old.Adopted, old.Remakes
	}
	postpone(r)
	outcome, text := "undone", "the former attachment was put back"
	if !good {
		outcome, text = "lost", "the former attachment could not be put back"
	}
	update := u.disowned()
	update.Put, update.Events = []*spec.Record{r}, []journal.Event{u.event(outcome, text)}
	if u.change.Former != "" {
		update.Forget = []string{u.change.Name}
	}
	return update
}

// undoFailed leaves the unit for the next pass where that may help, and else
// says loudly that the former attachment is gone.
func (u *unit) undoFailed(ctx context.Context, s, failed *step, err error) {
	s.failed = err
	switch {
	case is[errJournal](err):
		return
	case ctx.Err() != nil || errors.Is(err, errInterrupted):
		u.leave(s, "")
		return
	case u.unknown(s, err) || !u.final(err) && !is[errStale](err) && !is[errGone](err) && !is[errBehind](err):
		u.r.addFailure(s, err)
		u.leave(s, err.Error())
		return
	}
	left, e := u.unremovedLeft(ctx, s, failed)
	if e = cmp.Or(e, u.lookAfterFailure(ctx, s)); e != nil {
		u.r.addFailure(s, err)
		u.leave(s, e.Error())
		return
	}
	u.r.addFailure(s, fmt.Errorf("%s could not be put back: %w", u.change.Previous.Name, err))
	if broken, ok := errors.AsType[errProvisioning](s.failed); ok && s.makes() {
		u.seen = broken.seen
		u.close(u.undone(false))
		return
	}
	update := u.disowned()
	update.Forget = []string{u.change.Previous.Name, u.change.Name}
	if left != nil {
		r := u.record(left, false)
		r.Unremoved = advised(err)
		postpone(r)
		update.Forget = []string{u.change.Previous.Name}
		update.Put = append(update.Put, r)
	}
	update.Events = []journal.Event{u.event("lost", err.Error())}
	u.close(update)
}

// unremovedLeft is what Azure took the removal of on the way back, and did not remove;
// nil for nothing of ours. After a restart it must be looked at again.
func (u *unit) unremovedLeft(ctx context.Context, s, failed *step) (*spec.Compute, error) {
	switch {
	case !s.removes() || s.state != journal.Sent:
		return nil, nil
	case u.seen != nil:
		return u.seen, nil
	}
	left, err := u.leftover(ctx, failed)
	if left != nil && failed.originOf(left, false) != ours {
		left = nil
	}
	return left, err
}

// withOwnerTag is the former attachment with our tag on it: what comes back is
// of our making. What was adopted stays as it was.
func (r *run) withOwnerTag(c *spec.Compute) *spec.Compute {
	if old := r.Records[c.Key()]; old != nil && old.Adopted || c.Kind.Field("tags") == nil {
		return c
	}
	tags := map[string]string{}
	maps.Copy(tags, c.Tags())
	tags[spec.OwnerTag] = spec.OwnerValue(r.ws.Owner, c.Name, false)
	tagged := *c
	tagged.Values = maps.Clone(c.Values)
	tagged.Values["tags"] = tags
	return &tagged
}
