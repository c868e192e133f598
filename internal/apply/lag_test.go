package apply_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/spec"
)

// lagSeed replays one case of TestKillsUnderLag, and lagSeeds says how many it
// tries.
const (
	lagSeed  = "COMPUTESYNC_LAG_SEED"
	lagSeeds = "COMPUTESYNC_LAG_SEEDS"
)

// TestKillsUnderLag kills the process 40 times at random moments while half of
// the reads are up to 10 s old: nothing is removed that is as declared, nothing
// that exists is made again, nothing is attached twice and nothing of anybody
// else's is touched. Once reads are exact, all is as declared within a minute.
func TestKillsUnderLag(t *testing.T) {
	if s := os.Getenv(lagSeed); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		killsUnderLag(t, seed)
		return
	}
	n := 6
	if s := os.Getenv(lagSeeds); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	for range n {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("%s=%d", lagSeed, seed), func(t *testing.T) {
			t.Parallel()
			killsUnderLag(t, seed)
		})
	}
}

func killsUnderLag(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(seed, 0))
		w := newWorld(t, armsim.WithSeed(int64(rng.Uint64()>>1)), armsim.WithPageSize(rng.IntN(4)),
			armsim.WithReadLag(armsim.ReadLag{Lag: armsim.Duration(10 * time.Second), Share: 0.5, Replicas: 1 + rng.IntN(4)}))
		theirs := w.strangers()
		eyes := &eyewitness{world: w}
		killed := 0
		for range 40 {
			if rng.IntN(3) > 0 {
				w.declare(randomSpecs(rng)...)
				eyes.learn()
			}
			w.wire.before, w.wire.after = eyes.before, nil
			dies := w.dieAt(rng)
			w.live(func(l *life) { l.dieOrPass() })
			if dies() {
				killed++
			}
			elapse(time.Duration(rng.IntN(20)) * time.Second)
			w.sound()
			w.untouched(theirs)
		}
		if killed < 10 {
			t.Errorf("only %d of 40 were killed on their way", killed)
		}
		w.wire.before, w.wire.after, w.failpoint = eyes.before, nil, nil
		w.lag(armsim.ReadLag{})
		w.becomes(time.Minute)
		w.settled()
		w.untouched(theirs)
	})
}

// dieAt lets the process die before a random request, after one, or after a
// random write to the journal. The result reports whether it did.
func (w *world) dieAt(rng *rand.Rand) (died func() bool) {
	var mu sync.Mutex
	last, n, dead := 1+rng.IntN(60), 0, false
	count := func() bool {
		mu.Lock()
		defer mu.Unlock()
		n++
		dead = dead || n == last
		return n == last
	}
	w.failpoint = nil
	before := w.wire.before
	switch rng.IntN(4) {
	case 0:
		w.wire.before = func(r *http.Request) bool { before(r); return count() }
	case 1:
		w.wire.after = func(*http.Request) bool { return count() }
	case 2:
		last = 1 + rng.IntN(20)
		w.failpoint = func(int) error {
			if count() {
				return errFailpoint
			}
			return nil
		}
	}
	return func() bool {
		mu.Lock()
		defer mu.Unlock()
		return dead
	}
}

// becomes makes passes until nothing is left to do, which must be so in time.
func (w *world) becomes(limit time.Duration) {
	w.t.Helper()
	start := time.Now()
	w.events = nil
	w.live(func(l *life) {
		for {
			v, p := l.look()
			if p.Steps() == 0 && len(v.Begun) == 0 && p.Summary["held"] == 0 {
				break
			}
			if time.Since(start) > limit {
				l.t.Errorf("after %s there is still something to do: %s\n%v", limit, show(p), l.events[max(0, len(l.events)-25):])
				return
			}
			if _, err := l.apply(v, p); err != nil {
				l.t.Fatalf("apply: %v", err)
			}
			elapse(time.Second)
		}
	})
}

// strangers puts computes there that are not ours, and returns their documents.
func (w *world) strangers() map[string]string {
	w.t.Helper()
	docs := map[string]string{}
	for name, properties := range map[string]string{
		"their-gpu": `{"computeType":"AmlCompute","properties":{"vmSize":"STANDARD_DS3_V2","scaleSettings":{"maxNodeCount":3}}}`,
		"their-vm": `{"computeType":"VirtualMachine","resourceId":"` + machineID("theirs") +
			`","properties":{"administratorAccount":{"username":"x","password":"y"}}}`,
	} {
		w.patch(name, `{"properties":`+properties+`}`)
		docs[name] = string(w.sim.Compute(ref(name)))
	}
	return docs
}

func (w *world) untouched(theirs map[string]string) {
	w.t.Helper()
	for name, doc := range theirs {
		if now := string(w.sim.Compute(ref(name))); now != doc {
			w.t.Errorf("%s is not ours and was touched: %s", name, now)
		}
	}
}

// eyewitness looks at each write that arrives, with the exact state before it.
type eyewitness struct {
	*world
	declared map[string]*spec.Compute
}

func (e *eyewitness) learn() {
	e.declared = map[string]*spec.Compute{}
	for _, c := range e.desired().Computes {
		e.declared[c.Key()] = c
	}
}

// before judges a write just before it takes effect. It never kills.
func (e *eyewitness) before(r *http.Request) bool {
	name := computeOf(r.URL.Path)
	doc := e.wire.document(name)
	switch {
	case e.wire.isDead() || doc == nil:
	case r.Method == http.MethodDelete:
		if e.asDeclared(name, doc) {
			e.t.Errorf("%s is as declared and is removed: %s", name, doc)
		}
	case r.Method == http.MethodPut && r.Header.Get("If-None-Match") == "*":
		e.t.Errorf("%s exists and is made again: %s", name, doc)
	}
	return false
}

// asDeclared reports whether a compute is what its file says, as far as that
// would have to be made again.
func (e *eyewitness) asDeclared(name string, doc []byte) bool {
	d := e.declared[spec.FoldName(name)]
	var live struct {
		Properties struct {
			ResourceID string `json:"resourceId"`
			State      string `json:"provisioningState"`
			Properties struct {
				VMSize    string `json:"vmSize"`
				Namespace string `json:"namespace"`
			} `json:"properties"`
		} `json:"properties"`
	}
	if d == nil || json.Unmarshal(doc, &live) != nil || live.Properties.State != "Succeeded" {
		return false
	}
	if id := d.Text("resource_id"); id != "" {
		return strings.EqualFold(id, live.Properties.ResourceID) && d.Text("namespace") == live.Properties.Properties.Namespace
	}
	return strings.EqualFold(d.Text("size"), live.Properties.Properties.VMSize)
}
