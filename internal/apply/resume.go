package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
)

// Names are the computes that a unit in the journal is about: nothing else may
// be planned for them until it is finished.
func Names(u journal.Unit) []string {
	var names []string
	for _, s := range u.Steps {
		names = append(names, s.Name)
	}
	return names
}

// resumed makes units again of what the journal holds. One that cannot be read
// is told of and stays there; it does not keep back the others.
func (r *run) resumed(begun []journal.Unit) []*unit {
	var units []*unit
	for i := range begun {
		u, err := r.resumeUnit(&begun[i])
		if err != nil {
			r.addFailure(&step{Step: plan.Step{Name: begun[i].ID}}, fmt.Errorf("resume: %w", err))
			r.addWaiting(begun[i].ID)
			continue
		}
		units = append(units, u)
	}
	return units
}

func (r *run) resumeUnit(j *journal.Unit) (*unit, error) {
	c, err := changeOf(j)
	if err != nil {
		return nil, err
	}
	u := r.newUnit(c)
	u.begun, u.resume = true, true
	states := map[string]journal.Step{}
	for _, s := range j.Steps {
		states[s.ID] = s
	}
	for i, s := range u.steps {
		was, ok := states[s.ID]
		if !ok {
			return nil, fmt.Errorf("step %s is not in the journal", s.ID)
		}
		s.state, s.token, s.first, s.at, s.created = was.State, was.Token, was.First, was.Begun, was.Made
		if s.first.IsZero() {
			s.first = s.at
		}
		s.lost = true
		s.resumed = s.state == journal.Sent
		if i == 0 {
			s.created = c.CreatedOn
		}
		if err := u.restore(s, was.Body); err != nil {
			return nil, err
		}
		if s.state == journal.Sent || s.state == journal.Done {
			u.remember(s)
		}
	}
	return u, nil
}

// changeOf is the change that a unit in the journal carries out.
func changeOf(j *journal.Unit) (*plan.Change, error) {
	c := new(plan.Change)
	return c, json.Unmarshal(j.Change, c)
}

// restore takes a step's body from the journal, and what was sent with it.
func (u *unit) restore(s *step, data json.RawMessage) error {
	if len(data) == 0 {
		return nil
	}
	var b body
	if err := json.Unmarshal(data, &b); err != nil {
		return err
	}
	if s.makes() && !s.undo {
		u.full = b.Compute
	}
	if s.state != journal.Pending {
		u.prints = b.Secrets
	}
	return nil
}

var errResumed = errors.New("the program ended before it had the answer")

// recover brings a resumed unit to where it can go on: every intent without
// answer is looked up in Azure before anything else. It reports whether there
// is something to go on with.
func (u *unit) recover(ctx context.Context) bool {
	for _, s := range u.steps {
		if s.state != journal.Intent {
			continue
		}
		shown, err := u.effect(ctx, s, errResumed)
		if err != nil {
			u.fail(ctx, s, err)
			return false
		}
		s.state = journal.Pending
		if shown && u.answered(s, "") != nil {
			return false
		}
	}
	touched := false
	for _, s := range u.steps {
		touched = touched || s.state == journal.Sent || s.state == journal.Done
		if s.state == journal.Failed && s.makes() && !s.undo && u.change.Previous != nil && u.removed {
			u.undo(ctx, s)
			return false
		}
	}
	if !touched { // nothing of it reached Azure: it is planned anew
		u.giveUp(ctx, u.steps[0], nil)
		u.addStale(u.steps[0], errStale{"nothing of it was sent"})
		return false
	}
	return true
}
