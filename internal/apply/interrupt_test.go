package apply_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
)

// TestInterrupt cuts every action short at many moments. The run ends soon,
// what was removed has been made again by then, and the next pass finishes.
func TestInterrupt(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	for i, a := range actions() {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(seed, uint64(i)))
			synctest.Test(t, func(t *testing.T) {
				calm := a.run(t, nil)
				for range 6 {
					at := time.Duration(rng.Int64N(int64(4 * operationTime)))
					w := newWorld(t)
					a.prepare(w)
					w.interrupt = make(chan struct{})
					w.live(func(l *life) {
						v, p := l.look()
						var cut time.Time
						timer := time.AfterFunc(at, func() { cut = time.Now(); close(w.interrupt) })
						if _, err := l.apply(v, p); err != nil {
							t.Errorf("apply: %v", err)
						}
						if !timer.Stop() && time.Since(cut) > operationTime+5*time.Second {
							t.Errorf("interrupted after %s, it took %s more", at, time.Since(cut))
						}
					})
					writes := w.wire.effects()
					for _, x := range a.writes {
						method, name, _ := strings.Cut(x, " ")
						if method == http.MethodPut && writes["DELETE "+name] > 0 && writes[x] == 0 {
							t.Errorf("interrupted after %s: %s was removed and not made again", at, name)
						}
					}
					w.interrupt = nil
					w.live(func(l *life) { l.converge() })
					writes = w.wire.effects()
					w.settled()
					calm.compare(t, &a, "at "+at.String(), 0, undisturbed{writes: writes, state: w.state(), owned: w.owned(), died: true})
				}
			})
		})
	}
}

// TestInterruptEndsTheQueue begins no unit after an interrupt, of all that wait
// for their turn to write.
func TestInterruptEndsTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		names := []string{"cpu1", "cpu2", "cpu3", "cpu4", "cpu5", "cpu6", "cpu7", "cpu8"}
		docs := make([]string, len(names))
		for i, name := range names {
			docs[i] = cluster(name)
		}
		w.declare(docs...)
		w.interrupt = make(chan struct{})
		w.live(func(l *life) {
			l.r.Parallel = 1
			v, p := l.look()
			time.AfterFunc(3*latency, func() { close(w.interrupt) }) // amid the look of the second
			if _, err := l.apply(v, p); err != nil {
				t.Error(err)
			}
		})
		if writes := w.wire.effects(); len(writes) == 0 || len(writes) > 2 {
			t.Errorf("%d of %d units began, and all but the first two had to wait", len(writes), len(names))
		}
		w.interrupt = nil
		w.live(func(l *life) { l.converge() })
		w.settled()
	})
}

// TestDeadline ends a run at once whatever hangs, when its context ends: the
// grace after an interrupt is over.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(cluster("gpu"), machine("vm1", "m1"))
		w.live(func(l *life) { l.converge() })
		w.declare(cluster("gpu", "size: STANDARD_D2_V2"), machine("vm1", "m2"), cluster("more"))
		w.fault(armsim.Fault{Match: armsim.Match{Method: "DELETE"}, Operation: &armsim.OperationFault{NeverEnds: true}})
		w.fault(armsim.Fault{Match: armsim.Match{Method: "PUT"}, Status: http.StatusTooManyRequests, RetryAfter: armsim.Duration(50 * time.Minute)})
		w.live(func(l *life) {
			v, p := l.look()
			ctx, cancel := context.WithTimeout(l.ctx, time.Minute)
			defer cancel()
			start := time.Now()
			result, err := l.r.Apply(ctx, v, &p.Workspaces[0], p.Hash, nil, nil)
			if err != nil || time.Since(start) > time.Minute+time.Second || len(result.Waiting) != 3 || len(result.Failed) > 0 {
				t.Errorf("after %s: %+v, %v", time.Since(start), result, err)
			}
		})
		w.sim.ClearFaults()
		for _, op := range w.sim.Snapshot().Operations {
			if err := w.sim.Advance(op.GUID); err != nil {
				t.Fatal(err)
			}
		}
		w.live(func(l *life) { l.converge() })
		w.settled()
	})
}
