package source

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/watch"
)

// watched runs Watch until the test ends. wait returns when a hint led to a snapshot
// that is wanted, in far less time than the slow rescan would take.
func watched(t *testing.T, s *Source) (wait func(wanted func(*Snapshot) bool)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	hints, done := make(chan struct{}, 1), make(chan error)
	go func() {
		done <- s.Watch(ctx, func() {
			select {
			case hints <- struct{}{}:
			default:
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch ended with %v", err)
		}
	})
	<-hints // the watches stand
	return func(wanted func(*Snapshot) bool) {
		t.Helper()
		late := time.After(watch.Rescan / 2)
		for {
			select {
			case <-hints:
				if snap, err := s.Fetch(t.Context()); err == nil && wanted(snap) {
					return
				}
			case <-late:
				t.Fatal("the change was not noticed")
			}
		}
	}
}

func at(commit string) func(*Snapshot) bool {
	return func(s *Snapshot) bool { return s.Commit == commit }
}

func TestWatchSeesCommits(t *testing.T) {
	for name, setup := range map[string]func(dir string) Config{
		"repository": func(dir string) Config { return Config{URL: dir} },
		"by branch":  func(dir string) Config { return Config{URL: dir, Branch: "main"} },
		"bare": func(dir string) Config {
			git(t, dir, "remote", "add", "origin", bare(t, dir))
			return Config{URL: git(t, dir, "remote", "get-url", "origin")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, "a.yaml", "1")
			c := setup(dir)
			move := func() string {
				hash := commit(t, dir, "next")
				if c.URL != dir {
					git(t, dir, "push", "-q", "origin", "main")
				}
				return hash
			}
			wait := watched(t, open(t, c))
			for _, content := range []string{"2", "3"} {
				write(t, dir, "a.yaml", content)
				wait(at(move()))
			}
			git(t, c.URL, "pack-refs", "--all")
			write(t, dir, "a.yaml", "4")
			wait(at(move()))
		})
	}
}

func TestWatchSeesBranchesThatComeAndHeadsThatMove(t *testing.T) {
	dir := repository(t, "a.yaml", "1")
	git(t, dir, "checkout", "-q", "-b", "team/eu/prod")
	write(t, dir, "a.yaml", "2")
	second := commit(t, dir, "second")
	git(t, dir, "checkout", "-q", "main")
	t.Run("head", func(t *testing.T) {
		wait := watched(t, open(t, Config{URL: dir}))
		git(t, dir, "checkout", "-q", "team/eu/prod")
		wait(at(second))
	})
	t.Run("new branch in new folders", func(t *testing.T) {
		wait := watched(t, open(t, Config{URL: dir, Branch: "x/y/z"}))
		git(t, dir, "branch", "x/y/z", second)
		wait(at(second))
		git(t, dir, "branch", "-f", "x/y/z", "main")
		wait(at(git(t, dir, "rev-parse", "main")))
	})
	t.Run("worktree", func(t *testing.T) {
		tree := filepath.Join(t.TempDir(), "tree")
		git(t, dir, "worktree", "add", "-q", "-b", "w", tree)
		wait := watched(t, open(t, Config{URL: tree}))
		write(t, tree, "a.yaml", "w")
		wait(at(commit(t, tree, "in the worktree")))
		git(t, tree, "checkout", "-q", "--detach", "main")
		wait(at(git(t, dir, "rev-parse", "main")))
	})
}

func TestWatchSeesFilesOfAFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", "1")
	wait := watched(t, open(t, Config{URL: dir}))
	now := func(lines string) func(*Snapshot) bool {
		return func(s *Snapshot) bool { return listing(t, s.Files) == lines }
	}
	write(t, dir, "a.yaml", "2")
	wait(now("a.yaml = 2"))
	write(t, dir, "deep/deeper/b.yaml", "1")
	wait(now("a.yaml = 2\ndeep/deeper/b.yaml = 1"))
	write(t, dir, "deep/deeper/b.yaml", "2")
	wait(now("a.yaml = 2\ndeep/deeper/b.yaml = 2"))
	if err := os.RemoveAll(filepath.Join(dir, "deep")); err != nil {
		t.Fatal(err)
	}
	wait(now("a.yaml = 2"))
}

func TestFolderThatBecomesARepository(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", "1")
	wait := watched(t, open(t, Config{URL: dir}))
	git(t, dir, "init", "-q", "-b", "main")
	first := commit(t, dir, "first")
	wait(at(first))
	write(t, dir, "a.yaml", "2")
	wait(at(commit(t, dir, "second")))
}

func TestRemoteIsDueWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, Config{URL: "https://example.com/fleet.git", Interval: time.Minute})
		ctx, cancel := context.WithCancel(t.Context())
		var gaps []time.Duration
		last := time.Now()
		err := s.Watch(ctx, func() {
			gaps = append(gaps, time.Since(last))
			if last = time.Now(); len(gaps) == 100 {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) || len(gaps) != 100 {
			t.Fatalf("%d ticks, %v", len(gaps), err)
		}
		different := map[time.Duration]bool{}
		for _, gap := range gaps {
			if gap < 50*time.Second || gap > 70*time.Second {
				t.Errorf("gap of %v", gap)
			}
			different[gap] = true
		}
		if len(different) < 50 {
			t.Errorf("only %d different gaps of 100", len(different))
		}
	})
}
