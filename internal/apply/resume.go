package apply

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
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

// resumed makes units again of what the journal holds.
func (r *run) resumed(begun []journal.Unit) []*unit {
	var units []*unit
	for i := range begun {
		u, err := r.resumeUnit(&begun[i])
		if err != nil {
			r.journalFailed(fmt.Errorf("resume unit %s: %w", begun[i].ID, err))
			return nil
		}
		units = append(units, u)
	}
	return units
}

func (r *run) resumeUnit(j *journal.Unit) (*unit, error) {
	c := new(plan.Change)
	if err := json.Unmarshal(j.Change, c); err != nil {
		return nil, err
	}
	u := &unit{r: r, change: c, begun: true, resume: true}
	for i := range c.Steps {
		u.steps = append(u.steps, &step{Step: c.Steps[i], gate: &gate{ended: make(chan struct{})}})
	}
	if c.Previous != nil {
		u.addUndo()
	}
	states := map[string]journal.Step{}
	for _, s := range j.Steps {
		states[s.ID] = s
	}
	for _, s := range u.steps {
		was, ok := states[s.ID]
		if !ok {
			return nil, fmt.Errorf("step %s is not in the journal", s.ID)
		}
		s.state, s.token, s.at = was.State, was.Token, was.Begun
		if len(was.Body) > 0 {
			u.full = new(spec.Compute)
			if err := json.Unmarshal(was.Body, u.full); err != nil {
				return nil, err
			}
		}
		u.remember(s)
	}
	return u, nil
}

// remember restores what the unit knew of itself after a step.
func (u *unit) remember(s *step) {
	if s.state != journal.Sent && s.state != journal.Done {
		return
	}
	switch {
	case s.removes():
		u.removed = true
		u.owed = s.undo || s != u.last()
	case s.makes():
		u.owed = false
	}
}

// recover brings a resumed unit to where it can go on: an intent without
// answer is looked up in Azure before anything else. It reports whether there
// is something to go on with.
func (u *unit) recover(ctx context.Context) bool {
	touched := false
	for _, s := range u.steps {
		if s.state == journal.Intent {
			shown, err := u.effect(ctx, s)
			if err != nil {
				u.fail(ctx, s, err)
				return false
			}
			s.state = journal.Pending
			if shown && u.answered(s, "") != nil {
				return false
			}
		}
		touched = touched || s.state == journal.Sent || s.state == journal.Done
		if s.state == journal.Failed && s.makes() && !s.undo && u.change.Previous != nil && u.removed {
			u.undo(ctx, s)
			return false
		}
	}
	if !touched { // nothing of it reached Azure: it is planned anew
		u.giveUp(ctx, u.steps[0], nil)
		u.r.addStale(u.change.Name)
		return false
	}
	return true
}
