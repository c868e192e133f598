package daemon_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestFullDisk has the disk full when a commit comes: nothing is sent that the
// journal does not know of, it is said, and once there is room the commit is
// carried out without anybody's help.
func TestFullDisk(t *testing.T) {
	const child = "DAEMON_TEST_FULL_DISK"
	if os.Getenv(child) == "" { // the limit is that of a whole process
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestFullDisk") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.newRepo("fleet", one(cluster("cpu", 4)))
		s := w.start()
		pass(2 * time.Minute)
		expect(t, "cpu at first", w.most("prod", "cpu"), 4)

		var was syscall.Rlimit
		limit := func(n uint64) {
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: was.Max}); err != nil {
				t.Fatal(err)
			}
		}
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			t.Fatal(err)
		}
		limit(0)
		_, before := w.requests()
		r.commit(one(cluster("cpu", 8), cluster("gpu", 2)))
		pass(10 * time.Minute)
		_, after := w.requests()
		limit(was.Cur)
		expect(t, "writes to Azure that the journal could not note", after-before, 0)
		expect(t, "cpu on a full disk", w.most("prod", "cpu"), 4)
		if n := w.log.count(syscall.EFBIG.Error()); n == 0 || n > 30 {
			t.Errorf("the full disk was told %d times", n)
		}

		pass(drift + 5*time.Minute)
		expect(t, "cpu once there is room", w.most("prod", "cpu"), 8)
		expect(t, "gpu once there is room", w.most("prod", "gpu"), 2)
		s.end()
		expect(t, "units that were left", len(w.unfinished()), 0)

		r.fail(errors.New("the repository is gone"))
		w.edit("cpu", scaledTo99)
		w.start()
		pass(drift + 2*time.Minute)
		expect(t, "cpu after a restart without the repository", w.most("prod", "cpu"), 8)
	})
}
