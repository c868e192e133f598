package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/spec"
)

// TestDeletionsInAWindow counts what earlier plans removed against a limit that
// counts over a time, and against no other.
func TestDeletionsInAWindow(t *testing.T) {
	day := spec.Limit{Count: 3, Per: spec.Span(24 * time.Hour)}
	ago := func(hours ...int) map[string]time.Time {
		removed := map[string]time.Time{}
		for i, h := range hours {
			removed[incarnation(string(rune('p'+i)), "then")] = now.Add(-time.Duration(h) * time.Hour)
		}
		return removed
	}
	for _, c := range []struct {
		name    string
		limit   spec.Limit
		removed map[string]time.Time
		change  func(*world)
		held    string    // "" where nothing is
		until   time.Time // when that passes
	}{
		{"none before", day, nil, nil, "", time.Time{}},
		{"one before", day, ago(1), nil, "", time.Time{}},
		{"two before", day, ago(23, 1), nil, "deletes, detaches or replaces 2 computes after 2 in the last 24h, max_deletions is 3 per 24h", now.Add(time.Hour)},
		{"three before", day, ago(1, 23, 4), nil, "after 3 in the last 24h", now.Add(20 * time.Hour)},
		{"longer ago", day, ago(24, 30, 1), nil, "", time.Time{}},
		{"too many by themselves", spec.Limit{Count: 1, Per: day.Per}, ago(3), nil, "after 1 in the last 24h", time.Time{}},
		{"per plan alone", spec.Limit{Count: 3}, ago(1, 1, 1), nil, "", time.Time{}},
		{"a share of what was ours", spec.Limit{Percent: 100, Per: day.Per}, ago(2, 2), nil, "", time.Time{}},
		{"more than the share", spec.Limit{Percent: 50, Per: day.Per}, ago(1, 2, 3), nil, "max_deletions is 50% per 24h", now.Add(22 * time.Hour)},
		{"the clock was set back", day, ago(-99, -99), nil, "after 2 in the last 24h", now.Add(24 * time.Hour)},
		{"which Azure refused", day, map[string]time.Time{incarnation("gone-a", "born-gone-a"): now, incarnation("stays", "born-stays"): now}, func(w *world) {
			w.declare(cluster("stays", nil))
			w.owns(cluster("stays", nil))
		}, "", time.Time{}},
		{"which are going still", day, ago(1), func(w *world) {
			w.Removed[incarnation("going", "born-going")] = now
			w.owns(cluster("going", nil))
			w.InFlight = map[string]bool{"going": true}
		}, "after 2 in the last 24h", now.Add(23 * time.Hour)},
		{"a limit that this commit dropped", spec.Limit{Count: 3}, ago(1, 1), func(w *world) {
			w.previous(func(s *spec.Settings) { s.MaxDeletions = day })
		}, "max_deletions is 3 per 24h", now.Add(23 * time.Hour)},
		{"which somebody allows", day, ago(1, 1), func(w *world) { w.AllowDeletions = 2 }, "", time.Time{}},
	} {
		w := newWorld()
		pruning(w)
		leaving(w, "gone-a", "gone-b")
		w.Desired.Settings.MaxDeletions, w.Removed = c.limit, c.removed
		if c.change != nil {
			c.change(w)
		}
		p := w.plan()
		sound(t, p)
		for i := range p.Workspaces[0].Changes {
			h := p.Workspaces[0].Changes[i].Held
			switch {
			case !strings.HasPrefix(p.Workspaces[0].Changes[i].Name, "gone-"):
			case (h == nil) != (c.held == ""):
				t.Errorf("%s: held %+v", c.name, h)
			case h != nil && (h.Code != MaxDeletions || !strings.Contains(h.Text, c.held) || !h.Until.Equal(c.until)):
				t.Errorf("%s: held %+v, until %s", c.name, h, c.until)
			}
		}
	}
}

// TestRemoved remembers what a plan removes, next to what others did, for as long
// as a limit can ask for it.
func TestRemoved(t *testing.T) {
	w := many()
	w.Removed = map[string]time.Time{"old then": now.Add(-31 * 24 * time.Hour), "older then": now.Add(-31*24*time.Hour - time.Second)}
	p := w.plan()
	want := map[string]time.Time{"old then": w.Removed["old then"], "gone born-gone": now, "gpu born-gpu": now}
	if d := cmp.Diff(want, p.Workspaces[0].Removed(&w.Input)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if none := newWorld(); none.plan().Workspaces[0].Removed(&none.Input) != nil {
		t.Error("a plan of nothing removes something")
	}
}
