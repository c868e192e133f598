package apply_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
)

// TestRetryAfter refuses a write for now and says until when: it is not sent
// again before, whatever the refusal.
func TestRetryAfter(t *testing.T) {
	for _, status := range []int{http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		for _, after := range []time.Duration{0, 10 * time.Minute} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.declare(cluster("cpu"))
				w.fault(armsim.Fault{Match: armsim.Match{Method: "PUT"}, Times: 2, Status: status, RetryAfter: armsim.Duration(after)})
				var sent []time.Time
				w.wire.before = func(r *http.Request) bool {
					if r.Method == http.MethodPut {
						sent = append(sent, time.Now())
					}
					return false
				}
				w.live(func(l *life) {
					if r := l.pass(); r.Done != 1 || len(sent) != 3 {
						t.Fatalf("%d: sent %d times: %+v", status, len(sent), r)
					}
				})
				for i := range sent[1:] {
					if gap := sent[i+1].Sub(sent[i]); gap < max(after, time.Second) {
						t.Errorf("%d, asked to wait %s: sent again after %s", status, after, gap)
					}
				}
				w.settled()
			})
		}
	}
}

// TestBlocked lets something stand in the way that only a person can remove: a
// write is sent once in a pass, and what was removed for it is made as soon as
// nothing does.
func TestBlocked(t *testing.T) {
	for _, code := range []string{"ScopeLocked", "ReadOnlyDisabledSubscription", "NobodyKnowsThis"} {
		for _, method := range []string{http.MethodDelete, http.MethodPut} {
			t.Run(code+" "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					w.declare(cluster("gpu"))
					w.live(func(l *life) { l.converge() })
					w.declare(cluster("gpu", "size: STANDARD_D2_V2"))
					w.wire.forget()
					w.fault(armsim.Fault{Match: armsim.Match{Method: method}, Times: 3, Status: http.StatusConflict, Code: code})
					for n := range 3 {
						w.live(func(l *life) {
							if r := l.pass(); len(r.Failed) != 1 || w.wire.sent(method, "gpu") != n+1 {
								t.Fatalf("pass %d: sent %d times: %+v", n, w.wire.sent(method, "gpu"), r)
							}
						})
						elapse(time.Minute)
					}
					w.live(func(l *life) { l.converge() })
					if n := w.wire.sent(http.MethodDelete, "gpu"); method == http.MethodPut && n != 1 {
						t.Errorf("removed %d times", n)
					}
					w.settled()
				})
			})
		}
	}
}
