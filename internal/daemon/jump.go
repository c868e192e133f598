package daemon

import (
	"time"

	"github.com/computesync/computesync/internal/clock"
)

// jump is from how much on a step of the wall clock counts. What is smaller is
// noticed at the next pass.
const jump = 5 * time.Second

// wallClock notices that the wall clock was set, or that the machine slept:
// compared with the monotonic clock it went too far, or back.
type wallClock struct{ wall, monotonic time.Time }

func readClock() wallClock { return wallClock{clock.Now().Round(0), time.Now()} }

// jumped is by how much the wall clock was set since it was read, or since it
// jumped last; 0 where it was not.
func (c *wallClock) jumped() time.Duration {
	now := readClock()
	by := now.wall.Sub(c.wall) - now.monotonic.Sub(c.monotonic)
	if by.Abs() < jump {
		return 0
	}
	*c = now
	return by
}

// clockJumped makes a pass of every workspace due: timers do not notice that a
// suspension has ended by now, or that a window has closed.
func (d *Daemon) clockJumped(by time.Duration) {
	d.Log.Warn().Str("by", by.Round(time.Second).String()).Msg("the clock jumped; every workspace is looked at again")
	for _, l := range d.workspaces() {
		l.clockJumped()
	}
}

func (l *loop) clockJumped() {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.cut != nil:
		l.cut() // another pass follows
	case l.state != Starting: // else its source has yet to answer
		calm := l.calm
		l.signal()
		l.calm = calm // no change is known of
	}
}
