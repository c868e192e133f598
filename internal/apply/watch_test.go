package apply

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

// timed is a Target of operations that end by themselves, some time after the
// test began to wait for them. It takes its time for an answer and counts.
type timed struct {
	Target
	latency time.Duration
	pages   int
	ends    map[string]time.Time // by compute; a zero time never comes
	onPoll  func(ctx context.Context, name string) (handled bool, wait time.Duration, err error)
	listErr error
	opErr   error  // what operations end in; nil: well
	state   string // how computes look once their operation has ended

	mu                 sync.Mutex
	lists, gets, polls int
	asked              map[string][]time.Time
}

func newTimed(pages int) *timed {
	return &timed{latency: 40 * time.Millisecond, pages: pages, ends: map[string]time.Time{}, state: "Succeeded", asked: map[string][]time.Time{}}
}

func (c *timed) requests() int { return c.lists*c.pages + c.gets + c.polls }

func (c *timed) answer(ctx context.Context, requests int) error {
	timer := time.NewTimer(time.Duration(requests) * c.latency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *timed) over(name string, at time.Time) bool {
	end := c.ends[name]
	return !end.IsZero() && !at.Before(end)
}

// compute is how one looks at a time.
func (c *timed) compute(name string, at time.Time) *spec.Compute {
	state := "Creating"
	if c.over(name, at) {
		state = c.state
	}
	return &spec.Compute{Name: name, Live: &spec.Live{ProvisioningState: state}}
}

func (c *timed) List(ctx context.Context) ([]*spec.Compute, int, error) {
	begun := time.Now()
	c.mu.Lock()
	c.lists++
	c.mu.Unlock()
	if err := c.answer(ctx, c.pages); err != nil || c.listErr != nil {
		return nil, 0, errors.Join(err, c.listErr)
	}
	var all []*spec.Compute
	for name := range c.ends {
		all = append(all, c.compute(name, begun)) // the worst case: every page as of the beginning
	}
	return all, c.pages, nil
}

func (c *timed) Get(ctx context.Context, name string) (*spec.Compute, error) {
	c.mu.Lock()
	c.gets++
	c.mu.Unlock()
	seen := c.compute(name, time.Now())
	return seen, c.answer(ctx, 1)
}

func (c *timed) Poll(ctx context.Context, name string) (done, gone bool, wait time.Duration, err error) {
	c.mu.Lock()
	c.polls++
	c.asked[name] = append(c.asked[name], time.Now())
	c.mu.Unlock()
	if c.onPoll != nil {
		if handled, wait, err := c.onPoll(ctx, name); handled {
			return false, false, wait, err
		}
	}
	if done = c.over(name, time.Now()); done {
		err = c.opErr
	}
	return done, false, 0, errors.Join(err, c.answer(ctx, 1))
}

// watched is what came of one wait.
type watched struct {
	seen *spec.Compute
	err  error
	took time.Duration
}

// watch waits for n operations at once, of which the i-th ends after lasts(i),
// never if that is 0.
func watch(t *testing.T, c *timed, n int, limit time.Duration, lasts func(i int) time.Duration) []watched {
	t.Helper()
	start := time.Now()
	for i := range n {
		c.ends[opName(i)] = time.Time{}
		if d := lasts(i); d > 0 {
			c.ends[opName(i)] = start.Add(d)
		}
	}
	w := newWatcher(c, newLists(c, c.pages))
	out := make([]watched, n)
	var runs, waits sync.WaitGroup
	runs.Go(func() { w.run(t.Context()) })
	for i := range n {
		waits.Go(func() {
			seen, _, err := w.wait(t.Context(), nil, limit, newWaiting(opName(i)))
			out[i] = watched{seen, err, time.Since(start)}
		})
	}
	waits.Wait()
	w.close()
	runs.Wait()
	return out
}

func opName(i int) string { return fmt.Sprintf("op%04d", i) }

func newWaiting(name string) *waiting {
	atEnd := func(c *spec.Compute) bool { return c != nil && !inMotion(c) }
	return &waiting{
		name: name, token: name, patience: visibleFor,
		sight: func(c *spec.Compute, _ bool) sight {
			if atEnd(c) {
				return ended
			}
			return running
		},
		settled: func(c *spec.Compute) bool { return atEnd(c) && c.Live.ProvisioningState == "Succeeded" },
	}
}

func noErrors(t *testing.T, all []watched) {
	t.Helper()
	for i, x := range all {
		if x.err != nil || x.seen == nil {
			t.Fatalf("%s: seen %v, error %v", opName(i), x.seen, x.err)
		}
	}
}

func TestWatchTogether(t *testing.T) {
	for _, test := range []struct {
		n, pages, requests int
		within             time.Duration
	}{
		{1, 1, 11, 2500 * time.Millisecond},
		{10, 10, 20, 2500 * time.Millisecond},
		{100, 1, 15, 2500 * time.Millisecond},
		{1000, 10, 40, 3500 * time.Millisecond},
	} {
		t.Run(fmt.Sprint(test.n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newTimed(test.pages)
				all := watch(t, c, test.n, time.Hour, func(int) time.Duration { return 2 * time.Second })
				noErrors(t, all)
				for i, x := range all {
					if x.took > test.within {
						t.Errorf("%s was seen to end after %s, want %s", opName(i), x.took, test.within)
					}
				}
				if c.requests() > test.requests {
					t.Errorf("%d lists, %d gets and %d polls are more than %d requests", c.lists, c.gets, c.polls, test.requests)
				}
			})
		})
	}
}

// An end is seen at the latest after the operation has run for as long again,
// and the watch costs less than one request for each.
func TestWatchRandomEnds(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(seed, 0))
		lasts := make([]time.Duration, 1000)
		for i := range lasts {
			lasts[i] = time.Duration(1+rng.IntN(120_000)) * time.Millisecond
		}
		c := newTimed(10)
		all := watch(t, c, len(lasts), time.Hour, func(i int) time.Duration { return lasts[i] })
		noErrors(t, all)
		for i, x := range all {
			if late := x.took - lasts[i]; late > patience+lasts[i]+lastAsk {
				t.Errorf("%s ended after %s and was seen %s later", opName(i), lasts[i], late)
			}
		}
		if c.requests() > 1000 {
			t.Errorf("%d lists, %d gets and %d polls", c.lists, c.gets, c.polls)
		}
	})
}

func TestWatchOneNeverEnds(t *testing.T) {
	for _, n := range []int{2, 20, 200} {
		synctest.Test(t, func(t *testing.T) {
			c := newTimed(2)
			all := watch(t, c, n, 10*time.Minute, func(i int) time.Duration { return time.Duration(i) * 10 * time.Millisecond })
			if !errors.Is(all[0].err, context.DeadlineExceeded) || all[0].took != 10*time.Minute {
				t.Errorf("of %d: the endless one ended with %v after %s", n, all[0].err, all[0].took)
			}
			noErrors(t, all[1:])
			for i, x := range all[1:] {
				if x.took > 2*patience {
					t.Errorf("of %d: %s was seen after %s", n, opName(i+1), x.took)
				}
			}
			if asked := len(c.asked[opName(0)]); asked > 100 {
				t.Errorf("of %d: the endless one was asked for %d times in ten minutes", n, asked)
			}
		})
	}
}

// A question without answer holds up nobody else's, and not the end of the run.
func TestWatchPollHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTimed(10)
		c.onPoll = func(ctx context.Context, name string) (bool, time.Duration, error) {
			if name != opName(0) {
				return false, 0, nil
			}
			<-ctx.Done()
			return true, 0, ctx.Err()
		}
		all := watch(t, c, 50, time.Minute, func(i int) time.Duration { return time.Duration(i) * 100 * time.Millisecond })
		if !errors.Is(all[0].err, context.DeadlineExceeded) {
			t.Errorf("the hanging one ended with %v", all[0].err)
		}
		noErrors(t, all[1:])
		for i, x := range all[1:] {
			if x.took > 3*patience {
				t.Errorf("%s was seen after %s", opName(i+1), x.took)
			}
		}
	})
}

func TestWatchPollFails(t *testing.T) {
	errBroken := errors.New("broken")
	for _, test := range []struct {
		faults int
		want   error
	}{{maxFaults - 1, nil}, {1000, errBroken}} {
		synctest.Test(t, func(t *testing.T) {
			c, failed := newTimed(1), 0
			c.onPoll = func(context.Context, string) (bool, time.Duration, error) {
				failed++
				return failed <= test.faults, 0, errBroken
			}
			all := watch(t, c, 1, time.Hour, func(int) time.Duration { return time.Second })
			if !errors.Is(all[0].err, test.want) {
				t.Errorf("after %d faults: %v", test.faults, all[0].err)
			}
			if all[0].took < 30*time.Second {
				t.Errorf("%d faults were asked for again within %s", test.faults, all[0].took)
			}
		})
	}
}

func TestWatchRetryAfter(t *testing.T) {
	for _, n := range []int{1, 10, 100} {
		synctest.Test(t, func(t *testing.T) {
			c := newTimed(10)
			c.onPoll = func(context.Context, string) (bool, time.Duration, error) { return true, 20 * time.Second, nil }
			watch(t, c, n, 5*time.Minute, func(int) time.Duration { return 0 })
			for name, times := range c.asked {
				for i := 1; i < len(times); i++ {
					if gap := times[i].Sub(times[i-1]); gap < 20*time.Second {
						t.Fatalf("of %d: %s was asked for again after %s", n, name, gap)
					}
				}
			}
		})
	}
}

// Where lists fail, every operation is asked for by itself.
func TestWatchListFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTimed(2)
		c.listErr = errors.New("page 2 is cut short")
		noErrors(t, watch(t, c, 300, time.Hour, func(i int) time.Duration { return time.Duration(1+i%5) * time.Second }))
		if c.lists > 100 {
			t.Errorf("%d lists were asked for", c.lists)
		}
	})
}

// What a look shows to have ended otherwise than it should is asked for at
// the operation's own URL.
func TestWatchAsksTheOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTimed(1)
		c.state, c.opErr = "Failed", errors.New("quota")
		w := newWatcher(c, newLists(c, 1))
		x := newWaiting(opName(0))
		w.add(x)
		old := &listing{begun: x.since, byName: map[string]*spec.Compute{opName(0): {Live: &spec.Live{ProvisioningState: "Succeeded"}}}}
		if open := w.settle(old); len(open) > 0 || len(x.result) > 0 {
			t.Error("a list that was not begun after the answer counted")
		}
		w.drop(x)
		all := watch(t, c, 50, time.Hour, func(int) time.Duration { return time.Second })
		for i, x := range all {
			if !errors.Is(x.err, c.opErr) || len(c.asked[opName(i)]) == 0 {
				t.Errorf("%s: %v after %d polls", opName(i), x.err, len(c.asked[opName(i)]))
			}
		}
	})
}

func TestWatchInterrupt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTimed(1)
		c.ends[opName(0)] = time.Time{}
		w := newWatcher(c, newLists(c, 1))
		var run sync.WaitGroup
		run.Go(func() { w.run(t.Context()) })
		interrupt := make(chan struct{})
		time.AfterFunc(time.Minute, func() { close(interrupt) })
		if _, _, err := w.wait(t.Context(), interrupt, time.Hour, newWaiting(opName(0))); !errors.Is(err, errInterrupted) {
			t.Errorf("wait: %v", err)
		}
		w.close()
		run.Wait()
		asked := c.polls
		if synctest.Wait(); c.polls != asked {
			t.Error("asked after its end")
		}
	})
}

func TestListsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newTimed(3)
		l := newLists(c, 0)
		start := time.Now()
		ask := func(at time.Time) error {
			var all sync.WaitGroup
			errs := make([]error, 100)
			for i := range errs {
				all.Go(func() { _, errs[i] = l.after(t.Context(), at) })
			}
			all.Wait()
			return errors.Join(errs...)
		}
		if err := ask(start); err != nil || c.lists != 1 || l.cost() != 3 {
			t.Errorf("the first list: %v, %d lists of %d pages", err, c.lists, l.cost())
		}
		if err := ask(start); err != nil || c.lists != 1 {
			t.Errorf("a list that is there: %v, %d lists", err, c.lists)
		}
		c.listErr = errors.New("gone")
		if err := ask(time.Now()); err == nil || strings.Count(err.Error(), "gone") != 100 || c.lists != 2 {
			t.Errorf("a list that fails: %v, %d lists", err, c.lists)
		}
	})
}
