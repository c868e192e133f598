package spec

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

const (
	nobody  = "these computes are not read: "
	renamed = " is not workspace.yaml, the name that makes a folder a workspace; rename it [no-workspace]"
	noFile  = "there is no workspace.yaml in this folder or above it; add one, or move them [no-workspace]"
)

// TestStrays names the folders of computes that are in no workspace.
func TestStrays(t *testing.T) {
	compute := "name: cpu\ntype: amlcompute\n"
	for name, c := range map[string]struct {
		files map[string]string // beside a good workspace a
		want  []string
	}{
		"none":         {map[string]string{"ci.yaml": "on: push\n", "k8s/d.yaml": "kind: Deployment\n"}, nil},
		"another case": {map[string]string{"b/Workspace.yaml": workspaceYAML, "b/c.yaml": compute}, []string{"b/c.yaml:1:1: " + nobody + "b/Workspace.yaml" + renamed}},
		"its end":      {map[string]string{"b/workspace.YAML": workspaceYAML, "b/c.yaml": compute}, []string{"b/c.yaml:1:1: " + nobody + "b/workspace.YAML" + renamed}},
		"misspelt":     {map[string]string{"b/worksapce.yaml": workspaceYAML, "b/c.YML": compute}, []string{"b/c.YML:1:1: " + nobody + "b/worksapce.yaml" + renamed}},
		"above, once": {
			map[string]string{"b/Workspace.yaml": workspaceYAML, "b/x/c.yaml": compute, "b/y/z/c.yaml": compute},
			[]string{"b/x/c.yaml:1:1: " + nobody + "b/Workspace.yaml" + renamed, "b/y/z/c.yaml:1:1: " + nobody + "b/Workspace.yaml" + renamed},
		},
		"no file like it":    {map[string]string{"b/c.yaml": compute, "b/deep/c.yaml": compute}, []string{"b/c.yaml:1:1: " + nobody + noFile}},
		"a later document":   {map[string]string{"b/c.yaml": "kind: x\n---\n# hello\n" + compute}, []string{"b/c.yaml:4:1: " + nobody + noFile}},
		"JSON":               {map[string]string{"b/c.yaml": "{\"type\":\n \"Kubernetes\", \"namespace\": x}"}, []string{"b/c.yaml:1:1: " + nobody + noFile}},
		"broken":             {map[string]string{"b/c.yaml": compute + "size: [\n"}, []string{"b/c.yaml:1:1: " + nobody + noFile}},
		"broken, of others":  {map[string]string{"b/c.yaml": "name: x\nprovider: {type: kubernetes}\nname: y\n"}, nil},
		"nested types":       {map[string]string{"b/c.yaml": "provider: {type: kubernetes, name: x}\n"}, nil},
		"a type alone":       {map[string]string{"b/c.yaml": "type: kubernetes\nurl: x\n"}, nil},
		"another asset":      {map[string]string{"b/c.yaml": "$schema: https://azuremlschemas.azureedge.net/latest/kubernetesOnlineDeployment.schema.json\nname: b\ntype: kubernetes\nendpoint_name: e\n"}, nil},
		"hidden":             {map[string]string{"b/.c.yaml": compute, ".b/c.yaml": compute}, nil},
		"a workspace below":  {map[string]string{"b/c.yaml": compute, "b/w/workspace.yaml": strings.Replace(workspaceYAML, "ml-prod", "ml-w", 1), "b/w/c.yaml": compute}, []string{"b/c.yaml:1:1: " + nobody + noFile}},
		"nearly, no compute": {map[string]string{"b/Workspace.yaml": workspaceYAML}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			files := fleetOf("a")
			maps.Copy(files, c.files)
			set := Load(tree(files), Options{})
			if !set.Valid() {
				t.Errorf("errors:\n%s", printed(set))
			}
			var got []string
			for _, n := range set.Notices {
				got = append(got, n.String())
				if !n.PassedOver() || !n.Loud() || n.Note() {
					t.Errorf("%s is not for everybody", n)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("notices (-want +got):\n%s", d)
			}
		})
	}
}

func TestManyStraysAreSummedUp(t *testing.T) {
	files := fleetOf("a")
	for i := range maxStrays + 7 {
		files[fmt.Sprintf("b%02d/c.yaml", i)] = "name: cpu\ntype: amlcompute\n"
	}
	set := Load(tree(files), Options{})
	if n := len(set.Notices); n != maxStrays+1 || set.Notices[n-1].Text != "7 more folders hold computes in no workspace" {
		t.Errorf("%d notices: %v", n, set.Notices[n-1])
	}
}

// TestNearlyTheOnlyWorkspace names the near miss in the error.
func TestNearlyTheOnlyWorkspace(t *testing.T) {
	for file, want := range map[string]string{
		"ws/Workspace.yaml": "fleet:1:1: no workspace.yaml here or below, but fleet/ws/Workspace.yaml\nhint: rename it: workspace.yaml is the name that makes a folder a workspace\n",
		"ws/workspace.yml":  "fleet/ws/workspace.yml:1:1: workspace.yaml is the name that makes a folder a workspace\nhint: rename the file\n",
		"ws/other.yaml":     "fleet:1:1: no workspace.yaml here or below\nhint: a folder becomes a workspace by a workspace.yaml with subscription_id, resource_group and workspace_name\n",
	} {
		set := Load(tree(map[string]string{file: workspaceYAML, "ws/c.yaml": "name: cpu\ntype: amlcompute\n"}), Options{Prefix: "fleet"})
		if d := cmp.Diff(want, printed(set)); d != "" {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
}

// unreadable is a file that cannot be opened, for a reason that has a hint.
type unreadable struct{ fstest.MapFS }

func (u unreadable) Open(name string) (fs.File, error) {
	if f := u.MapFS[name]; f != nil && f.Mode.Type() != 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: why{}}
	}
	return u.MapFS.Open(name)
}

type why struct{}

func (why) Error() string { return "a link to nowhere" }
func (why) Hint() string  { return "remove it" }

// TestUnread says of what cannot be read why, in a workspace; outside it is a note.
func TestUnread(t *testing.T) {
	files := fleetOf("a")
	all := tree(files)
	for name, mode := range map[string]fs.FileMode{
		"a/x.yaml": fs.ModeSymlink, "a/folder": fs.ModeSymlink, "a/module": fs.ModeIrregular, "a/mod.ule": fs.ModeIrregular,
		"b/" + WorkspaceFile: fs.ModeSymlink, "folder": fs.ModeSymlink, "module": fs.ModeIrregular, "x.yaml": fs.ModeSymlink,
	} {
		all[name] = &fstest.MapFile{Mode: mode}
	}
	set := Load(unreadable{all}, Options{})
	var want strings.Builder
	for _, name := range []string{"a/folder", "a/mod.ule", "a/module", "a/x.yaml", "b/workspace.yaml"} {
		want.WriteString(name + ":1:1: a link to nowhere\nhint: remove it\n")
	}
	if d := cmp.Diff(want.String(), printed(set)); d != "" {
		t.Errorf("errors (-want +got):\n%s", d)
	}
	var got []string
	for _, n := range set.AllNotices() {
		got = append(got, n.String())
		if !n.Note() {
			t.Errorf("%s is a warning", n)
		}
	}
	if d := cmp.Diff([]string{
		"folder:1:1: links and submodules in no workspace are not followed: folder, module [not-followed]",
	}, got); d != "" {
		t.Errorf("notices (-want +got):\n%s", d)
	}
}

// TestWhatIsInNoWorkspaceCannotBeTurnedOff refuses codes that no workspace.yaml has a say in.
func TestWhatIsInNoWorkspaceCannotBeTurnedOff(t *testing.T) {
	for _, code := range []string{"no-workspace", "not-followed"} {
		set := load(t, map[string]string{WorkspaceFile: workspaceYAML + "ignore_warnings: [" + code + "]\n"}, Options{})
		if !strings.Contains(printed(set), "ignore_warnings names no warning: \""+code) {
			t.Errorf("%s: %s", code, printed(set))
		}
	}
}

// TestNearlyTheWorkspaceFile names the near miss beside or below a good workspace.yaml; a compute may have such a name.
func TestNearlyTheWorkspaceFile(t *testing.T) {
	for _, name := range []string{"Workspace.yaml", "worksapce.yaml", "workspaces.yml", "sub/WORKSPACE.YAML"} {
		set := load(t, map[string]string{name: workspaceYAML}, Options{})
		want := name + ":1:1: neither a compute nor the folder's workspace.yaml, whose name it nearly has"
		if got := printed(set); len(set.AllErrors()) != 1 || !strings.HasPrefix(got, want) || !strings.Contains(got, "hint: move what it says to workspace.yaml") {
			t.Errorf("%s: %s", name, got)
		}
		loadValid(t, map[string]string{name: "name: cpu\ntype: amlcompute\n"})
	}
}

// TestLFSPointer names what git has in place of a file that is in Git LFS.
func TestLFSPointer(t *testing.T) {
	const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n"
	for _, name := range []string{"c.yaml", WorkspaceFile} {
		set := load(t, map[string]string{name: pointer}, Options{})
		want := name + ":1:1: a Git LFS pointer, not the file itself\nhint: keep YAML out of Git LFS, of which nothing is fetched: git lfs untrack; in a folder, git lfs pull gets the file\n"
		if d := cmp.Diff(want, printed(set)); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}
