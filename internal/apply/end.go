package apply

import (
	"context"
	"errors"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// finish takes the unit out of the journal, with what is ours by it.
func (u *unit) finish() {
	update := u.outcome()
	update.Events = append(update.Events, u.event("done", ""))
	u.close(update)
}

// close takes the unit out of the journal, with what changes by it. An error
// of the journal ends the run by itself.
func (u *unit) close(update journal.Update) {
	if u.begun {
		_ = u.journal(u.r.Journal.Finish(u.change.ID(), update))
		return
	}
	_ = u.journal(u.r.Journal.Save(update))
}

func (u *unit) event(outcome, text string) journal.Event {
	return journal.Event{
		At: clock.Now().UTC(), Commit: u.r.Commit, Plan: u.r.Plan, Name: u.change.Name,
		Verb: string(u.change.Action), Outcome: outcome, Text: text,
	}
}

// fail ends the unit after a step's error: left in the journal where it may
// still succeed or must be finished, put back where that is promised, or given
// up.
func (u *unit) fail(ctx context.Context, s *step, err error) {
	s.failed = err
	switch {
	case is[errJournal](err):
	case errors.Is(err, errInterrupted) || ctx.Err() != nil:
		u.leave(s, "")
	case is[errNotOurs](err):
		u.leaveAlone(ctx, s, err)
	case u.unknown(s, err):
		u.r.addFailure(s, err)
		u.leave(s, err.Error())
	case u.removed && s.makes():
		u.failAfterRemoval(ctx, s, err)
	case is[errBlocked](err):
		u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Blocked, Text: err.Error()})
		u.leave(s, err.Error())
	case is[errHeld](err):
		held, _ := errors.AsType[errHeld](err)
		u.r.addHeld(u.change, held.held)
	case is[errStale](err):
		u.giveUp(ctx, s, nil)
		u.addStale(s, err)
	case is[unrouted](err):
		u.avoid(s, err)
		u.addStale(s, err)
	case s.Verb == plan.VerbPost && u.final(err):
		u.r.addFailure(s, err)
		u.avoid(s, err)
	default:
		u.r.addFailure(s, err)
		u.giveUp(ctx, s, err)
	}
}

// unknown reports whether a write is under way of which nobody knows how it
// will end: the next pass goes on from there.
func (u *unit) unknown(s *step, err error) bool {
	behind, ok := errors.AsType[errBehind](err)
	return ok && !behind.over || is[errTimeout](err) || is[errUnanswered](err) || s.state == journal.Intent
}

// leaveAlone ends a unit whose creation landed on what somebody else had made.
// That is remembered as not ours. A former attachment comes back.
func (u *unit) leaveAlone(ctx context.Context, s *step, err error) {
	landed, _ := errors.AsType[errNotOurs](err)
	if u.theirs == nil {
		u.theirs = landed.seen
	}
	u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Failed, Text: err.Error()})
	if u.removed && u.change.Previous != nil {
		u.undo(ctx, s)
		return
	}
	u.r.addHeld(u.change, plan.Held{Code: plan.NotOurs, Text: err.Error()})
	update := u.disowned()
	if u.removed {
		update.Forget = append(update.Forget, u.change.Name)
	}
	update.Events = append(update.Events, u.event("not-ours", err.Error()))
	u.close(update)
}

// disowned is what the journal learns of somebody else's compute that the unit
// landed on; nothing where it did not.
func (u *unit) disowned() journal.Update {
	up := journal.Update{At: clock.Now().UTC()}
	if u.theirs != nil {
		up.Disown = &spec.Disowned{Name: u.change.Name, CreatedOn: u.theirs.Live.CreatedOn, At: up.At}
	}
	return up
}

// failAfterRemoval ends a unit that has removed something and did not get to
// make what it was removed for. Only what Azure refused for good is given up:
// missing permissions, connections and secrets may come back.
func (u *unit) failAfterRemoval(ctx context.Context, s *step, err error) {
	switch {
	case is[errNotApplied](err), is[errGone](err), is[errBehind](err): // it was made, if not as it should
		u.r.addFailure(s, err)
		u.giveUp(ctx, s, err)
	case is[errBlocked](err):
		u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Blocked, Text: err.Error()})
		u.undoOrLeave(ctx, s, err)
	case is[errStale](err) && u.change.Previous == nil:
		u.giveUp(ctx, s, err)
		u.addStale(s, err)
	case is[errStale](err) || u.final(err):
		u.r.addFailure(s, err)
		if u.change.Previous == nil {
			u.giveUp(ctx, s, err)
			return
		}
		u.undo(ctx, s)
	default:
		u.r.addFailure(s, err)
		u.leave(s, err.Error())
	}
}

func (u *unit) undoOrLeave(ctx context.Context, s *step, err error) {
	if u.change.Previous != nil {
		u.undo(ctx, s)
		return
	}
	u.leave(s, err.Error())
}

// final reports whether Azure considered the step and said no.
func (u *unit) final(err error) bool {
	_, _, final := u.r.Target.Judge(err)
	return final || is[errProvisioning](err)
}

// leave keeps a begun unit in the journal for the next pass.
func (u *unit) leave(s *step, why string) {
	if u.begun {
		u.r.addWaiting(u.change.Name)
		u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Waiting, Text: why})
	}
}

// giveUp takes the unit out of the journal, failed or stale. What a failed
// creation left behind must be known first.
func (u *unit) giveUp(ctx context.Context, s *step, cause error) {
	update := journal.Update{}
	if cause != nil {
		if err := u.lookAfterFailure(ctx, s); err != nil {
			u.leave(s, err.Error())
			return
		}
		update = u.failure(s)
		update.Events = []journal.Event{u.event("failed", cause.Error())}
	}
	u.close(update)
}

// unrouted is an error by which Azure may not have the action in the api-version.
// Unrouted reports whether nothing else can have caused it, such as the value.
type unrouted interface {
	error
	Unrouted() bool
}

// avoid takes the unit out of the journal, which remembers that Azure did not take
// the action, or not this value: the next plan does without it.
func (u *unit) avoid(s *step, err error) {
	one := spec.Unrouted{Action: s.Action, Version: s.Version, At: clock.Now().UTC(), Text: err.Error()}
	if e, ok := errors.AsType[unrouted](err); !ok || !e.Unrouted() {
		one.Name, one.Want, one.State = s.Name, u.change.Wants(s.Action), s.power
	}
	u.close(journal.Update{Unrouted: &one, Events: []journal.Event{u.event("unrouted", err.Error())}})
}

func (u *unit) addStale(s *step, err error) {
	u.r.mu.Lock()
	u.r.result.Stale = append(u.r.result.Stale, u.change.Name)
	u.r.mu.Unlock()
	u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Stale, Text: err.Error()})
}

func (r *run) countDone() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Done++
}

func (r *run) addFailure(s *step, err error) {
	r.mu.Lock()
	r.result.Failed = append(r.result.Failed, Failure{s.Name, s.Verb, err})
	r.mu.Unlock()
	r.report(Event{Name: s.Name, Verb: s.Verb, State: Failed, Text: err.Error()})
}

func (r *run) addHeld(c *plan.Change, h plan.Held) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Held = append(r.result.Held, Held{c.Name, c.Action, h})
}

func (r *run) addWaiting(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Waiting = append(r.result.Waiting, name)
}
