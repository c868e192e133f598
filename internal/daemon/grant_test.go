package daemon_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/spec"
)

// only grants the one workspace of that name, to the owner team.
func only(name string) spec.Grant {
	return spec.Grant{Workspaces: []string{subscription + "/RG-ml/" + name}, Owners: []string{"team"}}
}

// owned is a commit with the workspace prod of another owner.
func owned(owner string, computes ...string) files {
	f := one(computes...)
	f["ws/workspace.yaml"] = strings.Replace(f["ws/workspace.yaml"], "owner: team", "owner: "+owner, 1)
	return f
}

// TestUngrantedClaimStopsNobody has one source name what is another's in every
// way, before and after the other declares it.
func TestUngrantedClaimStopsNobody(t *testing.T) {
	anywhere := spec.Grant{Workspaces: []string{"*/*/*"}, Owners: []string{"rivals"}}
	for name, c := range map[string]struct {
		grant  spec.Grant
		claim  files
		refuse string
	}{
		"workspace":              {only("other"), one(cluster("cpu", 99)), "may not name the workspace"},
		"owner":                  {anywhere, one(cluster("cpu", 99)), "may not name the owner team"},
		"owner that is no name":  {anywhere, owned("'a b'", cluster("cpu", 99)), "owner has a character"},
		"with a mistake besides": {only("other"), one(cluster("cpu", 99), "name: x\n"), "may not name the workspace"},
		"nothing at all":         {spec.Grant{Workspaces: []string{}, Owners: []string{}}, one(cluster("cpu", 99)), "may not name the owner team"},
	} {
		for _, first := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					nothing := files{"notes.txt": ""}
					a, b := w.newRepo("a", nothing), w.newRepo("b", nothing)
					a.grant, b.grant = only("prod"), c.grant
					s := w.start()
					pass(time.Minute)
					ours := func() { a.commit(one(cluster("cpu", 4))) }
					theirs := func() { b.commit(c.claim) }
					if first {
						ours, theirs = theirs, ours
					}
					ours()
					pass(time.Minute)
					theirs()
					pass(time.Minute)
					expect(t, "cpu", w.most("prod", "cpu"), 4)
					w.edit("cpu", scaledTo99)
					pass(2 * drift)
					expect(t, "cpu after drift", w.most("prod", "cpu"), 4)
					expect(t, "conflicts", w.log.count("duplicate-workspace"), 0)
					if w.log.count(c.refuse) == 0 {
						t.Errorf("no error %q", c.refuse)
					}
					expect(t, "status", s.statusLine(), "1 workspaces: 1 in sync, 0 applying, 0 held, 0 failing")
				})
			})
		}
	}
}

// TestUngrantedCommitKeepsTheLastGoodSet takes a commit that leaves its source's
// grant for any other mistake: what was declared before stays in effect.
func TestUngrantedCommitKeepsTheLastGoodSet(t *testing.T) {
	elsewhere := one(cluster("cpu", 6))
	elsewhere["ws/workspace.yaml"] = workspaceFile("other")
	for name, bad := range map[string]files{"owner": owned("rivals", cluster("cpu", 6)), "workspace": elsewhere} {
		for _, restart := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					a := w.newRepo("a", one(cluster("cpu", 4)))
					a.grant = only("prod")
					s := w.start()
					pass(time.Minute)
					a.commit(bad)
					pass(time.Minute)
					if restart {
						s.end()
						s = w.start()
						pass(time.Minute)
					}
					w.edit("cpu", scaledTo99)
					pass(2 * drift)
					expect(t, "cpu as it was declared", w.most("prod", "cpu"), 4)
					r := s.d.Report()
					expect(t, "workspaces", len(r.Workspaces), 1)
					if r.Workspaces[0].Mistakes == 0 || r.Sources[0].Mistakes == 0 {
						t.Errorf("the report has no mistake: %+v", r)
					}
					a.commit(one(cluster("cpu", 5)))
					pass(time.Minute)
					expect(t, "cpu", w.most("prod", "cpu"), 5)
				})
			})
		}
	}
}

// TestNarrowedGrant starts on the journal of a daemon without grants, in which
// two sources froze a workspace, or one had another's.
func TestNarrowedGrant(t *testing.T) {
	for name, c := range map[string]struct {
		both     bool
		grant    spec.Grant // of the other source from then on
		warnings int
	}{
		"frozen by two":                {true, only("other"), 1},
		"frozen by two, one disguised": {true, spec.Grant{Workspaces: []string{"*/*/*"}, Owners: []string{"rivals"}}, 0},
		"had by the other":             {false, only("other"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				nothing := files{"notes.txt": ""}
				a, b := w.newRepo("a", nothing), w.newRepo("b", one(cluster("cpu", 99)))
				if c.both {
					a.commit(one(cluster("cpu", 4)))
				}
				s := w.start()
				pass(2 * drift)
				s.end()
				checkNamed(t, w, map[string]bool{"a": c.both, "b": !c.both})

				a.grant, b.grant = only("prod"), c.grant
				a.commit(one(cluster("cpu", 4)))
				w.start()
				pass(time.Minute)
				expect(t, "cpu as a says", w.most("prod", "cpu"), 4)
				w.edit("cpu", scaledTo99)
				pass(2 * drift)
				expect(t, "cpu after drift", w.most("prod", "cpu"), 4)
				expect(t, "warnings", w.log.count("may no longer name the workspace", `"source":"b"`), c.warnings)
			})
		})
	}
}

// checkNamed reads who named what so far: the set that is kept is one source's.
func checkNamed(t *testing.T, w *world, may map[string]bool) {
	t.Helper()
	j := w.readJournal()
	defer j.Close()
	named := daemon.Named(j, endpoint)
	if len(named) != 1 {
		t.Errorf("named: %v", named)
	}
	for source, grant := range named {
		if !may[source] || len(grant.Workspaces) != 1 || grant.Workspaces[0] != subscription+"/rg-ml/prod" || grant.Owners[0] != "team" {
			t.Errorf("%s named %v", source, grant)
		}
	}
	if other := daemon.Named(j, "https://elsewhere.example.com"); len(other) != 0 {
		t.Errorf("of another Resource Manager: %v", other)
	}
}
