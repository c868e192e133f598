package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// another is a user who is neither root nor whoever runs the test.
var another = os.Geteuid() + 4321

// TestUnsafeFolders opens a journal in folders that somebody else could write.
func TestUnsafeFolders(t *testing.T) {
	mkdir := func(t *testing.T, dir string, mode fs.FileMode) {
		must(t, os.MkdirAll(dir, 0o700))
		must(t, os.Chmod(dir, mode))
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, root string)
		dir  string
		want string // in the error; "": it opens
	}{
		"missing":        {func(*testing.T, string) {}, "a/b", ""},
		"private":        {func(t *testing.T, root string) { mkdir(t, root+"/a", 0o700) }, "a", ""},
		"readable":       {func(t *testing.T, root string) { mkdir(t, root+"/a", 0o755) }, "a", ""},
		"writable":       {func(t *testing.T, root string) { mkdir(t, root+"/a", 0o777) }, "a", "others may use it (mode 0777)"},
		"sticky":         {func(t *testing.T, root string) { mkdir(t, root+"/a", 0o777|fs.ModeSticky) }, "a", "mode 0777"},
		"group-writable": {func(t *testing.T, root string) { mkdir(t, root+"/a", 0o770) }, "a", "mode 0770"},
		"below writable": {func(t *testing.T, root string) { mkdir(t, root+"/a", 0o777) }, "a/b/c", "/a: others may use it"},
		"below sticky":   {func(t *testing.T, root string) { mkdir(t, root+"/a", 0o777|fs.ModeSticky) }, "a/b", ""},
		"below group": {func(t *testing.T, root string) {
			mkdir(t, root+"/a", 0o770)
			chown(t, root+"/a", os.Geteuid(), another)
		}, "a/b", "/a: others may use it (mode 0770)"},
		"somebody's":       {func(t *testing.T, root string) { mkdir(t, root+"/a", 0o700); chown(t, root+"/a", another, another) }, "a", "it belongs to user"},
		"below somebody's": {func(t *testing.T, root string) { mkdir(t, root+"/a", 0o755); chown(t, root+"/a", another, another) }, "a/b", "/a: it belongs to user"},
		"work tree":        {func(t *testing.T, root string) { mkdir(t, root+"/.git", 0o700) }, "a/b", "it is a git work tree"},
		"linked work tree": {func(t *testing.T, root string) {
			must(t, os.WriteFile(root+"/.git", []byte("gitdir: /elsewhere"), 0o600))
			mkdir(t, root+"/a", 0o700)
		}, "a", "it is a git work tree"},
		"link out of a work tree": {func(t *testing.T, root string) {
			mkdir(t, root+"/tree/.git", 0o700)
			mkdir(t, root+"/a", 0o700)
			must(t, os.Symlink("../a", root+"/tree/a"))
		}, "tree/a", "it is a git work tree"},
		"link into a work tree": {func(t *testing.T, root string) {
			mkdir(t, root+"/tree/.git", 0o700)
			must(t, os.Symlink("tree/b", root+"/a"))
		}, "a/c", "/tree: it is a git work tree"},
		"link to a folder": {func(t *testing.T, root string) {
			mkdir(t, root+"/private/a", 0o700)
			must(t, os.Symlink("private/a", root+"/a"))
		}, "a", ""},
		"somebody's link": {func(t *testing.T, root string) {
			mkdir(t, root+"/private/a", 0o700)
			must(t, os.Symlink("private/a", root+"/a"))
			must(t, os.Lchown(root+"/a", another, another))
		}, "a", "/a: it belongs to user"},
		"links in a circle": {func(t *testing.T, root string) { must(t, os.Symlink("a", root+"/a")) }, "a", "too many symbolic links"},
		"writable file": {func(t *testing.T, root string) {
			filled(t, root+"/a")
			must(t, os.Chmod(root+"/a/"+fileName, 0o620))
		}, "a", fileName + ": others may use it (mode 0620)"},
		"somebody's file": {func(t *testing.T, root string) {
			filled(t, root+"/a")
			chown(t, root+"/a/"+fileName, another, another)
		}, "a", fileName + ": it belongs to user"},
	} {
		t.Run(name, func(t *testing.T) {
			if needsRoot := strings.Contains(name, "somebody's") || name == "below group"; needsRoot && os.Geteuid() != 0 {
				t.Log("only root can give a file away: left to TestOwners")
				return
			}
			root := t.TempDir()
			c.make(t, root)
			for kind, opts := range map[string][]Option{"reader": {ReadOnly()}, "writer": nil} {
				j, err := Open(filepath.Join(root, c.dir), WithKey(testKey), opts...)
				if err == nil {
					must(t, j.Close())
				}
				var unsafe *UnsafeError
				switch {
				case c.want == "" && err != nil:
					t.Errorf("%s: %v", kind, err)
				case c.want != "" && (!errors.As(err, &unsafe) || !strings.Contains(err.Error(), c.want) || unsafe.Hint() == ""):
					t.Errorf("%s: error %v, want %q", kind, err, c.want)
				}
			}
		})
	}
}

func chown(t *testing.T, path string, user, group int) {
	t.Helper()
	must(t, os.Chown(path, user, group))
}

// TestOwners judges a folder of ours by the eyes of another user, who may trust
// root and nobody else.
func TestOwners(t *testing.T) {
	dir := t.TempDir()
	err := CheckFolder(dir, another)
	if ours := os.Geteuid() == 0; (err == nil) != ours {
		t.Errorf("a folder of user %d, for user %d: %v", os.Geteuid(), another, err)
	}
}

// TestKeyFileIsPrivate refuses a key that others can read.
func TestKeyFileIsPrivate(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	must(t, open(t, filepath.Join(dir, "state")).Close())
	_, err := KeyFile(path)(nil, true)
	must(t, err)
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620} {
		must(t, os.Chmod(path, mode))
		var unsafe *UnsafeError
		if _, err := KeyFile(path)(nil, false); !errors.As(err, &unsafe) || !strings.Contains(unsafe.Hint(), "chmod go= ") {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	must(t, os.Chmod(path, 0o600))
	must(t, os.Mkdir(filepath.Join(dir, ".git"), 0o700))
	if _, err := KeyFile(path)(nil, false); err == nil || !strings.Contains(err.Error(), "work tree") {
		t.Errorf("in a work tree: %v", err)
	}
}
