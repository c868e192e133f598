package journal

import (
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

var (
	nameSuspensions = []byte("suspensions")
	nameApproval    = []byte("approval")
)

// Approval is a person's consent to one plan.
type Approval struct {
	Plan string    `json:"plan"` // hash
	By   string    `json:"by"`
	At   time.Time `json:"at"`
}

// Suspensions are those that were made by command and not lifted, whether
// their time is over or not, by what they cover.
func (w *Workspace) Suspensions() (all []spec.Suspension, err error) {
	err = w.view("read suspensions", func(b *bucket) error {
		all, err = suspensions(b)
		return err
	})
	return all, err
}

// Suspend keeps a suspension, in place of the one that covers the same.
func (w *Workspace) Suspend(s spec.Suspension, e Event) error {
	return w.write("save suspension", func(t *tx, b *bucket) error {
		all, err := suspensions(b)
		if err != nil {
			return err
		}
		at, found := find(all, s.Computes)
		if found {
			all[at] = s
		} else {
			all = slices.Insert(all, at, s)
		}
		if err := t.putJSON(b, nameSuspensions, all); err != nil {
			return err
		}
		return appendEvents(t, b, []Event{e})
	})
}

// Resume lifts the suspension that covers exactly these computes, and reports
// whether there was one.
func (w *Workspace) Resume(computes string, e Event) (found bool, err error) {
	err = w.write("lift suspension", func(t *tx, b *bucket) error {
		all, err := suspensions(b)
		if err != nil {
			return err
		}
		var at int
		if at, found = find(all, computes); !found {
			return nil
		}
		if err := t.putJSON(b, nameSuspensions, slices.Delete(all, at, at+1)); err != nil {
			return err
		}
		return appendEvents(t, b, []Event{e})
	})
	return found, err
}

func suspensions(b *bucket) (all []spec.Suspension, err error) {
	if value := b.Get(nameSuspensions); value != nil {
		err = decode(value, &all)
	}
	return all, err
}

// find tells where the suspension of these computes stands, or would.
func find(all []spec.Suspension, computes string) (at int, found bool) {
	return slices.BinarySearchFunc(all, computes, func(s spec.Suspension, computes string) int { return strings.Compare(s.Computes, computes) })
}

// Approval is the consent that was given and neither used nor forgotten; nil
// where there is none.
func (w *Workspace) Approval() (a *Approval, err error) {
	err = w.view("read approval", func(b *bucket) error {
		value := b.Get(nameApproval)
		if value == nil {
			return nil
		}
		a = new(Approval)
		return decode(value, a)
	})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// Approve keeps a consent, in place of any other. The events go into the
// history with it.
func (w *Workspace) Approve(a Approval, events ...Event) error {
	return w.write("save approval", func(t *tx, b *bucket) error {
		if err := t.putJSON(b, nameApproval, a); err != nil {
			return err
		}
		return appendEvents(t, b, events)
	})
}

// DropApproval forgets the consent.
func (w *Workspace) DropApproval(events ...Event) error {
	return w.write("drop approval", func(t *tx, b *bucket) error {
		if err := t.remove(b, nameApproval); err != nil {
			return err
		}
		return appendEvents(t, b, events)
	})
}
