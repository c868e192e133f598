package spec

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestMatchPath(t *testing.T) {
	for _, c := range []struct {
		glob, yes, no string
	}{
		{"conda.yml", "conda.yml", "Conda.yml a/conda.yml conda.yaml"},
		{"*.yml", "a.yml .yml", "a/b.yml"},
		{"deploy", "deploy", "a/deploy deploy/x.yml"},
		{"deploy/*", "deploy/a.yml deploy/sub", "deploy a/deploy/b deploy/sub/x"},
		{"deploy/**", "deploy deploy/a deploy/a/b/c", "deployed x/deploy/a"},
		{"**/conda.yml", "conda.yml a/conda.yml a/b/conda.yml", "xconda.yml conda.yml/a"},
		{"a/**/z.yml", "a/z.yml a/b/z.yml a/b/c/z.yml", "z.yml b/a/z.yml a/z.yml/y"},
		{"a/**/b/**/c", "a/b/c a/x/b/y/z/c a/b/b/c", "a/c a/b a/x/c"},
		{"**", "a a/b", ""},
		{"[ab]?/x", "a1/x b2/x", "c1/x a/x"},
	} {
		match := func(path string) bool { return matchPath(strings.Split(c.glob, "/"), strings.Split(path, "/")) }
		for _, path := range strings.Fields(c.yes) {
			if !match(path) {
				t.Errorf("%s does not match %s", c.glob, path)
			}
		}
		for _, path := range strings.Fields(c.no) {
			if match(path) {
				t.Errorf("%s matches %s", c.glob, path)
			}
		}
	}
}

// TestMatchPathIsAsDefined compares it with the definition, which takes exponential time.
func TestMatchPathIsAsDefined(t *testing.T) {
	var defined func(glob, name []string) bool
	defined = func(glob, name []string) bool {
		switch {
		case len(glob) == 0:
			return len(name) == 0
		case glob[0] == "**":
			return defined(glob[1:], name) || len(name) > 0 && defined(glob, name[1:])
		}
		return len(name) > 0 && matchName(glob[0], name[0]) && defined(glob[1:], name[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		glob := rapid.SliceOfN(rapid.SampledFrom([]string{"**", "*", "a", "b", "a*"}), 1, 6).Draw(t, "glob")
		name := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab"}), 1, 6).Draw(t, "name")
		if got, want := matchPath(glob, name), defined(glob, name); got != want {
			t.Errorf("%v matches %v: %v, want %v", glob, name, got, want)
		}
	})
	began := time.Now()
	deep := slices.Repeat([]string{"a"}, 100)
	if matchPath(append(slices.Repeat([]string{"**", "a"}, 49), "**", "b"), deep) || time.Since(began) > time.Second {
		t.Errorf("a hostile glob took %s", time.Since(began))
	}
}

const ignoring = workspaceYAML + "prune: true\nignore: [conda.yml, \"deploy/**\", \"**/values.yaml\", links/, \"*.bak.yaml\"]\n"

// TestIgnore reads nothing that is ignored, whatever is wrong with it, and lists it.
func TestIgnore(t *testing.T) {
	files := tree(map[string]string{
		WorkspaceFile: ignoring, "cpu.yaml": "name: cpu\ntype: amlcompute\n",
		"conda.yml": "[", "deploy/a.yml": "{{ broken", "deploy/deep/b.yaml": "x: 1", "charts/values.yaml": "a: 1", "values.yaml": "a: 1",
		"old.bak.yaml": "name: old\ntype: amlcompute\n", "deploy/workspace.yaml": workspaceYAML, "deploy/w/workspace.yml": "x",
	})
	files["links/out.yaml"] = &fstest.MapFile{Data: []byte("/etc"), Mode: fs.ModeSymlink}
	set := Load(files, Options{Prefix: "fleet"})
	if !set.Valid() || len(set.Workspaces) != 1 || len(set.Workspaces[0].Computes) != 1 {
		t.Fatalf("%d workspaces:\n%s", len(set.Workspaces), printed(set))
	}
	want := []string{"fleet/workspace.yaml:6:9: ignored: fleet/charts/values.yaml, fleet/conda.yml, fleet/deploy, fleet/links, fleet/old.bak.yaml, fleet/values.yaml [ignored]"}
	var got []string
	for _, n := range set.AllNotices() {
		got = append(got, n.String())
		if n.PassedOver() || n.Loud() || !n.Note() {
			t.Errorf("%s is more than a note of validate", n)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("notices (-want +got):\n%s", d)
	}
	files[WorkspaceFile].Data = []byte(ignoring + "ignore_warnings: [ignored]\n")
	if n := Load(files, Options{}).AllNotices(); len(n) != 0 {
		t.Errorf("notices that are turned off: %v", n)
	}
}

// TestIgnoreIsBelowTheWorkspace counts paths from the workspace's folder, in every workspace for itself.
func TestIgnoreIsBelowTheWorkspace(t *testing.T) {
	files := fleetOf("a", "b")
	files["a/"+WorkspaceFile] += "ignore: [x.yaml]\n"
	for _, name := range []string{"a/x.yaml", "a/sub/x.yaml", "b/x.yaml"} {
		files[name] = "["
	}
	var at []string
	for _, e := range Load(tree(files), Options{}).AllErrors() {
		at = append(at, e.Pos.File)
	}
	if d := cmp.Diff([]string{"a/sub/x.yaml", "b/x.yaml"}, at); d != "" {
		t.Errorf("errors (-want +got):\n%s", d)
	}
}

// TestIgnoringOurs refuses to ignore a compute of ours that nothing else declares.
func TestIgnoringOurs(t *testing.T) {
	owned := func(_ WorkspaceID, name string) bool { return strings.HasPrefix(strings.ToLower(name), "our") }
	compute := func(name string) string { return "name: " + name + "\ntype: amlcompute\n" }
	for name, c := range map[string]struct {
		files  map[string]string
		errors []string
	}{
		"none is ours":        {map[string]string{"conda.yml": compute("theirs")}, nil},
		"one is":              {map[string]string{"conda.yml": compute("Ours")}, []string{"conda.yml:1:1: Ours"}},
		"in a folder":         {map[string]string{"deploy/deep/x.yml": compute("theirs") + "---\n" + compute("ours-b")}, []string{"deploy/deep/x.yml:4:1: ours-b"}},
		"declared elsewhere":  {map[string]string{"conda.yml": compute("ours"), "c.yaml": compute("OURS")}, nil},
		"broken":              {map[string]string{"conda.yml": compute("ours") + "size: [\n"}, []string{"conda.yml:1:1: ours"}},
		"broken further down": {map[string]string{"conda.yml": compute("ours-a") + "---\n" + compute("'ours-b'") + "size: [\n"}, []string{"conda.yml:1:1: ours-a", "conda.yml:4:1: ours-b"}},
		"in JSON":             {map[string]string{"conda.yml": "{\n  \"type\": \"AmlCompute\",\n  \"name\": \"ours\"\n}\n"}, []string{"conda.yml:1:1: ours"}},
		"another asset":       {map[string]string{"conda.yml": "name: ours\nchannels: [x]\ndependencies: []\n"}, nil},
		"twice":               {map[string]string{"conda.yml": compute("ours"), "deploy/x.yml": compute("ours")}, []string{"conda.yml:1:1: ours"}},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(c.files)
			files[WorkspaceFile] = ignoring
			var got []string
			for _, e := range Load(tree(files), Options{Owned: owned}).AllErrors() {
				text, found := strings.CutSuffix(e.Error(), " is a compute of ours, and this file is ignored")
				if !found || e.Hint == "" {
					t.Errorf("error is %v", e)
				}
				got = append(got, text)
			}
			if d := cmp.Diff(c.errors, got); d != "" {
				t.Errorf("errors (-want +got):\n%s", d)
			}
			if set := Load(tree(files), Options{}); !set.Valid() {
				t.Errorf("where nothing is known to be ours:\n%s", printed(set))
			}
		})
	}
}

func TestIgnoreIsChecked(t *testing.T) {
	many := "[" + strings.Repeat("a, ", maxIgnore) + "b]"
	for text, want := range map[string]string{
		`"/conda.yml"`:        "workspace.yaml:5:9: expected a list, found a quoted string",
		`["/conda.yml"]`:      `ignore: "/conda.yml" is not a path`,
		`["../x.yml"]`:        `ignore: "../x.yml" is not a path`,
		`["./x.yml"]`:         `ignore: "./x.yml" is not a path`,
		`["a//b"]`:            `ignore: "a//b" is not a path`,
		`[""]`:                `ignore: "" is not a path`,
		`["[a"]`:              `ignore: "[a" is not a glob`,
		`["**.yml"]`:          `ignore: "**.yml" has ** beside other characters`,
		`["!keep.yml"]`:       `ignore: "!keep.yml" begins with !`,
		many:                  fmt.Sprintf("ignore has %d globs, allowed are %d", maxIgnore+1, maxIgnore),
		`[conda.yml, "a/**"]`: "",
	} {
		text, got := "ignore: "+text+"\n", ""
		if set := load(t, map[string]string{WorkspaceFile: workspaceYAML + text}, Options{}); !set.Valid() {
			got = printed(set)
		}
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s%s\nwant %s", text, got, want)
		}
	}
}
