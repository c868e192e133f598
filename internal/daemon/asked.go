package daemon

import (
	"sync"
	"time"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/spec"
)

// asked is what is written down of one source.
type asked struct {
	hints chan struct{} // to ask it again

	mu    sync.Mutex
	now   SourceReport
	heard bool      // it has given a complete list of its workspaces
	turn  int64     // of the last asking
	since time.Time // of the first asking that has no answer, by the monotonic clock; zero: there is none
}

func newAsked(name string) *asked {
	return &asked{hints: make(chan struct{}, 1), now: SourceReport{Name: name}}
}

// hint has the source asked again.
func (a *asked) hint() {
	select {
	case a.hints <- struct{}{}:
	default:
	}
}

// begins notes that the source is asked.
func (a *asked) begins() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now.Asked, a.turn = clock.Now(), Turn()
	if a.since.IsZero() {
		a.since = time.Now()
	}
}

// ends notes how that ended.
func (a *asked) ends(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now.Ended, a.now.Turn = clock.Now(), a.turn
	if err == nil {
		a.now.Answered, a.now.Failing, a.since = a.now.Ended, time.Time{}, time.Time{}
		a.now.Error, a.now.Hint, a.now.Refused = "", "", ""
		return
	}
	if a.now.Failing.IsZero() {
		a.now.Failing = a.now.Ended
	}
	a.now.Error, a.now.Hint, a.now.Refused = err.Error(), hint(err), ""
	if refused := refusal(err); refused != nil {
		a.now.Error, a.now.Refused = refused.Detail, refused.Commit
	}
}

// gave notes a new commit.
func (a *asked) gave(commit string, set *spec.Set) {
	a.mu.Lock()
	defer a.mu.Unlock()
	errs := set.AllErrors()
	a.now.Attempted, a.now.Mistakes, a.now.Mistake = commit, len(errs), firstMistake(errs)
	if len(errs) == 0 {
		a.now.Good = commit
	}
	a.now.Missed = nil
	for _, n := range set.Notices {
		if n.Missed() {
			a.now.Missed = append(a.now.Missed, n.Pos.String()+": "+n.Text)
		}
	}
}

// continues notes what there is to say of the newest commit's descent; "" is nothing.
func (a *asked) continues(rewritten string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now.Rewritten = rewritten
}

// hears notes a complete list of the source's workspaces.
func (a *asked) hears() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.heard = true
}

func (a *asked) unheard() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return !a.heard
}

func (a *asked) report() SourceReport {
	a.mu.Lock()
	defer a.mu.Unlock()
	r := a.now
	if !a.since.IsZero() {
		r.Lag = time.Since(a.since).Seconds()
	}
	return r
}
