package journal

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

var bucketUnits = []byte("units")

// State is how far a step has come.
type State string

// The states of a step, in their order; a failed one may be tried again.
const (
	Pending State = ""       // nothing was sent
	Intent  State = "intent" // about to be sent, or sent and not answered: look before sending again
	Sent    State = "sent"   // answered; the operation runs
	Done    State = "done"   // its effect was seen
	Failed  State = "failed" // refused or failed for good
)

// Unit is steps that only make sense together. It is in the journal from
// before its first write to Azure until it is finished.
type Unit struct {
	ID     string          `json:"id"`
	Plan   string          `json:"plan,omitempty"` // hash of the plan it came from
	Commit string          `json:"commit,omitempty"`
	Change json.RawMessage `json:"change,omitempty"` // what is to become of it, for whoever resumes
	Steps  []Step          `json:"steps"`
}

// Step is one write to Azure.
type Step struct {
	ID    string          `json:"id"`
	Verb  string          `json:"verb"`
	Name  string          `json:"name"` // of the compute
	State State           `json:"state,omitempty"`
	Token string          `json:"token,omitempty"` // resumes the running operation; it carries a signature, and is stored encrypted
	Made  string          `json:"made,omitempty"`  // createdOn of what it made, as the answer showed it
	First time.Time       `json:"first,omitzero"`  // when it was first about to be sent
	Begun time.Time       `json:"begun,omitzero"`  // when it was last about to be sent
	Body  json.RawMessage `json:"body,omitempty"`  // what was sent, with references for secrets
	Error string          `json:"error,omitempty"` // why it failed
}

// storedUnit adds the order in which units were begun.
type storedUnit struct {
	Number uint64 `json:"number"`
	Unit
}

// Begin puts a unit into the journal. Its first step may already be in state
// Intent: then one write says both. A unit of that ID that is still there is
// not replaced: it is an error, as are steps without an ID of their own.
func (w *Workspace) Begin(u Unit) error {
	return w.write("begin unit", func(t *tx, b *bucket) error {
		if err := checkSteps(u.Steps); err != nil {
			return err
		}
		units, err := b.makeChild(bucketUnits)
		if err != nil {
			return err
		}
		if units.Get([]byte(u.ID)) != nil {
			return errors.New("it was begun before and is not finished")
		}
		n, err := units.NextSequence()
		if err != nil {
			return err
		}
		return t.putJSON(units, []byte(u.ID), storedUnit{n, u})
	})
}

func checkSteps(steps []Step) error {
	seen := map[string]bool{}
	for _, s := range steps {
		if s.ID == "" || seen[s.ID] {
			return errors.New("two steps have one id, or one has none")
		}
		seen[s.ID] = true
	}
	return nil
}

// Intent records that a step is about to be sent, with its body; what a former
// try left is dropped.
func (w *Workspace) Intent(unit, step string, at time.Time, body json.RawMessage) error {
	return w.step("record intent", unit, step, Update{}, func(s *Step) {
		if s.First.IsZero() {
			s.First = at
		}
		s.State, s.Begun, s.Body, s.Token, s.Made, s.Error = Intent, at, body, "", "", ""
	})
}

// Sent records that a step was answered, the token that resumes its operation
// ("" when none runs), and the createdOn of what it made ("" when that is not
// known).
func (w *Workspace) Sent(unit, step, token, made string) error {
	return w.step("record answer", unit, step, Update{}, func(s *Step) {
		s.State, s.Token, s.Made = Sent, w.j.key.hide(w.tokenPlace(unit, step), token), made
	})
}

// Done records that a step's effect was seen, and what changes with it.
func (w *Workspace) Done(unit, step string, u Update) error {
	return w.step("record outcome", unit, step, u, func(s *Step) {
		s.State, s.Token, s.Error = Done, "", ""
	})
}

// Failed records why a step failed for good, with its events.
func (w *Workspace) Failed(unit, step, text string, events ...Event) error {
	return w.step("record failure", unit, step, Update{Events: events}, func(s *Step) {
		s.State, s.Token, s.Error = Failed, "", text
	})
}

// Finish takes a unit out of the journal, together with what changes by it.
func (w *Workspace) Finish(unit string, u Update) error {
	return w.write("finish unit", func(t *tx, b *bucket) error {
		units, _, err := findUnit(b, unit)
		if err != nil {
			return err
		}
		if err := t.remove(units, []byte(unit)); err != nil {
			return err
		}
		return u.apply(t, b)
	})
}

// Unfinished returns the units in the journal, in the order they were begun.
func (w *Workspace) Unfinished() ([]Unit, error) {
	var stored []storedUnit
	err := w.view("read unfinished units", func(b *bucket) error {
		return b.each(bucketUnits, func(_, value []byte) error {
			var u storedUnit
			err := decode(value, &u)
			stored = append(stored, u)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(stored, func(a, b storedUnit) int { return cmp.Compare(a.Number, b.Number) })
	units := make([]Unit, len(stored))
	for i, s := range stored {
		units[i] = s.Unit
		if !w.j.former {
			w.revealTokens(&units[i])
		}
	}
	return units, nil
}

// revealTokens decrypts the tokens of a unit. One that this cannot be done with
// is dropped: the compute itself is looked at then.
func (w *Workspace) revealTokens(u *Unit) {
	for i := range u.Steps {
		s := &u.Steps[i]
		s.Token = w.j.key.reveal(w.tokenPlace(u.ID, s.ID), s.Token)
	}
}

// tokenPlace is what the token of a step is encrypted for.
func (w *Workspace) tokenPlace(unit, step string) string {
	return fmt.Sprintf("%s %q %q", w.scope, unit, step)
}

// step changes one step of a begun unit, and applies the update with it.
func (w *Workspace) step(what, unit, step string, up Update, change func(*Step)) error {
	return w.write(what, func(t *tx, b *bucket) error {
		units, u, err := findUnit(b, unit)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(u.Steps, func(s Step) bool { return s.ID == step })
		if i < 0 {
			return errors.New("the unit has no such step")
		}
		change(&u.Steps[i])
		if err := t.putJSON(units, []byte(unit), u); err != nil {
			return err
		}
		return up.apply(t, b)
	})
}

func findUnit(b *bucket, id string) (*bucket, *storedUnit, error) {
	units := b.child(bucketUnits)
	if units == nil || units.Get([]byte(id)) == nil {
		return nil, nil, errors.New("no such unit was begun")
	}
	u := new(storedUnit)
	return units, u, decode(units.Get([]byte(id)), u)
}
