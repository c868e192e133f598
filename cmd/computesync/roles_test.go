package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/computesync/computesync/internal/armsim"
)

const (
	provider    = "Microsoft.MachineLearningServices/"
	nameIsFree  = provider + "workspaces/checkComputeNameAvailability/action"
	exampleRole = "../../examples/azure/"
)

// role is a role definition, as `az role definition create` reads it.
type role struct {
	Name, Description                                string
	IsCustom                                         bool
	Actions, NotActions, DataActions, NotDataActions []string
	AssignableScopes                                 []string
}

func readRole(t *testing.T, name string) *role {
	t.Helper()
	data, err := os.ReadFile(exampleRole + name)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	r := new(role)
	if err := d.Decode(r); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if r.Name == "" || !r.IsCustom || len(r.AssignableScopes) == 0 || len(r.NotActions)+len(r.DataActions)+len(r.NotDataActions) > 0 {
		t.Errorf("%s is no custom role of actions alone: %+v", name, r)
	}
	return r
}

// covers reports whether a pattern of a role lets an action through. Azure
// compares them without regard to case; * stands for anything.
func covers(pattern, action string) bool {
	re := strings.ReplaceAll(regexp.QuoteMeta(strings.ToLower(pattern)), `\*`, ".*")
	return regexp.MustCompile("^" + re + "$").MatchString(strings.ToLower(action))
}

// actionOf is the action that Azure asks for before it serves a request: the
// types in the path without the names between them, and what is done.
func actionOf(r *http.Request) string {
	_, after, _ := strings.Cut(r.URL.Path, "/providers/")
	seg := strings.Split(after, "/")
	types := []string{seg[0]}
	for i := 1; i < len(seg); i += 2 {
		types = append(types, seg[i])
	}
	verbs := map[string]string{http.MethodGet: "read", http.MethodPut: "write", http.MethodPatch: "write", http.MethodDelete: "delete", http.MethodPost: "action"}
	return strings.Join(append(types, verbs[r.Method]), "/")
}

// ledger is a simulator that keeps account of the actions it was asked for.
type ledger struct {
	sim  http.Handler
	mu   sync.Mutex
	seen []string
}

func (g *ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/_sim/") {
		g.mu.Lock()
		g.seen = append(g.seen, actionOf(r))
		g.mu.Unlock()
	}
	g.sim.ServeHTTP(w, r)
}

// asked is what was asked for since the last time, each action once.
func (g *ledger) asked() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	slices.Sort(g.seen)
	out := slices.Compact(g.seen)
	g.seen = nil
	return out
}

// TestRoles holds the example roles against what plan and apply really ask of
// Azure, in a life that needs every kind of request: each action is covered, and
// each that is listed is needed.
func TestRoles(t *testing.T) {
	plan, apply, location := readRole(t, "plan-role.json"), readRole(t, "apply-role.json"), readRole(t, "location-role.json")
	for _, p := range location.Actions {
		if !strings.HasSuffix(p, "/read") {
			t.Errorf("the role for locations grants %s", p)
		}
	}
	for _, p := range plan.Actions {
		if p != nameIsFree && !strings.HasSuffix(p, "/read") {
			t.Errorf("the role for plan grants %s", p)
		}
		if !slices.Contains(apply.Actions, p) {
			t.Errorf("the role for apply, which plans too, lacks %s", p)
		}
	}
	g := &ledger{sim: armsim.New(armsim.WithExactStatusURLs())}
	server := httptest.NewServer(g)
	defer server.Close()
	for _, name := range []string{"LAB_VM", "SCORING_VM", "SPARK_KEY"} {
		t.Setenv("COMPUTESYNC_SECRET_"+name, "not-a-real-one")
	}
	dir, state := t.TempDir(), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../examples/fleet")); err != nil {
		t.Fatal(err)
	}
	// The region is Azure's to tell, so that it is asked for.
	edit(t, dir, "dev/workspace.yaml", "location: westeurope\n", "")

	planned, applied := map[string]bool{}, map[string]bool{}
	pass := func(flags ...string) {
		t.Helper()
		runs(t, server.URL, state, append(flags, "plan", dir)...)
		note(planned, g.asked())
		runs(t, server.URL, state, append(flags, "apply", "--auto-approve", dir)...)
		note(applied, g.asked())
	}
	pass()
	edit(t, dir, "dev/clusters.yaml", "max_instances: 4", "max_instances: 6")
	edit(t, dir, "dev/clusters.yaml", "Standard_F4s_v2", "Standard_DS3_v2") // replaced
	edit(t, dir, "dev/notebooks.yaml", "minutes: 60", "minutes: 90\nenable_sso: false\ncustom_applications: [{name: tool, image: {reference: example.azurecr.io/tool}, endpoints: [{target: 8080, published: 8081}]}]")
	edit(t, dir, "dev/notebooks.yaml", "state: stopped", "state: running")
	pass()
	edit(t, dir, "dev/notebooks.yaml", "0 19 * * 1-5", "0 20 * * 1-5")
	edit(t, dir, "dev/notebooks.yaml", "state: running", "state: stopped")
	if err := os.Remove(filepath.Join(dir, "dev/lab-vm.yaml")); err != nil {
		t.Fatal(err)
	}
	pass()
	edit(t, dir, "dev/notebooks.yaml", "name: notebook-spare\ntype: computeinstance\nsize: Standard_DS3_v2",
		"name: notebook-spare\ntype: computeinstance\nsize: Standard_DS4_v2")
	pass("--api-version", "2025-10-01-preview")

	check(t, "plan", slices.Concat(plan.Actions, location.Actions), planned)
	check(t, "apply", slices.Concat(apply.Actions, location.Actions), applied)
}

// check holds what is granted against the actions that were asked for.
func check(t *testing.T, name string, granted []string, asked map[string]bool) {
	t.Helper()
	needed := map[string]bool{}
	for action := range asked {
		i := slices.IndexFunc(granted, func(p string) bool { return covers(p, action) })
		if i < 0 {
			t.Errorf("the role for %s lacks %s", name, action)
			continue
		}
		needed[granted[i]] = true
	}
	for _, p := range granted {
		if !needed[p] {
			t.Errorf("the role for %s grants %s, which nothing asked for", name, p)
		}
	}
}

func note(seen map[string]bool, actions []string) {
	for _, a := range actions {
		seen[a] = true
	}
}

func edit(t *testing.T, dir, file, from, to string) {
	t.Helper()
	path := filepath.Join(dir, file)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(from)) {
		t.Fatalf("%s has no %q", file, from)
	}
	if err := os.WriteFile(path, bytes.Replace(data, []byte(from), []byte(to), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

// runs runs a command to its good end.
func runs(t *testing.T, endpoint, state string, args ...string) {
	t.Helper()
	var out, errs stream
	args = append(args, "--endpoint", endpoint, "--state-dir", state)
	if code := run(t.Context(), args, streams(strings.NewReader(""), &out, &errs)); code != exitOK {
		t.Fatalf("%v: exit code %d\n%s%s", args, code, &out, &errs)
	}
	t.Logf("%s\n%s%s", args[0], &out, &errs)
}
