package apply_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/computesync/computesync/internal/apply"
)

// TestOwedUnitsGoOn returns once all that is left owes a write, carries out
// something else meanwhile, and hands over what comes of it.
func TestOwedUnitsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(cluster("gpu"), cluster("cpu"), machine("vm1", "m1"))
		w.live(func(l *life) { l.converge() })
		w.live(func(l *life) {
			var ended atomic.Int32
			l.r.Owed = apply.NewOwed(nil, func() { ended.Add(1) })
			w.declare(cluster("gpu", "size: STANDARD_D2_V2"), cluster("cpu"), machine("vm2", "m1"))
			result := l.pass()
			if got := fmt.Sprint(len(result.Waiting), result.Done, len(l.r.Owed.IDs())); got != "2 0 2" {
				t.Errorf("under way: %v", got)
			}
			if got := fmt.Sprint(l.r.Owed.Names()); got != "map[gpu:true vm1:true vm2:true]" {
				t.Errorf("names: %v", got)
			}

			w.declare(cluster("gpu"), cluster("cpu", "max_instances: 9"), machine("vm1", "m1"))
			v, p := l.look()
			if got := fmt.Sprint(len(v.Begun), len(v.Owed)); got != "0 2" {
				t.Errorf("not to be resumed: %v", got)
			}
			if _, err := l.apply(v, p); err != nil {
				t.Error(err)
			}
			if got := fmt.Sprint(w.compute("cpu").Values["max_instances"]); got != "9" {
				t.Errorf("cpu: %v", got)
			}
			l.r.Owed.Wait()
			if got := ended.Load(); got != 2 {
				t.Errorf("ends: %v", got)
			}
			came, err := l.r.Owed.Take()
			if err != nil || came == nil || came.Done < 3 || len(came.Failed)+len(came.Waiting) > 0 {
				t.Errorf("it came to %+v, %v", came, err)
			}
			if again, _ := l.r.Owed.Take(); again != nil {
				t.Errorf("taken twice: %+v", again)
			}
			l.r.Owed = nil
			l.converge()
		})
		w.settled()
	})
}

// TestOwedUnitEndsWithJournal ends what goes on when the journal fails, and
// hands the error over.
func TestOwedUnitEndsWithJournal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.declare(cluster("gpu"))
		w.live(func(l *life) { l.converge() })
		var broken atomic.Bool
		full := errors.New("the disk is full")
		w.failpoint = func(int) error {
			if broken.Load() {
				return full
			}
			return nil
		}
		w.live(func(l *life) {
			l.r.Owed = apply.NewOwed(nil, func() {})
			w.declare(cluster("gpu", "size: STANDARD_D2_V2"))
			l.pass()
			broken.Store(true)
			l.r.Owed.Wait()
			if came, err := l.r.Owed.Take(); !errors.Is(err, full) || came == nil || came.Done > 0 {
				t.Errorf("it came to %+v, %v", came, err)
			}
			if got := w.wire.effects()["PUT gpu"]; got != 1 {
				t.Errorf("creations of gpu: %v, want the first alone", got)
			}
			broken.Store(false)
		})
		w.failpoint = nil
		w.live(func(l *life) { l.converge() })
		w.settled()
	})
}
