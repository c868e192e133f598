package daemon

import (
	"errors"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

// A unit that has removed something, and waits to make what comes in its place,
// does not hold up its pass: it goes on in apply.Owed, and its computes are left
// alone meanwhile. A pass follows its end.

// goesOn reports whether a unit does.
func (l *loop) goesOn() bool { return len(l.owed.IDs()) > 0 }

// unitEnded notes that one has ended; its goroutine calls this. A pass that is
// under way gets some time before it is cut, so that the ends of many units do
// not keep it from ever doing anything.
func (l *loop) unitEnded() {
	select {
	case l.ended <- struct{}{}:
	default:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calm = false
	if l.cut != nil {
		time.AfterFunc(recheck, l.cut)
	}
}

// takeEnded goes by what came of the units that have ended since, and reports
// whether one has, and why those failed that did.
func (l *loop) takeEnded() (ended bool, err error) {
	result, err := l.owed.Take()
	if result == nil {
		return false, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := standing{}
	for _, c := range l.record.computes {
		s[spec.FoldName(c.Name)] = c
	}
	s.result(result)
	l.record.computes = s.list(l.record.computes)
	return true, errors.Join(err, failed(result))
}

// dueByEnded decides between passes when the next one is, should a unit have
// ended: at once, and where one failed as after a pass that failed.
func (l *loop) dueByEnded() (wait time.Duration, due bool) {
	ended, err := l.takeEnded()
	if err != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		wait = l.due(0, Failing, err)
		l.record.next = time.Now().Add(wait)
	}
	return wait, ended
}
