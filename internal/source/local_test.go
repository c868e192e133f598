package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLocalRepositoryGivesTheCommittedBranch(t *testing.T) {
	dir := repository(t, "fleet/a.yaml", "1", "other.yaml", "o")
	write(t, dir, "fleet/a.yaml", "uncommitted", "fleet/new.yaml", "untracked")
	head := git(t, dir, "rev-parse", "HEAD")
	for name, c := range map[string]Config{
		"working tree": {URL: dir, Path: "fleet"},
		"its .git":     {URL: filepath.Join(dir, ".git"), Path: "fleet"},
		"file url":     {URL: "file://" + dir, Path: "fleet", Branch: "main"},
		"bare":         {URL: bare(t, dir), Path: "fleet"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, c)
			snap := fetch(t, s)
			wantFiles(t, snap, "a.yaml = 1")
			if snap.Commit != head || snap.Author != "Ada" || snap.Subject != "first" || snap.When.Year() != 2026 || snap.Short() != head[:12] {
				t.Errorf("snapshot is %+v", snap)
			}
			if fetch(t, s) != snap {
				t.Error("same commit, other snapshot")
			}
		})
	}
}

func TestLocalRepositoryMoves(t *testing.T) {
	dir := repository(t, "a.yaml", "1")
	s := open(t, Config{URL: dir})
	first := fetch(t, s)
	write(t, dir, "a.yaml", "2", "b.yaml", "b")
	commit(t, dir, "second")
	second := fetch(t, s)
	wantFiles(t, second, "a.yaml = 2", "b.yaml = b")

	git(t, dir, "reset", "-q", "--hard", first.Commit) // rewritten history is a commit like any other
	third := fetch(t, s)
	if third.Commit != first.Commit {
		t.Errorf("commit is %s", third.Commit)
	}
	git(t, dir, "reflog", "expire", "--expire=now", "--all")
	git(t, dir, "gc", "-q", "--prune=now")
	if fetch(t, s) != third {
		t.Error("gc changed the snapshot")
	}
	wantFiles(t, second, "a.yaml = 2", "b.yaml = b") // although git has forgotten it
	wantFiles(t, fetch(t, open(t, Config{URL: dir})), "a.yaml = 1")

	write(t, dir, "a.yaml", "4")
	commit(t, dir, "fourth")
	git(t, dir, "pack-refs", "--all")
	wantFiles(t, fetch(t, s), "a.yaml = 4")
}

func TestLocalRepositoryForms(t *testing.T) {
	dir := repository(t, "a.yaml", "1")
	first := git(t, dir, "rev-parse", "HEAD")
	git(t, dir, "branch", "team/prod")
	write(t, dir, "a.yaml", "2")
	commit(t, dir, "second")

	t.Run("branch with a slash", func(t *testing.T) {
		wantFiles(t, fetch(t, open(t, Config{URL: dir, Branch: "team/prod"})), "a.yaml = 1")
	})
	t.Run("linked worktree", func(t *testing.T) {
		tree := filepath.Join(t.TempDir(), "tree")
		git(t, dir, "worktree", "add", "-q", tree, "team/prod")
		wantFiles(t, fetch(t, open(t, Config{URL: tree})), "a.yaml = 1")
		wantFiles(t, fetch(t, open(t, Config{URL: tree, Branch: "main"})), "a.yaml = 2")
	})
	t.Run("detached head", func(t *testing.T) {
		copied := filepath.Join(t.TempDir(), "copy")
		git(t, dir, "clone", "-q", dir, copied)
		git(t, copied, "checkout", "-q", "--detach", first)
		wantFiles(t, fetch(t, open(t, Config{URL: copied})), "a.yaml = 1")
	})
	t.Run("alternates", func(t *testing.T) {
		shared := filepath.Join(t.TempDir(), "shared")
		git(t, dir, "clone", "-q", "--shared", "--bare", dir, shared)
		wantFiles(t, fetch(t, open(t, Config{URL: shared})), "a.yaml = 2")
	})
	t.Run("extension that does not concern reading", func(t *testing.T) {
		copied := filepath.Join(t.TempDir(), "copy")
		git(t, dir, "clone", "-q", dir, copied)
		git(t, copied, "sparse-checkout", "set", "x")
		wantFiles(t, fetch(t, open(t, Config{URL: copied})), "a.yaml = 2")
	})
}

func TestLocalRepositoryProblems(t *testing.T) {
	dir := repository(t, "fleet/a.yaml", "1")
	git(t, dir, "branch", "prod")
	e := fails(t, Config{URL: dir, Branch: "production"}, NoBranch)
	if !strings.Contains(e.Error(), "production") || !strings.Contains(e.Hint(), "main, prod") {
		t.Errorf("%v; %s", e, e.Hint())
	}
	fails(t, Config{URL: dir, Path: "flet"}, NoPath)
	if e := fails(t, Config{URL: dir, Path: "fleet/a.yaml"}, NoPath); !strings.Contains(e.Error(), "not a folder") {
		t.Error(e)
	}
	fails(t, Config{URL: repository(t)}, Empty)
	fails(t, Config{URL: repository(t), Branch: "prod"}, Empty)
	fails(t, Config{URL: filepath.Join(dir, "none")}, NotFound)
	fails(t, Config{URL: filepath.Join(dir, "none"), Branch: "main"}, NotFound)
	fails(t, Config{URL: dir, MaxBytes: 0, Branch: "main", Path: "fleet/deeper"}, NoPath)

	sha256 := t.TempDir()
	git(t, sha256, "init", "-q", "--object-format=sha256")
	fails(t, Config{URL: sha256}, Unsupported)
	reftable := repository(t, "a.yaml", "1")
	git(t, reftable, "config", "core.repositoryformatversion", "1")
	git(t, reftable, "config", "extensions.refStorage", "reftable")
	fails(t, Config{URL: reftable}, Unsupported)
}

func TestRepositoryThatLosesItsGitIsNoFolder(t *testing.T) {
	dir := repository(t, "a.yaml", "1")
	s := open(t, Config{URL: dir})
	first := fetch(t, s)
	if err := os.Rename(filepath.Join(dir, ".git"), filepath.Join(dir, "git")); err != nil {
		t.Fatal(err)
	}
	_, err := s.Fetch(t.Context())
	wantProblem(t, err, NotFound)
	if err := os.Rename(filepath.Join(dir, "git"), filepath.Join(dir, ".git")); err != nil {
		t.Fatal(err)
	}
	if fetch(t, s) != first {
		t.Error("the last good snapshot was lost over a failure")
	}
}

func TestDamagedRepositoryIsAnError(t *testing.T) {
	dir := repository(t, "a.yaml", "1", "b.yaml", "2")
	blob := git(t, dir, "rev-parse", "HEAD:b.yaml")
	if err := os.Remove(filepath.Join(dir, ".git", "objects", blob[:2], blob[2:])); err != nil {
		t.Fatal(err)
	}
	fails(t, Config{URL: dir}, Broken)
}

func TestLinksAndSubmodulesInACommit(t *testing.T) {
	dir := repository(t, "fleet/real/a.yaml", "a", "fleet/.data/h.yaml", "h", "outside.yaml", "o", "fleet/readme.md", "r")
	for name, target := range map[string]string{
		"in.yaml": "real/a.yaml", "real/up.yaml": "../in.yaml", "hidden.yaml": ".data/h.yaml", "via.yaml": "folder/../real/a.yaml",
		"abs.yaml": "/etc/passwd.yaml", "out.yaml": "../outside.yaml", "dangling.yaml": "nowhere.yaml",
		"loop.yaml": "loop.yaml", "folder": "real", "outfolder": "../..", "text": "readme.md", "through.yaml": "real/a.yaml/x",
	} {
		if err := os.Symlink(target, filepath.Join(dir, "fleet", name)); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, dir, "links")
	git(t, dir, "update-index", "--add", "--cacheinfo", "160000,"+git(t, dir, "rev-parse", "HEAD")+",fleet/module")
	git(t, dir, "commit", "-q", "-m", "module")
	wantFiles(t, fetch(t, open(t, Config{URL: dir, Path: "fleet"})),
		"abs.yaml is L---------", "dangling.yaml is L---------", "folder is L---------", "hidden.yaml = h", "in.yaml = a",
		"loop.yaml is L---------", "module is ?---------", "out.yaml is L---------", "outfolder is L---------",
		"real/a.yaml = a", "real/up.yaml = a", "through.yaml is L---------", "via.yaml = a")
	fails(t, Config{URL: dir, Path: "fleet/folder"}, NoPath)
	fails(t, Config{URL: dir, Path: "fleet/module"}, NoPath)
}

func TestLargeFileIsReadOrRefused(t *testing.T) {
	dir := repository(t)
	text := strings.Repeat("0123456789abcdef", 150<<10)
	write(t, dir, "a.yaml", text, "b.yaml", text+"b") // one will be a delta of the other
	commit(t, dir, "first")
	for _, pack := range []bool{false, true} {
		if pack {
			git(t, dir, "gc", "-q")
		}
		wantFiles(t, fetch(t, open(t, Config{URL: dir})), "a.yaml = "+text, "b.yaml = "+text+"b")
		fails(t, Config{URL: dir, MaxBytes: 4 << 20}, TooLarge)
	}
}

// A tree whose folders all are the same folder: 10^9 files in ten objects.
func TestTreeBombIsTooLarge(t *testing.T) {
	dir := repository(t, "a.yaml", "1")
	tree := git(t, dir, "rev-parse", "HEAD^{tree}")
	for range 9 {
		var lines strings.Builder
		for i := range 10 {
			fmt.Fprintf(&lines, "040000 tree %s\tf%d\n", tree, i)
		}
		list := filepath.Join(t.TempDir(), "list")
		write(t, filepath.Dir(list), "list", lines.String())
		tree = git(t, dir, "-c", "alias.mk=!git mktree <"+list, "mk")
	}
	bomb := git(t, dir, "commit-tree", "-m", "bomb", tree)
	git(t, dir, "update-ref", "refs/heads/main", bomb)
	fails(t, Config{URL: dir}, TooLarge)
}

func TestCancelledFetchIsNotAProblem(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := open(t, Config{URL: repository(t, "a.yaml", "1")}).Fetch(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}
