package daemon_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/window"
)

// steerSeed replays one case of TestSteeredAtRandom.
const steerSeed = "COMPUTESYNC_STEER_SEED"

// TestSteeredAtRandom commits, suspends, resumes and restarts at any moment,
// while windows open and close. No write is sent for what is suspended or
// outside of a window, but for what a unit removed before and must make again;
// and in the end all is as declared.
func TestSteeredAtRandom(t *testing.T) {
	kept := 0
	run := func(seed uint64) {
		t.Run(fmt.Sprintf("%s=%d", steerSeed, seed), func(t *testing.T) { kept += steeredAtRandom(t, seed) })
	}
	if s := os.Getenv(steerSeed); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		run(seed)
		return
	}
	// The case that matters most is rare: there must be one of it.
	const least, most = 6, 60
	for i := 0; i < least || kept == 0 && i < most; i++ {
		run(rand.Uint64())
	}
	if kept == 0 {
		t.Error("no unit was finished after it was suspended or its window closed")
	}
}

// evenHours are open at every second hour.
var evenHours = window.Set{{Cron: "0 */2 * * *", Seconds: 3600, Zone: "UTC"}}

// steeredAtRandom returns how many units were finished that could not begin.
func steeredAtRandom(t *testing.T, seed uint64) (kept int) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(seed, 0))
		w := newWorld(t)
		w.rules.Windows = evenHours
		guard := &witness{t: t, removed: map[string]bool{}, suspended: map[string]time.Time{}}
		watch := wrapper(func(to apply.Target, _ spec.WorkspaceID) apply.Target { return witnessed{to, guard} })
		w.wrap.Store(&watch)
		names := []string{"c-one", "c-two", "d-one", "d-two"}
		draw := func() (f files, most map[string]int) {
			var computes []string
			most = map[string]int{}
			for _, name := range names {
				most[name] = -1
				if rng.IntN(4) > 0 {
					most[name] = 1 + rng.IntN(9)
					computes = append(computes, strings.Replace(cluster(name, most[name]), "DS3", []string{"DS3", "DS4"}[rng.IntN(2)], 1))
				}
			}
			return with("allow_empty: true\nmax_deletions: 100", computes...), most
		}
		f, declared := draw()
		r := w.newRepo("fleet", f)
		s := w.start()
		pass(time.Second)
		globs := []string{"*", "c-*", "d-two"}
		for range 60 {
			switch glob := globs[rng.IntN(len(globs))]; rng.IntN(5) {
			case 0, 1:
				f, declared = draw()
				r.commit(f)
			case 2:
				until := time.Now().Add(time.Duration(1+rng.IntN(90)) * time.Minute)
				guard.suspend(glob, until)
				must[string](t)(s.d.Suspend("prod/"+glob, spec.Suspension{Reason: "x", By: "ann", Until: until}))
			case 3:
				guard.suspend(glob, time.Time{})
				_, _ = s.d.Resume("prod/"+glob, "ann") // it may not be suspended
			case 4:
				s.end()
				s = w.start()
				pass(time.Second)
			}
			if rng.IntN(2) == 0 {
				pass(time.Duration(rng.IntN(60)) * time.Second)
			} else {
				pass(time.Duration(rng.IntN(40)) * time.Minute)
			}
		}
		pass(8 * time.Hour)
		for name, most := range declared {
			expect(t, name+" in the end", w.most("prod", name), most)
		}
		kept = guard.kept
	})
	return kept
}

// witness sees every write before it is sent.
type witness struct {
	t *testing.T

	mu        sync.Mutex
	removed   map[string]bool      // and not made again
	suspended map[string]time.Time // glob to the end of its suspension
	since     time.Time            // of the last command: what is sent in that very moment may be from before
	kept      int
}

func (x *witness) suspend(glob string, until time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.suspended[glob], x.since = until, time.Now()
}

// writes judges a write.
func (x *witness) writes(name string, makes, removes bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	now := time.Now()
	barred := now.UTC().Hour()%2 == 1
	for glob, until := range x.suspended {
		covers, _ := path.Match(glob, name)
		barred = barred || covers && now.Before(until) && now.After(x.since)
	}
	switch {
	case barred && makes && x.removed[name]:
		x.kept++
	case barred:
		x.t.Errorf("%s is written to at %s", name, now.UTC())
	}
	x.removed[name] = removes || x.removed[name] && !makes
}

// witnessed is a workspace's computes under the eyes of a witness.
type witnessed struct {
	apply.Target
	by *witness
}

func (w witnessed) Put(ctx context.Context, want, live *spec.Compute,
	reveal func(secret.Ref) (secret.Value, error),
) (string, *spec.Compute, error) {
	w.by.writes(want.Key(), true, false)
	return w.Target.Put(ctx, want, live, reveal)
}

func (w witnessed) Scale(ctx context.Context, want, live *spec.Compute) (string, error) {
	w.by.writes(want.Key(), false, false)
	return w.Target.Scale(ctx, want, live)
}

func (w witnessed) Remove(ctx context.Context, name string, detach bool) (string, error) {
	w.by.writes(spec.FoldName(name), false, true)
	return w.Target.Remove(ctx, name, detach)
}
