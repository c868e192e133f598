package apply

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

// ask puts questions about x in a goroutine of their own. It needs mu.
func (w *watcher) ask(x *waiting, questions func()) {
	x.asked, x.paced = true, false
	w.asks.Go(func() {
		w.limiter <- struct{}{}
		defer func() { <-w.limiter }()
		questions()
		w.answered(x)
	})
}

// answered lets x be asked again, after its interval where the service named
// no time.
func (w *watcher) answered(x *waiting) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x.asked = false
	if now := time.Now(); !x.paced {
		x.next = now.Add(interval(now.Sub(x.since)))
	}
	w.signal()
}

// one asks how an operation is, and once it has ended, how the compute is. It
// reports whether the wait is over.
func (w *watcher) one(ctx context.Context, x *waiting) bool {
	if x.token != "" {
		done, gone, wait, err := w.target.Poll(ctx, x.token)
		switch {
		case err != nil && done:
			return w.end(x, nil, err)
		case err != nil:
			return w.fault(x, err)
		case !done && !gone:
			x.faults = 0
			w.pace(x, wait)
			return false
		}
		x.token, x.over, x.confirmed = "", time.Now(), done
	}
	c, err := w.target.Get(ctx, x.name)
	if err != nil {
		return w.fault(x, err)
	}
	x.faults = 0
	return w.judge(x, c)
}

// judge decides by a look that began after the operation had ended. What may be
// an old answer is asked for again for a while.
func (w *watcher) judge(x *waiting, c *spec.Compute) bool {
	waited := time.Since(x.over)
	switch x.sight(c, x.confirmed) {
	case ended:
		return w.end(x, c, nil)
	case behind:
		return waited >= x.patience && w.end(x, nil, errBehind{name: x.name, seen: c})
	case still:
		limit, err := settleTime()
		return (err != nil || waited >= limit) && w.end(x, c, err)
	case running:
	}
	return false
}

// glance looks at the compute of an operation that has probably ended, and
// asks for the operation where that does not settle it.
func (w *watcher) glance(ctx context.Context, x *waiting) {
	if c, err := w.target.Get(ctx, x.name); err == nil && x.settled(c) {
		w.end(x, c, nil)
		return
	}
	w.one(ctx, x)
}

// pace leaves x alone for as long as the service wants, or its failing advises.
func (w *watcher) pace(x *waiting, wait time.Duration) {
	if wait <= 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	x.next, x.paced = time.Now().Add(wait), true
}

// fault counts questions that failed; the last of too many ends the wait.
func (w *watcher) fault(x *waiting, err error) bool {
	if errors.Is(err, context.Canceled) {
		return false
	}
	if x.faults++; x.faults >= maxFaults {
		return w.end(x, nil, errUnanswered{err})
	}
	w.pace(x, max(min(firstAsk<<x.faults, lastAsk), RetryIn(err)))
	return false
}

// end hands over what came of a wait to those who asked for it. It is true, for
// those who return it.
func (w *watcher) end(x *waiting, seen *spec.Compute, err error) bool {
	w.finish(x, outcome{seen, err, x.over})
	return true
}

func (w *watcher) finish(x *waiting, o outcome) {
	select {
	case x.result <- o:
	default: // ended before
	}
	w.drop(x)
}

// others looks at who has probably ended because the probe has: who is no more
// than an interval younger.
func (w *watcher) others(ctx context.Context, probe *waiting) {
	slack := interval(time.Since(probe.since))
	w.look(ctx, w.glance, func(x *waiting) bool { return !x.since.After(probe.since.Add(slack)) })
}

// overdue looks at all when that was not done for long.
func (w *watcher) overdue(ctx context.Context, probe *waiting) {
	now := time.Now()
	w.mu.Lock()
	due := now.Sub(w.everyone) >= min(max(patience, now.Sub(probe.since)/2), lastAll)
	if due {
		w.everyone = now
	}
	w.mu.Unlock()
	if due {
		w.look(ctx, func(ctx context.Context, x *waiting) { w.one(ctx, x) }, func(*waiting) bool { return true })
	}
}

// look asks for the chosen: each, or where that takes fewer requests, with one
// list. Where the service wants one left alone for now, it is.
func (w *watcher) look(ctx context.Context, each func(context.Context, *waiting), chosen func(*waiting) bool) {
	pages := w.lists.cost()
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	var who []*waiting
	for _, x := range w.waits {
		if !x.asked && chosen(x) && !(x.paced && x.next.After(now)) {
			who = append(who, x)
		}
	}
	if len(who) > pageShare*pages {
		if w.list.After(now) {
			return // soon enough another probe says that there is something to see
		}
		w.list = now.Add(time.Duration(pages) * pageGap)
		w.asks.Go(func() { w.listAll(ctx, each, who) })
		return
	}
	w.eachOf(ctx, each, who)
}

// eachOf asks for each of who, unless that is being done. It needs mu.
func (w *watcher) eachOf(ctx context.Context, each func(context.Context, *waiting), who []*waiting) {
	for _, x := range who {
		if !x.asked {
			w.ask(x, func() { each(ctx, x) })
		}
	}
}

// listAll looks at all with one list. Should it fail, the chosen are asked for
// one by one.
func (w *watcher) listAll(ctx context.Context, each func(context.Context, *waiting), chosen []*waiting) {
	l, err := w.lists.after(ctx, time.Now())
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.eachOf(ctx, each, slices.DeleteFunc(chosen, func(x *waiting) bool { return !slices.Contains(w.waits, x) }))
		return
	}
	open := w.settle(l)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.everyone = l.begun
	w.eachOf(ctx, func(ctx context.Context, x *waiting) { w.one(ctx, x) }, open)
	w.signal()
}

// settle ends every wait that a list shows settled, and returns those of which
// it shows an end that is not as it should be.
func (w *watcher) settle(l *listing) (open []*waiting) {
	w.mu.Lock()
	waits := slices.Clone(w.waits)
	w.mu.Unlock()
	for _, x := range waits {
		c := l.find(x.name)
		switch {
		case !l.begun.After(x.since):
		case x.settled(c):
			w.finish(x, outcome{seen: c})
		case x.sight(c, false) == ended && !w.resting(x):
			open = append(open, x)
		}
	}
	return open
}

// resting reports whether the service, or its failing, asks to leave one alone.
func (w *watcher) resting(x *waiting) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return x.paced && x.next.After(time.Now())
}
