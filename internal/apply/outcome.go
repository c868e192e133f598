package apply

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// What never worked is remade after waits that double from the first to
// spec.LongestRemake.
const firstRemake = time.Minute

// outcome is what the journal learns when a unit has ended well.
func (u *unit) outcome() journal.Update {
	up := journal.Update{At: clock.Now().UTC()}
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
	r := &spec.Record{
		Name: seen.Name, CreatedOn: seen.Live.CreatedOn, Seen: clock.Now().UTC(), Good: good, Spec: u.change.Desired,
		Wrote: clock.Now().UTC(), Modified: seen.Live.ModifiedOn,
		Adopted: u.change.Action == plan.Adopt, Claimed: u.unsure, Secrets: u.prints,
	}
	if !makesIt(u.change) && u.change.Action != plan.Adopt {
		r.Adopted, r.Claimed = spec.Adopted(seen), true
	}
	old := u.r.Records[seen.Key()]
	if old == nil {
		return r
	}
	if old.CreatedOn == r.CreatedOn {
		r.Adopted, r.Claimed, r.Seen = old.Adopted, old.Claimed, old.Seen
		r.Good = good || old.Good
		r.Refused = old.Refused
		if r.Secrets == nil {
			r.Secrets = old.Secrets
		}
		keepUnsent(r, old, seen)
		return r
	}
	if !good {
		r.Remakes = old.Remakes
	}
	return r
}

// keepUnsent leaves what a record says of what Azure does not return and only a
// new compute can have, secrets above all: an update did not send it, or Azure
// ignored it.
func keepUnsent(r, old *spec.Record, live *spec.Compute) {
	if old.Spec == nil || old.Spec.Kind != r.Spec.Kind {
		return
	}
	applied := *r.Spec
	applied.Values, r.Secrets = maps.Clone(applied.Values), maps.Clone(r.Secrets)
	for i := range applied.Kind.Fields {
		f := &applied.Kind.Fields[i]
		if _, known := live.Values[f.Name]; known || f.ARM == "" || f.Cost(live).InPlace() {
			continue
		}
		delete(applied.Values, f.Name)
		delete(r.Secrets, f.Name)
		if v := old.Spec.Values[f.Name]; v != nil {
			applied.Values[f.Name] = v
		}
		if sent, ok := old.Secrets[f.Name]; ok {
			r.Secrets[f.Name] = sent
		}
	}
	r.Spec = &applied
}

// failure is what the journal learns when a unit has failed for good: that a
// compute which never worked is ours, what Azure refused to apply or did not
// remove, and that what was removed is gone.
func (u *unit) failure(s *step) journal.Update {
	up := journal.Update{At: clock.Now().UTC()}
	refused, notApplied := errors.AsType[errNotApplied](s.failed)
	broken, failed := errors.AsType[errProvisioning](s.failed)
	switch {
	case notApplied && u.seen != nil:
		r := u.record(u.seen, true)
		r.Refused = maps.Clone(r.Refused)
		if r.Refused == nil {
			r.Refused = spec.Refusals{}
		}
		for _, f := range refused.fields {
			if !s.makes() || !u.change.Desired.Kind.Field(f.Path).Cost(u.seen).InPlace() { // else an update tries once more
				r.Refused[f.Path] = spec.Refusal{Want: f.To, Have: f.From}
			}
		}
		up.Put = append(up.Put, r)
	case failed && s.makes():
		r := u.record(broken.seen, false)
		postpone(r)
		up.Put = append(up.Put, r)
	case s.makes() && u.removed:
		up.Forget = append(up.Forget, u.change.Name)
	case s.removes() && s.state == journal.Sent:
		if r := u.unremoved(s); r != nil {
			up.Put = append(up.Put, r)
		}
	}
	if s.makes() && u.removed && u.change.Former != "" {
		up.Forget = append(up.Forget, u.change.Former)
	}
	return up
}

// unremoved is the record of a compute that Azure took the removal of, and did
// not remove; nil where the journal does not know it.
func (u *unit) unremoved(s *step) *spec.Record {
	old := u.r.Records[spec.FoldName(s.Name)]
	if old == nil || old.CreatedOn != s.created {
		return nil
	}
	r := *old
	if d := u.change.Desired; d != nil && r.Spec != nil && d.Key() == r.Spec.Key() {
		r.Spec = r.Spec.WithLifecycle(d.Lifecycle)
	}
	r.Unremoved = advised(s.failed)
	postpone(&r)
	return &r
}

// postpone lets the next attempt wait, twice as long each time.
func postpone(r *spec.Record) {
	wait := min(firstRemake<<min(r.Remakes, 10), spec.LongestRemake)
	r.Remakes++
	r.RemakeAt = clock.Now().UTC().Add(wait)
}

// lookAfterFailure finds out what a failed operation left behind.
func (u *unit) lookAfterFailure(ctx context.Context, s *step) error {
	if !s.makes() || s.state != journal.Sent || is[errProvisioning](s.failed) || is[errNotApplied](s.failed) {
		return nil
	}
	c, err := u.leftover(ctx, s)
	if err != nil {
		return err
	}
	if c != nil && s.originOf(c, false) != theirs && c.Live.ProvisioningState != "Succeeded" {
		s.failed = errors.Join(s.failed, errProvisioning{c})
	}
	return nil
}
