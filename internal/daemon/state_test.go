package daemon_test

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/daemon"
)

// loseState moves the state folder away; the function that it returns moves it
// back.
func (w *world) loseState() (back func()) {
	w.t.Helper()
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			w.t.Error(err)
		}
	}
	move(w.dir, w.dir+".away")
	return func() { move(w.dir+".away", w.dir) }
}

func TestIdleDaemonNoticesThatTheStateIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.drift, w.tick = 2*time.Hour, 10*time.Minute // nothing else makes it look
		w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(5 * time.Minute)
		expect(t, "report of a state that is there", s.d.Report().State == nil, true)

		back := w.loseState()
		pass(time.Minute)
		lost := s.d.Report().State
		known := lost != nil && strings.Contains(lost.Error, "journal.db") && lost.Hint != ""
		if !known || time.Since(lost.Since) > time.Minute {
			t.Fatalf("after a minute the report has %+v, want the state that is gone", lost)
		}
		if line := s.statusLine(); !strings.HasPrefix(line, "nothing is written to Azure: the journal's file is gone: ") {
			t.Errorf("the status line is %q", line)
		}
		w.edit("cpu", scaledTo99)
		w.sim.ResetCounters()
		pass(6 * time.Hour)
		expect(t, "requests while the state is gone", w.sim.Counters().Total(), 0)
		now := s.now()
		expect(t, "phase", now.Phase, daemon.Failing)
		expect(t, "error of the workspace", now.Error, lost.Error)
		expect(t, "times it was logged", w.log.count(`"level":"error"`, "the state is gone", "restore a backup"), 1)
		expect(t, "since when", s.d.Report().State.Since, lost.Since)

		back()
		pass(2 * time.Minute)
		expect(t, "report of the state that is back", s.d.Report().State == nil, true)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
		expect(t, "phase", s.now().Phase, daemon.InSync)
		expect(t, "times it was logged to be back", w.log.count("the state is back"), 1)
	})
}

// Half a replacement waits for the state, which alone knows that the other half
// is owed.
func TestStateGoesBetweenTwoSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		r.commit(one(strings.Replace(cluster("cpu", 4), "DS3", "DS4", 1)))
		pass(5 * time.Second) // DELETE was sent
		w.sim.ResetCounters()
		back := w.loseState()
		pass(3 * drift)
		_, writes := w.requests()
		expect(t, "writes while the state is gone", writes, 0)
		expect(t, "cpu while the state is gone", w.exists("cpu"), false)
		back()
		pass(2 * time.Minute)
		if doc := strings.ToUpper(string(w.sim.Compute(ref("prod", "cpu")))); !strings.Contains(doc, "DS4") {
			t.Errorf("the cluster was not replaced: %s", doc)
		}
		expect(t, "phase", s.now().Phase, daemon.InSync)
		s.end()
		expect(t, "units left in the journal", len(w.unfinished()), 0)
	})
}

// A write that Azure put off was journalled before, and is called off all the
// same: by the time that it is due, another daemon may run.
func TestStateGoesWhileAWriteIsPutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		later := armsim.Duration(30 * time.Minute)
		w.fault(armsim.Fault{Match: armsim.Match{Kind: "patch"}, Status: 429, RetryAfter: later, Times: 1})
		r.commit(one(cluster("cpu", 5)))
		pass(time.Minute)
		w.sim.ResetCounters()
		back := w.loseState()
		pass(2 * time.Hour)
		expect(t, "requests while the state is gone", w.sim.Counters().Total(), 0)
		expect(t, "phase", s.now().Phase, daemon.Failing)
		back()
		pass(2 * time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 5)
	})
}

func TestSecondDaemonWhereTheStateIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		first := w.start()
		pass(2 * time.Minute)
		w.loseState()
		second := w.start() // on a new state, which it can lock
		pass(time.Minute)
		before := first.written()
		for i := range 5 {
			w.edit("cpu", scaledTo99)
			r.commit(one(cluster("cpu", 5+i)))
			w.sim.ResetCounters()
			pass(drift)
			_, writes := w.requests()
			expect(t, "writes of the two", writes, 1)
			expect(t, "cpu", w.most("prod", "cpu"), 5+i)
		}
		expect(t, "what the first wrote to its journal", first.written()-before, 0)
		if lost := first.d.Report().State; lost == nil || !strings.Contains(lost.Error, "another file is at "+w.dir) {
			t.Errorf("the first reports %+v, want the other file at its path", lost)
		}
		expect(t, "state of the second", second.d.Report().State == nil, true)
		first.end()
		w.edit("cpu", scaledTo99)
		pass(drift + time.Minute)
		expect(t, "cpu when the first has ended", w.most("prod", "cpu"), 9)
	})
}
