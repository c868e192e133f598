package daemon_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
)

// reconfigure ends the daemon and starts one that has these sources.
func (s *service) reconfigure(repos ...*repo) *service {
	s.t.Helper()
	s.end()
	s.repos = repos
	return s.start()
}

// corrected changes cpu behind the daemon's back, and expects it to have that
// many nodes after the next look.
func (w *world) corrected(when string, most int) {
	w.t.Helper()
	w.edit("cpu", scaledTo99)
	pass(drift + 2*time.Minute)
	expect(w.t, "cpu "+when, w.most("prod", "cpu"), most)
}

const notThere = 99 // what corrected expects of a workspace that left

var otherOnly = files{"other/workspace.yaml": workspaceFile("other"), "other/c.yaml": cluster("cpu", 3)}

func TestMovedSourceThatIsAwayKeepsTheLastGoodSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		f := one(cluster("cpu", 4), cluster("gpu", 2, "computesync: {protect: true}"))
		w.newRepo("old", f)
		moved, beside := w.newRepo("new", f), w.newRepo("beside", otherOnly)
		w.repos = w.repos[:1]
		s := w.start()
		pass(2 * time.Minute)

		moved.fail(errDown)
		s = s.reconfigure(moved, beside)
		w.corrected("while the new source is away", 4)
		kept := "its source old is not in the configuration any more; waiting for a complete answer from new first"
		expect(t, "reason", s.now().Kept, kept)
		expect(t, "phase", s.now().Phase, daemon.InSync)
		expect(t, "times the reason was logged", w.log.count("the last good set stays in effect", kept), 1)
		expect(t, "cpu of the source beside", w.most("other", "cpu"), 3)

		s = s.reconfigure(moved, beside) // in the middle
		w.corrected("after another restart", 4)
		s = s.reconfigure(moved) // and with another configuration again
		w.corrected("after another configuration", 4)
		expect(t, "times the workspace was said to have left", w.log.count("no source declares"), 0)

		// The first commit that is read drops protect and the cluster: it cannot do both.
		moved.commit(one(cluster("cpu", 4)))
		moved.fail(nil)
		pass(drift)
		expect(t, "reason", s.now().Kept, "")
		expect(t, "source", s.now().Source, "new")
		expect(t, "gpu, which was protected", w.most("prod", "gpu"), 2)
		if held := s.now().Held; len(held) != 1 || held[0].Name != "gpu" {
			t.Errorf("held is %+v, want the removal of gpu alone", held)
		}
		expect(t, "conflicts", w.log.count(string(plan.DuplicateWorkspace)), 0)
		moved.commit(one(cluster("cpu", 5)))
		pass(2 * time.Minute)
		expect(t, "cpu as the new source says", w.most("prod", "cpu"), 5)
	})
}

func TestBrokenAnswerOfAMovedSource(t *testing.T) {
	for name, bad := range badCommits {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.newRepo("old", one(cluster("cpu", 4), cluster("gpu", 2)))
				s := w.start()
				pass(2 * time.Minute)
				moved := w.newRepo("new", bad)
				s = s.reconfigure(moved)
				w.corrected("before a restart", 4)
				s = s.reconfigure(moved)
				w.corrected("after a restart", 4)
				expect(t, "gpu", w.most("prod", "gpu"), 2)
				if now := s.now(); now.Kept == "" && now.Mistakes == 0 {
					t.Error("the status does not say why the set of the former source is in effect")
				}
				expect(t, "times the workspace was said to have left", w.log.count("no source declares"), 0)
				moved.commit(one(cluster("cpu", 7), cluster("gpu", 2)))
				pass(time.Minute)
				expect(t, "cpu after a good commit", w.most("prod", "cpu"), 7)
				expect(t, "conflicts", w.log.count(string(plan.DuplicateWorkspace)), 0)
			})
		})
	}
}

func TestRemovedSourceLeavesOnceTheOthersAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		old := w.newRepo("old", one(cluster("cpu", 4)))
		beside, third := w.newRepo("beside", otherOnly), w.newRepo("third", otherOnly)
		third.commit(files{"third/workspace.yaml": workspaceFile("third"), "third/c.yaml": cluster("cpu", 1)})
		s := w.start()
		pass(2 * time.Minute)
		third.fail(errDown)
		s = s.reconfigure(beside, third)
		w.corrected("while one of the others is away", 4)
		third.fail(nil)
		pass(2 * time.Minute)
		expect(t, "phase", s.now().Phase, daemon.Left)
		expect(t, "reason", s.now().Kept, "")
		w.corrected("of the workspace that left", notThere)

		s = s.reconfigure(old, beside) // and where all answer it leaves at once
		w.corrected("of the workspace that came back", 4)
		s = s.reconfigure(beside)
		pass(time.Second)
		expect(t, "phase", s.now().Phase, daemon.Left)
		expect(t, "times it was said to have left", w.log.count("no source declares", "/prod"), 2)
	})
}

func TestSourcesSwapTheirNames(t *testing.T) {
	for name, away := range map[string]bool{"both answer": false, "one is away": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				a := w.newRepo("a", one(cluster("cpu", 4)))
				b := w.newRepo("b", otherOnly)
				s := w.start()
				pass(2 * time.Minute)
				s.end()
				a.commit(otherOnly)
				b.commit(one(cluster("cpu", 4)))
				if away {
					b.fail(errDown)
				}
				w.sim.ResetCounters()
				s = w.start()
				pass(time.Minute)
				_, writes := w.requests()
				expect(t, "writes", writes, 0)
				if away {
					kept := "its source a does not declare it any more; waiting for a complete answer from b first"
					expect(t, "reason", s.now().Kept, kept)
					w.corrected("while b is away", 4)
					s = s.reconfigure(a, b)
					w.corrected("after a restart while b is away", 4)
					b.fail(nil)
				}
				pass(2 * time.Minute)
				expect(t, "source", s.now().Source, "b")
				w.corrected("when both have answered", 4)
				expect(t, "times a workspace was said to have left", w.log.count("no source declares"), 0)
				expect(t, "status", s.statusLine(), "2 workspaces: 2 in sync, 0 applying, 0 held, 0 failing")
			})
		})
	}
}

// Two sources that both declared the workspace are not better off for new names:
// what neither of them could do alone is not done by the journal.
func TestConflictOutlastsItsSources(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("a", one(cluster("cpu", 4)))
		b := w.newRepo("b", one(cluster("cpu", 5)))
		away := w.newRepo("away", otherOnly)
		away.fail(errDown)
		w.repos = w.repos[:2]
		s := w.start()
		pass(drift)
		for _, repos := range [][]*repo{{away}, {b, away}} {
			s = s.reconfigure(repos...)
			pass(2 * drift)
			_, writes := w.requests()
			expect(t, "writes", writes, 0)
			hold := s.now().Hold
			if hold == nil || !strings.HasSuffix(hold.Text, ": a, b") && !strings.HasSuffix(hold.Text, ": b, a") {
				t.Errorf("held is %+v, want the conflict of a and b", hold)
			}
		}
		away.fail(nil)
		pass(2 * time.Minute)
		expect(t, "cpu as b says, once all have answered", w.most("prod", "cpu"), 5)
	})
}

// What a source said since the start is believed, whoever else is away.
func TestRetractionIsBelievedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		w.newRepo("away", otherOnly).fail(errDown)
		s := w.start()
		pass(2 * time.Minute)
		r.commit(otherOnly)
		pass(time.Second)
		expect(t, "phase", s.now().Phase, daemon.Left)
		w.corrected("of the workspace that left", notThere)
	})
}
