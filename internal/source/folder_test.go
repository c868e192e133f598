package source

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
)

func folder(t testing.TB, dir string) *Snapshot {
	t.Helper()
	snap, err := Folder(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

func TestFolderShowsYAMLAlone(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "workspace.yaml", "w", "b/c.yml", "c", "b.yaml", "b", "README.md", "no", ".git/x.yaml", "no",
		"b/.hidden/x.yaml", "no", ".pre.yaml", "p", "docs/a.md", "no", "upper.YAML", "u")
	snap := folder(t, dir)
	wantFiles(t, snap, ".pre.yaml = p", "b/c.yml = c", "b.yaml = b", "upper.YAML = u", "workspace.yaml = w")
	if err := fstest.TestFS(snap.Files, "workspace.yaml", "b/c.yml"); err != nil {
		t.Error(err)
	}
	if _, err := fs.Stat(snap.Files, "docs"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without YAML is listed: %v", err)
	}
}

func TestFolderCommitIsItsContent(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", "1", "b.yaml", "2")
	first := folder(t, dir)
	if !strings.HasPrefix(first.Commit, "sha256:") || len(first.Short()) != len("sha256:")+12 {
		t.Errorf("commit is %s, short %s", first.Commit, first.Short())
	}
	write(t, dir, "notes.txt", "x")
	if folder(t, dir).Commit != first.Commit {
		t.Error("a file that is no spec changed the commit")
	}
	seen := map[string]string{first.Commit: "first"}
	change := func(what string) {
		got := folder(t, dir).Commit
		if before, ok := seen[got]; ok {
			t.Errorf("%s: same commit as %s", what, before)
		}
		seen[got] = what
	}
	write(t, dir, "a.yaml", "1\n")
	change("content")
	write(t, dir, "a.yaml", "2", "b.yaml", "1\n")
	change("swapped")
	if err := os.Rename(filepath.Join(dir, "b.yaml"), filepath.Join(dir, "c.yaml")); err != nil {
		t.Fatal(err)
	}
	change("renamed")
	if err := os.Symlink("/elsewhere.yaml", filepath.Join(dir, "d.yaml")); err != nil {
		t.Fatal(err)
	}
	change("link")
	wantFiles(t, first, "a.yaml = 1", "b.yaml = 2") // what was taken stays as it was
}

func TestFolderLinks(t *testing.T) {
	outside := t.TempDir()
	write(t, outside, "secret.yaml", "secret")
	dir := t.TempDir()
	write(t, dir, "real/a.yaml", "a", ".data/h.yaml", "h", "readme.md", "r")
	links := map[string]string{
		"in.yaml": "real/a.yaml", "real/up.yaml": "../in.yaml", "hidden.yaml": ".data/h.yaml",
		"abs.yaml": filepath.Join(outside, "secret.yaml"), "out.yaml": "../" + filepath.Base(outside) + "/secret.yaml",
		"dangling.yaml": "nowhere.yaml", "loop.yaml": "loop.yaml", "folder": "real", "outfolder": outside, "text": "readme.md",
	}
	for name, target := range links {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o644); err != nil {
		t.Fatal(err)
	}
	snap := folder(t, dir)
	wantFiles(t, snap,
		"abs.yaml is L---------", "dangling.yaml is L---------", "folder is L---------", "hidden.yaml = h", "in.yaml = a",
		"loop.yaml is L---------", "out.yaml is L---------", "outfolder is L---------", "pipe.yaml is p---------",
		"real/a.yaml = a", "real/up.yaml = a")
	if _, err := fs.ReadFile(snap.Files, "abs.yaml"); err == nil || !strings.Contains(err.Error(), "only relative links are followed") {
		t.Errorf("reading a link out of the tree: %v", err)
	}
	if target, err := fs.ReadLink(snap.Files, "dangling.yaml"); err != nil || target != "nowhere.yaml" {
		t.Errorf("ReadLink = %q, %v", target, err)
	}
}

func TestFolderProblems(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "one.yaml", "1")
	_, err := Folder(t.Context(), filepath.Join(dir, "one.yaml"))
	if e := wantProblem(t, err, NotFound); !strings.Contains(e.Error(), "is a file, not a folder") {
		t.Error(e)
	}
	_, err = Folder(t.Context(), filepath.Join(dir, "none"))
	wantProblem(t, err, NotFound)
	fails(t, Config{URL: dir, MaxBytes: 0, Path: "below"}, NoPath)
	write(t, dir, "big.yaml", strings.Repeat("x", 2<<20))
	fails(t, Config{URL: dir, MaxBytes: 1 << 20}, TooLarge)
	fails(t, Config{URL: dir, Branch: "main"}, NotFound)
}

func TestUnreadableFileFailsTheFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.yaml", "1")
	r := folderReader{ctx: t.Context()}
	wantBroken := func(err error, words string) {
		t.Helper()
		var e *Error
		if !errors.As(err, &e) || e.Problem != Broken || !strings.Contains(e.Error(), words) {
			t.Errorf("error is %v", err)
		}
	}
	wantBroken(r.fail("a.yaml", &fs.PathError{Op: "open", Path: "a.yaml", Err: fs.ErrPermission}), "a.yaml: permission denied")
	wantBroken(r.fail("a.yaml", &fs.PathError{Op: "open", Path: "a.yaml", Err: fs.ErrNotExist}), "a.yaml: vanished")
}

func TestPlainFolderAsSource(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "x.yaml", "0", "fleet/a.yaml", "1")
	s := open(t, Config{URL: dir, Path: "fleet/"})
	first := fetch(t, s)
	wantFiles(t, first, "a.yaml = 1")
	write(t, dir, "x.yaml", "9")
	if fetch(t, s) != first {
		t.Error("the snapshot changed without a change below its path")
	}
	write(t, dir, "fleet/a.yaml", "2")
	second := fetch(t, s)
	wantFiles(t, second, "a.yaml = 2")
	wantFiles(t, first, "a.yaml = 1")
}
