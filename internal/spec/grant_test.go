package spec_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/computesync/computesync/internal/spec"
)

// TestGrant loads one workspace.yaml under grants, and wants an error at what may
// not be named.
func TestGrant(t *testing.T) {
	const ws = "subscription_id: SUB-1\nresource_group: rg-ml\nworkspace_name: prod\n"
	const owner = "owner: team-a\n"
	for _, c := range []struct {
		grant spec.Grant
		text  string
		want  string // line:column of each error
	}{
		{spec.Grant{}, ws + owner, ""},
		{spec.Grant{Workspaces: []string{"sub-1/RG-*/prod"}, Owners: []string{"team-a"}}, ws + owner, ""},
		{spec.Grant{Workspaces: []string{"sub-1/rg-ml/dev", "*/*/*"}}, ws + owner, ""},
		{spec.Grant{Workspaces: []string{}}, ws + owner, "1:18"},
		{spec.Grant{Workspaces: []string{"sub-1/rg-ml/dev", "sub-1/*", "*"}}, ws, "1:18"},
		{spec.Grant{Owners: []string{"team-b", "Team-a", "team-*"}}, ws + owner, "4:8"},
		{spec.Grant{Owners: []string{"team-a"}}, ws, "1:1"}, // the default is an owner, too
		{spec.Grant{Owners: []string{spec.DefaultOwner}}, ws, ""},
		{spec.Grant{Workspaces: []string{}, Owners: []string{}}, ws + owner, "1:18 4:8"},
	} {
		tree := fstest.MapFS{"workspace.yaml": {Data: []byte(c.text)}}
		got := spec.Load(tree, spec.Options{Grant: c.grant}).Workspaces[0]
		var at []string
		for _, e := range got.Errors {
			at = append(at, fmt.Sprintf("%d:%d", e.Pos.Line, e.Pos.Col))
			if e.Hint == "" || !strings.HasPrefix(e.Msg, "this source may not name the ") {
				t.Errorf("got %q, hint %q", e.Msg, e.Hint)
			}
		}
		if strings.Join(at, " ") != c.want || got.Ungranted != (c.want != "") {
			t.Errorf("%+v: errors at %v, ungranted %v", c.grant, at, got.Ungranted)
		}
	}
	// which workspace it is must be known before it can be another's
	tree := fstest.MapFS{"workspace.yaml": {Data: []byte("subscription_id: s\nworkspace_name: prod\n")}}
	if got := spec.Load(tree, spec.Options{Grant: spec.Grant{Workspaces: []string{}}}).Workspaces[0]; got.Ungranted || len(got.Errors) == 0 {
		t.Errorf("incomplete: ungranted %v, %v", got.Ungranted, got.Errors)
	}
}
