package schema_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/config"
	"github.com/computesync/computesync/internal/schema"
	"github.com/computesync/computesync/internal/spec"
)

// TestReferencesAreFresh fails when a reference page is not what the tables say.
func TestReferencesAreFresh(t *testing.T) {
	for name, page := range map[string]string{"spec": schema.Reference(), "configuration": schema.Configuration(), "guardrails": schema.Guardrails()} {
		have, err := os.ReadFile("../../docs/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		if string(have) != page {
			t.Errorf("docs/%s.md is stale: run go generate ./internal/schema", name)
		}
	}
}

var (
	fence  = regexp.MustCompile("(?ms)^ *```yaml\n(.*?)^ *```$")
	topKey = regexp.MustCompile(`(?m)^([a-z_$]+):`)
)

// TestDocs loads every YAML example of the documentation: as computes, as a part
// of one or of a workspace.yaml, or as the daemon's configuration.
func TestDocs(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) < 4 {
		t.Fatalf("%d pages: %v", len(pages), err)
	}
	s, found := compileAll(t), 0
	for _, page := range append(pages, "../../README.md") {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for i, m := range fence.FindAllStringSubmatch(string(data), -1) {
			found++
			t.Run(fmt.Sprintf("%s/%d", filepath.Base(page), i+1), func(t *testing.T) { s.example(t, m[1]) })
		}
	}
	if found < 4 {
		t.Errorf("only %d examples were found", found)
	}
}

func (s *schemas) example(t *testing.T, text string) {
	t.Helper()
	keys := map[string]bool{}
	for _, m := range topKey.FindAllStringSubmatch(text, -1) {
		keys[m[1]] = true
	}
	if keys["sources"] {
		if _, errs := config.Parse("config.yaml", []byte(text)); len(errs) > 0 {
			t.Error(errs)
		}
		s.configuration(t, text)
		return
	}
	var wrong []string
	for _, files := range completions(text, keys) {
		errs := load(files)
		if len(errs) == 0 {
			s.check(t, files)
			return
		}
		wrong = append(wrong, errs...)
	}
	t.Errorf("nothing takes the example:\n%s", strings.Join(wrong, "\n"))
}

// completions are the trees that an example may be a part of: all that is
// missing of them is who and what the rest is about.
func completions(text string, keys map[string]bool) []map[string]string {
	if keys["name"] && keys["type"] {
		return []map[string]string{{spec.WorkspaceFile: workspaceYAML, "c.yaml": text}}
	}
	var rest strings.Builder
	for line := range strings.Lines(workspaceYAML) {
		if key, _, _ := strings.Cut(line, ":"); !keys[key] {
			rest.WriteString(line)
		}
	}
	trees := []map[string]string{{spec.WorkspaceFile: text + rest.String()}}
	for _, k := range spec.Kinds() {
		doc := text + "name: box\ntype: " + k.Name + "\n"
		if a := k.Attachment(); a != nil && a.NameKey != "" && !keys["resource_id"] {
			doc += "resource_group: rg\n" + a.NameKey + ": box\n"
		}
		trees = append(trees, map[string]string{spec.WorkspaceFile: workspaceYAML, "c.yaml": doc})
	}
	return trees
}

// TestLinks follows the links between the pages of the documentation.
func TestLinks(t *testing.T) {
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^):#]+)?(#[^)]+)?\)`)
	for _, page := range append(pages, "../../README.md", "../../CONTRIBUTING.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			to := page
			if m[1] != "" {
				to = filepath.Join(filepath.Dir(page), m[1])
			}
			target, err := os.Stat(to)
			if err != nil {
				t.Errorf("%s links to %s: %v", filepath.Base(page), m[0], err)
				continue
			}
			if m[2] != "" && (target.IsDir() || !anchors(t, to)[m[2]]) {
				t.Errorf("%s links to %s, which has no such heading", filepath.Base(page), m[0])
			}
		}
	}
}

// anchors are the headings of a page as links name them.
func anchors(t *testing.T, page string) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		name := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		found["#"+strings.ReplaceAll(name, " ", "-")] = true
	}
	return found
}
