package schema_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/computesync/computesync/examples"
	"github.com/computesync/computesync/internal/schema"
	"github.com/computesync/computesync/internal/spec"
)

// check holds the schemas' verdict on every file of a tree against the loader's.
func (s *schemas) check(t *testing.T, files map[string]string) {
	t.Helper()
	wrong, refused := load(files), ""
	for name, text := range files {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		docs, err := documents(text)
		if err != nil {
			refused += err.Error()
		}
		for _, doc := range docs {
			judge := func(doc any) error { return s.compute(t, doc) }
			if filepath.Base(name) == spec.WorkspaceFile {
				judge = s.workspace.Validate
			}
			if err := judge(doc); err != nil {
				refused += name + ": " + err.Error() + "\n"
			}
		}
	}
	switch {
	case len(wrong) == 0 && refused != "":
		t.Errorf("the loader takes what a schema refuses:\n%s", refused)
	case refused == "" && !allExcused(wrong):
		t.Errorf("no schema refuses what the loader does:\n%s", strings.Join(wrong, "\n"))
	}
}

// TestExamples holds for the examples and for files as az ml has them.
func TestExamples(t *testing.T) {
	s := compileAll(t)
	files := map[string]string{}
	err := fs.WalkDir(examples.Fleet, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(examples.Fleet, p)
		files[p] = string(data)
		return err
	})
	if err != nil || len(files) < 5 {
		t.Fatalf("%d examples: %v", len(files), err)
	}
	s.check(t, files)
	names, err := filepath.Glob("../spec/testdata/cli/*.yaml")
	if err != nil || len(names) < 5 {
		t.Fatalf("%d files of az ml: %v", len(names), err)
	}
	files = map[string]string{spec.WorkspaceFile: workspaceYAML}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = string(data)
	}
	s.check(t, files)
}

// TestErrors holds for every tree that the loader refuses.
func TestErrors(t *testing.T) {
	s := compileAll(t)
	names, err := filepath.Glob("../spec/testdata/errors/*.txtar")
	if err != nil || len(names) < 50 {
		t.Fatalf("%d fixtures: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files, own := map[string]string{}, false
			for _, f := range archive.Files {
				if f.Name != "errors" {
					files[f.Name] = string(f.Data)
					own = own || strings.HasSuffix(f.Name, spec.WorkspaceFile)
				}
			}
			if !own {
				files[spec.WorkspaceFile] = workspaceYAML
			}
			if name == "../spec/testdata/errors/raw-places.txtar" {
				return // properties: is free for a schema
			}
			s.check(t, files)
		})
	}
}

// TestTypos misspells every key of every kind, in its place.
func TestTypos(t *testing.T) {
	s := compileAll(t)
	for _, k := range spec.Kinds() {
		for i := range k.Fields {
			doc := map[string]any{"name": "cpu", "type": k.Name}
			set(doc, k.Fields[i].Name, nil)
			if err := s.compute(t, doc); err != nil {
				t.Errorf("%s.%s is refused: %v", k.Name, k.Fields[i].Name, err)
			}
			set(doc, k.Fields[i].Name+"x", nil)
			if s.compute(t, doc) == nil {
				t.Errorf("%s.%sx is taken", k.Name, k.Fields[i].Name)
			}
		}
	}
}

// TestWords takes every word of every choice, Azure's too, in any case and with
// blanks, and none besides. Words under computesync: are taken as they are.
func TestWords(t *testing.T) {
	s := compileAll(t)
	for _, k := range spec.Kinds() {
		takes := func(name, word string, want bool) {
			doc := map[string]any{"name": "cpu", "type": k.Name}
			set(doc, name, word)
			errs := load(map[string]string{spec.WorkspaceFile: workspaceYAML, "c.yaml": marshal(t, doc)})
			if got := s.compute(t, doc) == nil; got != want || allExcused(errs) != want {
				t.Errorf("%s.%s: %q is taken by the schema: %v, by the loader: %v", k.Name, name, word, got, errs)
			}
		}
		for i := range k.Fields {
			f := &k.Fields[i]
			for _, e := range f.Enum {
				if f.Type != spec.Choice {
					continue
				}
				takes(f.Name, e.Spec, true)
				takes(f.Name, strings.ToUpper(e.ARM), true)
				takes(f.Name, " "+e.ARM[:1]+" "+e.ARM[1:]+" ", true)
				takes(f.Name, e.Spec+"s", false)
			}
		}
		for _, key := range spec.LifecycleKeys(k) {
			for _, word := range key.Words {
				takes("computesync."+key.Name, word, true)
				takes("computesync."+key.Name, strings.ToUpper(word), false)
			}
		}
	}
}

// set puts a value at a dotted name.
func set(m map[string]any, name string, v any) {
	head, tail, more := strings.Cut(name, ".")
	if !more {
		m[head] = v
		return
	}
	below, _ := m[head].(map[string]any)
	if below == nil {
		below = map[string]any{}
		m[head] = below
	}
	set(below, tail, v)
}

// TestMessages pins what an editor is told: of one mistake, that mistake.
func TestMessages(t *testing.T) {
	s := compileAll(t)
	for text, want := range map[string]string{
		"{name: cpu, type: AmlCompute, vm_size: a}":                             "additional properties 'vm_size' not allowed",
		"{name: cpu, type: amlcompute, max_instances: several}":                 "at '/max_instances': 'several' does not match pattern",
		"{name: cpu, type: amlcompute, min_instances: -1}":                      "at '/min_instances': minimum: got -1, want 0",
		"{name: cpu, type: amlcomput}":                                          "at '/type'",
		"{name: cpu}":                                                           "missing property 'type'",
		"{type: amlcompute}":                                                    "missing property 'name'",
		"{name: db, type: databricks, access_token: dapi0123}":                  "at '/access_token'",
		"{name: cpu, type: amlcompute, tags: {computesync-owner: me}}":          "invalid propertyName 'computesync-owner'",
		"{name: ci1a, type: computeinstance, idle_time_before_shutdown: 30min}": "at '/idle_time_before_shutdown'",
		"{name: cpu, type: amlcompute, computesync: {state: running}}":          "additional properties 'state' not allowed",
		"{name: cpu, type: amlcompute, computesync: {ignore_changes: [node]}}":  "at '/computesync/ignore_changes/0'",
		"{name: x1a, type: local, port: 70000}":                                 "at '/port': maximum",
	} {
		docs, err := documents(text)
		if err != nil || len(docs) != 1 {
			t.Fatal(err)
		}
		got := s.compute(t, docs[0])
		if got == nil || !strings.Contains(got.Error(), want) {
			t.Errorf("%s: %v, want %q", text, got, want)
			continue
		}
		if n := strings.Count(got.Error(), "\n- at "); n != 1 {
			t.Errorf("%s: %d mistakes are told:\n%v", text, n, got)
		}
	}
}

// TestDefaults looks at what editors fill in, which must itself be taken.
func TestDefaults(t *testing.T) {
	s := compileAll(t)
	for _, k := range spec.Kinds() {
		var walk func(prefix string, at *schema.Schema)
		walk = func(prefix string, at *schema.Schema) {
			for key, below := range at.Properties {
				if below.Default != nil {
					doc := map[string]any{"name": "cpu", "type": k.Name}
					set(doc, prefix+key, below.Default)
					if errs := load(map[string]string{spec.WorkspaceFile: workspaceYAML, "c.yaml": marshal(t, doc)}); s.compute(t, plain(t, doc)) != nil || !allExcused(errs) {
						t.Errorf("the default %v of %s.%s%s is refused: %v", below.Default, k.Name, prefix, key, errs)
					}
				}
				walk(prefix+key+".", below)
			}
		}
		walk("", schema.Kind(k))
	}
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// plain is a value as its JSON reads.
func plain(t *testing.T, v any) any {
	t.Helper()
	docs, err := documents(marshal(t, v))
	if err != nil || len(docs) != 1 {
		t.Fatalf("%d documents: %v", len(docs), err)
	}
	return docs[0]
}
