package spec

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write what the fixtures under testdata/errors give now")

const workspaceYAML = `subscription_id: 11111111-2222-3333-4444-555555555555
resource_group: rg-ml
workspace_name: ml-prod
owner: ml-platform
`

// literal is the secret that fixtures hold where none may stand.
const literal = "hunter2hunter2"

// tree makes a file tree of names and texts.
func tree(files map[string]string) fstest.MapFS {
	t := fstest.MapFS{}
	for name, text := range files {
		t[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return t
}

// load reads one workspace with the usual workspace.yaml and the given files.
func load(t *testing.T, files map[string]string, opt Options) *Set {
	t.Helper()
	if _, own := files[WorkspaceFile]; !own {
		files[WorkspaceFile] = workspaceYAML
	}
	return Load(tree(files), opt)
}

// loadValid is the one workspace of files, which must be valid.
func loadValid(t *testing.T, files map[string]string) *Workspace {
	t.Helper()
	set := load(t, files, Options{})
	if !set.Valid() {
		t.Fatalf("unexpected errors:\n%s", printed(set))
	}
	return set.Workspaces[0]
}

// printed is every error of a set as people see it.
func printed(set *Set) string {
	var b strings.Builder
	for _, e := range set.AllErrors() {
		b.WriteString(e.Error() + "\n")
		if x := e.Excerpt(); x != "" {
			b.WriteString(x + "\n")
		}
		if e.Hint != "" {
			b.WriteString("hint: " + e.Hint + "\n")
		}
	}
	return b.String()
}

// TestErrorFixtures loads trees that are wrong in the way their file is named
// for. The section "errors" is all that may be said about them.
func TestErrorFixtures(t *testing.T) {
	names, err := filepath.Glob("testdata/errors/*.txtar")
	if err != nil || len(names) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files, want, hasWorkspace := map[string]string{}, "", false
			kept := archive.Files[:0:0]
			for _, f := range archive.Files {
				if f.Name == "errors" {
					want = string(f.Data)
					continue
				}
				kept = append(kept, f)
				files[f.Name] = string(f.Data)
				hasWorkspace = hasWorkspace || strings.HasSuffix(f.Name, WorkspaceFile)
			}
			if !hasWorkspace {
				files[WorkspaceFile] = workspaceYAML
			}
			set := Load(tree(files), Options{})
			got := printed(set)
			if strings.Contains(got, literal) {
				t.Errorf("a secret is printed:\n%s", got)
			}
			if *update {
				archive.Files = append(kept, txtar.File{Name: "errors", Data: []byte(got)})
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got == "" || set.Valid() {
				t.Error("the tree is valid")
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("errors (-want +got):\n%s", d)
			}
		})
	}
}
