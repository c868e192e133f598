package apply_test

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// late is a target whose PUT is on its way while its process dies, and takes
// effect later.
type late struct {
	apply.Target
	die    func()
	arrive chan<- func() error
}

func (l late) Put(ctx context.Context, want, live *spec.Compute, reveal func(secret.Ref) (secret.Value, error),
) (string, *spec.Compute, error) {
	l.arrive <- func() error {
		_, _, err := l.Target.Put(context.WithoutCancel(ctx), want, live, reveal)
		return err
	}
	l.die()
	return "", nil, errDead
}

// TestAttachOnItsWay lets a process die while an attach is on its way, and a
// rename come before the next one: the resource is attached under the new name
// only once the old one is found and gone.
func TestAttachOnItsWay(t *testing.T) {
	for _, after := range []time.Duration{0, 3 * time.Second, 25 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.declare(machine("vm-old", "m1"))
			arrive := make(chan func() error, 1)
			w.live(func(l *life) {
				target := l.r.Target
				l.r.Target = func(ws *spec.Workspace) apply.Target {
					return late{target(ws), w.wire.die, arrive}
				}
				v, p := l.look()
				if _, err := l.apply(v, p); err != nil {
					t.Error(err)
				}
			})
			w.declare(machine("vm-new", "m1"))
			w.live(func(l *life) {
				put, arrived := <-arrive, make(chan error, 1)
				go func() { elapse(after); arrived <- put() }()
				l.converge()
				if err := <-arrived; err != nil {
					t.Error(err)
				}
				w.sound()
				l.converge()
			})
			w.settled()
		})
	}
}

// TestClockGoesBack resumes an intent that the journal dates in the future.
func TestClockGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(cluster("cpu"))
		w.wire.before = func(r *http.Request) bool { return r.Method == http.MethodPut }
		w.live(func(l *life) {
			v, p := l.look()
			if _, err := l.apply(v, p); err != nil {
				t.Error(err)
			}
		})
		w.wire.before = nil
		w.live(func(l *life) {
			begun, err := l.journal.Workspace(l.scope()).Unfinished()
			if err != nil || len(begun) != 1 {
				t.Fatalf("units %v, %v", begun, err)
			}
			s := begun[0].Steps[0]
			if err := l.journal.Workspace(l.scope()).Intent(begun[0].ID, s.ID, time.Now().Add(24*time.Hour), s.Body); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if l.pass(); time.Since(start) > time.Minute {
				t.Errorf("the pass took %s", time.Since(start))
			}
			l.converge()
		})
		w.settled()
	})
}

// TestClockGoesBackAmidLook sets the clock back while a resumed intent is watched
// for its effect, which never shows.
func TestClockGoesBackAmidLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var offset atomic.Int64
		clock.Offset = func() time.Duration { return time.Duration(offset.Load()) }
		t.Cleanup(func() { clock.Offset = nil })
		w := newWorld(t)
		w.declare(cluster("cpu"))
		w.wire.before = func(r *http.Request) bool { return r.Method == http.MethodPut }
		w.live(func(l *life) {
			v, p := l.look()
			if _, err := l.apply(v, p); err != nil {
				t.Error(err)
			}
		})
		w.wire.before = nil
		w.live(func(l *life) {
			time.AfterFunc(5*time.Second, func() { offset.Store(int64(-24 * time.Hour)) })
			start := time.Now()
			if l.pass(); time.Since(start) < 25*time.Second || time.Since(start) > time.Minute {
				t.Errorf("the pass took %s, want as long as the write could show", time.Since(start))
			}
			l.converge()
		})
		w.settled()
	})
}
