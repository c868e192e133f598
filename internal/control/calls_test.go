package control

import (
	"fmt"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/spec"
)

// TestHistoryOfAClockThatWasSet keeps the newest events of a workspace where the
// older ones lie ahead, and orders several workspaces by time.
func TestHistoryOfAClockThatWasSet(t *testing.T) {
	past := func(workspace string, hours ...int) (all []Happened) {
		for _, h := range hours {
			e := journal.Event{At: time.Unix(0, 0).Add(time.Duration(h) * time.Hour)}
			all = append(all, Happened{spec.WorkspaceID{Name: workspace}, e})
		}
		return all
	}
	for _, c := range []struct {
		limit int
		want  string
	}{
		{2, "b3 a2"},
		{9, "b3 a2 a1 a26 a25 b1"},
	} {
		text := ""
		for _, e := range merge([][]Happened{past("a", 2, 1, 26, 25), past("b", 3, 1), nil}, c.limit) {
			text += fmt.Sprintf("%s%d ", e.Workspace.Name, e.At.Unix()/3600)
		}
		if text != c.want+" " {
			t.Errorf("limit %d: got %s, want %s", c.limit, text, c.want)
		}
	}
}

// TestSettledGoesByNoClock wants a pass and an asking that began after the wake,
// whatever their times say.
func TestSettledGoesByNoClock(t *testing.T) {
	early, late := time.Unix(0, 0), time.Unix(1e6, 0)
	for _, c := range []struct {
		asked, passed int64
		pending, want bool
	}{
		{8, 9, false, true},
		{6, 9, false, false},
		{8, 6, false, false},
		{8, 9, true, false},
	} {
		for _, at := range []time.Time{early, late} {
			r := &daemon.Report{
				Sources:    []daemon.SourceReport{{Name: "fleet", Asked: at, Ended: early, Turn: c.asked}},
				Workspaces: []daemon.WorkspaceReport{{Source: "fleet", Pending: c.pending, Last: &daemon.PassReport{Began: at, Turn: c.passed}}},
			}
			if got := (&Woken{Turn: 7}).Settled(r); got != c.want {
				t.Errorf("%+v at %s: settled %v", c, at, got)
			}
		}
	}
}
