package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// unit is one change being carried out.
type unit struct {
	r       *run
	change  *plan.Change
	steps   []*step
	begun   bool           // it is in the journal
	removed bool           // a removal of it was sent: it must be finished
	owed    bool           // a write is still due that a removal made necessary; changed by owe alone
	full    *spec.Compute  // what is made: desired, completed by what lived before
	seen    *spec.Compute  // the compute as last looked at
	prints  spec.Prints    // of the secrets that were sent last
	secrets []secret.Value // all that were resolved for it
	resume  bool
	theirs  *spec.Compute // somebody else's compute that a creation of it landed on
	unsure  bool          // who made its compute is not known
}

// step is one write of a unit. The undo steps put a former attachment back;
// they are taken only when the unit's own attach failed for good.
type step struct {
	plan.Step
	state   journal.State
	token   string
	first   time.Time // when the first intent was journalled
	at      time.Time // when the last was
	left    time.Time // when the bytes left, where this process saw it
	lost    bool      // a try of it had no answer: what is there may be its effect
	acks    int       // tries that were acknowledged without an operation
	created string    // createdOn of what it removes, changes or made; "" when not known
	before  string    // modifiedOn before it, "" when not known
	power   string    // what the instance did before it, "" when not known
	wrote   string    // modifiedOn in its answer, "" when not known
	undo    bool
	resumed bool // an earlier pass waited for it already
	gate    *gate

	failed error // why it failed in this run
}

func (r *run) newUnit(c *plan.Change) *unit {
	u := &unit{r: r, change: c}
	for i := range c.Steps {
		s := &step{Step: c.Steps[i], gate: newGate()}
		r.gates[s.ID] = s.gate
		u.steps = append(u.steps, s)
	}
	if c.Previous != nil {
		previous := *c
		previous.Previous = r.withOwnerTag(c.Previous)
		u.change = &previous
		u.addUndo()
	}
	return u
}

// pureRemoval reports whether the unit only frees what others may want.
func (u *unit) pureRemoval() bool {
	return u.change.Action == plan.Delete || u.change.Action == plan.Detach
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

// hidden says what of what the step sent Azure does not show.
func (u *unit) hidden(s *step, seen *spec.Compute) string {
	if d := u.wants(s); d != nil && seen != nil && (s.makes() || s.Verb == plan.VerbPut || s.Verb == plan.VerbPost) {
		return plan.HiddenText(d, seen)
	}
	return ""
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
func (u *unit) take(ctx context.Context, s *step) (err error) {
	defer func() { err = u.redact(ctx, err) }()
	if s.state == journal.Pending || s.state == journal.Failed {
		if err := u.ready(ctx, s); err != nil {
			return err
		}
		if err := u.send(ctx, s); err != nil {
			return err
		}
	}
	start := time.Now()
	seen, over, err := u.await(ctx, s)
	if err := u.judge(s, seen, err); err != nil {
		return err
	}
	u.seen = seen
	if err := u.verify(s, seen); err != nil {
		return u.undoneByOthers(seen, over, err)
	}
	if s.removes() {
		u.r.removed.add(s)
		u.r.claims.removed(s.Name)
	}
	u.r.report(Event{Name: s.Name, Verb: s.Verb, State: Done, Took: time.Since(start), Text: u.hidden(s, seen)})
	if s == u.last() || s.undo && s.makes() {
		return nil // what ends the unit is journalled with its end
	}
	var update journal.Update
	if s.makes() {
		update.Put = append(update.Put, u.record(seen, true))
	}
	s.state = journal.Done
	return u.journal(u.r.Journal.Done(u.change.ID(), s.ID, update))
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
	err := u.wait(bounded, u.r.freed)
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

// interrupt is what cuts the unit's waits short: nothing, once it removed
// what it must make again.
func (u *unit) interrupt() <-chan struct{} {
	if u.owed {
		return nil
	}
	return u.r.interrupt()
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
		entry := journal.Step{ID: x.ID, Verb: string(x.Verb), Name: x.Name, Body: u.body(x)}
		if x == s {
			entry.State, entry.Begun = journal.Intent, s.at
		}
		j.Steps = append(j.Steps, entry)
	}
	u.begun = true
	return u.journal(u.r.Journal.Begin(j))
}

// body is what a step sends, as the journal keeps it: references stand for
// secrets, and fingerprints for the values that they had.
type body struct {
	Compute *spec.Compute `json:"compute"`
	Secrets spec.Prints   `json:"secrets,omitempty"`
}

// body is journalled before anything is removed for its sake.
func (u *unit) body(s *step) json.RawMessage {
	want := u.wants(s)
	if want == nil || !s.makes() && s.Verb != plan.VerbPut {
		return nil
	}
	data, err := json.Marshal(body{want, u.prints})
	if err != nil {
		return nil // plain data: cannot happen
	}
	return data
}

// journal passes on an error of the journal, which ends the run.
func (u *unit) journal(err error) error {
	if err != nil {
		u.r.journalFailed(err)
		return errJournal{err}
	}
	return nil
}

func (s *step) makes() bool { return s.Verb == plan.VerbCreate || s.Verb == plan.VerbAttach }

func (s *step) removes() bool { return s.Verb == plan.VerbDelete || s.Verb == plan.VerbDetach }
