package journal

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/computesync/computesync/internal/spec"
)

const (
	victimDir     = "JOURNAL_TEST_VICTIM_DIR"
	victimRound   = "JOURNAL_TEST_VICTIM_ROUND"
	victimWriters = 4
)

// TestMain turns the test binary into the victim of TestKill when asked to.
func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		fmt.Fprintln(os.Stderr, victim(dir, os.Getenv(victimRound)))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// phases are what a victim's writer does with each unit, in order.
var phases = []func(w *Workspace, unit string) error{
	func(w *Workspace, unit string) error { return w.Begin(Unit{ID: unit, Steps: []Step{{ID: "1"}}}) },
	func(w *Workspace, unit string) error { return w.Intent(unit, "1", noon, nil) },
	func(w *Workspace, unit string) error { return w.Sent(unit, "1", "token of "+unit, "") },
	func(w *Workspace, unit string) error {
		return w.Finish(unit, Update{Put: []*spec.Record{cluster(unit)}, Events: []Event{{Name: unit}}})
	},
}

// victim writes until it is killed, and tells each write that returned.
func victim(dir, round string) error {
	j, err := Open(dir, WithKey(testKey))
	if err != nil {
		return err
	}
	var wg sync.WaitGroup
	errs := make([]error, victimWriters)
	for i := range victimWriters {
		wg.Go(func() {
			for n := 0; errs[i] == nil; n++ {
				unit := fmt.Sprintf("%s-%d-%d", round, i, n)
				for p := range phases {
					if errs[i] = phases[p](j.Workspace(testScope), unit); errs[i] != nil {
						return
					}
					fmt.Printf("%d %d %d\n", i, n, p)
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// TestKill kills a writing process with SIGKILL at random moments. What it had
// acknowledged must be there, and at most one step more per writer.
func TestKill(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	events := 0
	for round := range 25 {
		acked := killed(t, dir, round, r.IntN(150))
		j := open(t, dir)
		if j.Recovered() != "" {
			t.Fatalf("round %d: %s", round, j.Recovered())
		}
		for i, last := range acked {
			events += verify(t, j.Workspace(testScope), fmt.Sprintf("%d-%d", round, i), last)
		}
		history, err := j.Workspace(testScope).History(keepEvents)
		must(t, err)
		if len(history) != events {
			t.Errorf("round %d: %d events, want %d", round, len(history), events)
		}
		must(t, j.Close())
	}
}

// killed runs a victim until it has acknowledged that many writes, and returns
// how many each of its writers had acknowledged when it was dead.
func killed(t *testing.T, dir string, round, after int) (acked [victimWriters]int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), victimDir+"="+dir, fmt.Sprintf("%s=%d", victimRound, round))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); seen++ {
		var i, n, p int
		if _, err := fmt.Sscan(lines.Text(), &i, &n, &p); err == nil {
			acked[i] = n*len(phases) + p + 1
		}
		if seen == after {
			must(t, cmd.Process.Kill())
		}
	}
	if err := cmd.Wait(); stderr.Len() > 0 {
		t.Fatalf("victim: %v: %s", err, stderr.String())
	}
	return acked
}

// verify compares what the journal holds of a writer with what it acknowledged,
// and returns how many units it finished.
func verify(t *testing.T, w *Workspace, writer string, acked int) (finished int) {
	t.Helper()
	records, err := w.Records()
	must(t, err)
	units, err := w.Unfinished()
	must(t, err)
	for ; records[fmt.Sprintf("%s-%d", writer, finished)] != nil; finished++ {
	}
	unit := fmt.Sprintf("%s-%d", writer, finished) // the one it was at
	written := finished * len(phases)
	for _, u := range units {
		if u.ID != unit {
			continue
		}
		s := u.Steps[0]
		written += map[State]int{Pending: 1, Intent: 2, Sent: 3}[s.State]
		if s.State == Sent && s.Token != "token of "+unit {
			t.Errorf("unit %s has token %q", unit, s.Token)
		}
	}
	if written != acked && written != acked+1 {
		t.Errorf("writer %s: %d writes are there, %d were acknowledged", writer, written, acked)
	}
	return finished
}
