package spec

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

const limitedWorkspace = "subscription_id: 11111111-2222-3333-4444-555555555555\nresource_group: rg\nworkspace_name: ml-%05d\n"

// limited are workspaces of one file each.
func limited(workspaces int, text string) fstest.MapFS {
	tree := fstest.MapFS{}
	for i := range workspaces {
		dir := fmt.Sprintf("w%05d/", i)
		tree[dir+WorkspaceFile] = &fstest.MapFile{Data: fmt.Appendf(nil, limitedWorkspace, i)}
		tree[dir+"x.yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	return tree
}

func TestTooManyWorkspaces(t *testing.T) {
	set := Load(limited(MaxWorkspaces+2, "# nothing\n"), Options{})
	if len(set.Workspaces) != MaxWorkspaces || len(set.Errors) != 2 || !strings.Contains(set.Errors[0].Msg, "more than 5000 workspaces") {
		t.Errorf("%d workspaces, errors %v", len(set.Workspaces), set.Errors)
	}
}

// A workspace that is not read to its end is refused: a part of it would look like all of it.
func TestTooManyComputes(t *testing.T) {
	var text strings.Builder
	for i := range MaxComputes/2 - 1 {
		fmt.Fprintf(&text, "name: c%05d\ntype: amlcompute\n---\n", i)
	}
	set := Load(limited(4, text.String()), Options{})
	for i, ws := range set.Workspaces {
		if over := i >= 2; over == (len(ws.Errors) == 0) || over != strings.Contains(ws.Errors.Error(), "more than 25000 computes") {
			t.Errorf("workspace %d: %v", i, ws.Errors)
		}
	}
}

// However many errors there are, each workspace that has some has one at least.
func TestTooManyErrors(t *testing.T) {
	var text strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&text, "name: c%05d\ntype: none\n---\n", i)
	}
	set := Load(limited(5, text.String()), Options{})
	for i, ws := range set.Workspaces {
		if len(ws.Errors) == 0 {
			t.Errorf("workspace %d has no error", i)
		}
	}
	if n := len(set.AllErrors()); n > maxErrors+5 || !strings.Contains(set.Errors.Error(), "more errors are not shown") {
		t.Errorf("%d errors: %v", n, set.Errors)
	}
}
