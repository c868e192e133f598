package daemon_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
)

// crowd is a commit of n workspaces without computes.
func crowd(n int) files {
	f := files{}
	for i := range n {
		name := fmt.Sprintf("idle%04d", i)
		f[name+"/workspace.yaml"] = workspaceFile(name, "allow_empty: true")
	}
	return f
}

// Looking for drift in 800 workspaces every 20 seconds takes 40 reads a second
// of the 25 that Resource Manager gives a subscription.
func TestLooksForDriftYieldToWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, armsim.WithLimits(armsim.ARMLimits), armsim.WithLatency(40*time.Millisecond))
		w.drift = 20 * time.Second
		w.newRepo("crowd", crowd(800))
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		w.start()
		pass(5 * time.Minute)
		var more []string
		for i := range 20 {
			more = append(more, cluster(fmt.Sprintf("more%02d", i), 1))
		}
		r.commit(one(append(more, cluster("cpu", 5))...))
		begin := time.Now()
		until := func(state string) time.Duration {
			for w.log.count(`"verb"`, `"state":"`+state+`"`) < 22 { // one more is of the first sync
				if pass(100 * time.Millisecond); time.Since(begin) > 10*time.Minute {
					t.Fatal("the commit is not carried out")
				}
			}
			return time.Since(begin)
		}
		sent, done := until("began"), until("done")
		t.Logf("21 writes were sent within %v of the commit and done after %v", sent, done)
		if sent > 2*time.Second || done > operationTime+5*time.Second {
			t.Error("they were held up")
		}
		w.sim.ResetCounters()
		pass(5 * time.Minute)
		lists, _ := w.requests()
		c := w.sim.Counters()
		t.Logf("%d lists in five minutes, %d answers 429", lists, c.Throttled)
		if lists < 5*60*24 || c.Throttled > 20 {
			t.Errorf("%d lists in five minutes, %d answers 429; the budget is for 7,500", lists, c.Throttled)
		}
	})
}

func TestRetryAfterOutlastsOurOwnWaits(t *testing.T) {
	const wanted = 2 * time.Minute
	for _, kind := range []string{"list", "status"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.newRepo("fleet", one(cluster("cpu", 4)))
				w.fault(armsim.Fault{Match: armsim.Match{Kind: kind}, Status: 503, RetryAfter: armsim.Duration(wanted)})
				w.start()
				const asked = 10
				pass((asked - 1) * wanted)
				if n := w.sim.Counters().Kinds[kind]; n < asked-1 || n > asked {
					t.Errorf("Azure wanted to be asked every %s and was asked %d times in %s", wanted, n, (asked-1)*wanted)
				}
				w.sim.ClearFaults()
				pass(2*wanted + time.Minute)
				expect(t, "cpu", w.most("prod", "cpu"), 4)
			})
		})
	}
}

// After a restart all workspaces are looked at; those that are to be changed
// first.
func TestCommitDoesNotWaitForTheFirstLooksAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, armsim.WithLimits(armsim.ARMLimits), armsim.WithLatency(40*time.Millisecond))
		w.newRepo("crowd", crowd(600))
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(5 * time.Minute)
		s.end()
		r.commit(one(cluster("cpu", 5)))
		w.sim.ResetCounters()
		w.start()
		pass(2 * time.Second)
		if lists, writes := w.requests(); writes != 1 || lists > 400 {
			t.Errorf("got %d lists and %d writes in the first two seconds, want the commit's write before the last lists", lists, writes)
		}
		pass(time.Minute)
		if lists, _ := w.requests(); lists < 601 {
			t.Errorf("got %d lists in the first minute, want one of each workspace", lists)
		}
	})
}
