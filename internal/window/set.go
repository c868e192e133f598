package window

import "time"

// steps bounds how many windows that follow each other without a gap are
// looked through: two days of every minute.
const steps = 3000

// span is a Window made ready.
type span struct {
	clock
	deny  bool
	lasts time.Duration
}

// spans makes the windows ready. Where a zone is not known here any more,
// nobody can say when changes may begin: ok is false.
func (s Set) spans() (all []span, ok bool) {
	for _, w := range s {
		zone, err := time.LoadLocation(w.Zone)
		if err != nil {
			return nil, false
		}
		all = append(all, span{clock{w.Cron, zone}, w.Deny, time.Duration(w.Seconds) * time.Second})
	}
	return all, true
}

// Opening is the first moment from t on at which changes may begin by all of
// the sets: t itself where they may. Its location is the zone of the window
// that it is an edge of. It is false when none is in sight.
func Opening(t time.Time, sets ...Set) (time.Time, bool) {
	for range steps {
		at := t
		for _, s := range sets {
			var found bool
			if at, found = s.opening(at); !found {
				return time.Time{}, false
			}
		}
		if at.Equal(t) {
			return t, true
		}
		t = at
	}
	return time.Time{}, false
}

// Closing is the first moment after t, at which changes may begin, from which
// on they may not by one of the sets; false when none is in sight.
func Closing(t time.Time, sets ...Set) (soonest time.Time, found bool) {
	for _, s := range sets {
		if at, ok := s.closing(t); ok && (!found || at.Before(soonest)) {
			soonest, found = at, true
		}
	}
	return soonest, found
}

func (s Set) opening(t time.Time) (time.Time, bool) {
	all, ok := s.spans()
	for range steps {
		if !ok {
			break
		}
		if end := furthest(all, true, t); end.After(t) {
			t = end
			continue
		}
		if !allows(all) || furthest(all, false, t).After(t) {
			return t, true
		}
		t, ok = first(all, false, t)
	}
	return time.Time{}, false
}

func (s Set) closing(t time.Time) (time.Time, bool) {
	all, ok := s.spans()
	if !ok {
		return t, true
	}
	closing, found := first(all, true, t)
	if !allows(all) {
		return closing, found
	}
	end := t
	for range steps {
		if found && !end.Before(closing) {
			return closing, true
		}
		next := furthest(all, false, end)
		if !next.After(end) {
			break
		}
		end = next
	}
	return end, true
}

func allows(all []span) bool {
	for i := range all {
		if !all[i].deny {
			return true
		}
	}
	return false
}

// furthest is when the last of those that are open at t ends; not after t
// when none is open.
func furthest(all []span, deny bool, t time.Time) time.Time {
	furthest := t
	for i := range all {
		began, ok := time.Time{}, false
		if all[i].deny == deny {
			began, ok = all[i].until(t)
		}
		if end := began.Add(all[i].lasts); ok && end.After(furthest) {
			furthest = end
		}
	}
	return furthest
}

// first is when the first one begins after t.
func first(all []span, deny bool, t time.Time) (soonest time.Time, found bool) {
	for i := range all {
		if all[i].deny != deny {
			continue
		}
		at, ok := all[i].from(t.Add(1))
		if ok && (!found || at.Before(soonest)) {
			soonest, found = at, true
		}
	}
	return soonest, found
}
