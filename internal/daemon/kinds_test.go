package daemon_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/render"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// life is what happens to the computes of a workspace from the first commit to
// the last. After the steps nothing is declared any more, and everything must
// be gone but what never belonged to Azure ML.
type life struct {
	name  string
	sim   []armsim.Option
	steps []step
}

// step is a commit. It must come to what it says, and be true afterwards: the
// same commit again finds nothing to do.
type step struct {
	behind   string        // merge patch that somebody makes before, by "NAME {...}"
	later    time.Duration // what passes before
	spec     string        // the computes, as YAML documents
	warns    string        // codes of what validate remarks on, but for whose an instance is
	does     string        // the plan: "create cpu, none lab (not-applied)"
	sends    string        // the writes in order: "DELETE cpu Detach, PUT cpu"
	anyOrder bool          // units run side by side: the writes are told sorted
	shows    string        // what the compute's document has then: "NAME {...}"
	fails    string        // part of what the write fails with
	still    string        // what the same commit says again, if not what it held
}

// stage makes passes by commits over the real path: YAML, plan, apply, ARM.
type stage struct {
	*world
	r       *daemon.Reconciler
	env     map[string]string // that references name
	vault   vault
	wire    *recorder
	last    []sent // what the last step sent
	commits int
	told    strings.Builder // every plan, event, failure and hold
}

func newStage(t *testing.T, opts ...armsim.Option) *stage {
	t.Helper()
	w := newWorld(t, opts...)
	s := &stage{world: w, wire: &recorder{next: transporter{sim: w.sim}}, vault: vault{}, env: map[string]string{
		"COMPUTESYNC_SECRET_A": "hunter2-alpha", "COMPUTESYNC_SECRET_B": "hunter2-beta", "COMPUTESYNC_SECRET_C": "hunter2-gamma",
	}}
	j, err := journal.Open(w.dir, journal.KeyFile(w.dir+".key"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := arm.New(arm.Config{Endpoint: endpoint, Transport: s.wire})
	if err != nil {
		t.Fatal(err)
	}
	policy, err := secret.ParsePolicy(secret.Rules("secret://env/COMPUTESYNC_SECRET_*", "secret://credential/*", "secret://file/**", "secret://keyvault/kv-ml/*"))
	if err != nil {
		t.Fatal(err)
	}
	s.r = &daemon.Reconciler{
		Endpoint: endpoint, Journal: j, Timeout: time.Hour,
		Secrets: secret.NewResolver(policy, s.vault, func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }),
		Target: func(ws *spec.Workspace) apply.Target {
			return azureml.NewWorkspace(client, ws)
		},
	}
	t.Cleanup(func() {
		client.Close()
		if err := j.Close(); err != nil {
			t.Error(err)
		}
		s.intact()
	})
	return s
}

// intact checks what no pass may ever do, whatever it was about.
func (s *stage) intact() {
	snap := s.sim.Snapshot()
	if len(snap.DestroyedResources) > 0 || len(snap.OrphanedResources) > 0 {
		s.t.Errorf("destroyed %q, orphaned %q", snap.DestroyedResources, snap.OrphanedResources)
	}
	for _, ws := range snap.Workspaces {
		if len(ws.Ghosts) > 0 {
			s.t.Errorf("ghosts: %v", ws.Ghosts)
		}
	}
}

// load reads a workspace that declares the computes; it must be valid.
func (s *stage) load(computes string) *spec.Workspace {
	s.t.Helper()
	set := loadSpecs(computes)
	if !set.Valid() {
		s.t.Fatal(set.AllErrors())
	}
	return set.Workspaces[0]
}

func loadSpecs(computes string, settings ...string) *spec.Set {
	return spec.Load(fstest.MapFS{
		"ws/workspace.yaml": {Data: []byte(workspaceFile("prod", append(settings, "allow_empty: true\n")...))},
		"ws/computes.yaml":  {Data: []byte(computes)},
	}, spec.Options{})
}

// pass makes one pass by the computes at a commit.
func (s *stage) pass(commit, computes string) (*plan.Workspace, *apply.Result) {
	s.t.Helper()
	return s.make(commit, s.load(computes))
}

// make makes one pass by a workspace as it was loaded.
func (s *stage) make(commit string, ws *spec.Workspace) (*plan.Workspace, *apply.Result) {
	s.t.Helper()
	v, err := s.r.Look(s.t.Context(), ws, commit)
	if err != nil {
		s.t.Fatal(err)
	}
	p := v.Plan()
	s.tell(p)
	var mu sync.Mutex
	result, err := s.r.Apply(s.t.Context(), v, &p.Workspaces[0], p.Hash, nil, func(e apply.Event) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(&s.told, "%+v\n", e)
	})
	if err != nil {
		s.t.Fatal(err)
	}
	fmt.Fprintf(&s.told, "%+v\n", result)
	for _, f := range result.Failed {
		fmt.Fprintf(&s.told, "%v\n", f)
	}
	return &p.Workspaces[0], result
}

// tell keeps a plan as people and programs get it.
func (s *stage) tell(p *plan.Plan) {
	s.t.Helper()
	if err := render.Text(&s.told, p, render.Style{}); err != nil {
		s.t.Fatal(err)
	}
	if err := json.NewEncoder(&s.told).Encode(p); err != nil {
		s.t.Fatal(err)
	}
}

// take makes a step and proves it.
func (s *stage) take(st step) {
	s.t.Helper()
	if st.behind != "" {
		name, patch, _ := strings.Cut(st.behind, " ")
		if err := s.sim.Patch(ref("prod", name), []byte(patch)); err != nil {
			s.t.Fatal(err)
		}
	}
	pass(st.later)
	s.commits++
	commit := fmt.Sprintf("c%d", s.commits)
	if got := codes(loadSpecs(st.spec, "ignore_warnings: [nobody-can-open-it]\n").AllNotices()); got != st.warns {
		s.t.Errorf("%s warns of %q, want %q", commit, got, st.warns)
	}
	s.wire.take()
	ws, result := s.pass(commit, st.spec)
	expect(s.t, commit+" does", does(ws), st.does)
	s.last = s.wire.take()
	if st.anyOrder {
		slices.SortFunc(s.last, func(a, b sent) int { return strings.Compare(writes([]sent{a}), writes([]sent{b})) })
	}
	expect(s.t, commit+" sends", writes(s.last), st.sends)
	var failures []string
	for _, f := range result.Failed {
		failures = append(failures, f.Error())
	}
	if (len(failures) > 0) != (st.fails != "") || !strings.Contains(strings.Join(failures, "\n"), st.fails) {
		s.t.Errorf("%s fails with %q, want %q", commit, failures, st.fails)
	}
	if len(result.Stale)+len(result.Waiting) > 0 {
		s.t.Errorf("%s leaves stale %q and waiting %q", commit, result.Stale, result.Waiting)
	}
	s.settled(commit, st)
	if st.shows != "" {
		name, want, _ := strings.Cut(st.shows, " ")
		s.shows(name, want)
	}
}

// settled makes the passes that follow a commit: nothing is left to do but
// what is held, and nothing at all is written.
func (s *stage) settled(commit string, st step) {
	s.t.Helper()
	want := st.still
	if want == "" {
		want = heldOf(st.does)
	}
	for range 2 {
		ws, _ := s.pass(commit, st.spec)
		expect(s.t, commit+" again does", does(ws), want)
		expect(s.t, commit+" again sends", writes(s.wire.take()), "")
		pass(drift)
	}
}

// shows checks that a compute's document has at least what is wanted.
func (s *stage) shows(name, want string) {
	s.t.Helper()
	raw := s.sim.Compute(ref("prod", name))
	if raw == nil {
		s.t.Errorf("there is no %s", name)
		return
	}
	if where := lacks(decoded(s.t, raw), decoded(s.t, []byte(want)), ""); where != "" {
		s.t.Errorf("%s: %s, want %s", name, where, want)
	}
}

// leave ends everything: nothing is declared any more.
func (s *stage) leave() {
	s.t.Helper()
	var gone, sends []string
	for _, raw := range s.computes() {
		c := decoded(s.t, raw).(map[string]any)
		verb := "Delete"
		if c["properties"].(map[string]any)["isAttachedCompute"] == true {
			verb = "Detach"
		}
		gone = append(gone, fmt.Sprintf("%s %s", strings.ToLower(verb), c["name"]))
		sends = append(sends, fmt.Sprintf("DELETE %s %s", c["name"], verb))
	}
	slices.Sort(gone)
	slices.Sort(sends)
	s.commits++
	commit := fmt.Sprintf("c%d", s.commits)
	ws, _ := s.pass(commit, "")
	told := strings.Split(does(ws), ", ")
	slices.Sort(told)
	expect(s.t, "at last it does", strings.Join(told, ", "), strings.Join(gone, ", "))
	sent := strings.Split(writes(s.wire.take()), ", ")
	slices.Sort(sent)
	expect(s.t, "at last it sends", strings.Join(sent, ", "), strings.Join(sends, ", "))
	expect(s.t, "computes left", len(s.computes()), 0)
	s.settled(commit, step{})
}

func (s *stage) computes() (all []json.RawMessage) {
	for _, ws := range s.sim.Snapshot().Workspaces {
		all = append(all, ws.Computes...)
	}
	return all
}

// live goes through lives, each in a world of its own.
func live(t *testing.T, lives []life) {
	t.Helper()
	for _, l := range lives {
		t.Run(l.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, l.sim...)
				for _, st := range l.steps {
					s.take(st)
				}
				s.leave()
			})
		})
	}
}

// does tells a plan's changes: action, name and what holds them.
func does(ws *plan.Workspace) string {
	var all []string
	for i := range ws.Changes {
		c := &ws.Changes[i]
		text := string(c.Action) + " " + c.Name
		if c.Held != nil {
			text += " (" + string(c.Held.Code) + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// heldOf is the held part of what a plan does.
func heldOf(does string) string {
	var held []string
	for part := range strings.SplitSeq(does, ", ") {
		if strings.HasSuffix(part, ")") {
			held = append(held, part)
		}
	}
	return strings.Join(held, ", ")
}

// codes are those of notices, each once, in order.
func codes(notices []spec.Notice) string {
	var all []string
	for _, n := range notices {
		all = append(all, n.Code)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

func decoded(t *testing.T, raw []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return v
}

// lacks says where a document has not what is wanted; maps may have more.
func lacks(have, want any, at string) string {
	w, isMap := want.(map[string]any)
	h, hasMap := have.(map[string]any)
	if !isMap || !hasMap {
		a, b := fmt.Sprint(have), fmt.Sprint(want)
		if a == b {
			return ""
		}
		return fmt.Sprintf("%s is %s", at, a)
	}
	for key, v := range w {
		if where := lacks(h[key], v, at+"."+key); where != "" {
			return where
		}
	}
	return ""
}

// everywhere is all that a run tells and keeps.
func (s *stage) everywhere() map[string]string {
	s.t.Helper()
	file, err := os.ReadFile(filepath.Join(s.dir, "journal.db"))
	if err != nil {
		s.t.Fatal(err)
	}
	return map[string]string{"the journal": string(file), "what is told": s.told.String(), "the log": s.log.String()}
}
