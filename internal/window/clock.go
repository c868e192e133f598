package window

import (
	"time"

	"github.com/adhocore/gronx"
)

// clock finds the moments that a cron expression names on a zone's clock.
// Between two changes of its offset such a clock runs evenly: there the
// expression is asked about the time that it shows, as if that were UTC.
type clock struct {
	expr string
	zone *time.Location
}

// mostChanges bounds over how many changes of the offset is looked: 20 years
// of two a year.
const mostChanges = 40

// from is the first moment at t or after it; false when there is none.
func (c clock) from(t time.Time) (time.Time, bool) {
	if floor := t.Truncate(time.Second); floor.Before(t) {
		t = floor.Add(time.Second)
	}
	for range mostChanges {
		t = t.In(c.zone)
		began, change := t.ZoneBounds()
		if began.Equal(t) && c.skipped(began) {
			return began, true
		}
		tick, err := gronx.NextTickAfter(c.expr, shown(t), true)
		if err != nil {
			return time.Time{}, false
		}
		at := t.Add(tick.Sub(shown(t)))
		if change.IsZero() || at.Before(change) {
			return at, true
		}
		t = change
	}
	return time.Time{}, false
}

// skipped reports whether the clock is put forward at a change over a moment
// that the expression names.
func (c clock) skipped(change time.Time) bool {
	from := shown(change.Add(-time.Second)).Add(time.Second)
	tick, err := gronx.NextTickAfter(c.expr, from, true)
	return err == nil && tick.Before(shown(change))
}

// until is the last moment at t or before it; false when there is none.
func (c clock) until(t time.Time) (time.Time, bool) {
	t = t.Truncate(time.Second)
	for range mostChanges {
		t = t.In(c.zone)
		tick, err := gronx.PrevTickBefore(c.expr, shown(t), true)
		if err != nil {
			return time.Time{}, false
		}
		at := t.Add(tick.Sub(shown(t)))
		began, _ := t.ZoneBounds()
		switch {
		case began.IsZero() || !at.Before(began):
			return at, true
		case c.skipped(began):
			return began, true
		}
		t = began.Add(-time.Second)
	}
	return time.Time{}, false
}

// shown is what the clock shows at t, as if that were UTC.
func shown(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}
