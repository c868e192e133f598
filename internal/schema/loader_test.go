package schema_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/computesync/computesync/internal/policy"
	"github.com/computesync/computesync/internal/schema"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/strictyaml"
)

// compile makes a validator of a schema, which must itself be valid.
func compile(t testing.TB, s *schema.Schema) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(s.ID, doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile(s.ID)
	if err != nil {
		t.Fatalf("%s: %v", s.ID, err)
	}
	return compiled
}

// documents reads YAML as an editor does: by the core schema of YAML 1.2, which
// knows no timestamps.
func documents(text string) (docs []any, err error) {
	file, errs := strictyaml.Parse("c.yaml", []byte(text))
	for _, d := range file.Docs {
		docs = append(docs, value(d.Root))
	}
	if len(errs) > 0 {
		return docs, errs[0]
	}
	return docs, nil
}

func value(n *strictyaml.Node) any {
	switch {
	case n.IsNull():
		return nil
	case n.Kind == strictyaml.List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = value(item)
		}
		return list
	case n.Kind == strictyaml.Map:
		m := map[string]any{}
		for _, e := range n.Entries {
			m[e.Key] = value(e.Value)
		}
		return m
	}
	if b, ok := n.Bool(); ok {
		return b
	}
	if _, ok := n.Float(); ok {
		return json.Number(n.Value)
	}
	return n.Value
}

// rule is a check of the loader that no schema of one document makes.
type rule struct{ name, text string }

// beyond are all of them. What else the loader refuses, the schemas refuse.
var beyond = []rule{
	{"notation of numbers", `found a (decimal|number in another notation)|expected a number`},
	{"two keys that belong together", `belong together|needs both|needs user-assigned|need identity\.type|needs a source|needs ssl|needs a key|needs a key or a password`},
	{"two keys that exclude each other", `given$|more than one way|has no source|is for (a cluster that Azure|a private key|Windows nodes|an internal load|ssl\.status)|is above max_instances`},
	{"keys that defaults may supply", `is missing$|names nothing to attach`},
	{"windows", `either allow or deny|is no cron expression|is no value, range or step|names no moment|there is no zone|name a zone|must be a time between`},
	{"schedules", `trigger\.(expression|time_zone|start_time): `},
	{"scripts", `names no script|script itself in base64`},
	{"number of items", `at most 4 schedules|takes one user-assigned`},
	{"two items alike", `two custom applications`},
	{"forms beyond a pattern", `needs the clean absolute path|needs the name of one systemd|key vault name must|is no range of addresses|is no address|is not a glob|(expires|until) is not a time|ISO 8601 duration|must be between 15 minutes|address must be|character or a length|is no namespace`},
	{"resource IDs by name", `resource_id is not that of|attaches a|resource ID|virtualNetworks/subnets`},
	{"places of raw properties", `does not belong under properties|is stated twice|credentials inside a URL`},
	{"owner", `needs owner`},
	{"other computes and files", `already at|two computes are named|is declared in|a workspace inside|makes a folder|must be one map|no workspace\.yaml|already set at|aliases`},
}

// allExcused reports whether rules that no schema makes explain every error.
func allExcused(messages []string) bool {
	return !slices.ContainsFunc(messages, func(m string) bool {
		return !slices.ContainsFunc(beyond, func(r rule) bool { return regexp.MustCompile(r.text).MatchString(m) })
	})
}

const workspaceYAML = `subscription_id: 11111111-2222-3333-4444-555555555555
resource_group: rg-ml
workspace_name: ml-prod
owner: ml-platform
`

// load is what the loader finds wrong with a tree.
func load(files map[string]string) []string {
	tree := fstest.MapFS{}
	for name, text := range files {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	var messages []string
	for _, e := range spec.Load(tree, spec.Options{Guards: policy.Operator{}}).AllErrors() {
		messages = append(messages, e.Error())
	}
	return messages
}

// schemas are compiled once for a test.
type schemas struct {
	computes, workspace *jsonschema.Schema
	seven               *jsonschema.Schema // computes, as a reader of draft 7 takes it
	config              *jsonschema.Schema
	kinds               map[*spec.Kind]*jsonschema.Schema
}

func compileAll(t testing.TB) *schemas {
	older := schema.Computes()
	older.Schema = "http://json-schema.org/draft-07/schema#"
	s := &schemas{compile(t, schema.Computes()), compile(t, schema.Workspace()), compile(t, older), compile(t, schema.Config()), map[*spec.Kind]*jsonschema.Schema{}}
	for _, k := range spec.Kinds() {
		s.kinds[k] = compile(t, schema.Kind(k))
	}
	return s
}

// failer is what a *testing.T and a *rapid.T have in common here.
type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

// compute is what the schemas find wrong with a compute's document: that of
// all kinds, the same as draft 7, and that of its own kind, which must agree.
func (s *schemas) compute(t failer, doc any) error {
	t.Helper()
	err := s.computes.Validate(doc)
	if seven := s.seven.Validate(doc); (seven == nil) != (err == nil) {
		t.Errorf("as draft 7 the schema says %v, else %v", seven, err)
	}
	m, _ := doc.(map[string]any)
	typ, _ := m["type"].(string)
	if k := spec.KindByName(typ); k != nil {
		if own := s.kinds[k].Validate(doc); (own == nil) != (err == nil) {
			t.Errorf("the schema of %s says %v, that of all kinds %v", typ, own, err)
		}
	}
	return err
}
