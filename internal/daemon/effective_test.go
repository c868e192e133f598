package daemon_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/spec"
)

// TestRewrittenBranchIsAnEvent takes commits that do not descend from the one in effect, or
// of which that is not known, and restarts.
func TestRewrittenBranchIsAnEvent(t *testing.T) {
	for _, c := range []struct {
		seen                   int
		outcome, message, text string
	}{
		{0, "rewritten", "the branch was rewritten", "does not descend from fleet-1, which was in effect"},
		{7, "unproven", "whether the branch was rewritten is not known", "is not known to descend from fleet-1, which was in effect: its newest 7 commits do not show it"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			r := w.newRepo("fleet", one(cluster("cpu", 4)))
			s := w.start()
			pass(2 * time.Minute)
			r.fail(errDown)
			r.commit(one(cluster("cpu", 3)))
			r.newest.Rewritten, r.newest.Seen = "fleet-1", c.seen
			r.fail(nil)
			pass(2 * time.Minute)
			expect(t, "cpu", w.most("prod", "cpu"), 3)
			for _, life := range []string{"before", "after"} {
				expect(t, "status "+life+" a restart", s.d.Report().Sources[0].Rewritten, c.text)
				if life == "before" {
					s.end()
					s = w.start()
					pass(2 * time.Minute)
				}
			}
			expect(t, "times it was logged", w.log.count(c.message), 1)
			r.commit(one(cluster("cpu", 5)))
			pass(2 * time.Minute)
			expect(t, "status after the next commit", s.d.Report().Sources[0].Rewritten, "")
			s.end()
			j := w.readJournal()
			defer j.Close()
			scope := journal.Scope(endpoint, spec.WorkspaceID{Subscription: subscription, ResourceGroup: "rg-ml", Name: "prod"})
			events := slices.DeleteFunc(must[[]journal.Event](t)(j.Workspace(scope).History(100)), func(e journal.Event) bool {
				return e.Verb != "commit"
			})
			if len(events) != 1 || events[0].Outcome != c.outcome || events[0].Text != c.text+"; its source does not require that" {
				t.Errorf("history: %+v", events)
			}
		})
	}
}
