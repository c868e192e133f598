package apply_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/armsim"
)

var errFailpoint = errors.New("died at a failpoint")

// undisturbed is how an action ends when nothing goes wrong.
type undisturbed struct {
	state, owned map[string]string
	writes       map[string]int
	journal      int // writes to the journal, up to convergence
	wire         int // requests that write
	died         bool
}

// run carries the action out and lets it converge; disturb comes just before.
func (a *action) run(t *testing.T, disturb func(*world)) (u undisturbed) {
	w := newWorld(t)
	a.prepare(w)
	w.failpoint = func(int) error { u.journal++; return nil }
	if disturb != nil {
		disturb(w)
		w.live(func(l *life) {
			v, p := l.look()
			w.lag(armsim.ReadLag{Lag: armsim.Duration(5 * time.Second), Share: 0.5})
			_, err := l.apply(v, p)
			u.died = err != nil || w.wire.isDead()
		})
		w.failpoint, w.wire.before, w.wire.after = nil, nil, nil
	}
	w.live(func(l *life) { l.converge() })
	w.lag(armsim.ReadLag{})
	w.live(func(l *life) { l.converge() }) // an old answer may have hidden that there is more to do
	u.writes = w.wire.effects()
	u.wire = len(w.wire.writes)
	w.failpoint = nil
	w.settled()
	u.state, u.owned = w.state(), w.owned()
	return u
}

func (w *world) lag(l armsim.ReadLag) {
	w.t.Helper()
	if err := w.sim.SetReadLag(l); err != nil {
		w.t.Fatal(err)
	}
}

func (u undisturbed) compare(t *testing.T, a *action, where string, n int, got undisturbed) {
	t.Helper()
	if !got.died && n <= 4 { // later ones may be fewer: writes to the journal that meet are made one
		t.Errorf("%s %d the process did not die", where, n)
	}
	if a.detour {
		got.writes = u.writes
	}
	for _, d := range []string{cmp.Diff(u.state, got.state), cmp.Diff(u.owned, got.owned), cmp.Diff(u.writes, got.writes)} {
		if d != "" {
			t.Errorf("died %s %d: %s", where, n, d)
		}
	}
}

// TestCrashes lets the process die right after every write to its journal,
// right before every request that changes something leaves, and right after
// each was answered, where half of the reads are 5 s old. The end is the same, and
// nothing is written twice.
func TestCrashes(t *testing.T) {
	for _, a := range actions() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calm := a.run(t, nil)
				for n := 1; n <= calm.journal; n++ {
					calm.compare(t, &a, "after journal write", n, a.run(t, func(w *world) {
						w.failpoint = func(i int) error {
							if i == n {
								return errFailpoint
							}
							return nil
						}
					}))
				}
				for n := 1; n <= calm.wire; n++ {
					calm.compare(t, &a, "before request", n, a.run(t, func(w *world) { w.wire.before = nth(n) }))
					calm.compare(t, &a, "after request", n, a.run(t, func(w *world) { w.wire.after = nth(n) }))
				}
			})
		})
	}
}

// nth picks the nth request that writes.
func nth(n int) func(*http.Request) bool {
	var mu sync.Mutex
	seen := 0
	return func(r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if writes(r) {
			seen++
		}
		return writes(r) && seen == n
	}
}
