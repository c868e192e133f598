package daemon_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
)

// epoch is when the clock of a bubble begins.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// TestClockIsSetBetweenTwoLives kills a daemon in the middle of a replacement,
// of a creation whose answer was lost, and while a compute that failed waits to
// be remade. The next one starts by a clock that was set: each bubble's clock
// begins anew.
func TestClockIsSetBetweenTwoLives(t *testing.T) {
	for name, c := range map[string]struct{ before, after time.Duration }{
		"back by an hour":  {before: time.Hour},
		"back by a day":    {before: 24 * time.Hour},
		"forward by a day": {after: 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			bad := &armsim.OperationFault{Shape: "a", Code: "Bad", Message: "luck"}
			var ahead time.Duration // of our clock, Azure's is: nobody sets that
			w := newWorld(t, armsim.WithClock(func() time.Time { return time.Now().Add(ahead) }))
			r := w.newRepo("fleet", one(cluster("cpu", 4)))
			live := func(do func()) {
				synctest.Test(t, func(inner *testing.T) {
					w.t, r.changed = inner, nil
					do()
				})
			}
			live(func() {
				pass(c.before)
				s := w.start()
				pass(2 * time.Minute)
				w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "weak"}, Operation: bad, Times: 5})
				r.commit(one(cluster("cpu", 4), cluster("weak", 1)))
				pass(20 * time.Minute) // the next try is some minutes away
				w.fault(armsim.Fault{Match: armsim.Match{Kind: "put", Name: "lost"}, Drop: true, After: true, Times: 1})
				r.commit(one(strings.Replace(cluster("cpu", 4), "DS3", "DS4", 1), cluster("weak", 1), cluster("lost", 2)))
				pass(5 * time.Second)
				s.kill()
				ahead = time.Since(epoch)
			})
			w.sim.ClearFaults()
			live(func() {
				pass(c.after)
				ahead -= c.after
				begin := time.Now()
				s := w.start()
				pass(10 * time.Minute)
				expect(t, "lost", w.most("prod", "lost"), 2)
				expect(t, "cpu", w.most("prod", "cpu"), 4)
				if doc := strings.ToUpper(string(w.sim.Compute(ref("prod", "cpu")))); !strings.Contains(doc, "DS4") {
					t.Errorf("half a replacement was left: %s", doc)
				}
				pass(time.Hour + drift) // the longest wait of a remake
				expect(t, "weak", w.most("prod", "weak"), 1)
				expect(t, "status", s.statusLine(), "1 workspaces: 1 in sync, 0 applying, 0 held, 0 failing")
				expect(t, "creations of lost in the second life", w.log.count(`"lost"`, `"create"`, `"began"`), 1)
				if n, want := s.fedSince(begin), int(time.Since(begin)/(10*time.Second)); n < want-1 {
					t.Errorf("the watchdog was fed %d times, want %d", n, want)
				}
				w.sim.ResetCounters()
				pass(6 * drift)
				lists, writes := w.requests()
				expect(t, "writes", writes, 0)
				if lists < 5 || lists > 7 {
					t.Errorf("got %d lists in six intervals", lists)
				}
			})
		})
	}
}
