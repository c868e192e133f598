// Package clock reads the wall clock, and tests can set that clock while the
// program runs.
//
// What is stored, or compared with what git, the journal, Azure or a person
// says, goes by Now. What measures how long something takes within the process
// goes by time.Now and timers: they use the monotonic clock, which nobody sets.
package clock

import "time"

// Offset is by how much the wall clock is set. It is nil in the program that is
// shipped. Tests set it before they start what they test.
var Offset func() time.Duration

// Now is time.Now. Where Offset sets the clock, the time has no monotonic
// reading: compared with another one, it is compared by the wall clock.
func Now() time.Time {
	if Offset == nil {
		return time.Now()
	}
	return time.Now().Round(0).Add(Offset())
}

// Until is how long it is until t by the wall clock, also where t was read from
// a clock that was set since.
func Until(t time.Time) time.Duration { return t.Round(0).Sub(Now().Round(0)) }
