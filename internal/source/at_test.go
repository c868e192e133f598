package source

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAt reads a folder as it is at revisions, from a working tree that differs.
func TestAt(t *testing.T) {
	dir := repository(t, "fleet/a.yaml", "1", "other.yaml", "o")
	first := git(t, dir, "rev-parse", "HEAD")
	git(t, dir, "tag", "-a", "-m", "one", "v1")
	git(t, dir, "update-ref", "refs/remotes/origin/main", first)
	write(t, dir, "fleet/a.yaml", "2", "more/b.yaml", "b")
	commit(t, dir, "second")
	head := git(t, dir, "rev-parse", "HEAD")
	git(t, dir, "gc", "-q")
	write(t, dir, "fleet/a.yaml", "uncommitted", "fleet/new/c.yaml", "untracked")
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(dir, "fleet"), link); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dir, revision, commit, files string }{
		"a remote's branch":        {"fleet", "origin/main", first, "a.yaml = 1"},
		"a tag":                    {"fleet", "v1", first, "a.yaml = 1"},
		"a hash":                   {"fleet", first, first, "a.yaml = 1"},
		"a short hash":             {"fleet", first[:8], first, "a.yaml = 1"},
		"a branch":                 {"fleet", "main", head, "a.yaml = 2"},
		"one before":               {"fleet", "HEAD~1", first, "a.yaml = 1"},
		"all of it":                {".", "v1", first, "fleet/a.yaml = 1, other.yaml = o"},
		"a link to it":             {link, "v1", first, "a.yaml = 1"},
		"a folder that was not":    {"more", "v1", first, ""},
		"a folder that is nowhere": {"fleet/new", "main", head, ""},
	} {
		t.Run(name, func(t *testing.T) {
			at := c.dir
			if !filepath.IsAbs(at) {
				at = filepath.Join(dir, at)
			}
			snap, checkedOut, err := At(t.Context(), at, c.revision)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if c.files != "" {
				want = strings.Split(c.files, ", ")
			}
			wantFiles(t, snap, want...)
			if snap.Commit != c.commit || checkedOut != head {
				t.Errorf("commit %s, checked out %s", snap.Commit, checkedOut)
			}
		})
	}
}

// TestAtRefuses asks for what is not there.
func TestAtRefuses(t *testing.T) {
	dir := repository(t, "a.yaml", "1")
	first := git(t, dir, "rev-parse", "HEAD")
	write(t, dir, "a.yaml", "2")
	commit(t, dir, "second")
	shallow := filepath.Join(t.TempDir(), "shallow")
	git(t, dir, "clone", "-q", "--depth", "1", "file://"+dir, shallow)
	for name, c := range map[string]struct {
		dir, revision  string
		problem        Problem
		detail, hinted string
	}{
		"no repository":      {t.TempDir(), "main", NotFound, "not in a git repository", "name a folder in a clone"},
		"no folder":          {filepath.Join(dir, "none"), "main", NotFound, "no such file", ""},
		"no such branch":     {dir, "origin/main", NoRevision, "origin/main", "git rev-parse origin/main must print a commit"},
		"no such hash":       {dir, strings.Repeat("a", 40), NoRevision, "aaaa", "git rev-parse"},
		"no revision at all": {dir, "a b\x1b[2J", NoRevision, "a b", "git rev-parse"},
		"cut off":            {shallow, first, NoRevision, first + ", in a shallow clone", "fetch-depth: 0"},
		"cut off, counted":   {shallow, "HEAD~1", NoRevision, "in a shallow clone", "git fetch --unshallow"},
	} {
		t.Run(name, func(t *testing.T) {
			snap, _, err := At(t.Context(), c.dir, c.revision)
			var problem *Error
			if snap != nil || !errors.As(err, &problem) || problem.Problem != c.problem {
				t.Fatalf("snapshot %v, error %v", snap, err)
			}
			if !strings.Contains(problem.Detail, c.detail) || !strings.Contains(problem.Hint(), c.hinted) || strings.Contains(problem.Error()+problem.Hint(), "\x1b") {
				t.Errorf("%v; hint: %s", problem, problem.Hint())
			}
		})
	}
}
