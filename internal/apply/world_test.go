package apply_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

const (
	endpoint     = "http://127.0.0.1:8484"
	subscription = "11111111-2222-3333-4444-555555555555"
	head         = "subscription_id: " + subscription + "\nresource_group: rg-ml\nworkspace_name: ml-test\n" +
		"location: westeurope\nowner: team\nprune: true\nmax_deletions: 100\n"
	operationTime = 4 * time.Second
	latency       = 10 * time.Millisecond
)

// world is a simulated workspace, the specs that declare it, and a journal.
// It lives in a synctest bubble: whatever waits costs nothing.
type world struct {
	t       *testing.T
	sim     *armsim.Server
	wire    *wire
	dir     string // of the journal
	secrets map[string]string
	timeout time.Duration

	specs   map[string]string // file name to content
	commits int

	failpoint func(n int) error // of the journal
	interrupt chan struct{}
	approves  bool // somebody approves each plan while it converges

	mu     sync.Mutex
	events []apply.Event
}

func newWorld(t *testing.T, opts ...armsim.Option) *world {
	t.Helper()
	sim := armsim.New(append([]armsim.Option{
		armsim.WithOperationTime(operationTime), armsim.WithLatency(latency),
		armsim.WithSeed(1), armsim.WithLongURLs(false), armsim.WithExactStatusURLs(),
	}, opts...)...)
	w := &world{
		t: t, sim: sim, wire: &wire{sim: sim}, dir: t.TempDir(), timeout: time.Hour,
		secrets: map[string]string{"COMPUTESYNC_SECRET_VM": "hunter2-first"},
	}
	w.declare()
	return w
}

// declare makes the given documents the newest commit.
func (w *world) declare(docs ...string) {
	w.commits++
	w.specs = map[string]string{"workspace.yaml": head}
	for i, doc := range docs {
		w.specs[fmt.Sprintf("c%02d.yaml", i)] = doc
	}
}

func (w *world) desired() *spec.Workspace {
	w.t.Helper()
	tree := fstest.MapFS{}
	for name, content := range w.specs {
		tree[name] = &fstest.MapFile{Data: []byte(content)}
	}
	set := spec.Load(fs.FS(tree), spec.Options{})
	if !set.Valid() {
		w.t.Fatalf("specs: %v", set.AllErrors())
	}
	return set.Workspaces[0]
}

// life is one process: a journal that is open and a client.
type life struct {
	*world
	journal *journal.Journal
	client  *arm.Client
	r       *daemon.Reconciler
	ctx     context.Context
}

// live opens the journal as a process that starts does, and closes it after.
func (w *world) live(do func(*life)) {
	w.t.Helper()
	var opts []journal.Option
	if w.failpoint != nil {
		opts = append(opts, journal.AfterWrite(w.failpoint))
	}
	j, err := journal.Open(w.dir, journal.KeyFile(w.dir+".key"), opts...)
	if err != nil {
		w.t.Fatal(err)
	}
	client, err := arm.New(arm.Config{Endpoint: endpoint, Transport: w.wire})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	w.wire.revive(cancel)
	l := &life{world: w, journal: j, client: client, ctx: ctx, r: &daemon.Reconciler{
		Endpoint: endpoint, Journal: j, Secrets: w, Timeout: w.timeout, LastLook: arm.LastLook,
		Target: func(ws *spec.Workspace) apply.Target {
			return azureml.NewWorkspace(client, ws)
		},
	}}
	do(l)
	cancel()
	client.Close()
	if err := j.Close(); err != nil {
		w.t.Error(err)
	}
}

// ResolveFor makes world an apply.Resolver.
func (w *world) ResolveFor(_ context.Context, ref secret.Ref, _ secret.Destination) (secret.Value, string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v, ok := w.secrets[ref.Name]
	if !ok {
		return secret.Value{}, "", &secret.NotFoundError{Ref: ref}
	}
	return secret.NewValue(v), "", nil
}

func (w *world) listen(e apply.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

func (w *world) eventsOf(state apply.State) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if e.State == state {
			n++
		}
	}
	return n
}

func (l *life) look() (*daemon.View, *plan.Plan) {
	l.t.Helper()
	v, err := l.r.Look(l.ctx, l.desired(), fmt.Sprint("c", l.commits))
	if err != nil {
		l.t.Fatalf("look: %v", err)
	}
	return v, v.Plan()
}

func (l *life) apply(v *daemon.View, p *plan.Plan) (*apply.Result, error) {
	return l.r.Apply(l.ctx, v, &p.Workspaces[0], p.Hash, l.interrupt, l.listen)
}

// pass looks, plans and applies once.
func (l *life) pass() *apply.Result {
	l.t.Helper()
	v, p := l.look()
	result, err := l.apply(v, p)
	if err != nil {
		l.t.Fatalf("apply: %v", err)
	}
	return result
}

// converge makes passes until one has nothing to do. Between two of them some
// time goes by, as it does in the daemon.
func (l *life) converge() {
	l.t.Helper()
	for range 40 {
		v, err := l.r.Look(l.ctx, l.desired(), fmt.Sprint("c", l.commits))
		if err != nil { // nothing is concluded from half a look
			elapse(10 * time.Minute)
			continue
		}
		p := v.Plan()
		if l.approves {
			v.Approved = p.Hash
			p = v.Plan()
		}
		if p.Steps() == 0 && len(v.Begun) == 0 && p.Summary["held"] == 0 {
			return
		}
		if _, err := l.apply(v, p); err != nil {
			l.t.Fatalf("apply: %v", err)
		}
		elapse(10 * time.Minute)
	}
	_, p := l.look()
	l.t.Fatalf("there is still something to do: %s\n%v", show(p), l.events[max(0, len(l.events)-30):])
}

// settled checks that nothing is left to do, and that finding out wrote nothing.
func (w *world) settled() {
	w.t.Helper()
	w.sim.ResetCounters()
	w.live(func(l *life) {
		v, p := l.look()
		if p.Steps() != 0 || p.Summary["held"] != 0 || len(v.Begun) != 0 {
			w.t.Errorf("not settled: %s; %d units begun", show(p), len(v.Begun))
		}
		result, err := l.apply(v, p)
		if err != nil || result.Done+len(result.Failed)+len(result.Held)+len(result.Waiting) > 0 {
			w.t.Errorf("a pass with nothing to do: %+v, %v", result, err)
		}
	})
	methods := w.sim.Counters().Methods
	delete(methods, http.MethodGet)
	if len(methods) > 0 {
		w.t.Errorf("a pass with nothing to do wrote: %v", methods)
	}
	w.sound()
}

// sound checks what must never happen.
func (w *world) sound() {
	w.t.Helper()
	if lost := w.sim.Snapshot().DestroyedResources; len(lost) > 0 {
		w.t.Errorf("destroyed what lies under attachments: %v", lost)
	}
	if broken := w.sim.Snapshot(); strings.Contains(text(broken), "ComputeTargetBroken") {
		w.t.Fatalf("an attachment was broken by a second one\n%v\n%v\n%v", w.events[max(0, len(w.events)-40):], w.wire.writes[max(0, len(w.wire.writes)-30):], w.state())
	}
	if ghosts := w.ghosts(); len(ghosts) > 0 {
		w.t.Errorf("clusters were detached: %v", ghosts)
	}
}

func (w *world) ghosts() (names []string) {
	for _, ws := range w.sim.Snapshot().Workspaces {
		names = append(names, slices.Sorted(maps.Keys(ws.Ghosts))...)
	}
	return names
}

// state is what the workspace holds, without what differs from run to run.
func (w *world) state() map[string]string {
	out := map[string]string{}
	for _, ws := range w.sim.Snapshot().Workspaces {
		for _, raw := range ws.Computes {
			c, err := azureml.Decode(raw)
			if err != nil {
				w.t.Fatal(err)
			}
			delete(c.Values, "properties") // raw ones have times in them
			out[c.Name] = fmt.Sprintf("%s %s %s %s", c.KindName(), c.Live.ProvisioningState, c.Live.State, text(c.Values))
		}
	}
	return out
}

// owned is what the journal says of ours, without what differs from run to run.
func (w *world) owned() map[string]string {
	out := map[string]string{}
	w.live(func(l *life) {
		for name, r := range l.records() {
			out[name] = fmt.Sprintf("adopted %t good %t remakes %d refused %v secrets %d spec %s", r.Adopted, r.Good, r.Remakes, r.Refused, len(r.Secrets), text(r.Spec.Values))
		}
	})
	return out
}

func (l *life) records() map[string]*spec.Record {
	l.t.Helper()
	records, err := l.journal.Workspace(l.scope()).Records()
	if err != nil {
		l.t.Fatal(err)
	}
	return records
}

func (l *life) scope() string { return journal.Scope(endpoint, l.desired().ID) }

func (w *world) compute(name string) *spec.Compute {
	w.t.Helper()
	raw := w.sim.Compute(ref(name))
	if raw == nil {
		return nil
	}
	c, err := azureml.Decode(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func ref(name string) armsim.Ref {
	return armsim.Ref{Subscription: subscription, Group: "rg-ml", Workspace: "ml-test", Name: name}
}

func (w *world) fault(f armsim.Fault) {
	w.t.Helper()
	if err := w.sim.AddFault(f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) patch(name, document string) {
	w.t.Helper()
	if err := w.sim.Patch(ref(name), []byte(document)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) remove(name string) {
	w.t.Helper()
	if err := w.sim.Remove(ref(name)); err != nil {
		w.t.Fatal(err)
	}
}

// elapse lets the bubble's time go by.
func elapse(d time.Duration) { <-time.After(d) }

func show(p *plan.Plan) string {
	var b strings.Builder
	for _, c := range p.Workspaces[0].Changes {
		fmt.Fprintf(&b, "%s %s %v", c.Action, c.Name, c.Fields)
		if c.Held != nil {
			fmt.Fprintf(&b, " held %s: %s", c.Held.Code, c.Held.Text)
		}
		b.WriteString("; ")
	}
	return b.String()
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}
