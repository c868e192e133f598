package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// summed is a tree that knows what its folders come to.
type summed struct{ fstest.MapFS }

func (s summed) Sum(dir string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.MapFS)) {
		if below, is := strings.CutPrefix(name, dir+"/"); is {
			fmt.Fprintf(&b, "%q %q\n", below, s.MapFS[name].Data)
		}
	}
	return b.String()
}

func fleetOf(names ...string) map[string]string {
	files := map[string]string{}
	for _, name := range names {
		files[name+"/workspace.yaml"] = "subscription_id: 11111111-2222-3333-4444-555555555555\nresource_group: rg\nworkspace_name: ml-" + name + "\n"
		files[name+"/c.yaml"] = "name: cpu\ntype: amlcompute\n"
	}
	return files
}

func TestUnchangedWorkspacesAreNotReadAgain(t *testing.T) {
	ours := false
	owned := func(WorkspaceID, string) bool { return ours }
	read := func(files map[string]string, before *Set) *Set {
		return Load(summed{tree(files)}, Options{Prefix: "fleet", Owned: owned, Before: before})
	}
	for _, c := range []struct {
		name   string
		first  map[string]string // besides good workspaces a and b
		change map[string]string // "" removes
		then   func()
		kept   []string // whose workspace is the very one of before
		errors int
	}{
		{name: "nothing", kept: []string{"a", "b"}},
		{name: "a file elsewhere", change: map[string]string{"notes.yaml": "x"}, kept: []string{"a", "b"}},
		{name: "a file of a", change: map[string]string{"a/c.yaml": "name: gpu\ntype: amlcompute\n"}, kept: []string{"b"}},
		{name: "a mistake in a", change: map[string]string{"a/c.yaml": "name: [\n"}, kept: []string{"b"}, errors: 1},
		{name: "a is gone", change: map[string]string{"a/c.yaml": "", "a/workspace.yaml": ""}, kept: []string{"b"}},
		{name: "all are gone", change: map[string]string{"a/c.yaml": "", "a/workspace.yaml": "", "b/c.yaml": "", "b/workspace.yaml": ""}, errors: 1},
		{name: "what was wrong still is", first: map[string]string{"a/c.yaml": "name: [\n"}, kept: []string{"b"}, errors: 1},
		{
			name: "another folder names a, too", errors: 2,
			change: map[string]string{"copy/workspace.yaml": fleetOf("a")["a/workspace.yaml"]},
		},
		{
			name: "which documents are ours may change", first: map[string]string{"a/job.yaml": "type: local\nname: job\n"},
			then: func() { ours = true }, kept: []string{"b"}, errors: 1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours = false
			files := fleetOf("a", "b")
			maps.Copy(files, c.first)
			before := read(files, nil)
			maps.Copy(files, c.change)
			maps.DeleteFunc(files, func(_, content string) bool { return content == "" })
			if c.then != nil {
				c.then()
			}
			after := read(files, before)
			if got, want := printed(after), printed(read(files, nil)); got != want {
				t.Errorf("with the set before:\n%s\nwithout:\n%s", got, want)
			}
			if n := len(after.AllErrors()); n != c.errors {
				t.Errorf("got %d errors, want %d: %v", n, c.errors, after.AllErrors())
			}
			var kept []string
			for _, ws := range after.Workspaces {
				if slices.Contains(before.Workspaces, ws) {
					kept = append(kept, strings.TrimPrefix(ws.ID.Name, "ml-"))
				}
			}
			if !slices.Equal(kept, c.kept) {
				t.Errorf("%v were kept, want %v", kept, c.kept)
			}
		})
	}
}

func TestTreeWithoutSumsIsReadAgain(t *testing.T) {
	files := tree(fleetOf("a"))
	before := Load(files, Options{})
	if after := Load(files, Options{Before: before}); after.Workspaces[0] == before.Workspaces[0] {
		t.Error("a workspace was kept of which nothing says that it is as it was")
	}
}
