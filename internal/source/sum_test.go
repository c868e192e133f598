package source

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSumTellsWhichFoldersChanged commits changes one after another and says
// of which of the folders a and b the sum must be another afterwards; the same
// holds of the folder as it is on disk.
func TestSumTellsWhichFoldersChanged(t *testing.T) {
	dir := repository(t, "a/workspace.yaml", "1", "a/deep/c.yaml", "2", "b/workspace.yaml", "1", "b/c.yaml", "2", "shared/d.yaml", "3")
	link := func(target, name string) {
		t.Helper()
		os.Remove(filepath.Join(dir, name))
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	src := open(t, Config{URL: dir})
	sums := func() [4]string {
		t.Helper()
		snap, err := src.Fetch(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var all [4]string
		for i, files := range []tree{snap.Files.(tree), folder(t, dir).Files.(tree)} {
			all[2*i], all[2*i+1] = files.Sum("a"), files.Sum("b")
		}
		return all
	}
	last := sums()
	if last[0] == last[1] || last[0] == "" || last[2] == last[3] {
		t.Errorf("sums of different folders: %q", last)
	}
	for _, step := range []struct {
		what string
		do   func()
		a, b bool // whose sum changes
	}{
		{what: "a file of a", do: func() { write(t, dir, "a/workspace.yaml", "2") }, a: true},
		{what: "a file below a", do: func() { write(t, dir, "a/deep/c.yaml", "3") }, a: true},
		{what: "a new file in b", do: func() { write(t, dir, "b/new.yaml", "") }, b: true},
		{what: "a name in b", do: func() { os.Rename(filepath.Join(dir, "b/new.yaml"), filepath.Join(dir, "b/other.yaml")) }, b: true},
		{what: "no spec", do: func() { write(t, dir, "a/README.md", "hello", "b/.hidden/x.yaml", "x") }},
		{what: "elsewhere", do: func() { write(t, dir, "shared/d.yaml", "4") }},
		{what: "a link in a to elsewhere", do: func() { link("../shared/d.yaml", "a/d.yaml") }, a: true},
		{what: "what the link leads to", do: func() { write(t, dir, "shared/d.yaml", "5") }, a: true},
		{what: "a link that leaves", do: func() { link("../../x.yaml", "b/x.yaml") }, b: true},
		{what: "where that leads", do: func() { link("../../y.yaml", "b/x.yaml") }, b: true},
		{what: "a file gone", do: func() { os.Remove(filepath.Join(dir, "a/deep/c.yaml")) }, a: true},
	} {
		step.do()
		commit(t, dir, step.what)
		now := sums()
		for i, want := range [4]bool{step.a, step.b, step.a, step.b} {
			if got := now[i] != last[i]; got != want {
				t.Errorf("%s: sum %d changed: %v, want %v", step.what, i, got, want)
			}
		}
		last = now
	}
	if got := (tree{newDir(".")}).Sum("nowhere"); got != "" {
		t.Errorf("the sum of nothing is %q", got)
	}
}
