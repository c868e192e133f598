package plan

import (
	"fmt"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

// believe takes in the list of what exists. A list may be behind: an incarnation
// that is older than the recorded one, the state from before our last write, and
// the absence of what was made a moment ago, say nothing. What is known better is
// held until a list shows it.
func (b *builder) believe(actual []*spec.Compute) {
	b.hidden = map[string]*spec.Record{}
	for _, a := range actual {
		key := a.Key()
		switch r := b.in.Records[key]; {
		case r != nil && r.After(a.Live, b.in.Now):
			b.hidden[key] = r
		case b.wasRemoved(a): // a list that is behind shows it still
		default:
			b.list = append(b.list, a)
			b.actual[key] = a
			b.occupy(a, b.underlying(a))
		}
	}
	for key, r := range b.in.Records {
		if b.actual[key] == nil && b.hidden[key] == nil && r.Recent(b.in.Now) && !b.in.InFlight[key] {
			b.hidden[key] = r
		}
	}
	for key, r := range b.hidden {
		if r.Spec != nil && b.actual[key] == nil {
			known := *r.Spec
			known.Live = &spec.Live{CreatedOn: r.CreatedOn, ComputeType: known.Kind.ComputeType}
			b.occupy(&known, r.Spec.Underlying())
		}
	}
}

// occupy notes what an actual compute has attached.
func (b *builder) occupy(a *spec.Compute, what []spec.Underlying) {
	for _, one := range what {
		b.holders.Add(one, a)
	}
}

// underlying is what an actual compute has attached, as far as it is known.
func (b *builder) underlying(a *spec.Compute) []spec.Underlying {
	return b.in.Records[a.Key()].Underlying(a)
}

// wasRemoved reports whether we removed this incarnation, or a later one, a
// moment ago.
func (b *builder) wasRemoved(a *spec.Compute) bool {
	d := b.in.Disowned[a.Key()]
	return d != nil && d.Removed && spec.Recent(d.At, b.in.Now) && spec.UpTo(a.Live.CreatedOn, d.CreatedOn)
}

// pending reports whether nothing may be concluded from what is seen of a name:
// a begun unit is still being finished, or the list is behind.
func (b *builder) pending(key string) bool { return b.in.InFlight[key] || b.hidden[key] != nil }

// holdPending holds what depends on a name that is pending.
func (b *builder) holdPending(d *draft, key, name string) {
	r := b.hidden[key]
	if r == nil {
		d.hold(Transitional, fmt.Sprintf("what was begun on %s is being finished first", name))
		return
	}
	until, known := time.Time{}, "made at "+r.CreatedOn
	if r.Recent(b.in.Now) {
		until = r.Seen.Add(spec.ReadLag)
	}
	if spec.Recent(r.Wrote, b.in.Now) {
		until = r.Wrote.Add(spec.ReadLag)
		known = "changed at " + r.Modified
	}
	d.holdBy(&Held{Code: Transitional, Text: fmt.Sprintf(
		"Azure does not show %s yet as it was %s; it is looked for again", name, known), Until: until})
}

// Behind reports whether the list does not show what was recorded a moment ago.
func (in *Input) Behind() bool {
	shown := make(map[string]*spec.Live, len(in.Actual))
	for _, a := range in.Actual {
		shown[a.Key()] = a.Live
	}
	for key, r := range in.Records {
		recent := r.Recent(in.Now) || spec.Recent(r.Wrote, in.Now)
		live := shown[key]
		if recent && !in.InFlight[key] && (live == nil && r.Recent(in.Now) || live != nil && r.After(live, in.Now)) {
			return true
		}
	}
	return false
}

// Forgets reports whether a list that does not show a recorded compute is
// reason enough to forget the record.
func (in *Input) Forgets(r *spec.Record) bool { return !r.Recent(in.Now) }
