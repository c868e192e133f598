package apply

import (
	"context"
	"errors"
	"time"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// What never worked is remade after waits that double from the first to the last.
const (
	firstRemake = time.Minute
	lastRemake  = time.Hour
)

// outcome is what the journal learns when a unit has ended well.
func (u *unit) outcome() journal.Update {
	var up journal.Update
	if u.change.Former != "" {
		up.Forget = append(up.Forget, u.change.Former)
	}
	if u.change.Desired == nil {
		up.Forget = append(up.Forget, u.change.Name)
		return up
	}
	if u.seen != nil {
		up.Put = append(up.Put, u.record(u.seen, true))
	}
	return up
}

// record is what is remembered of the unit's compute. What an update did not
// touch is kept from the former record.
func (u *unit) record(seen *spec.Compute, good bool) *spec.Record {
	r := &spec.Record{Name: seen.Name, CreatedOn: seen.Live.CreatedOn, Good: good, Spec: u.change.Desired,
		Adopted: u.change.Action == plan.Adopt, Secrets: u.prints}
	old := u.r.Records[seen.Key()]
	if old == nil {
		return r
	}
	if old.CreatedOn == r.CreatedOn {
		r.Adopted = old.Adopted
		r.Good = good || old.Good
		r.Refused = old.Refused
		if r.Secrets == nil {
			r.Secrets = old.Secrets
		}
		return r
	}
	r.Remakes = old.Remakes
	if good {
		r.Remakes = 0
	}
	return r
}

// failure is what the journal learns when a unit has failed for good: that a
// compute which never worked is ours, and what Azure refused to apply.
func (u *unit) failure(s *step) journal.Update {
	var up journal.Update
	seen := u.seen
	var notApplied errNotApplied
	var broken errProvisioning
	switch {
	case s.failed != nil && errors.As(s.failed, &notApplied) && seen != nil:
		r := u.record(seen, true)
		r.Refused = spec.Refusals{}
		for _, f := range notApplied.fields {
			r.Refused[f.Path] = spec.Refusal{Want: f.To, Have: f.From}
		}
		up.Put = append(up.Put, r)
	case s.makes() && errors.As(s.failed, &broken):
		up.Put = append(up.Put, u.failedRecord(broken.seen))
	case u.removed && u.change.Previous == nil && u.change.Desired != nil:
		up.Forget = append(up.Forget, u.change.Name)
	}
	return up
}

// failedRecord remembers a compute of ours that Azure could not make.
func (u *unit) failedRecord(seen *spec.Compute) *spec.Record {
	r := u.record(seen, false)
	r.Good = false
	wait := min(firstRemake<<min(r.Remakes, 10), lastRemake)
	r.Remakes++
	r.RemakeAt = time.Now().UTC().Add(wait)
	return r
}

// lookAfterFailure finds out what a failed operation left behind.
func (u *unit) lookAfterFailure(ctx context.Context, s *step) {
	if !s.makes() || s.state != journal.Sent {
		return
	}
	var known errProvisioning
	if errors.As(s.failed, &known) {
		return
	}
	c, err := u.r.Target.Get(ctx, s.Name)
	if err != nil || c == nil || !u.madeByUs(s, c) && !u.r.tagged(c) {
		return
	}
	if c.Live.ProvisioningState == "Failed" || c.Live.ProvisioningState == "Canceled" {
		s.failed = errors.Join(s.failed, errProvisioning{c})
	}
}

func (r *run) tagged(c *spec.Compute) bool {
	return c.Tags()[spec.OwnerTag] == spec.OwnerValue(r.ws.Owner, c.Name)
}
