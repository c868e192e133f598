package apply_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/armsim"
)

// randomSeed replays one case of TestRandom.
const randomSeed = "COMPUTESYNC_RANDOM_SEED"

// TestRandom declares one random set after another while random faults lie in
// wait, operations fail and the process dies. Once that ends the workspace
// becomes what is declared, and nothing happened that must not.
func TestRandom(t *testing.T) {
	if s := os.Getenv(randomSeed); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		random(t, seed)
		return
	}
	for range 40 {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("%s=%d", randomSeed, seed), func(t *testing.T) {
			t.Parallel()
			random(t, seed)
		})
	}
}

func random(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(seed, 0))
		w := newWorld(t, armsim.WithSeed(int64(rng.Uint64()>>1)), armsim.WithPageSize(rng.IntN(4)),
			armsim.WithReadLag(armsim.ReadLag{Lag: armsim.Duration(rng.IntN(2) * int(10*time.Second)), Share: 0.5, Replicas: 3}),
			armsim.WithAckRate(0.02))
		w.timeout = 10 * time.Minute
		for range 3 {
			w.declare(randomSpecs(rng)...)
			for range 1 + rng.IntN(4) {
				w.trouble(rng)
				w.live(func(l *life) { l.dieOrPass() })
				elapse(time.Duration(rng.IntN(300)) * time.Second)
				w.sound()
			}
		}
		w.failpoint = nil
		w.sim.ClearFaults()
		for _, op := range w.sim.Snapshot().Operations {
			if err := w.sim.Advance(op.GUID); err != nil {
				t.Fatal(err)
			}
		}
		w.approves = true // what a lost answer left as a claim
		w.live(func(l *life) { l.converge() })
		w.settled()
		if d := cmp.Diff(declaredNames(w), slices.Sorted(maps.Keys(w.owned()))); d != "" {
			t.Errorf("owned: %s", d)
		}
	})
}

// trouble lays faults in wait, and may let the process die.
func (w *world) trouble(rng *rand.Rand) {
	names, places := slices.Sorted(maps.Keys(faults)), slices.Sorted(maps.Keys(requests))
	for range rng.IntN(4) {
		f := faults[names[rng.IntN(len(names))]]
		f.Match = requests[places[rng.IntN(len(places))]]
		f.Skip, f.Times = rng.IntN(4), 1+rng.IntN(5)
		w.fault(f)
	}
	if rng.IntN(2) == 0 { // a DELETE that fails for good leaves what a person has to look at
		w.fault(armsim.Fault{
			Match: requests[[]string{"PUT", "POST"}[rng.IntN(2)]], Skip: rng.IntN(4), Times: 1 + rng.IntN(2),
			Operation: &armsim.OperationFault{Shape: []string{"a", "b", "c"}[rng.IntN(3)], Code: "Bad", Message: "luck"},
		})
	}
	w.failpoint = nil
	if rng.IntN(3) == 0 {
		last := 1 + rng.IntN(30)
		w.failpoint = func(n int) error {
			if n == last {
				return errFailpoint
			}
			return nil
		}
	}
}

// dieOrPass makes a pass that may fail or die.
func (l *life) dieOrPass() {
	v, err := l.r.Look(l.ctx, l.desired(), fmt.Sprint("c", l.commits))
	if err != nil {
		return
	}
	if _, err := l.apply(v, v.Plan()); err != nil && l.failpoint == nil {
		l.t.Errorf("apply: %v", err)
	}
}
