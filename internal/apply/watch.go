package apply

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

// watcher follows all operations of a run with as few requests as it can.
//
// A few are asked for one by one. Of many, one after another is probed, and
// once a probe has ended one list shows who else has: a compute that a list
// begun after the write was answered shows in its end state needs no request
// of its own. What such a list leaves open is asked for at its own URL.
type watcher struct {
	target Target
	lists  *lists

	mu     sync.Mutex
	waits  []*waiting
	wake   chan struct{} // something was added, or the watcher closed
	closed bool

	gap     time.Duration // between two probes
	limiter chan struct{}
}

// waiting is one operation that is waited for.
type waiting struct {
	name    string
	token   string // "" once the operation has ended or has none: the compute itself is looked at
	ended   func(*spec.Compute) bool
	settled func(*spec.Compute) bool // ended, and as it should be

	since  time.Time // when the write was answered
	next   time.Time // when to ask again
	every  time.Duration
	faults int
	result chan outcome
}

type outcome struct {
	seen *spec.Compute
	err  error
}

// The interval at which an operation is asked for grows from the first to the
// last, where the service names none.
const (
	firstAsk   = 250 * time.Millisecond
	lastAsk    = 15 * time.Second
	listGap    = time.Second // between two lists
	maxFaults  = 8           // questions that may fail in a row
	askAtOnce  = 16
	growNum    = 5
	growDen    = 4
	probeShare = 2 // one by one costs about two requests each
)

func newWatcher(target Target, lists *lists) *watcher {
	return &watcher{target: target, lists: lists, wake: make(chan struct{}, 1), limiter: make(chan struct{}, askAtOnce)}
}

// wait adds an operation and waits for its end.
func (w *watcher) wait(ctx context.Context, interrupt <-chan struct{}, limit time.Duration, x *waiting) (*spec.Compute, error) {
	x.since = time.Now()
	x.every, x.next = firstAsk, x.since.Add(firstAsk)
	if x.token == "" {
		x.next = x.since // there is no operation: the effect may be there already
	}
	x.result = make(chan outcome, 1)
	w.mu.Lock()
	w.waits = append(w.waits, x)
	w.mu.Unlock()
	w.signal()
	defer w.drop(x)
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case o := <-x.result:
		return o.seen, o.err
	case <-interrupt:
		return nil, errInterrupted
	case <-timer.C:
		return nil, context.DeadlineExceeded
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (w *watcher) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *watcher) drop(x *waiting) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits = slices.DeleteFunc(w.waits, func(y *waiting) bool { return y == x })
}

func (w *watcher) close() {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.signal()
}

// run asks until close. It is the one goroutine that decides what to ask.
func (w *watcher) run(ctx context.Context) {
	for {
		waits, closed := w.snapshot()
		if closed || ctx.Err() != nil {
			return
		}
		var due <-chan time.Time
		var timer *time.Timer
		if len(waits) > 0 {
			timer = time.NewTimer(time.Until(soonest(waits).next))
			due = timer.C
		}
		select {
		case <-w.wake:
		case <-due:
			w.ask(ctx, waits)
		case <-ctx.Done():
		}
		if timer != nil {
			timer.Stop()
		}
	}
}

func (w *watcher) snapshot() ([]*waiting, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.waits), w.closed
}

func soonest(waits []*waiting) *waiting {
	return slices.MinFunc(waits, func(a, b *waiting) int { return a.next.Compare(b.next) })
}

// ask chooses between asking for each and probing one for all.
func (w *watcher) ask(ctx context.Context, waits []*waiting) {
	if len(waits) == 1 || probeShare*len(waits) <= w.lists.pages() {
		w.each(ctx, slices.DeleteFunc(waits, func(x *waiting) bool { return x.next.After(time.Now()) }))
		return
	}
	probe := soonest(waits)
	if !w.one(ctx, probe) {
		w.gap = min(max(w.gap*growNum/growDen, firstAsk), lastAsk)
		w.postpone(waits, w.gap)
		return
	}
	w.gap = 0
	w.list(ctx, waits, probe)
}

// postpone spreads the next probes: one an interval, not one a compute.
func (w *watcher) postpone(waits []*waiting, gap time.Duration) {
	earliest := time.Now().Add(gap)
	for _, x := range waits {
		if x.next.Before(earliest) {
			x.next = earliest
		}
	}
}

// each asks for several side by side.
func (w *watcher) each(ctx context.Context, waits []*waiting) {
	var all sync.WaitGroup
	for _, x := range waits {
		w.limiter <- struct{}{}
		all.Go(func() {
			defer func() { <-w.limiter }()
			w.one(ctx, x)
		})
	}
	all.Wait()
}

// one asks how one operation is, and once it has ended, how the compute is. It
// reports whether the wait is over.
func (w *watcher) one(ctx context.Context, x *waiting) bool {
	x.every = min(x.every*growNum/growDen, lastAsk)
	x.next = time.Now().Add(x.every)
	if x.token != "" {
		done, gone, wait, err := w.target.Poll(ctx, x.token)
		switch {
		case err != nil && done:
			return x.end(nil, err)
		case err != nil:
			return x.fault(err)
		case !done && !gone:
			x.faults = 0
			if wait > 0 {
				x.next = time.Now().Add(wait)
			}
			return false
		}
		x.token = ""
	}
	c, err := w.target.Get(ctx, x.name)
	if err != nil {
		return x.fault(err)
	}
	x.faults = 0
	if x.ended(c) {
		return x.end(c, nil)
	}
	return false
}

// fault counts questions that failed; the last of too many ends the wait.
func (x *waiting) fault(err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	if x.faults++; x.faults < maxFaults {
		return false
	}
	return x.end(nil, err)
}

func (x *waiting) end(seen *spec.Compute, err error) bool {
	select {
	case x.result <- outcome{seen, err}:
	default: // ended before
	}
	return true
}

// list looks at all at once.
func (w *watcher) list(ctx context.Context, waits []*waiting, probe *waiting) {
	l, err := w.lists.after(ctx, w.nextList(ctx))
	if err != nil {
		return // each goes on by itself
	}
	var open []*waiting
	for _, x := range waits {
		if x == probe || !l.begun.After(x.since) {
			continue
		}
		c := l.find(x.name)
		switch {
		case x.settled(c):
			x.end(c, nil)
		case x.ended(c):
			open = append(open, x)
		}
	}
	w.each(ctx, open)
}

// nextList waits until a list is due again, and returns since when it may have
// been begun.
func (w *watcher) nextList(ctx context.Context) time.Time {
	w.lists.mu.Lock()
	last := w.lists.last
	w.lists.mu.Unlock()
	if last != nil {
		timer := time.NewTimer(time.Until(last.begun.Add(listGap)))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}
	return time.Now()
}
