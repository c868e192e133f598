package arm

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// readAll begins n reads at once and returns how long each took, once all have been answered.
func readAll(ctx context.Context, t *testing.T, c *Client, n int) []time.Duration {
	t.Helper()
	took := make([]time.Duration, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			begin := time.Now()
			if _, err := c.Get(ctx, fmt.Sprintf("%s/c%d", computes, i), nil); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			took[i] = time.Since(begin)
		})
	}
	all.Wait()
	return took
}

func TestPatientReadsLetOthersGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newThrottler(t, 200) // 10 reads a second
		c := virtual(t, s)
		var drift sync.WaitGroup
		begin := time.Now()
		drift.Go(func() { readAll(Patient(t.Context()), t, c, 600) })
		pass(t.Context(), 10*time.Second)
		for range 30 { // looks and polls of a write, while 300 lists are waiting
			for _, took := range readAll(t.Context(), t, c, 3) {
				if took > 500*time.Millisecond {
					t.Errorf("a read waited %s behind patient ones", took)
				}
			}
			pass(t.Context(), time.Second)
		}
		drift.Wait()
		// 690 reads of a bucket of 200 that refills by 10 a second.
		if took := time.Since(begin); took > 60*time.Second {
			t.Errorf("all took %s: the budget was left unused", took)
		}
		if s.refused > 0 {
			t.Errorf("%d answers 429", s.refused)
		}
	})
}

func TestPatientReadsAreServedInTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := virtual(t, newThrottler(t, 0))
		ctx, cancel := context.WithCancel(t.Context())
		var others sync.WaitGroup
		for range 60 { // more than the service takes, for as long as it lasts
			others.Go(func() {
				for ctx.Err() == nil {
					readAll(ctx, t, c, 1)
				}
			})
		}
		begin := time.Now()
		readAll(Patient(t.Context()), t, c, 30)
		cancel()
		others.Wait()
		if took := time.Since(begin); took > 45*time.Second {
			t.Errorf("30 patient reads took %s, want about one a second", took)
		}
	})
}

func TestPatientReadsLeaveHalfOfTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang, patient := make(chan struct{}), 0
		var mu sync.Mutex
		c := virtual(t, transportFunc(func(req *http.Request) (*http.Response, error) {
			if isPatient(req.Context()) {
				mu.Lock()
				patient++
				mu.Unlock()
				<-hang
			}
			return answer(req, http.StatusOK, http.Header{}, "{}"), nil
		}))
		readAll(t.Context(), t, c, 1)
		var drift sync.WaitGroup
		for _, subscription := range []string{"1", "2", "3"} {
			if _, err := c.Get(t.Context(), "/subscriptions/"+subscription, nil); err != nil { // the first answer
				t.Fatal(err)
			}
			for i := range 40 {
				drift.Go(func() {
					c.Get(Patient(t.Context()), fmt.Sprintf("/subscriptions/%s/c%d", subscription, i), nil)
				})
			}
		}
		pass(t.Context(), 30*time.Second)
		mu.Lock()
		onWire := patient
		mu.Unlock()
		if onWire != 25 {
			t.Errorf("%d patient requests are on the wire, want half of 50", onWire)
		}
		begin := time.Now()
		putAll(t, c, 20)
		readAll(t.Context(), t, c, 20)
		if took := time.Since(begin); took > 0 {
			t.Errorf("others waited %s", took)
		}
		close(hang)
		drift.Wait()
	})
}

func TestRetryAfterIsHonouredToTheSecondByWhoeverSharesTheBudget(t *testing.T) {
	for _, seconds := range []int{7, 59, 61, 90, 600, 3600} {
		t.Run(fmt.Sprint(seconds), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var sent []time.Duration
				begin := time.Now()
				service := transportFunc(func(req *http.Request) (*http.Response, error) {
					mu.Lock()
					defer mu.Unlock()
					if sent = append(sent, time.Since(begin)); len(sent) == 1 {
						return answer(req, http.StatusTooManyRequests, http.Header{"Retry-After": {fmt.Sprint(seconds)}}, ""), nil
					}
					return answer(req, http.StatusOK, http.Header{}, "{}"), nil
				})
				budget := NewBudget(nil)
				ctx, stop := context.WithCancel(t.Context())
				former, err := New(Config{Transport: service, Budget: budget})
				if err != nil {
					t.Fatal(err)
				}
				var stopped sync.WaitGroup
				stopped.Go(func() { former.Get(ctx, computes, nil) })
				pass(t.Context(), time.Second)
				stop() // a new configuration takes over in the middle of the rest
				stopped.Wait()
				next, err := New(Config{Transport: service, Budget: budget})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := next.Get(t.Context(), computes, nil); err != nil {
					t.Fatal(err)
				}
				want := time.Duration(seconds) * time.Second
				if len(sent) != 2 || sent[1] < want || sent[1] > want+time.Second {
					t.Errorf("requests went out at %v, want the second at %s", sent, want)
				}
				if n := next.Stats().Requests(); n != 2 {
					t.Errorf("the budget counts %d requests, want those of both", n)
				}
			})
		})
	}
}
