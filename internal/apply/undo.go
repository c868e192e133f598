package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/spec"
)

// undo puts the former attachment back after the new one failed for good: the
// failed leftover is detached, then the former attached as it was.
func (u *unit) undo(ctx context.Context, failed *step) {
	detach, attach := u.steps[len(u.steps)-2], u.steps[len(u.steps)-1]
	u.owed = true
	if failed.failed != nil {
		if u.journal(u.r.Journal.Failed(u.change.ID(), failed.ID, failed.failed.Error())) != nil {
			return
		}
	}
	u.r.report(Event{Name: u.change.Previous.Name, Verb: attach.Verb, State: Undoing, Text: "the former attachment is put back"})
	if err := u.clear(ctx, detach); err != nil {
		u.undoFailed(ctx, detach, err)
		return
	}
	if attach.state != journal.Sent {
		if err := u.free(ctx); err != nil {
			u.undoFailed(ctx, attach, err)
			return
		}
	}
	if err := u.take(ctx, attach); err != nil {
		u.undoFailed(ctx, attach, err)
		return
	}
	u.r.countDone()
	previous := u.change.Previous
	r := &spec.Record{Name: previous.Name, CreatedOn: u.seen.Live.CreatedOn, Good: true, Spec: previous, Secrets: u.prints}
	if old := u.r.Records[previous.Key()]; old != nil {
		r.Adopted = old.Adopted
	}
	update := journal.Update{Put: []*spec.Record{r}, Events: []journal.Event{u.event("undone", "the former attachment was put back")}}
	if u.change.Former != "" {
		update.Forget = []string{u.change.Name}
	}
	u.close(update)
}

// clear detaches what the failed attachment left behind, if anything.
func (u *unit) clear(ctx context.Context, detach *step) error {
	switch detach.state {
	case journal.Done:
		return nil
	case journal.Sent:
		return u.take(ctx, detach)
	}
	left, err := u.r.Target.Get(ctx, detach.Name)
	if err != nil {
		return err
	}
	if left == nil {
		return u.journal(u.r.Journal.Done(u.change.ID(), detach.ID, journal.Update{}))
	}
	if left.Live.ProvisioningState == "Succeeded" {
		return fmt.Errorf("%s works after all", detach.Name)
	}
	return u.take(ctx, detach)
}

// free makes sure that nobody else attached the resource in between: a second
// attachment would break theirs.
func (u *unit) free(ctx context.Context) error {
	l, err := u.r.lists.after(ctx, time.Now())
	if err != nil {
		return err
	}
	wanted := u.change.Previous.Underlying()
	for _, c := range l.byName {
		for _, key := range c.Underlying() {
			if slices.Contains(wanted, key) {
				return fmt.Errorf("its resource is attached as %s by now", c.Name)
			}
		}
	}
	return nil
}

// undoFailed leaves the unit for the next pass where that may help, and else
// says loudly that the former attachment is gone.
func (u *unit) undoFailed(ctx context.Context, s *step, err error) {
	var late errTimeout
	var broken errJournal
	switch {
	case errors.As(err, &broken):
	case ctx.Err() != nil || errors.Is(err, errInterrupted):
		u.leave(s, "")
	case errors.As(err, &late) || s.state == journal.Intent || u.retries(err):
		u.r.addFailure(s, err)
		u.leave(s, err.Error())
	default:
		err = fmt.Errorf("%s could not be put back: %w", u.change.Previous.Name, err)
		u.r.addFailure(s, err)
		u.close(journal.Update{Forget: []string{u.change.Previous.Name, u.change.Name},
			Events: []journal.Event{u.event("lost", err.Error())}})
	}
}
