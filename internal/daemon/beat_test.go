package daemon

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

func TestSilentLoopIsNotAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := New(Options{Reconciler: &Reconciler{}, Tick: time.Second})
		d.run = t.Context()
		l := newLoop(d, spec.WorkspaceID{Name: "prod"}) // nobody runs it: it answers no ping
		d.loops["prod"] = l
		for _, c := range []struct {
			after time.Duration
			busy  bool
			want  bool
		}{
			{0, false, true},
			{2 * time.Second, false, true},
			{time.Second, false, false},
			{time.Hour, true, true},
			{stuckAfter, true, false},
		} {
			<-time.After(c.after)
			l.pulse.busy.Store(c.busy)
			if got := d.alive(); got != c.want {
				t.Errorf("busy %v and silent for %v more: got %v", c.busy, c.after, got)
			}
		}
		<-l.ping // it was asked
		l.pulse.busy.Store(false)
		l.pulse.beat()
		if !d.alive() {
			t.Error("a sign of life did not help")
		}
	})
}

func TestSignOfLifeDoesNotGoByTheWallClock(t *testing.T) {
	var p pulse
	p.beat()
	if at := p.last.Load().String(); !strings.Contains(at, "m=") {
		t.Errorf("%s has no monotonic reading: a clock that is set looks like silence", at)
	}
}
