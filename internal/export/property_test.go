package export_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/export"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

var id = spec.WorkspaceID{Subscription: "11111111-2222-3333-4444-555555555555", ResourceGroup: "rg-ml", Name: "ml-test"}

type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// newSim is a simulator in which no quota is ever in the way.
func newSim() *armsim.Server {
	sim := armsim.New(armsim.WithSeed(1), armsim.WithLocation("westeurope"))
	for _, q := range []string{armsim.TotalDedicatedCores, armsim.TotalLowPriorityCores, "standardDSv2Family", "standardDSv3Family", "standardNCFamily"} {
		sim.SetQuota(q, armsim.Quota{Limit: 1 << 30})
	}
	return sim
}

func ask(t tester, sim http.Handler, method, path string, body any) []byte {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatalf("%v", err)
	}
	rec := httptest.NewRecorder()
	sim.ServeHTTP(rec, httptest.NewRequest(method, id.ResourcePath()+path+"?api-version=2025-12-01", strings.NewReader(string(data))))
	if rec.Code >= 300 {
		t.Fatalf("%s %s: %d %s\nbody: %s", method, path, rec.Code, rec.Body, data)
	}
	return rec.Body.Bytes()
}

const revealed = "hunter2"

// create makes a compute as apply would.
func create(t tester, sim http.Handler, c *spec.Compute) {
	t.Helper()
	body, err := azureml.Body(c, nil, "westeurope", func(secret.Ref) (string, error) { return revealed, nil })
	if err != nil {
		t.Fatalf("%v", err)
	}
	ask(t, sim, http.MethodPut, "/computes/"+c.Name, body)
}

// live lists what the workspace has.
func live(t tester, sim http.Handler) []*spec.Compute {
	t.Helper()
	var page struct{ Value []json.RawMessage }
	if err := json.Unmarshal(ask(t, sim, http.MethodGet, "/computes", nil), &page); err != nil {
		t.Fatalf("%v", err)
	}
	var all []*spec.Compute
	for _, raw := range page.Value {
		c, err := azureml.Decode(raw)
		if err != nil {
			t.Fatalf("%v", err)
		}
		all = append(all, c)
	}
	return all
}

// load reads the files of an export as validate does.
func load(t tester, res *export.Result, there fstest.MapFS) *spec.Workspace {
	t.Helper()
	tree := fstest.MapFS{}
	for name, f := range there {
		tree[name] = f
	}
	for _, f := range res.Files {
		tree[f.Name] = &fstest.MapFile{Data: f.Data}
		if strings.Contains(string(f.Data), revealed) {
			t.Fatalf("a secret in\n%s", f.Data)
		}
	}
	set := spec.Load(fs.FS(tree), spec.Options{})
	if !set.Valid() {
		t.Fatalf("%v\n%s", set.AllErrors(), text(res))
	}
	return set.Workspaces[0]
}

func text(res *export.Result) string {
	var b strings.Builder
	for _, f := range res.Files {
		fmt.Fprintf(&b, "-- %s --\n%s", f.Name, f.Data)
	}
	for _, s := range res.Skipped {
		fmt.Fprintf(&b, "skipped %s: %s\n", s.Name, s.Reason)
	}
	return b.String()
}

// checkPlan wants a plan that does nothing but adopt.
func checkPlan(t tester, ws *spec.Workspace, actual []*spec.Compute, res *export.Result) {
	t.Helper()
	p := plan.Build("x", []plan.Input{{Desired: ws, Actual: actual}})
	for _, c := range p.Workspaces[0].Changes {
		if c.Action != plan.Adopt || c.Held != nil {
			t.Fatalf("%s: %s, held %v, fields %v\n%s", c.Name, c.Action, c.Held, c.Fields, text(res))
		}
		for _, f := range c.Fields {
			if f.Path != "tags" || c.Kind != "amlcompute" {
				t.Fatalf("the adoption of %s %s changes %v\n%s", c.Kind, c.Name, f, text(res))
			}
		}
	}
}

// TestExportPlansNothing exports random computes of every kind: each gets a
// file, all are valid, and a plan has nothing to do. Made from its file in
// another workspace, a compute becomes the same again: what was left out is
// what a creation makes anyway.
func TestExportPlansNothing(t *testing.T) {
	for _, k := range spec.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				sim := newSim()
				for n := range rapid.IntRange(1, 3).Draw(t, "computes") {
					c := draw(t, k, n)
					for _, v := range c.Values {
						dropSuspects(v) // export leaves them out
					}
					create(t, sim, c)
					noise(t, sim, c)
				}
				actual := live(t, sim)
				res, err := export.Files(export.Workspace{ID: id, Location: "westeurope", Owner: "team", Computes: actual}, nil)
				if err != nil {
					t.Fatalf("%v", err)
				}
				if len(res.Files) != len(actual)+1 || len(res.Skipped) > 0 {
					t.Fatalf("%d files for %d computes\n%s", len(res.Files), len(actual), text(res))
				}
				ws := load(t, res, nil)
				checkPlan(t, ws, actual, res)
				again := newSim()
				for _, c := range ws.Computes {
					create(t, again, c)
				}
				checkSame(t, actual, live(t, again), res)
			})
		})
	}
}

// dropSuspects takes away what chance gave the name or the shape of a secret.
func dropSuspects(v any) {
	switch v := v.(type) {
	case map[string]string:
		maps.DeleteFunc(v, secret.Suspect)
	case map[string]any:
		for _, inner := range v {
			dropSuspects(inner)
		}
	case []any:
		for _, inner := range v {
			dropSuspects(inner)
		}
	}
}

// noise is what Azure may return tomorrow and knows of by itself.
func noise(t *rapid.T, sim *armsim.Server, c *spec.Compute) {
	if c.Kind.Field("properties") == nil || !rapid.Bool().Draw(t, "noise") {
		return
	}
	ref := armsim.Ref{Subscription: id.Subscription, Group: id.ResourceGroup, Workspace: id.Name, Name: c.Name}
	if err := sim.Patch(ref, []byte(`{"properties":{"properties":{"lastHeartbeat":"2025-11-01T00:00:00Z"}}}`)); err != nil {
		t.Fatal(err)
	}
}

// checkSame compares what is with what its file makes.
func checkSame(t tester, was, is []*spec.Compute, res *export.Result) {
	t.Helper()
	if len(was) != len(is) {
		t.Fatalf("%d computes became %d", len(was), len(is))
	}
	byName := map[string]*spec.Compute{}
	for _, c := range is {
		byName[c.Key()] = c
	}
	for _, w := range was {
		i := byName[w.Key()]
		for _, f := range w.Kind.Fields {
			if f.Name == "resource_id" && w.Made() || f.ReadOnly {
				continue
			}
			a, b := orNone(f.Name, w.Values[f.Name]), orNone(f.Name, i.Values[f.Name])
			if (a == nil) != (b == nil) && f.Type != spec.Raw || !f.Equal(a, b) || !f.Equal(b, a) {
				t.Fatalf("%s of %s was %v and became %v\n%s", f.Name, w.Name, a, b, text(res))
			}
		}
	}
}

// orNone is a value, or how a cluster without TLS shows that it has none where
// it shows anything.
func orNone(field string, v any) any {
	none := map[string]any{"ssl.status": "disabled", "ssl.overwrite_existing_domain": false}[field]
	if v == nil && none != nil {
		return none
	}
	return v
}
