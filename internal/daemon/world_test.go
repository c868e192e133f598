package daemon_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
)

const (
	endpoint      = "http://127.0.0.1:8484"
	subscription  = "11111111-2222-3333-4444-555555555555"
	drift         = 10 * time.Minute
	grace         = time.Minute
	operationTime = 20 * time.Second
	vmPassword    = "hunter2-never-to-be-seen"
)

// world is Azure, the repositories, and the disk with the journal. It lives in
// a synctest bubble: whatever waits costs nothing.
type world struct {
	t     *testing.T
	sim   *armsim.Server
	dir   string // of the journal
	repos []*repo
	wrap  atomic.Pointer[wrapper] // nil: passes speak to Azure itself
	lost  atomic.Pointer[string]  // the name of a secret that does not resolve
	log   *book
	drift time.Duration
	tick  time.Duration // of the watchdog; 0: the usual
	rules spec.Rules

	observer *counts // nil: nobody counts
}

func newWorld(t *testing.T, opts ...armsim.Option) *world {
	t.Helper()
	sim := armsim.New(append([]armsim.Option{
		armsim.WithOperationTime(operationTime), armsim.WithSeed(1), armsim.WithExactStatusURLs(),
	}, opts...)...)
	w := &world{t: t, sim: sim, dir: t.TempDir(), log: &book{}, drift: drift}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(w.log)
		}
	})
	return w
}

// wrapper puts something between passes and Azure.
type wrapper func(apply.Target, spec.WorkspaceID) apply.Target

// workspaceFile is a workspace.yaml.
func workspaceFile(name string, more ...string) string {
	return "subscription_id: " + subscription + "\nresource_group: rg-ml\nworkspace_name: " + name +
		"\nlocation: westeurope\nowner: team\nprune: true\n" + strings.Join(more, "\n")
}

func cluster(name string, most int, more ...string) string {
	return fmt.Sprintf("name: %s\ntype: amlcompute\nsize: STANDARD_DS3_V2\nmax_instances: %d\n%s\n", name, most, strings.Join(more, "\n"))
}

func machine(name, vm string) string {
	return fmt.Sprintf("name: %s\ntype: virtualmachine\nresource_group: rg-vm\nvm_name: %s\nssh_settings:\n  admin_username: azureml\n"+
		"  admin_password: secret://env/COMPUTESYNC_SECRET_VM\n", name, vm)
}

// files are the files of a commit, by path.
type files map[string]string

// one is a commit with the one workspace prod.
func one(computes ...string) files {
	return files{"ws/workspace.yaml": workspaceFile("prod"), "ws/computes.yaml": strings.Join(computes, "---\n")}
}

// repo is a source that the test commits to.
type repo struct {
	name  string
	grant spec.Grant
	reads atomic.Int64 // of files

	mu        sync.Mutex
	commits   int
	newest    *source.Snapshot
	err       error       // instead of a snapshot
	hang      bool        // Fetch does not answer
	effective string      // the commit in effect, as the daemon says
	fetches   []time.Time // when it was asked
	changed   func()      // of the watcher
}

func (w *world) newRepo(name string, f files) *repo {
	r := &repo{name: name}
	r.commit(f)
	w.repos = append(w.repos, r)
	return r
}

// commit makes the files the newest commit.
func (r *repo) commit(f files) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	tree := fstest.MapFS{}
	for name, content := range f {
		tree[name] = &fstest.MapFile{Data: []byte(content)}
	}
	r.commits++
	r.newest = &source.Snapshot{Commit: fmt.Sprintf("%s-%d", r.name, r.commits), Files: &counted{MapFS: tree, reads: &r.reads}}
	r.hint()
	return r.newest.Commit
}

// counted is a tree that knows what its folders come to, and counts the files
// that are read.
type counted struct {
	fstest.MapFS
	reads *atomic.Int64
}

func (c *counted) Sum(dir string) string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(c.MapFS)) {
		if below, is := strings.CutPrefix(name, dir+"/"); is {
			fmt.Fprintf(h, "%q %q\n", below, c.MapFS[name].Data)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (c *counted) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".yaml") {
		c.reads.Add(1)
	}
	return c.MapFS.Open(name)
}

// fail makes every fetch fail; nil makes it work again.
func (r *repo) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	r.hint()
}

func (r *repo) hint() {
	if r.changed != nil {
		r.changed()
	}
}

func (r *repo) Fetch(ctx context.Context) (*source.Snapshot, error) {
	r.mu.Lock()
	hang := r.hang
	r.fetches = append(r.fetches, time.Now())
	r.mu.Unlock()
	if hang {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return nil, r.err
	}
	return r.newest, nil
}

// SetEffective notes what the daemon says is in effect.
func (r *repo) SetEffective(commit string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.effective = commit
}

func (r *repo) Watch(ctx context.Context, changed func()) error {
	r.mu.Lock()
	r.changed = changed
	r.mu.Unlock()
	<-ctx.Done()
	return ctx.Err()
}

func (r *repo) asked() []time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.fetches)
}

// service is one daemon process.
type service struct {
	*world
	d    *daemon.Daemon
	stop func() // asks it to stop
	done chan struct{}
	end  func()      // stops it and waits
	dead atomic.Bool // what it sends reaches nobody any more

	mu     sync.Mutex
	status []string
	alive  []time.Time
	writes int // durable transactions of the journal
	down   []arm.Outage
}

// start starts a daemon on the world's journal. It is stopped with the test,
// if not before.
func (w *world) start() *service {
	w.t.Helper()
	s := &service{world: w, done: make(chan struct{})}
	j, err := journal.Open(w.dir, journal.KeyFile(w.dir+".key"), journal.AfterWrite(func(int) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.writes++
		return nil
	}))
	if err != nil {
		w.t.Fatal(err)
	}
	client, err := arm.New(arm.Config{Endpoint: endpoint, Transport: transporter{w.sim, &s.dead}, Budget: arm.NewBudget(func(o arm.Outage) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.down = append(s.down, o)
	})})
	if err != nil {
		w.t.Fatal(err)
	}
	o := daemon.Options{
		Drift: w.drift, Grace: grace, Tick: w.tick, Log: zerolog.New(w.log),
		Reconciler: &daemon.Reconciler{
			Endpoint: endpoint, Journal: j, Secrets: w, Timeout: time.Hour, Patient: arm.Patient, LastLook: arm.LastLook, Rules: w.rules, Approve: "computesync approve",
			Target: func(ws *spec.Workspace) apply.Target {
				var t apply.Target = azureml.NewWorkspace(client, ws)
				if wrap := w.wrap.Load(); wrap != nil {
					t = (*wrap)(t, ws.ID)
				}
				return t
			},
		},
		Status: func(text string) { s.mu.Lock(); defer s.mu.Unlock(); s.status = append(s.status, text) },
		Alive:  func() { s.mu.Lock(); defer s.mu.Unlock(); s.alive = append(s.alive, time.Now()) },
	}
	o.Outage = func() *daemon.Outage {
		down := client.Outage()
		if down == nil {
			return nil
		}
		return &daemon.Outage{Endpoint: down.Endpoint, Since: down.Since, Error: down.String(), Reason: down.Last, Next: down.Next}
	}
	for _, r := range w.repos {
		o.Sources = append(o.Sources, daemon.Source{Fetcher: r, Name: r.name, Grant: r.grant})
	}
	if w.observer != nil {
		o.Observer = w.observer
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	s.stop = cancel
	s.d = daemon.New(o)
	go func() {
		defer close(s.done)
		s.d.Run(ctx)
	}()
	s.end = sync.OnceFunc(func() {
		cancel()
		<-s.done
		client.Close()
		if err := j.Close(); err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(s.end)
	return s
}

// ResolveFor makes world the resolver of secrets.
func (w *world) ResolveFor(_ context.Context, ref secret.Ref, _ secret.Destination) (secret.Value, string, error) {
	if lost := w.lost.Load(); lost != nil && ref.Name == *lost || !strings.HasPrefix(ref.Name, "COMPUTESYNC_SECRET_") {
		return secret.Value{}, "", &secret.NotFoundError{Ref: ref}
	}
	return secret.NewValue(vmPassword), "", nil
}

// pass lets time go by, and everything happen that is due until then.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// written counts the journal's transactions so far.
func (s *service) written() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

func (s *service) statusLine() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.status) == 0 {
		return ""
	}
	return s.status[len(s.status)-1]
}

// fedSince counts the watchdog's meals after a time.
func (s *service) fedSince(t time.Time) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.alive {
		if at.After(t) {
			n++
		}
	}
	return n
}

func ref(workspace, name string) armsim.Ref {
	return armsim.Ref{Subscription: subscription, Group: "rg-ml", Workspace: workspace, Name: name}
}

// exists reports whether a compute of workspace prod is there.
func (w *world) exists(name string) bool { return w.sim.Compute(ref("prod", name)) != nil }

// most is a cluster's max_instances; -1 where there is no such cluster.
func (w *world) most(workspace, name string) int {
	var doc struct {
		Properties struct {
			Properties struct{ ScaleSettings struct{ MaxNodeCount int } }
		}
	}
	raw := w.sim.Compute(ref(workspace, name))
	if raw == nil {
		return -1
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		w.t.Fatal(err)
	}
	return doc.Properties.Properties.ScaleSettings.MaxNodeCount
}

// edit changes a compute of workspace prod behind our back.
func (w *world) edit(name, properties string) {
	w.t.Helper()
	if err := w.sim.Patch(ref("prod", name), []byte(`{"properties":{"properties":`+properties+`}}`)); err != nil {
		w.t.Fatal(err)
	}
}

const scaledTo99 = `{"scaleSettings":{"maxNodeCount":99}}`

func (w *world) fault(f armsim.Fault) {
	w.t.Helper()
	if err := w.sim.AddFault(f); err != nil {
		w.t.Fatal(err)
	}
}

// requests counts what reached Azure since the last ResetCounters: lists, and
// what would change something.
func (w *world) requests() (lists, writes int) {
	c := w.sim.Counters()
	for _, method := range []string{"PUT", "PATCH", "POST", "DELETE"} {
		writes += c.Methods[method]
	}
	return c.Kinds["list"], writes
}

// book is the log.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// count counts the lines with all of the words.
func (b *book) count(words ...string) (n int) {
	for line := range strings.Lines(b.String()) {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(line, word) }) {
			n++
		}
	}
	return n
}

// readJournal opens the journal, which no daemon has open.
func (w *world) readJournal() *journal.Journal {
	w.t.Helper()
	j, err := journal.Open(w.dir, journal.KeyFile(w.dir+".key"), journal.ReadOnly())
	if err != nil {
		w.t.Fatal(err)
	}
	return j
}

// unfinished are the units in the journal, which no daemon has open.
func (w *world) unfinished() []journal.Unit {
	w.t.Helper()
	j := w.readJournal()
	defer j.Close()
	units, err := j.Workspace(journal.Scope(endpoint, spec.WorkspaceID{Subscription: subscription, ResourceGroup: "rg-ml", Name: "prod"})).Unfinished()
	if err != nil {
		w.t.Fatal(err)
	}
	return units
}

var errDown = errors.New("the server is down")

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
