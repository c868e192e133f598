package daemon_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/source"
)

const password = "hunter3-in-the-clear"

// badCommits are commits with a mistake in workspace prod, each after one with
// cluster cpu of 4.
var badCommits = map[string]files{
	"a field":           {"ws/workspace.yaml": workspaceFile("prod"), "ws/computes.yaml": "name: cpu\ntype: amlcompute\nmax_instance: 9\n"},
	"yaml":              {"ws/workspace.yaml": workspaceFile("prod"), "ws/computes.yaml": "name: [cpu\n"},
	"workspace.yaml":    {"ws/workspace.yaml": "subscription_id: [\n", "ws/computes.yaml": cluster("cpu", 9)},
	"an unreadable one": {"ws/workspace.yaml": "\x00\xff\xfe", "ws/computes.yaml": cluster("cpu", 9)},
	"no subscription":   {"ws/workspace.yaml": strings.Replace(workspaceFile("prod"), subscription, "", 1), "ws/computes.yaml": cluster("cpu", 9)},
	"half a name":       {"ws/workspace.yaml": strings.Replace(workspaceFile("prod"), "name: prod", "name: 'pr od'", 1), "ws/computes.yaml": cluster("cpu", 9)},
	"a literal secret": {"ws/workspace.yaml": workspaceFile("prod"), "ws/computes.yaml": cluster("cpu", 9) + "---\n" +
		strings.Replace(machine("lab", "vm1"), "secret://env/COMPUTESYNC_SECRET_VM", password, 1)},
	"two folders": {
		"ws/workspace.yaml": workspaceFile("prod"), "ws/c.yaml": cluster("cpu", 9),
		"copy/workspace.yaml": workspaceFile("prod"), "copy/c.yaml": cluster("cpu", 9),
	},
	"no workspace":         {"ws/computes.yaml": cluster("cpu", 9)},
	"nothing":              {},
	"moved and unreadable": {"moved/workspace.yaml": "subscription_id: [\n", "moved/computes.yaml": cluster("cpu", 9)},
}

func TestBadCommitKeepsLastGood(t *testing.T) {
	for name, bad := range badCommits {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				r := w.newRepo("fleet", one(cluster("cpu", 4), cluster("gpu", 2)))
				s := w.start()
				pass(2 * time.Minute)
				commit := maps.Clone(bad)
				if bad["ws/workspace.yaml"]+bad["moved/workspace.yaml"] != "" { // else the workspace would have left
					commit["other/workspace.yaml"], commit["other/c.yaml"] = workspaceFile("other"), cluster("cpu", 3)
				}
				r.commit(commit)
				pass(2 * time.Minute)
				if commit["other/c.yaml"] != "" {
					expect(t, "the other workspace's cpu", w.most("other", "cpu"), 3)
				}
				for _, life := range []string{"before", "after"} { // a restart
					w.edit("cpu", scaledTo99)
					pass(drift + 2*time.Minute)
					expect(t, "cpu "+life+" a restart", w.most("prod", "cpu"), 4)
					expect(t, "gpu "+life+" a restart", w.most("prod", "gpu"), 2)
					if life == "before" {
						s.end()
						s = w.start()
						pass(2 * time.Minute)
					}
				}
				expect(t, "times the workspace was said to have left", w.log.count("no source declares", "/prod"), 0)
				r.commit(one(cluster("cpu", 7), cluster("gpu", 2)))
				pass(time.Minute)
				expect(t, "cpu after a good commit", w.most("prod", "cpu"), 7)
				if strings.Contains(w.log.String(), password) {
					t.Error("the log holds a secret")
				}
			})
		})
	}
}

func TestRefusalIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", badCommits["a field"])
		w.start()
		pass(drift)
		expect(t, "refusals without a last good set", w.log.count("commit refused", "nothing is changed until a commit is good"), 1)
		r.commit(one(cluster("cpu", 4)))
		pass(time.Minute)
		bad := r.commit(badCommits["a field"])
		pass(3 * drift)
		expect(t, "refusals", w.log.count("commit refused", bad, `"in_force":"fleet-2"`), 1)
		if text := w.log.String(); strings.Index(text, "new commit") > strings.Index(text, "ws/computes.yaml:3:1") {
			t.Error("the log has the errors before the commit that they are of")
		}
		expect(t, "errors with their place", w.log.count("ws/computes.yaml:3:1", "did you mean max_instances?"), 2)
	})
}

func TestNothingEverGoodIsLeftAlone(t *testing.T) {
	for name, bad := range badCommits {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.newRepo("fleet", bad)
				w.start()
				pass(3 * drift)
				expect(t, "requests", w.sim.Counters().Total(), 0)
			})
		})
	}
}

func TestEmptyWorkspaceRemovesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		w.start()
		pass(2 * time.Minute)
		r.commit(files{"ws/workspace.yaml": workspaceFile("prod")})
		pass(3 * drift)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
		expect(t, "times the hold was told", w.log.count("empty-source"), 1)
	})
}

func TestSourceErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		r.fail(hinted{errDown})
		asked := len(r.asked())
		pass(10 * time.Minute)
		// 2 s, 4 s, ... a minute.
		if n := len(r.asked()) - asked; n < 12 || n > 16 {
			t.Errorf("got %d fetches in ten minutes", n)
		}
		expect(t, "times the error was told", w.log.count("source unavailable", errDown.Error(), "plug it in"), 1)
		w.edit("cpu", scaledTo99)
		pass(drift + time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 4)

		s.end() // the source is away when the daemon comes back
		s = w.start()
		w.edit("cpu", scaledTo99)
		pass(drift + time.Minute)
		expect(t, "cpu after a restart", w.most("prod", "cpu"), 4)
		expect(t, "status", s.statusLine(), "1 workspaces: 1 in sync, 0 applying, 0 held, 0 failing")
		r.commit(one(cluster("cpu", 5)))
		r.fail(nil)
		pass(2 * time.Minute)
		expect(t, "cpu when the source is back", w.most("prod", "cpu"), 5)
		expect(t, "times that was told", w.log.count("source is available again"), 1)
	})
}

// What is too large is so until something changes: nothing is fetched again just because time passes.
func TestTooLargeASourceWaitsForAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		w.start()
		pass(2 * time.Minute)
		r.fail(&source.Error{Problem: source.TooLarge})
		asked := len(r.asked())
		pass(10 * time.Minute)
		if n := len(r.asked()) - asked; n > 1 {
			t.Errorf("%d fetches in ten minutes", n)
		}
		r.fail(nil)
		r.commit(one(cluster("cpu", 5)))
		pass(2 * time.Minute)
		expect(t, "cpu after a smaller commit", w.most("prod", "cpu"), 5)
	})
}

type hinted struct{ error }

func (hinted) Hint() string { return "plug it in" }

func TestSourceThatHangsDoesNotHoldOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("fleet", one(cluster("cpu", 4)))
		w.newRepo("stuck", nil).hang = true
		w.start()
		pass(time.Minute)
		expect(t, "cpu", w.most("prod", "cpu"), 4)
	})
}

func TestWorkspaceLeavesAndComesBack(t *testing.T) {
	for _, running := range []bool{true, false} {
		t.Run(fmt.Sprintf("daemon runs: %v", running), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				r := w.newRepo("fleet", one(cluster("cpu", 4)))
				s := w.start()
				pass(2 * time.Minute)
				if !running {
					s.end()
				}
				elsewhere := files{"other/workspace.yaml": workspaceFile("other"), "other/c.yaml": cluster("cpu", 3)}
				r.commit(elsewhere)
				if !running {
					s = w.start()
				}
				pass(2 * time.Minute)
				w.edit("cpu", scaledTo99)
				pass(3 * drift)
				expect(t, "cpu, which nobody looks after", w.most("prod", "cpu"), 99)
				expect(t, "times the parting was told", w.log.count("no source declares", "prod", `"ours":["cpu"]`), 1)
				expect(t, "status", s.statusLine(), "1 workspaces: 1 in sync, 0 applying, 0 held, 0 failing")

				s.end() // what was good there is forgotten: it does not come back by itself
				r.fail(errDown)
				w.start()
				pass(3 * drift)
				expect(t, "cpu after a restart without source", w.most("prod", "cpu"), 99)
				expect(t, "times the parting was told", w.log.count("no source declares"), 1)

				r.commit(one(cluster("cpu", 6)))
				r.fail(nil)
				pass(2 * time.Minute)
				expect(t, "cpu when it is back", w.most("prod", "cpu"), 6)
			})
		})
	}
}

func TestWorkspaceLeavesAndComesBackWhileAReplacementRuns(t *testing.T) {
	for _, restart := range []bool{false, true} {
		for _, back := range []bool{false, true} {
			t.Run(fmt.Sprintf("restart %v, comes back %v", restart, back), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					r := w.newRepo("fleet", one(cluster("cpu", 4)))
					s := w.start()
					pass(2 * time.Minute)
					bigger := strings.Replace(cluster("cpu", 4), "DS3", "DS4", 1)
					// The DELETE goes through, and the PUT after it meets a fault for a while.
					w.fault(armsim.Fault{
						Match: armsim.Match{Kind: "put", Name: "cpu"}, Status: 429, Code: "TooManyRequests", Times: 40,
						RetryAfter: armsim.Duration(time.Second),
					})
					r.commit(one(bigger))
					pass(10 * time.Second)
					r.commit(files{"other/workspace.yaml": workspaceFile("other"), "other/c.yaml": cluster("cpu", 3)})
					pass(5 * time.Second)
					if restart {
						s.end()
						w.start()
					}
					if back {
						pass(time.Second)
						r.commit(one(bigger))
					}
					pass(2 * drift)
					expect(t, "cpu", w.most("prod", "cpu"), 4)
					if doc := string(w.sim.Compute(ref("prod", "cpu"))); !strings.Contains(strings.ToUpper(doc), "DS4") {
						t.Errorf("half a replacement was left behind: %s", doc)
					}
					lives := 1
					if restart {
						lives = 2
					}
					if told := w.log.count("no source declares", "/prod"); told < 1 || told > lives {
						t.Errorf("the parting was told %d times", told)
					}
				})
			})
		}
	}
}

func TestTwoSourcesNameOneWorkspace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a := w.newRepo("a", one(cluster("cpu", 4)))
		b := w.newRepo("b", one(cluster("cpu", 5)))
		nothing := files{"other/workspace.yaml": workspaceFile("other"), "other/c.yaml": cluster("cpu", 3)}
		s := w.start()
		pass(2 * drift)
		_, writes := w.requests()
		expect(t, "writes", writes, 0)
		expect(t, "times the hold was told", w.log.count("duplicate-workspace", "declares the workspace: a, b"), 1)
		expect(t, "status", s.statusLine(), "1 workspaces: 0 in sync, 0 applying, 1 held, 0 failing")

		s.end() // also when the one that was heard last cannot be heard
		b.fail(errDown)
		s = w.start()
		pass(2 * drift)
		_, writes = w.requests()
		expect(t, "writes after a restart", writes, 0)
		b.fail(nil)
		pass(2 * time.Minute)

		b.commit(nothing)
		pass(2 * time.Minute)
		expect(t, "cpu as a says", w.most("prod", "cpu"), 4)

		b.commit(one(cluster("cpu", 6)))
		pass(time.Minute)
		w.edit("cpu", scaledTo99)
		pass(2 * drift)
		expect(t, "cpu while both declare it", w.most("prod", "cpu"), 99)

		a.commit(nothing)
		pass(2 * time.Minute)
		expect(t, "cpu as b says", w.most("prod", "cpu"), 6)

		s.end()
		a.fail(errDown)
		b.fail(errDown)
		w.start()
		w.edit("cpu", scaledTo99)
		pass(drift + time.Minute)
		expect(t, "cpu as b said last", w.most("prod", "cpu"), 6)
	})
}

func TestWhatOneSourceSaidIsNotTakenForTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		a := w.newRepo("a", one(cluster("cpu", 4)))
		b := w.newRepo("b", one(cluster("cpu", 5)))
		s := w.start()
		pass(drift)
		s.end()
		a.commit(files{"other/workspace.yaml": workspaceFile("other"), "other/c.yaml": cluster("cpu", 3)})
		b.fail(errDown)
		w.start()
		pass(2 * drift)
		expect(t, "cpu, of which b alone could tell", w.most("prod", "cpu"), -1)
		b.fail(nil)
		pass(2 * time.Minute)
		expect(t, "cpu as b says", w.most("prod", "cpu"), 5)
	})
}

func TestBadCommitOfASecondSourceHoldsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("a", one(cluster("cpu", 4)))
		w.newRepo("b", badCommits["a field"])
		w.start()
		pass(2 * drift)
		_, writes := w.requests()
		expect(t, "writes", writes, 0)
	})
}

func TestFolderMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		w.start()
		pass(2 * time.Minute)
		w.sim.ResetCounters()
		r.commit(files{"elsewhere/deep/workspace.yaml": workspaceFile("PROD"), "elsewhere/deep/c.yaml": cluster("cpu", 4)})
		pass(2 * time.Minute)
		_, writes := w.requests()
		expect(t, "writes", writes, 0)
		expect(t, "times it was said to have left", w.log.count("no source declares"), 0)
	})
}
