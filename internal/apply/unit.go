package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// unit is one change being carried out.
type unit struct {
	r       *run
	change  *plan.Change
	steps   []*step
	begun   bool          // it is in the journal
	removed bool          // a removal of it was sent: it must be finished
	owed    bool          // a write is still due that a removal made necessary
	full    *spec.Compute // what is made: desired, completed by what lived before
	seen    *spec.Compute // the compute as last looked at
	prints  spec.Prints   // of the secrets that were sent
	resume  bool
}

// step is one write of a unit. The undo steps put a former attachment back;
// they are taken only when the unit's own attach failed for good.
type step struct {
	plan.Step
	state journal.State
	token string
	at    time.Time // when the intent was journalled
	undo  bool
	gate  *gate

	failed error // why it failed in this run
}

func (r *run) newUnit(c *plan.Change) *unit {
	u := &unit{r: r, change: c}
	for i := range c.Steps {
		s := &step{Step: c.Steps[i], gate: &gate{ended: make(chan struct{})}}
		r.gates[s.ID] = s.gate
		u.steps = append(u.steps, s)
	}
	if c.Previous != nil {
		u.addUndo()
	}
	return u
}

func (u *unit) addUndo() {
	for _, s := range []plan.Step{{Verb: plan.VerbDetach, Name: u.change.Name}, {Verb: plan.VerbAttach, Name: u.change.Previous.Name}} {
		s.ID = "undo/" + s.Name + "/" + string(s.Verb)
		u.steps = append(u.steps, &step{Step: s, undo: true, gate: &gate{ended: make(chan struct{})}})
	}
}

// pureRemoval reports whether the unit only frees what others may want.
func (u *unit) pureRemoval() bool {
	return u.change.Action == plan.Delete || u.change.Action == plan.Detach
}

// errBlocked is why a step is not taken: what it needs did not succeed.
type errBlocked struct{ need string }

func (e errBlocked) Error() string { return "needs " + e.need + ", which did not succeed" }

// errStale is why a step is not taken: its compute changed since the plan.
type errStale struct{ why string }

func (e errStale) Error() string { return e.why + ": planning anew" }

// errTimeout says that an operation did not end in time. It may still.
type errTimeout struct{ after time.Duration }

func (e errTimeout) Error() string {
	return fmt.Sprintf("the operation did not end within %s; it is looked after in the next pass", e.after)
}

// do takes the unit's steps one after another.
func (u *unit) do(ctx context.Context) {
	if u.pureRemoval() {
		defer u.r.removals.Done()
	}
	defer u.release()
	if u.resume && !u.recover(ctx) {
		return
	}
	for _, s := range u.steps {
		if s.undo {
			break
		}
		if s.state == journal.Done {
			s.gate.open(true)
			continue
		}
		if err := u.take(ctx, s); err != nil {
			u.fail(ctx, s, err)
			return
		}
		s.gate.open(true)
		u.r.countDone()
	}
	u.finish()
}

// release opens every gate that is still shut: what waits there must end.
func (u *unit) release() {
	for _, s := range u.steps {
		select {
		case <-s.gate.ended:
		default:
			s.gate.open(false)
		}
	}
}

// take does what is left of a step: from the look before to the look after.
func (u *unit) take(ctx context.Context, s *step) error {
	if s.state == journal.Pending || s.state == journal.Failed {
		if err := u.ready(ctx, s); err != nil {
			return err
		}
		if err := u.send(ctx, s); err != nil {
			return err
		}
	}
	start := time.Now()
	seen, err := u.await(ctx, s)
	if err != nil {
		return err
	}
	u.seen = seen
	if err := u.verify(s, seen); err != nil {
		return err
	}
	u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Done, Took: time.Since(start)})
	if s != u.last() {
		return u.journal(u.r.Journal.Done(u.change.ID(), s.ID, journal.Update{}))
	}
	return nil
}

// last is the unit's last step, undo steps aside.
func (u *unit) last() *step {
	for i := len(u.steps) - 1; i > 0; i-- {
		if !u.steps[i].undo {
			return u.steps[i]
		}
	}
	return u.steps[0]
}

// ready waits for what the step needs of other units.
func (u *unit) ready(ctx context.Context, s *step) error {
	for _, need := range s.Needs {
		g := u.r.gates[need]
		if g == nil || u.owns(need) {
			continue
		}
		if err := u.wait(ctx, g.ended); err != nil {
			return err
		}
		if !g.ok {
			return errBlocked{need}
		}
	}
	if s.AfterRemovals && !u.removed {
		if err := u.waitForRemovals(ctx); err != nil {
			return err
		}
	}
	if u.r.interrupted() && !u.owed {
		return errInterrupted
	}
	return nil
}

// removalGrace bounds how long a removal that does not end keeps others back.
const removalGrace = 5 * time.Minute

func (u *unit) waitForRemovals(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, removalGrace)
	defer cancel()
	err := u.wait(bounded, u.r.removed)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	return err
}

func (u *unit) owns(id string) bool {
	for _, s := range u.steps {
		if s.ID == id {
			return true
		}
	}
	return false
}

// wait waits for a channel to close, unless the run is cut short first.
func (u *unit) wait(ctx context.Context, ended <-chan struct{}) error {
	select {
	case <-ended:
		return nil
	case <-u.interrupt():
		return errInterrupted
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// begin journals the unit together with its first intent.
func (u *unit) begin(s *step) error {
	if u.begun {
		return u.journal(u.r.Journal.Intent(u.change.ID(), s.ID, s.at, u.body(s)))
	}
	change, err := json.Marshal(u.change)
	if err != nil {
		return fmt.Errorf("write change: %w", err)
	}
	j := journal.Unit{ID: u.change.ID(), Plan: u.r.Plan, Commit: u.r.Commit, Change: change}
	for _, x := range u.steps {
		entry := journal.Step{ID: x.ID, Verb: string(x.Verb), Name: x.Name}
		if x == s {
			entry.State, entry.Begun = journal.Intent, s.at
		}
		entry.Body = u.body(x)
		j.Steps = append(j.Steps, entry)
	}
	u.begun = true
	return u.journal(u.r.Journal.Begin(j))
}

// body is what a step that makes something will send, with references for
// secrets: journalled before anything is removed for its sake.
func (u *unit) body(s *step) json.RawMessage {
	if s.undo || u.full == nil || s.Verb != plan.VerbCreate && s.Verb != plan.VerbAttach {
		return nil
	}
	body, err := json.Marshal(u.full)
	if err != nil {
		return nil // plain data: cannot happen
	}
	return body
}

// journal passes on an error of the journal, which ends the run.
func (u *unit) journal(err error) error {
	if err != nil {
		u.r.journalFailed(err)
		return errJournal{err}
	}
	return nil
}

type errJournal struct{ err error }

func (e errJournal) Error() string { return e.err.Error() }

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
	return journal.Event{At: time.Now().UTC(), Commit: u.r.Commit, Plan: u.r.Plan, Name: u.change.Name,
		Verb: string(u.change.Action), Outcome: outcome, Text: text}
}

// fail ends the unit after a step's error: left in the journal where it may
// still succeed or must be finished, put back where that is promised, or given
// up.
func (u *unit) fail(ctx context.Context, s *step, err error) {
	s.failed = err
	var (
		stale   errStale
		blocked errBlocked
		held    errHeld
		broken  errJournal
		late    errTimeout
	)
	switch {
	case errors.As(err, &broken):
	case errors.Is(err, errInterrupted) || ctx.Err() != nil:
		u.leave(s, "")
	case errors.As(err, &blocked):
		u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Blocked, Text: err.Error()})
		u.leave(s, err.Error())
	case errors.As(err, &held):
		u.r.addHeld(u.change, held.held)
		u.giveUp(ctx, s, nil)
	case errors.As(err, &stale) && !u.removed:
		u.giveUp(ctx, s, nil)
		u.r.addStale(u.change.Name)
		u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Stale, Text: err.Error()})
	case errors.As(err, &late), s.state == journal.Intent, u.removed && u.retries(err):
		u.r.addFailure(s, err)
		u.leave(s, err.Error())
	case u.removed && s.makes() && u.change.Previous != nil:
		u.r.addFailure(s, err)
		u.undo(ctx, s)
	default:
		u.r.addFailure(s, err)
		u.giveUp(ctx, s, err)
	}
}

// retries reports whether the same write may succeed later.
func (u *unit) retries(err error) bool {
	maybe, later := u.r.Target.Judge(err)
	return maybe || later
}

// leave keeps a begun unit in the journal for the next pass.
func (u *unit) leave(s *step, why string) {
	if u.begun {
		u.r.addWaiting(u.change.Name)
		u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Waiting, Text: why})
	}
}

// giveUp takes the unit out of the journal, failed or stale.
func (u *unit) giveUp(ctx context.Context, s *step, cause error) {
	update := journal.Update{}
	if cause != nil {
		u.lookAfterFailure(ctx, s)
		update = u.failure(s)
		update.Events = []journal.Event{u.event("failed", cause.Error())}
	}
	u.close(update)
}

func (s *step) makes() bool { return s.Verb == plan.VerbCreate || s.Verb == plan.VerbAttach }

func (s *step) removes() bool { return s.Verb == plan.VerbDelete || s.Verb == plan.VerbDetach }

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

func (r *run) addStale(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Stale = append(r.result.Stale, name)
}

func (r *run) addWaiting(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Waiting = append(r.result.Waiting, name)
}
