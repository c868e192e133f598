package journal

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fill lets nothing be written beyond so many bytes of a file, as on a full
// disk, until the function that it returns is called.
func fill(t *testing.T, bytes int64) (free func()) {
	t.Helper()
	var was syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was))
	set := func(n uint64) {
		must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: was.Max}))
	}
	t.Cleanup(func() { set(was.Cur) })
	set(uint64(bytes))
	return func() { set(was.Cur) }
}

// elsewhere runs the test in a process of its own, whose limits are nobody
// else's, and reports whether this is not that process.
func elsewhere(t *testing.T) bool {
	t.Helper()
	const child = "JOURNAL_TEST_FULL_DISK"
	if os.Getenv(child) != "" {
		return false
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
	return true
}

// TestFullDisk writes until the disk is full: what was acknowledged stays, what
// was not is told and leaves nothing, and writing goes on once there is room.
func TestFullDisk(t *testing.T) {
	if elsewhere(t) {
		return
	}
	for name, room := range map[string]func(size int64) int64{
		"the file cannot grow":       func(size int64) int64 { return size },
		"a page cannot be written":   func(int64) int64 { return 4 * pageSize },
		"nothing at all can be done": func(int64) int64 { return 0 },
	} {
		t.Run(name, func(t *testing.T) { testFullDisk(t, room) })
	}
}

func testFullDisk(t *testing.T, room func(size int64) int64) {
	dir := t.TempDir()
	j := open(t, dir)
	w := j.Workspace(testScope)
	event := Event{Name: "cpu", Text: strings.Repeat("x", 3000)}
	must(t, w.Append(event))
	info, err := os.Stat(filepath.Join(dir, fileName))
	must(t, err)
	free := fill(t, room(info.Size()))
	kept := 1
	var full error
	for full == nil && kept < 1000 {
		if full = w.Append(event); full == nil {
			kept++
		}
	}
	if full == nil || !strings.Contains(full.Error(), syscall.EFBIG.Error()) {
		t.Fatalf("after %d events: %v", kept, full)
	}
	t.Logf("%d events, then: %v", kept, full)
	for range 3 {
		if err := w.Append(event); err == nil {
			t.Error("a write went through on a full disk")
		}
	}
	count := func(w *Workspace) int {
		history, err := w.History(keepEvents)
		must(t, err)
		return len(history)
	}
	if got := count(w); got != kept {
		t.Errorf("%d events on a full disk, want %d", got, kept)
	}
	free()
	must(t, w.Append(event))
	must(t, j.Close())
	again := open(t, dir)
	if again.Recovered() != "" {
		t.Error(again.Recovered())
	}
	if got := count(again.Workspace(testScope)); got != kept+1 {
		t.Errorf("%d events afterwards, want %d", got, kept+1)
	}
}

// TestFullDiskAtTheBeginning begins a journal where there is no room for one.
func TestFullDiskAtTheBeginning(t *testing.T) {
	if elsewhere(t) {
		return
	}
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, fileName), nil, 0o600))
	free := fill(t, 0)
	if _, err := Open(dir, WithKey(testKey)); err == nil {
		t.Error("a journal was begun on a full disk")
	}
	free()
	must(t, open(t, dir).Workspace(testScope).Append(Event{Name: "cpu"}))
}
