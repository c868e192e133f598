package apply

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

// watcher follows all operations of a run with as few requests as it can.
//
// A few are asked for one by one, each at its own interval. Of many, one at a
// time is probed, each in turn. Once a probe finds that its operation ended,
// those about as old are looked at as well: one by one, or all with one list
// where they are many more than its pages. Should probes keep meeting
// operations that run, everybody is looked at now and then all the same.
//
// A look that began after the write was answered and shows the compute in its
// end state, as it should be, is the end of the operation. Whatever else it
// shows, the operation's own URL is asked.
type watcher struct {
	target  Target
	lists   *lists
	wake    chan struct{} // there may be something to ask
	closed  chan struct{}
	asks    sync.WaitGroup
	limiter chan struct{}

	mu       sync.Mutex
	waits    []*waiting
	probe    time.Time // not before
	list     time.Time // not before
	everyone time.Time // when all were last looked at
}

// waiting is one operation that is waited for.
type waiting struct {
	name    string
	token   string // "" once the operation has ended or has none: the compute itself is looked at
	sight   func(c *spec.Compute, confirmed bool) sight
	settled func(*spec.Compute) bool // ended, and as it should be

	patience  time.Duration // for how long the effect is looked for once the operation has ended
	over      time.Time     // when the operation was known to have ended
	confirmed bool          // it says itself that it succeeded

	since  time.Time // when the write was answered
	next   time.Time // when to ask again
	paced  bool      // the service named that time
	asked  bool      // a question is out, and its asker alone may touch token, over, confirmed and faults
	faults int
	result chan outcome
}

type outcome struct {
	seen *spec.Compute
	err  error
	over time.Time // when the operation was known to have ended; zero: nobody asked for it
}

const (
	firstAsk  = 250 * time.Millisecond // the interval between two questions grows from here
	lastAsk   = 15 * time.Second       // to here,
	askShare  = 8                      // as a share of the operation's age
	few       = 3                      // operations that are asked for one by one
	pageGap   = 100 * time.Millisecond // between two lists, for each page
	pageShare = 3                      // looks that a page of a list is worth: they go side by side, pages do not
	patience  = 4 * time.Second        // until all are looked at, or half the age of an operation
	lastAll   = time.Minute            // but at most
	maxFaults = 8                      // questions that may fail in a row
	askAtOnce = 16
)

// interval is how long after a question the next one is due.
func interval(age time.Duration) time.Duration { return min(max(firstAsk, age/askShare), lastAsk) }

func newWatcher(target Target, lists *lists) *watcher {
	return &watcher{
		target: target, lists: lists, wake: make(chan struct{}, 1), closed: make(chan struct{}),
		limiter: make(chan struct{}, askAtOnce),
	}
}

// wait adds an operation and waits for its end. It returns the compute as seen
// then, and when the operation was known to have ended.
func (w *watcher) wait(ctx context.Context, interrupt <-chan struct{}, limit time.Duration, x *waiting) (*spec.Compute, time.Time, error) {
	w.add(x)
	defer w.drop(x)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case o := <-x.result:
		return o.seen, o.over, o.err
	case <-interrupt:
		return nil, time.Time{}, errInterrupted
	case <-timer.C:
		return nil, time.Time{}, context.DeadlineExceeded
	case <-ctx.Done():
		return nil, time.Time{}, context.Cause(ctx)
	}
}

func (w *watcher) add(x *waiting) {
	x.since = time.Now()
	x.next = x.since.Add(firstAsk)
	if x.token == "" {
		x.next, x.over = x.since, x.since // there is no operation: the effect may be there already
	}
	x.result = make(chan outcome, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.waits) == 0 {
		w.everyone = x.since
	}
	w.waits = append(w.waits, x)
	w.signal()
}

func (w *watcher) drop(x *waiting) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = slices.DeleteFunc(w.waits, func(y *waiting) bool { return y == x })
}

func (w *watcher) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// close ends run. Nobody may wait any more.
func (w *watcher) close() { close(w.closed) }

// run decides what to ask and when, until close. No question holds it up: an
// answer that takes long keeps back nobody else's.
func (w *watcher) run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer w.asks.Wait()
	defer cancel()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-w.wake:
		case <-timer.C:
		case <-w.closed:
			return
		case <-ctx.Done():
			return
		}
		if next, any := w.askDue(ctx); any {
			timer.Reset(time.Until(next))
		} else {
			timer.Stop()
		}
	}
}

// askDue asks what is due, and returns when something will be.
func (w *watcher) askDue(ctx context.Context) (next time.Time, any bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for {
		x := w.soonest()
		if x == nil {
			return next, false
		}
		next = x.next
		probing := len(w.waits) > few
		if probing && w.probe.After(next) {
			next = w.probe
		}
		if next.After(now) {
			return next, true
		}
		if probing {
			w.probe = now.Add(interval(now.Sub(x.since)))
		}
		w.ask(x, func() {
			if w.one(ctx, x) && probing {
				w.others(ctx, x)
			} else if probing {
				w.overdue(ctx, x)
			}
		})
	}
}

// soonest is who is to be asked first, of those that no question is out for.
func (w *watcher) soonest() *waiting {
	var first *waiting
	for _, x := range w.waits {
		if !x.asked && (first == nil || x.next.Before(first.next)) {
			first = x
		}
	}
	return first
}
