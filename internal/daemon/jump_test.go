package daemon_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/window"
)

// settableClock returns what sets the wall clock, by so much more than it shows
// in the bubble. Timers do not notice, as they do not when a real one is set.
func settableClock(t *testing.T) (set func(time.Duration)) {
	t.Helper()
	var offset atomic.Int64
	clock.Offset = func() time.Duration { return time.Duration(offset.Load()) }
	t.Cleanup(func() { clock.Offset = nil })
	return func(d time.Duration) { offset.Store(int64(d)) }
}

// tick is how often the daemon looks whether its clock was set.
const tick = 10 * time.Second

// TestClockIsSetForward ends a suspension, reaches an expiry and opens a window
// at once, though no timer is due for hours.
func TestClockIsSetForward(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // from midnight on
		set := settableClock(t)
		w := newWorld(t)
		w.drift = 5 * time.Hour
		w.rules.Windows = window.Set{{Cron: "0 12 * * *", Seconds: 3600, Zone: "UTC", Actions: []string{"create"}}}
		r := w.newRepo("fleet", one())
		expires := "computesync: {expires: " + time.Now().Add(20*time.Hour).UTC().Format(time.RFC3339) + "}"
		r.commit(one(cluster("cpu", 4), cluster("old", 1, expires)))
		s := w.start()
		pass(time.Minute)
		expect(t, "cpu before the window", w.exists("cpu"), false)
		set(12 * time.Hour)
		pass(tick + 2*operationTime)
		expect(t, "cpu when the clock was set into the window", w.most("prod", "cpu"), 4)

		must[string](t)(s.d.Suspend("prod/cpu", suspension(14*time.Hour)))
		r.commit(one(cluster("cpu", 6), cluster("old", 1, expires)))
		pass(time.Minute)
		expect(t, "cpu while it is suspended", w.most("prod", "cpu"), 4)
		expect(t, "old before it expires", w.exists("old"), true)
		set(24 * time.Hour)
		pass(tick + 2*operationTime)
		expect(t, "cpu when the clock was set beyond the suspension", w.most("prod", "cpu"), 6)
		expect(t, "old when the clock was set beyond its time", w.exists("old"), false)
		expect(t, "times that it was told", w.log.count(`"level":"warn"`, "the clock jumped", `"by":"12h0m0s"`), 2)
	})
}

// TestClockIsSetAmidAWindow begins nothing more once the clock says that the
// window has closed.
func TestClockIsSetAmidAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := settableClock(t)
		w := newWorld(t, armsim.WithOperationTime(2*time.Minute))
		r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("old", 1)))
		s := w.start()
		pass(5 * time.Minute)
		r.commit(with("windows: [{deny: \"0 12 * * *\", duration: 6h}]", cluster("cpu", 4), cluster("more", 1)))
		pass(5 * time.Second) // the DELETE is under way, and more waits for that
		set(13 * time.Hour)
		pass(time.Hour)
		expect(t, "old", w.exists("old"), false)
		expect(t, "more while the window is closed", w.exists("more"), false)
		set(10 * time.Hour)
		pass(10 * time.Minute)
		expect(t, "more when the clock was set back", w.exists("more"), true)
		expect(t, "status", s.statusLine(), "1 workspaces: 1 in sync, 0 applying, 0 held, 0 failing")
	})
}

// TestClockIsSetBack has nothing that was noted by the later clock waited for,
// and nothing reported that lies ahead.
func TestClockIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := settableClock(t)
		set(24 * time.Hour)
		w := newWorld(t, armsim.WithOperationTime(time.Minute))
		r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("gpu", 4)))
		w.fault(armsim.Fault{
			Match: armsim.Match{Kind: "put", Name: "weak"}, Times: 5,
			Operation: &armsim.OperationFault{Shape: "a", Code: "Bad", Message: "luck"},
		})
		s := w.start()
		pass(5 * time.Minute)
		if err := w.sim.SetNodes(ref("prod", "gpu"), armsim.Nodes{Running: 3}); err != nil {
			t.Fatal(err)
		}
		r.commit(one(cluster("cpu", 4), cluster("gpu", 1), cluster("weak", 1)))
		pass(30 * time.Minute) // the next try is more than ten minutes away
		w.sim.ClearFaults()
		r.commit(one(cluster("cpu", 6), cluster("gpu", 1), cluster("weak", 1)))
		pass(10 * time.Second)
		r.fail(errDown)
		pass(time.Second)
		checkAges(t, s.d.Report())
		w.sim.ResetCounters()
		set(0)
		pass(tick + 5*time.Second)
		now := s.now()
		expect(t, "steps under way", len(now.Steps) > 0, true)
		checkAges(t, s.d.Report())
		pass(4 * time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 6)
		expect(t, "weak", w.most("prod", "weak"), 1)
		checkAges(t, s.d.Report())
		now = s.now()
		if waits := clock.Now().Sub(now.Held[0].Since); len(now.Held) != 1 || waits < 0 || waits > 5*time.Minute {
			t.Errorf("held %+v for %s, want gpu for minutes", now.Held, waits)
		}
		if lists, _ := w.requests(); lists > 15 {
			t.Errorf("%d lists in five minutes", lists)
		}
		begin := time.Now()
		pass(5 * time.Minute)
		if n := s.fedSince(begin); n < 29 {
			t.Errorf("the watchdog was fed %d times in five minutes", n)
		}
	})
}

// checkAges wants nothing in a report to take less than no time, and the next
// pass to be within the drift interval.
func checkAges(t *testing.T, r *daemon.Report) {
	t.Helper()
	for _, src := range r.Sources {
		if src.Lag < 0 || src.Lag > 3600 {
			t.Errorf("source %s lags by %v s", src.Name, src.Lag)
		}
	}
	for i := range r.Workspaces {
		ws := &r.Workspaces[i]
		if ws.Last == nil || ws.Last.Took < 0 || ws.Last.Took > 3600 {
			t.Errorf("the last pass took %+v", ws.Last)
		}
		if wait := ws.Next.Sub(r.At); wait > 2*drift || wait < -drift {
			t.Errorf("the next pass is in %s", wait)
		}
	}
}

// TestClockIsSetAmidASync settles what was woken before the clock was set, and
// only once it has been looked at since.
func TestClockIsSetAmidASync(t *testing.T) {
	for _, by := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			set := settableClock(t)
			w := newWorld(t)
			w.newRepo("fleet", one(cluster("cpu", 4)))
			s := w.start()
			pass(5 * time.Minute)
			before := s.now().Last.Turn
			turn := daemon.Turn()
			s.d.Wake(nil)
			set(by)
			pass(time.Second)
			r := s.d.Report()
			expect(t, "the former pass came before the wake", before < turn, true)
			expect(t, "the source was asked after it", r.Sources[0].Turn > turn, true)
			expect(t, "a pass was made after it", r.Workspaces[0].Last.Turn > turn, true)
		})
	}
}
