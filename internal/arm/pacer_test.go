package arm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// throttler answers as a service with one token bucket does, in virtual time.
type throttler struct {
	rng       *rand.Rand
	silent    bool          // send no header of what is left
	constant  string        // always say that this much is left, and refuse nothing
	latency   time.Duration // half of it before the service counts the request, half after; jittered by up to a half
	mu        sync.Mutex
	tokens    float64
	at        time.Time
	flying    int
	mostFlown int
	refused   int
	accepted  int
}

const (
	serviceCapacity = 200
	serviceRate     = 10
)

func newThrottler(t *testing.T, tokens float64) *throttler {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return &throttler{rng: rand.New(rand.NewPCG(seed, 1)), latency: 40 * time.Millisecond, tokens: tokens, at: time.Now()}
}

func (s *throttler) half() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(float64(s.latency) / 2 * (0.75 + s.rng.Float64()/2))
}

func (s *throttler) Do(req *http.Request) (*http.Response, error) {
	s.fly(1)
	defer s.fly(-1)
	if err := pass(req.Context(), s.half()); err != nil {
		return nil, err
	}
	resp := s.count(req)
	return resp, pass(req.Context(), s.half())
}

func (s *throttler) fly(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flying += n
	s.mostFlown = max(s.mostFlown, s.flying)
}

// take refills the service's bucket and takes n tokens, for us or for somebody else.
func (s *throttler) take(n float64) bool {
	now := time.Now()
	s.tokens = min(serviceCapacity, s.tokens+now.Sub(s.at).Seconds()*serviceRate)
	s.at = now
	if s.tokens < n {
		return false
	}
	s.tokens -= n
	return true
}

func (s *throttler) count(req *http.Request) *http.Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := http.Header{}
	left := "x-ms-ratelimit-remaining-subscription-" + string(classOf(req.Method))
	if s.constant != "" {
		s.accepted++
		h.Set(left, s.constant)
		return answer(req, http.StatusCreated, h, "{}")
	}
	if !s.take(1) {
		s.refused++
		h.Set("Retry-After", "1")
		return answer(req, http.StatusTooManyRequests, h, "")
	}
	s.accepted++
	if !s.silent {
		h.Set(left, strconv.Itoa(int(s.tokens)))
	}
	return answer(req, http.StatusCreated, h, "{}")
}

func pass(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func answer(req *http.Request, status int, h http.Header, body string) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: req,
	}
}

// transportFunc is a service in a function.
type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) Do(req *http.Request) (*http.Response, error) { return f(req) }

func virtual(t *testing.T, transport interface {
	Do(*http.Request) (*http.Response, error)
},
) *Client {
	t.Helper()
	c, err := New(Config{Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// putAll sends n PUTs at once and returns how long they took together.
func putAll(t *testing.T, c *Client, n int) time.Duration {
	t.Helper()
	begin := time.Now()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if _, err := c.Do(t.Context(), http.MethodPut, fmt.Sprintf("%s/c%d", computes, i), nil, json.RawMessage(`{}`)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	return time.Since(begin)
}

func TestPacingToTheServicesBucket(t *testing.T) {
	tests := []struct {
		name       string
		tokens     float64
		silent     bool
		maxRefused int
		atMost     time.Duration
	}{
		{"full bucket, header says what is left", 200, false, 10, 82 * time.Second},
		{"full bucket, no header", 200, true, 10, 82 * time.Second},
		{"emptied by somebody else before", 0, false, 10, 104 * time.Second},
		{"half empty, no header: what is in flight then", 100, true, 52, 110 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newThrottler(t, tt.tokens)
				s.silent = tt.silent
				c := virtual(t, s)
				took := putAll(t, c, 1000)
				t.Logf("%d refused, %s, %+v", s.refused, took, c.Stats())
				if s.refused > tt.maxRefused {
					t.Errorf("%d answers 429, want at most %d", s.refused, tt.maxRefused)
				}
				if took > tt.atMost {
					t.Errorf("took %s, want at most %s", took, tt.atMost)
				}
				if got := c.Stats(); got.Throttled() != int64(s.refused) || got.Requests() != int64(s.refused+s.accepted) {
					t.Errorf("stats %+v, the service counted %d and %d", got, s.accepted, s.refused)
				}
			})
		})
	}
}

func TestServiceThatNamesNoLimitIsNotSlowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newThrottler(t, 0)
		s.constant = "199"
		took := putAll(t, virtual(t, s), 1000)
		t.Logf("%s, %d in flight", took, s.mostFlown)
		if took > 1100*time.Millisecond {
			t.Errorf("1,000 requests of 40 ms, 50 at a time, took %s", took)
		}
		if s.mostFlown != 50 {
			t.Errorf("%d requests in flight, want 50", s.mostFlown)
		}
	})
}

func TestBudgetSharedWithSomebodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newThrottler(t, 200)
		ctx, cancel := context.WithCancel(t.Context())
		var other sync.WaitGroup
		other.Go(func() {
			for pass(ctx, 200*time.Millisecond) == nil {
				s.mu.Lock()
				s.take(1) // half of what the service refills
				s.mu.Unlock()
			}
		})
		took := putAll(t, virtual(t, s), 1000)
		cancel()
		other.Wait()
		t.Logf("%d refused, %s", s.refused, took)
		if s.refused >= 50 || took > 170*time.Second {
			t.Errorf("%d answers 429 in %s", s.refused, took)
		}
	})
}

func TestRefusalRestsTheWholeClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var mu sync.Mutex
		sent := map[string][]time.Duration{}
		c := virtual(t, transportFunc(func(req *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			sent[req.Method] = append(sent[req.Method], time.Since(begin))
			if req.Method == http.MethodPut && len(sent[req.Method]) == 1 {
				return answer(req, http.StatusTooManyRequests, http.Header{"Retry-After": {"120"}}, ""), nil
			}
			return answer(req, http.StatusOK, http.Header{}, "{}"), nil
		}))
		var wg sync.WaitGroup
		wg.Go(func() { c.Do(t.Context(), http.MethodPut, computes+"/a", nil, nil) })
		synctest.Wait()
		wg.Go(func() { c.Do(t.Context(), http.MethodPut, computes+"/b", nil, nil) })
		if _, err := c.Get(t.Context(), computes+"/a", nil); err != nil {
			t.Error(err)
		}
		if d := time.Since(begin); d != 0 {
			t.Errorf("a read waited %s for the writes", d)
		}
		other := strings.Replace(computes, "11111111", "99999999", 1)
		if _, err := c.Do(t.Context(), http.MethodPost, other+"/a/start", nil, nil); err != nil || time.Since(begin) != 0 {
			t.Errorf("another subscription waited %s, error %v", time.Since(begin), err)
		}
		wg.Wait()
		if got := sent[http.MethodPut]; len(got) != 3 || got[1] < 2*time.Minute || got[2] < 2*time.Minute {
			t.Errorf("writes went out after %v, want the second and third after 2m", got)
		}
	})
}

func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBucket(Writes)
		b.tokens = 0
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		errs := make([]error, 3)
		for i := range errs {
			wg.Go(func() { _, errs[i] = b.wait(ctx, 50) })
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		for _, err := range errs {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
		if len(b.queue) != 0 || b.inFlight != 0 || b.requests != 0 {
			t.Errorf("left behind: %d waiting, %d in flight, %d counted", len(b.queue), b.inFlight, b.requests)
		}
		if _, err := b.wait(t.Context(), 50); err != nil {
			t.Error(err)
		}
	})
}

func TestAnswersCorrectTheEstimate(t *testing.T) {
	header := func(left string) *http.Response {
		return &http.Response{StatusCode: 200, Header: http.Header{"X-Ms-Ratelimit-Remaining-Subscription-Writes": {left}}}
	}
	tests := []struct {
		name      string
		inFlight  int // before the answer
		meanwhile int // finished during its flight
		resp      *http.Response
		want      float64
	}{
		{"down", 1, 0, header("3"), 3},
		{"what is in flight counts as spent", 5, 0, header("3"), -1},
		{"up", 1, 0, header("199"), 199},
		{"what finished meanwhile may be counted or not: our count stands", 1, 20, header("50"), 42},
		{"what finished meanwhile cannot hide that much", 1, 20, header("100"), 80},
		{"above the documented capacity", 1, 0, header("11999"), 11999},
		{"no header", 1, 0, &http.Response{StatusCode: 200, Header: http.Header{}}, 42},
		{"nonsense", 1, 0, header("many"), 42},
		{"negative", 1, 0, header("-1"), 42},
		{"no answer", 1, 0, nil, 42},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBucket(Writes)
				b.tokens, b.inFlight, b.finished = 42, tt.inFlight, tt.meanwhile
				b.done(&turn{}, tt.resp)
				if b.tokens != tt.want {
					t.Errorf("%v tokens, want %v", b.tokens, tt.want)
				}
			})
		})
	}
}

func TestClassAndSubscription(t *testing.T) {
	for method, want := range map[string]Class{
		"GET": Reads, "HEAD": Reads, "PUT": Writes, "PATCH": Writes, "POST": Writes, "DELETE": Deletes,
	} {
		if got := classOf(method); got != want {
			t.Errorf("%s is one of the %s, want %s", method, got, want)
		}
	}
	for path, want := range map[string]string{
		"/subscriptions/ABC/resourceGroups/rg": "abc",
		"/arm/SUBSCRIPTIONS/abc":               "abc",
		"/providers/Microsoft.X/operations":    "",
	} {
		if got := subscriptionOf(path); got != want {
			t.Errorf("subscription of %s is %q, want %q", path, got, want)
		}
	}
}
