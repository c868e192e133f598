package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// reads watches a file and returns a function that waits, far shorter than the
// rescan would take, until a change was told after which the file reads so.
func reads(t *testing.T, path string) (wait func(want string)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	hints, done := make(chan struct{}, 1), make(chan error)
	go func() {
		done <- File(path).Run(ctx, func() {
			select {
			case hints <- struct{}{}:
			default:
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ended with %v", err)
		}
	})
	<-hints // the watches stand
	return func(want string) {
		t.Helper()
		late := time.After(Rescan / 2)
		for {
			select {
			case <-hints:
				if have, err := os.ReadFile(path); err == nil && string(have) == want {
					return
				}
			case <-late:
				t.Fatalf("%q was not noticed", want)
			}
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestFileThatIsWrittenAndReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, "1")
	wait := reads(t, path)
	write(t, path, "2")
	wait("2")
	for _, text := range []string{"3", "4"} { // an editor, twice
		write(t, path+"~new", text)
		must(t, os.Rename(path+"~new", path))
		wait(text)
	}
	must(t, os.Remove(path))
	write(t, path, "5")
	wait("5")
}

// TestConfigMap swaps the link that a ConfigMap's volume has, as the kubelet
// does: config.yaml -> ..data/config.yaml, ..data -> ..1.
func TestConfigMap(t *testing.T) {
	dir := t.TempDir()
	path, data := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "..data")
	write(t, filepath.Join(dir, "..1", "config.yaml"), "1")
	must(t, os.Symlink("..1", data))
	must(t, os.Symlink(filepath.Join("..data", "config.yaml"), path))
	wait := reads(t, path)
	for _, n := range []string{"2", "3"} {
		write(t, filepath.Join(dir, ".."+n, "config.yaml"), n)
		must(t, os.Symlink(".."+n, data+"_tmp"))
		must(t, os.Rename(data+"_tmp", data))
		wait(n)
	}
}

func TestFileBehindALink(t *testing.T) {
	real, path := filepath.Join(t.TempDir(), "real.yaml"), filepath.Join(t.TempDir(), "config.yaml")
	write(t, real, "1")
	must(t, os.Symlink(real, path))
	wait := reads(t, path)
	write(t, real, "2")
	wait("2")
	other := filepath.Join(t.TempDir(), "other.yaml")
	write(t, other, "3")
	must(t, os.Remove(path))
	must(t, os.Symlink(other, path))
	wait("3")
	write(t, other, "4")
	wait("4")
}

func TestFileRelevance(t *testing.T) {
	dir := t.TempDir()
	w := File(filepath.Join(dir, "config.yaml"))
	for name, want := range map[string]bool{"config.yaml": true, "..data": true, "journal.db": false, "config.yaml~": false} {
		if got := w.Relevant(filepath.Join(dir, name)); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
