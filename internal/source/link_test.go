package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// links are symlinks in the folder fleet of a repository: where each leads, and what its
// entry comes to; "" is no entry.
var links = []struct{ name, target, want string }{
	{"in.yaml", "real/a.yaml", "= a"},
	{"real/up.yaml", "../in.yaml", "= a"},
	{"hidden.yaml", ".data/h.yaml", "= h"},
	{"via.yaml", "folder/../real/a.yaml", "= a"},
	{"text.yaml", "readme.md", "= r"},
	{"out-and-in.yaml", "../fleet/./real//a.yaml", "= a"},
	{"out.yaml", "../outside.yaml", "a link to ../outside.yaml, which is outside of the folder that is read"},
	{"real/out.yaml", "../out.yaml", "a link to ../out.yaml, which is outside of the folder that is read"},
	{"gone.yaml", "nowhere.yaml", "a link to nowhere.yaml, where there is no file"},
	{"through.yaml", "real/a.yaml/x", "a link to real/a.yaml/x, where there is no file"},
	{"git.yaml", "../.git/config", "a link to ../.git/config, where there is no file"},
	{"loop.yaml", "loop.yaml", "a link to loop.yaml, which leads in a circle and to no file"},
	{"ping.yaml", "real/pong.yaml", "a link to real/pong.yaml, which leads in a circle and to no file"},
	{"real/pong.yaml", "../ping.yaml", "a link to ../ping.yaml, which leads in a circle and to no file"},
	{"grows.yaml", "grows.yaml/x", "a link to grows.yaml/x, which leads in a circle and to no file"},
	{"folder", "real", "a link to the folder real: links are followed to files only"},
	{"folder.yaml", "real", "a link to the folder real: links are followed to files only"},
	{"self", ".", "a link to the folder .: links are followed to files only"},
	{"out", "../other", "a link to the folder ../other: links are followed to files only"},
	{"leaves", "../..", "a link to ../.., which is outside of the repository"},
	{"leaves.yaml", "../../x.yaml", "a link to ../../x.yaml, which is outside of the repository"},
	{"abs", "/srv/specs", "a link to the absolute path /srv/specs: only relative links are followed"},
	{"abs.yaml", "/etc/passwd", "a link to the absolute path /etc/passwd: only relative links are followed"},
	{"to-abs.yaml", "abs/x.yaml", "a link to the absolute path abs/x.yaml: only relative links are followed"},
	{"README.md", "gone.md", ""},
	{"LICENSE", "../license", ""},
	{"NOTICE", "nowhere", ""},
	{"loop", "loop", ""},
	{"abs.md", "/srv/README.md", ""},
	{"leaves.TXT", "../../x.txt", ""},
	{"folder.md", "real", "a link to the folder real: links are followed to files only"},
	{"v1.2", "/srv/v1.2", "a link to the absolute path /srv/v1.2: only relative links are followed"},
}

// TestLinksMeanTheSame reads the links of a folder on disk, and those of its commit.
func TestLinksMeanTheSame(t *testing.T) {
	dir := repository(t, "fleet/real/a.yaml", "a", "fleet/.data/h.yaml", "h", "fleet/readme.md", "r",
		"outside.yaml", "o", "license", "l", "other/x.yaml", "x")
	link := func(name, target string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(dir, "fleet", name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range links {
		link(l.name, l.target)
	}
	for i := range maxLinks {
		link(fmt.Sprintf("chain%d.yaml", i), fmt.Sprintf("chain%d.yaml", i+1))
	}
	link(fmt.Sprintf("chain%d.yaml", maxLinks), "real/a.yaml")
	link("far.yaml", "chain0.yaml")
	commit(t, dir, "links")
	onDisk, inGit := folder(t, filepath.Join(dir, "fleet")).Files, fetch(t, open(t, Config{URL: dir, Path: "fleet"})).Files
	if a, b := listing(t, onDisk), listing(t, inGit); a != b {
		t.Errorf("on disk\n%s\nin git\n%s", a, b)
	}
	for _, files := range []fs.FS{onDisk, inGit} {
		for _, l := range links {
			if got := comesTo(files, l.name); got != l.want {
				t.Errorf("%s: %q, want %q", l.name, got, l.want)
			}
		}
		if got := comesTo(files, "chain0.yaml"); got != "= a" {
			t.Errorf("%d links: %s", maxLinks+1, got)
		}
		if got := comesTo(files, "far.yaml"); !strings.Contains(got, "more than 40 links") {
			t.Errorf("%d links: %s", maxLinks+2, got)
		}
	}
}

func comesTo(files fs.FS, name string) string {
	data, err := fs.ReadFile(files, name)
	hinted := (*hintedError)(nil)
	switch {
	case err == nil:
		return "= " + string(data)
	case errors.Is(err, fs.ErrNotExist):
		return ""
	case errors.As(err, &hinted) && hinted.Hint() != "":
		return hinted.Error()
	}
	return "no hint: " + err.Error()
}

// TestLinksOfAPlainFolder reads one that is in no repository: nothing outside of it is looked at.
func TestLinksOfAPlainFolder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "fleet/a.yaml", "a", "outside.yaml", "o", "README.md", "r")
	for name, target := range map[string]string{"in.yaml": "a.yaml", "out.yaml": "../outside.yaml", "README.md": "../README.md", "sub": "../sub"} {
		if err := os.Symlink(target, filepath.Join(dir, "fleet", name)); err != nil {
			t.Fatal(err)
		}
	}
	files := folder(t, filepath.Join(dir, "fleet")).Files
	for name, want := range map[string]string{
		"in.yaml":   "= a",
		"out.yaml":  "a link to ../outside.yaml, which is outside of the folder that is read",
		"README.md": "",
		"sub":       "a link to ../sub, which is outside of the folder that is read",
	} {
		if got := comesTo(files, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
