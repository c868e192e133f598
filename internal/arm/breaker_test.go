package arm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// sick is a service that fails as its faults say, by what a path contains.
type sick struct {
	mu     sync.Mutex
	faults map[string]step
	sent   []string // METHOD path
}

func (s *sick) Do(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, req.Method+" "+req.URL.Path)
	for part, fault := range s.faults {
		if strings.Contains(req.URL.Path, part) {
			return (&script{steps: []step{fault}}).Do(req)
		}
	}
	return answer(req, http.StatusOK, http.Header{}, `{"value":[]}`), nil
}

// fail has what contains the part fail from now on; heal ends all of that.
func (s *sick) fail(part string, fault step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults == nil {
		s.faults = map[string]step{}
	}
	s.faults[part] = fault
}

func (s *sick) heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// count is how many requests were sent since the last time, of those that begin so.
func (s *sick) count(begin string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.sent {
		if strings.HasPrefix(line, begin) {
			n++
		}
	}
	s.sent = nil
	return n
}

// ward is a client of a sick service, and the outages that it reported.
type ward struct {
	*Client
	service *sick
	outages []Outage
}

func newWard(t *testing.T, cred azcore.TokenCredential) *ward {
	t.Helper()
	w := &ward{service: &sick{}}
	budget := NewBudget(func(o Outage) { w.outages = append(w.outages, o) })
	c, err := New(Config{Transport: w.service, Credential: cred, Budget: budget})
	if err != nil {
		t.Fatal(err)
	}
	w.Client = c
	return w
}

func workspace(n int) string { return strings.Replace(computes, "/ws/", fmt.Sprintf("/ws%d/", n), 1) }

// passes lists n workspaces again and again for a while: after a success in two seconds, after an error in five or when
// that says. It returns the errors.
func (w *ward) passes(ctx context.Context, n int, d time.Duration) (errs []error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range n {
		all.Go(func() {
			for wait := time.Duration(0); pass(ctx, wait) == nil; {
				wait = 2 * time.Second
				_, err := w.List(ctx, workspace(i), func([]map[string]any) error { return nil })
				if err == nil || ctx.Err() != nil {
					continue
				}
				wait = 5 * time.Second
				if down, ok := errors.AsType[*OutageError](err); ok {
					wait = down.RetryIn()
				}
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return errs
}

// page is a web page that can be read again and again.
type page struct{}

func (page) Read(p []byte) (int, error) {
	return copy(p, "<html><title>Bad gateway</title></html>"), io.EOF
}

func TestWhatIsAnOutage(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for name, fault := range map[string]step{
		"500":                 {status: 500},
		"503":                 {status: 503},
		"504":                 {status: 504},
		"refused connections": {err: refused},
		"dropped connections": {err: io.ErrUnexpectedEOF},
		"truncated answers":   {status: 200, body: brokenReader{}},
		"a gateway's page":    {status: 403, body: page{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWard(t, nil)
				w.passes(t.Context(), 3, 10*time.Second)
				w.service.fail("", fault)
				errs := w.passes(t.Context(), 3, time.Minute)
				if len(w.outages) != 1 || w.Outage() == nil {
					t.Fatalf("%d outages were reported, the last error is %v", len(w.outages), errs[len(errs)-1])
				}
				o := w.outages[0]
				if o.Resources < 2 || o.Failed < openAfter || o.Endpoint != "https://management.azure.com" || o.Reason == "" {
					t.Errorf("got %+v", o)
				}
			})
		})
	}
	for name, fault := range map[string]step{
		"429":       {status: 429, header: http.Header{"Retry-After": {"1"}}},
		"too large": {err: tooLarge(maxBody)},
		"401":       {status: 401}, "403": {status: 403}, "404": {status: 404}, "409": {status: 409},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWard(t, nil)
				w.service.fail("", fault)
				w.passes(t.Context(), 3, 5*time.Minute)
				if len(w.outages) > 0 {
					t.Errorf("it counts as an outage: %+v", w.outages)
				}
			})
		})
	}
}

func TestOneBrokenResourceIsNoOutage(t *testing.T) {
	const subscription = "/subscriptions/11111111-2222-3333-4444-555555555555"
	const operation = subscription + "/providers/Microsoft.MachineLearningServices/locations/westeurope/computeOperationsStatus/"
	get := func(paths ...string) func(context.Context, *ward) {
		return func(ctx context.Context, w *ward) {
			var all sync.WaitGroup
			for _, path := range paths {
				all.Go(func() { _, _ = w.Get(ctx, path, nil) })
			}
			all.Wait()
		}
	}
	for name, asks := range map[string]func(context.Context, *ward){
		"a workspace":             get(workspace(1)),
		"its computes":            get(workspace(1)+"/a", workspace(1)+"/b", workspace(1)+"/c"),
		"a compute, in any case":  get(workspace(1)+"/a", strings.ToUpper(workspace(1))+"/A"),
		"an operation":            get(operation + "1"),
		"operations":              get(operation+"1", operation+"2", operation+"3"),
		"a compute being changed": get(operation+"1", workspace(1)+"/a"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWard(t, nil)
				w.service.fail("/providers/", step{status: 500})
				w.service.fail("/PROVIDERS/", step{status: 500})
				for range 100 {
					asks(t.Context(), w)
					_ = pass(t.Context(), 5*time.Second)
				}
				if len(w.outages) > 0 {
					t.Errorf("it counts as an outage: %+v", w.outages)
				}
				if n := w.service.count("GET " + subscription); n == 0 {
					t.Error("nothing was sent")
				}
				w.service.fail("", step{status: 500}) // now the subscription is not answered either
				for range 4 {
					asks(t.Context(), w)
					_ = pass(t.Context(), 5*time.Second)
				}
				if len(w.outages) != 1 {
					t.Errorf("%d outages were reported of a service that is down", len(w.outages))
				}
			})
		})
	}
}

func TestOneOfManyWorkspacesIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, nil)
		w.service.fail("/ws7/", step{err: io.EOF})
		errs := w.passes(t.Context(), 20, 10*time.Minute)
		if len(errs) < 50 || len(w.outages) > 0 {
			t.Errorf("%d errors, outages %+v", len(errs), w.outages)
		}
	})
}

func TestOutageIsProbedByOneRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, nil)
		w.passes(t.Context(), 20, 10*time.Second)
		w.service.fail("", step{status: 503})
		w.service.count("")
		const down = 200 * time.Second
		errs := w.passes(t.Context(), 20, down)
		n := w.service.count("")
		t.Logf("%d requests, %d errors", n, len(errs))
		if n > 100 {
			t.Errorf("%d requests in %s", n, down)
		}
		texts := map[string]bool{}
		for _, err := range errs {
			e, ok := errors.AsType[*OutageError](err)
			if !ok {
				t.Fatalf("before the outage was known, a pass failed: %v", err)
			}
			texts[e.Error()] = true
		}
		if len(texts) != 1 {
			t.Errorf("one outage has the texts %v", texts)
		}
		_, _ = w.Get(t.Context(), workspace(0), nil) // a probe, should one be due
		begin := time.Now()
		if _, err := w.Get(t.Context(), workspace(0), nil); err == nil || time.Since(begin) > 0 {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
		for range 20 { // what is sent from now on
			w.passes(t.Context(), 20, time.Second)
			if n := w.service.count(""); n > 1 {
				t.Errorf("%d requests within a second", n)
			}
		}
		w.service.heal()
		begin = time.Now()
		for w.Outage() != nil {
			w.passes(t.Context(), 20, time.Second)
		}
		if took := time.Since(begin); took > 13*time.Second {
			t.Errorf("it took %s to notice that the service is back", took)
		}
		if len(w.outages) != 2 || w.outages[1].Ended.IsZero() || w.outages[1].Refused == 0 {
			t.Errorf("got %+v", w.outages)
		}
		for _, b := range w.Stats() {
			if unsent := b.ByStatus[0]; unsent > 5 { // the test ends a pass now and then
				t.Errorf("%d requests are counted that were not sent", unsent)
			}
		}
	})
}

// Reads are repeated for some three seconds, and requests wait for four more when an outage is declared in that time.
func TestBlipFailsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, nil)
		w.service.fail("", step{status: 503})
		time.AfterFunc(4*time.Second, w.service.heal)
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				_ = pass(t.Context(), time.Duration(i)*50*time.Millisecond)
				if _, err := w.Get(t.Context(), workspace(i), nil); err != nil {
					t.Errorf("get after %d ms: %v", 50*i, err)
				}
			})
		}
		all.Go(func() {
			_ = pass(t.Context(), 3900*time.Millisecond)
			if _, err := w.Do(t.Context(), http.MethodPut, workspace(0)+"/a", nil, json.RawMessage(`{}`)); err != nil {
				t.Errorf("put: %v", err)
			}
		})
		all.Wait()
		if n := w.service.count("PUT"); len(w.outages) != 2 || n != 1 {
			t.Errorf("%d outages, %d writes", len(w.outages), n)
		}
	})
}

func TestWritesOfAnOutageAreNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, nil)
		w.service.fail("", step{err: io.ErrUnexpectedEOF})
		put := func() error {
			_, err := w.Do(t.Context(), http.MethodPut, workspace(0)+"/a", nil, json.RawMessage(`{}`))
			return err
		}
		if err := put(); !Ambiguous(err) {
			t.Errorf("a write that was sent: %v", err)
		}
		w.passes(t.Context(), 3, time.Minute)
		w.service.count("")
		for range 100 {
			begin := time.Now()
			err := put()
			if took := time.Since(begin); took > 0 {
				t.Fatalf("it was refused after %s", took)
			}
			e, ok := errors.AsType[*OutageError](err)
			if !ok || Ambiguous(err) || e.RetryIn() <= 0 || e.RetryIn() > 11*time.Second || e.Hint() == "" {
				t.Fatalf("a write that was not sent: %v", err)
			}
			_ = pass(t.Context(), time.Second) // also when a probe is due: a write is none
		}
		if n := w.service.count(""); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
}

func TestRetryAfterOfAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, nil)
		w.service.fail("", step{status: 503, header: http.Header{"Retry-After": {"60"}}})
		w.passes(t.Context(), 3, 2*time.Minute+30*time.Second)
		w.service.count("")
		w.passes(t.Context(), 3, 10*time.Minute)
		if n := w.service.count(""); n < 8 || n > 12 {
			t.Errorf("Azure wanted to be left alone for a minute and got %d requests in ten", n)
		}
	})
}

// A request that hung for long and fails when the service is back says nothing about the present.
func TestLateFailureIsNoOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		reported := atomic.Int32{}
		hanging := transportFunc(func(req *http.Request) (*http.Response, error) {
			if time.Since(begin) < 10*time.Second {
				<-req.Context().Done()
				return nil, req.Context().Err()
			}
			return answer(req, http.StatusOK, http.Header{}, `{"value":[]}`), nil
		})
		c, err := New(Config{Budget: NewBudget(func(Outage) { reported.Add(1) }), Transport: hanging})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range firstFlight - 1 { // one more may be in flight before the first answer
			all.Go(func() {
				if _, err := c.Get(t.Context(), workspace(i), nil); err != nil {
					t.Error(err)
				}
			})
		}
		_ = pass(t.Context(), 20*time.Second)
		if _, err := c.Get(t.Context(), workspace(8), nil); err != nil {
			t.Error(err)
		}
		all.Wait()
		if n := reported.Load(); n != 0 {
			t.Errorf("%d outages were reported", n)
		}
	})
}

// fading is a credential that may have no token, which it counts.
type fading struct {
	fail   atomic.Bool
	failed atomic.Int32
}

func (c *fading) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if c.fail.Load() {
		c.failed.Add(1)
		return azcore.AccessToken{}, errors.New("no route to host")
	}
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Minute)}, nil
}

// Where the network is down the token runs out, too: that is the same outage.
func TestOutageOutlastsTheToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cred := &fading{}
		w := newWard(t, cred)
		w.passes(t.Context(), 3, 10*time.Second)
		w.service.fail("", step{err: &net.OpError{Op: "dial", Err: syscall.EHOSTUNREACH}})
		cred.fail.Store(true)
		w.passes(t.Context(), 3, 2*time.Minute)
		w.service.count("")
		errs := w.passes(t.Context(), 3, time.Hour)
		for _, err := range errs {
			if _, ok := errors.AsType[*OutageError](err); !ok {
				t.Fatalf("got %v", err)
			}
		}
		if n := len(errs); n > 3*3600/8 {
			t.Errorf("%d passes were made in an hour", n)
		}
		if n := cred.failed.Load(); n > 3*3600/9 { // when a probe is due, at least 9 s after the last, each of the three may ask
			t.Errorf("a token was asked for %d times", n)
		}
		w.service.heal()
		cred.fail.Store(false)
		if errs := w.passes(t.Context(), 3, time.Minute); len(errs) > 6 || len(w.outages) != 2 {
			t.Errorf("%d outages, and after the last %v", len(w.outages), errs)
		}
	})
}
