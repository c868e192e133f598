package daemon_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/spec"
)

// daysSeed replays one case of TestDays.
const daysSeed = "COMPUTESYNC_DAYS_SEED"

// TestDays lets a daemon run for days in which people commit, also mistakes,
// Azure fails, a third of the reads are old, somebody changes computes behind its back, nodes are busy, the
// repository is away, and the process is stopped or killed at any moment. Each
// night all that ends; then the workspaces become what is declared, and the
// daemon does nothing but look.
func TestDays(t *testing.T) {
	if s := os.Getenv(daysSeed); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		days(t, seed)
		return
	}
	for range 2 {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("%s=%d", daysSeed, seed), func(t *testing.T) {
			t.Parallel()
			days(t, seed)
		})
	}
}

const (
	simulatedDays = 3
	dayTime       = 16 * time.Hour
	calm          = 4 * time.Hour // for the workspaces to become what is declared: a remake may wait for an hour
	nightTime     = 24*time.Hour - dayTime - calm
)

func days(t *testing.T, seed uint64) {
	synctest.Test(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(seed, 0))
		w := newWorld(t, armsim.WithSeed(int64(rng.Uint64()>>1)), armsim.WithPageSize(3*rng.IntN(3)),
			armsim.WithLatency(40*time.Millisecond), armsim.WithLongURLs(false))
		y := &year{world: w, rng: rng, declared: map[string][]string{}, foreign: map[string]string{}}
		for _, name := range []string{"prod", "test", "lab"} {
			y.declared[name] = y.draw(name)
			y.stranger(name)
		}
		y.repo = w.newRepo("fleet", y.files())
		y.service = w.start()
		for range simulatedDays {
			y.must(y.sim.SetReadLag(armsim.ReadLag{Lag: armsim.Duration(10 * time.Second), Share: 0.3, Replicas: 3}))
			for began := time.Now(); time.Since(began) < dayTime; {
				events[rng.IntN(len(events))](y)
				pass(time.Duration(rng.Int64N(int64(time.Hour))))
				y.sound()
				if rng.IntN(2) == 0 {
					y.endOperations()
				}
			}
			y.peace()
			pass(calm)
			y.converged()
			y.idle(nightTime)
		}
	})
}

// year is what happens to a world.
type year struct {
	*world
	*service
	rng      *rand.Rand
	repo     *repo
	declared map[string][]string // by workspace
	foreign  map[string]string   // documents that are not ours, by workspace/name
}

// events are what a day is made of.
var events = []func(*year){
	func(y *year) { y.change() },
	func(y *year) { y.change() },
	func(y *year) { y.change(); pass(time.Duration(y.rng.IntN(90)) * time.Second); y.change() },
	func(y *year) { // a mistake
		f := y.files()
		f[y.workspace()+"/broken.yaml"] = "name: [\n"
		y.repo.commit(f)
	},
	func(y *year) { y.drift() },
	func(y *year) { y.drift(); y.drift() },
	func(y *year) { y.trouble() },
	func(y *year) { y.trouble(); y.change() },
	func(y *year) { // somebody's jobs
		if ws, name := y.any("amlcompute"); name != "" {
			y.must(y.sim.SetNodes(ref(ws, name), armsim.Nodes{Running: y.rng.IntN(3)}))
		}
	},
	func(y *year) { y.repo.fail(errDown) },
	func(y *year) { y.repo.fail(nil) },
	func(y *year) { y.restart(y.service.end) },
	func(y *year) { y.change(); y.restart(y.service.end) },
	func(y *year) { y.restart(y.service.kill) },
	func(y *year) { y.change(); y.restart(y.service.kill) },
}

func (y *year) must(err error) {
	y.t.Helper()
	if err != nil {
		y.t.Fatal(err)
	}
}

func (y *year) workspace() string { return []string{"prod", "test", "lab"}[y.rng.IntN(3)] }

// draw makes up what a workspace declares: clusters that change size, and
// machines that change their names.
func (y *year) draw(workspace string) (docs []string) {
	for i := range 4 {
		if y.rng.IntN(4) > 0 {
			doc := cluster(fmt.Sprint("cpu", i), 1+y.rng.IntN(4))
			if y.rng.IntN(3) == 0 {
				doc = strings.Replace(doc, "DS3", "DS4", 1)
			}
			docs = append(docs, doc)
		}
	}
	names := y.rng.Perm(5)
	for i := range 3 {
		if y.rng.IntN(4) > 0 {
			docs = append(docs, machine(fmt.Sprint("box", names[i]), fmt.Sprint(workspace, i)))
		}
	}
	return docs
}

func (y *year) files() files {
	f := files{}
	for ws, docs := range y.declared {
		f[ws+"/workspace.yaml"] = workspaceFile(ws, "allow_empty: true", "max_deletions: 50")
		f[ws+"/computes.yaml"] = strings.Join(docs, "---\n")
	}
	return f
}

// change commits something else for a workspace.
func (y *year) change() {
	ws := y.workspace()
	y.declared[ws] = y.draw(ws)
	y.repo.commit(y.files())
}

// any is some compute of a kind that is not a stranger's; "" where there is none.
func (y *year) any(kind string) (workspace, name string) {
	workspace = y.workspace()
	var names []string
	for key, c := range y.computes() {
		if ws, name, _ := strings.Cut(key, "/"); ws == workspace && y.foreign[key] == "" && (kind == "" || c.KindName() == kind) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return workspace, ""
	}
	slices.Sort(names)
	return workspace, names[y.rng.IntN(len(names))]
}

// drift changes or removes a compute behind the daemon's back.
func (y *year) drift() {
	if y.rng.IntN(3) == 0 {
		if ws, name := y.any(""); name != "" {
			y.must(y.sim.Remove(ref(ws, name)))
		}
		return
	}
	if ws, name := y.any("amlcompute"); name != "" {
		y.must(y.sim.Patch(ref(ws, name), []byte(`{"properties":{"properties":`+scaledTo99+`}}`)))
	}
}

// trouble lays faults in wait.
func (y *year) trouble() {
	for range 1 + y.rng.IntN(4) {
		f := []armsim.Fault{
			{Status: 500},
			{Status: 503, RetryAfter: armsim.Duration(time.Duration(y.rng.IntN(120)) * time.Second)},
			{Status: 429, RetryAfter: armsim.Duration(time.Duration(1+y.rng.IntN(300)) * time.Second)},
			{Status: 403, Code: "AuthorizationFailed"},
			{Drop: true},
			{Drop: true, After: true},
			{Truncate: true, After: true},
			{Status: 504, After: true},
			{Delay: armsim.Duration(80 * time.Second)},
			{Match: armsim.Match{Kind: "put"}, Operation: &armsim.OperationFault{Shape: "a", Code: "Bad", Message: "luck"}},
			{Match: armsim.Match{Kind: "put"}, Operation: &armsim.OperationFault{NeverEnds: true}},
		}[y.rng.IntN(11)]
		if f.Operation == nil {
			f.Match.Kind = []string{"list", "get", "put", "patch", "delete", "status"}[y.rng.IntN(6)]
		}
		f.Skip, f.Times = y.rng.IntN(4), 1+y.rng.IntN(6)
		y.fault(f)
	}
}

// restart ends the process in some way; another one takes over.
func (y *year) restart(end func()) {
	pass(time.Duration(y.rng.IntN(40_000)) * time.Millisecond)
	end()
	pass(time.Duration(y.rng.IntN(300)) * time.Second)
	y.service = y.world.start()
}

// stranger makes a cluster that is not ours.
func (y *year) stranger(workspace string) {
	body := `{"location":"westeurope","properties":{"computeType":"AmlCompute","properties":{"vmSize":"STANDARD_DS3_V2","scaleSettings":{"minNodeCount":0,"maxNodeCount":4}}}}`
	url := endpoint + spec.WorkspaceID{Subscription: subscription, ResourceGroup: "rg-ml", Name: workspace}.ResourcePath() + "/computes/theirs?api-version=2025-12-01"
	req, err := http.NewRequestWithContext(y.t.Context(), http.MethodPut, url, strings.NewReader(body))
	y.must(err)
	resp, err := y.sim.Transport().RoundTrip(req)
	y.must(err)
	resp.Body.Close()
	pass(time.Minute)
	y.foreign[workspace+"/theirs"] = string(y.sim.Compute(ref(workspace, "theirs")))
}

// computes are all there are, by workspace/name.
func (y *year) computes() map[string]*spec.Compute {
	out := map[string]*spec.Compute{}
	for _, ws := range y.sim.Snapshot().Workspaces {
		for _, raw := range ws.Computes {
			c, err := azureml.Decode(raw)
			y.must(err)
			out[ws.Name+"/"+c.Name] = c
		}
	}
	return out
}

// sound checks what must hold at any moment.
func (y *year) sound() {
	y.t.Helper()
	snap := y.sim.Snapshot()
	if len(snap.DestroyedResources)+len(snap.OrphanedResources) > 0 {
		y.t.Errorf("destroyed %v, left behind %v", snap.DestroyedResources, snap.OrphanedResources)
	}
	attached := map[string]string{}
	for _, ws := range snap.Workspaces {
		if len(ws.Ghosts) > 0 {
			y.t.Errorf("clusters were detached: %v", ws.Ghosts)
		}
		for _, raw := range ws.Computes {
			var doc struct {
				Name       string
				Properties struct {
					ResourceID         string
					ProvisioningErrors json.RawMessage
				}
			}
			y.must(json.Unmarshal(raw, &doc))
			if id := strings.ToLower(doc.Properties.ResourceID); id != "" {
				if attached[id] != "" {
					y.t.Errorf("%s is attached twice: as %s and as %s", id, attached[id], doc.Name)
				}
				attached[id] = doc.Name
			}
			if strings.Contains(string(raw), "ComputeTargetBroken") {
				y.t.Errorf("%s was broken by a second attachment", doc.Name)
			}
		}
	}
	for key, was := range y.foreign {
		ws, name, _ := strings.Cut(key, "/")
		if now := string(y.sim.Compute(ref(ws, name))); now != was {
			y.t.Errorf("%s is not ours, and was\n%s\nand is\n%s", key, was, now)
		}
	}
	if strings.Contains(y.log.String(), vmPassword) {
		y.t.Error("the log holds a secret")
	}
}

// peace ends all trouble.
func (y *year) peace() {
	y.sim.ClearFaults()
	y.must(y.sim.SetReadLag(armsim.ReadLag{}))
	pass(5 * time.Minute) // what was delayed arrives
	y.endOperations()
	for key, c := range y.computes() {
		if ws, name, _ := strings.Cut(key, "/"); c.KindName() == "amlcompute" && y.foreign[key] == "" {
			y.must(y.sim.SetNodes(ref(ws, name), armsim.Nodes{}))
		}
	}
	y.repo.fail(nil)
	y.repo.commit(y.files())
}

// endOperations lets all come to their end that run, also those that never
// would.
func (y *year) endOperations() {
	for _, op := range y.sim.Snapshot().Operations {
		y.must(y.sim.Advance(op.GUID))
	}
}

// converged checks that what is declared is there, and nothing else of ours.
func (y *year) converged() {
	y.t.Helper()
	y.sound()
	actual := y.computes()
	want := slices.Collect(maps.Keys(y.foreign))
	for ws, docs := range y.declared {
		for _, doc := range docs {
			name, _, _ := strings.Cut(strings.TrimPrefix(doc, "name: "), "\n")
			key := ws + "/" + name
			want = append(want, key)
			c := actual[key]
			switch {
			case c == nil || c.Live.ProvisioningState != "Succeeded":
				y.t.Errorf("%s is not as declared: %+v", key, c)
			case c.KindName() == "amlcompute" && (!strings.Contains(doc, c.Text("size")) || !strings.Contains(doc, fmt.Sprintf("max_instances: %v\n", c.Values["max_instances"]))):
				y.t.Errorf("%s is %v, declared\n%s", key, c.Values, doc)
			}
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(actual)); !slices.Equal(got, want) {
		y.t.Errorf("there are %v, want %v", got, want)
	}
	expect(y.t, "status", y.statusLine(), "3 workspaces: 3 in sync, 0 applying, 0 held, 0 failing")
}

// idle checks that for so long nothing happens but a look in each interval.
func (y *year) idle(d time.Duration) {
	y.t.Helper()
	y.sim.ResetCounters()
	written, fed := y.written(), time.Now()
	pass(d)
	lists, writes := y.requests()
	const pages = 3 // of 8 computes, 3 on a page
	most := int(d/drift+1) * len(y.declared) * pages
	if writes > 0 || lists > most || lists < int(d/drift-1)*3 || y.sim.Counters().Total() != lists {
		y.t.Errorf("in %s without a difference: %d writes, %d lists (want %d at most), %d requests", d, writes, lists, most, y.sim.Counters().Total())
	}
	expect(y.t, "transactions of the journal without a difference", y.written()-written, 0)
	if n, want := y.fedSince(fed), int(d/(10*time.Second)); n < want-1 {
		y.t.Errorf("the watchdog was fed %d times, want %d", n, want)
	}
}

// kill ends the process as SIGKILL does: nothing that it would do after this
// moment counts.
func (s *service) kill() {
	s.t.Helper()
	s.dead.Store(true)
	file := filepath.Join(s.dir, "journal.db")
	data, err := os.ReadFile(file)
	if err == nil {
		s.end()
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
