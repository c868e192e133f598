package render

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/window"
)

// planSchema reads docs/plan.schema.json, as a document and to validate by.
func planSchema(t *testing.T) (doc map[string]any, schema *jsonschema.Schema) {
	t.Helper()
	data, err := os.ReadFile("../../docs/plan.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("plan", doc); err != nil {
		t.Fatal(err)
	}
	if schema, err = c.Compile("plan"); err != nil {
		t.Fatal(err)
	}
	return doc, schema
}

// validate holds what was printed against the schema.
func validate(schema *jsonschema.Schema, printed string) error {
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(printed))
	if err != nil {
		return err
	}
	return schema.Validate(doc)
}

// TestSchemaTakesPlans holds random plans, and those of the golden files,
// against the published schema.
func TestSchemaTakesPlans(t *testing.T) {
	_, schema := planSchema(t)
	for _, p := range []*plan.Plan{fleet(), many(200), summed(&plan.Plan{Workspaces: []plan.Workspace{}})} {
		for i := range p.Workspaces {
			if p.Workspaces[i].Changes == nil {
				p.Workspaces[i].Changes = []plan.Change{}
			}
		}
		if err := validate(schema, render(t, p).json); err != nil {
			t.Error(err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		_, _, printed := must(t, drawPlan(t))
		if err := validate(schema, printed); err != nil {
			t.Fatalf("%v in:\n%s", err, printed)
		}
	})
}

// TestJSONRestores reads what was printed: no escape of ours changes a value.
func TestJSONRestores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		_, _, printed := must(t, p)
		plain, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := json.Unmarshal(plain, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(printed), &got); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

// TestSchemaRefuses has what no plan is.
func TestSchemaRefuses(t *testing.T) {
	_, schema := planSchema(t)
	good := render(t, fleet()).json
	for name, change := range map[string][2]string{
		"another format":      {`"computesync.plan/v1"`, `"computesync.plan/v2"`},
		"no hash":             {`"hash": "0123456789abcdef0123456789abcdef",`, ``},
		"an unknown key":      {`"owner": "ml-platform",`, `"owner": "ml-platform", "color": "red",`},
		"an unknown action":   {`"action": "takeover"`, `"action": "explode"`},
		"an unknown verb":     {`"verb": "detach"`, `"verb": "explode"`},
		"an unknown code":     {`"code": "busy"`, `"code": "lazy"`},
		"a count of no thing": {`"held": 3`, `"held": -3`},
		"no held":             {`"held": null`, `"hold": null`},
		"no date":             {`2026-12-24T18:00:00Z`, `tomorrow`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Errorf("%s: nothing to replace", name)
		} else if err := validate(schema, bad); err == nil {
			t.Errorf("the schema takes %s", name)
		}
	}
}

// TestSchemaKnowsEveryKey holds the schema's keys against those of the types
// that are written, and what it requires against those that are never left out.
func TestSchemaKnowsEveryKey(t *testing.T) {
	doc, _ := planSchema(t)
	defs := doc["$defs"].(map[string]any)
	for def, v := range map[string]any{
		"": plan.Plan{}, "workspace": plan.Workspace{}, "target": spec.WorkspaceID{}, "expiry": plan.Expiry{}, "notice": plan.Notice{}, "change": plan.Change{},
		"field": plan.Field{}, "step": plan.Step{}, "held": plan.Held{}, "base": plan.Base{},
		"preflight": plan.Preflight{}, "finding": plan.Finding{}, "quota": plan.Quota{}, "cost": plan.Cost{}, "rate": plan.Rate{},
		"settings": spec.Settings{}, "limit": spec.Limit{}, "suspension": spec.Suspension{}, "window": window.Window{}, "approval": spec.Approval{},
	} {
		object := doc
		if def != "" {
			object = defs[def].(map[string]any)
		}
		keys, required := keysOf(reflect.TypeOf(v))
		if d := cmp.Diff(keys, slices.Sorted(maps.Keys(object["properties"].(map[string]any)))); d != "" {
			t.Errorf("keys of %q (-type +schema):\n%s", def, d)
		}
		var stated []string
		for _, r := range object["required"].([]any) {
			stated = append(stated, r.(string))
		}
		slices.Sort(stated)
		if d := cmp.Diff(required, stated); d != "" {
			t.Errorf("required keys of %q (-type +schema):\n%s", def, d)
		}
	}
	actions := []any{}
	for _, a := range append(slices.Clone(plan.Actions), plan.None) {
		actions = append(actions, string(a))
	}
	if d := cmp.Diff(actions, defs["action"].(map[string]any)["enum"]); d != "" {
		t.Errorf("actions (-plan +schema):\n%s", d)
	}
	notices := []any{}
	for _, k := range plan.NoticeKinds {
		notices = append(notices, string(k.Code))
	}
	if d := cmp.Diff(notices, defs["notice"].(map[string]any)["properties"].(map[string]any)["code"].(map[string]any)["enum"]); d != "" {
		t.Errorf("codes of notices (-plan +schema):\n%s", d)
	}
}

// keysOf are the JSON keys of a struct, and those that are always written.
func keysOf(t reflect.Type) (keys, required []string) {
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		keys = append(keys, name)
		if options == "" {
			required = append(required, name)
		}
	}
	slices.Sort(keys)
	slices.Sort(required)
	return keys, required
}
