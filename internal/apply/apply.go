// Package apply carries out a plan: it looks, writes and looks again, one unit
// of steps at a time and all units side by side, and journals every step so
// that a crash at any instant loses nothing.
//
//	look    a fresh look at the compute: 404 before a creation, else unchanged
//	intent  journalled before the write is sent
//	sent    journalled with the token that resumes the operation
//	await   until the operation and the compute itself say that it ended
//	look    what Azure accepted must be there
//	done    journalled, together with what is now ours
package apply

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// Target is one workspace's computes in Azure.
type Target interface {
	// List returns every compute, and how many requests that took.
	List(ctx context.Context) ([]*spec.Compute, int, error)
	// Get returns one compute, nil when there is none.
	Get(ctx context.Context, name string) (*spec.Compute, error)
	// Put, Scale, Remove, Power and Act write, and return the token of the
	// operation that they began, "" when there is none. Put returns the compute
	// as the answer shows it, too, nil when it shows none.
	Put(ctx context.Context, want, live *spec.Compute, reveal func(secret.Ref) (secret.Value, error)) (string, *spec.Compute, error)
	Scale(ctx context.Context, want, live *spec.Compute) (string, error)
	Remove(ctx context.Context, name string, detach bool) (string, error)
	Power(ctx context.Context, name string, start bool) (string, error)
	// An error of Act with a method Unrouted says that Azure may not have the action
	// in that api-version.
	Act(ctx context.Context, want *spec.Compute, action, version string) (string, error)
	// Poll asks once how an operation is. An error with done is the
	// operation's; gone means that only the compute itself can tell.
	Poll(ctx context.Context, token string) (done, gone bool, wait time.Duration, err error)
	// Preflight reports why a compute could not be made in place of live: size
	// or quota.
	Preflight(ctx context.Context, want, live *spec.Compute) error
	// Available reports that a name is taken which must be unique beyond the
	// workspace.
	Available(ctx context.Context, want *spec.Compute) error
	// Judge tells of an error whether the write may have taken effect all the
	// same; whether the same write may succeed in a moment; and whether Azure
	// considered the write, or its operation, and failed it for good. None of
	// the three: it did not come to be judged, for want of a connection or a
	// permission.
	Judge(err error) (maybe, later, final bool)
}

// Resolver turns references into secrets.
type Resolver interface {
	ResolveFor(ctx context.Context, ref secret.Ref, to secret.Destination) (secret.Value, string, error)
}

// Options are what a run needs besides the plan.
type Options struct {
	Target    Target
	Journal   *journal.Workspace
	Records   map[string]*spec.Record // as the plan saw them
	Disowned  map[string]*spec.Disowned
	Secrets   Resolver
	Prints    *secret.Fingerprints // nil: rotated secrets are not noticed
	Commit    string               // for the journal
	Plan      string               // hash, for the journal
	Timeout   time.Duration        // of one operation
	Pages     int                  // requests that a list of the workspace takes; 0: not known
	Parallel  int                  // units between look and answer at once; default 50
	Interrupt <-chan struct{}      // when closed, no unit begins and nobody waits but for a begun unit's next write
	Owed      *Owed                // of the workspace: takes over units that owe a write; nil: Run waits for these, too
	Elsewhere []journal.Unit       // that are in Owed: what they attach is not to be attached by another
	Report    func(Event)          // called from many goroutines, for units in Owed after Run has returned; nil: nobody listens

	// LastLook has a look made just before the bytes of a write leave, which may
	// have waited for its turn long. An error of the look keeps it back. nil:
	// nothing makes a write wait.
	LastLook func(ctx context.Context, look func(context.Context) error) context.Context
}

// Event tells what happens to a step.
type Event struct {
	Name  string // of the compute
	Verb  plan.Verb
	State State
	Text  string        // why it failed, what Azure refused, or what it does not show
	Took  time.Duration // since the write was sent, for an end
}

// State is what an Event tells.
type State string

// The states of a step as they are reported.
const (
	Began   State = "began"   // sent, and answered
	Done    State = "done"    // its effect was seen
	Failed  State = "failed"  // for good, in this run
	Blocked State = "blocked" // something that it needs failed
	Stale   State = "stale"   // the compute changed since the plan
	Waiting State = "waiting" // left in the journal: to be resumed
	Undoing State = "undoing" // the former attachment is being put back

	Unanswered State = "unanswered" // whether the write took effect is not known: it is looked for
)

// Result is how a run ended.
type Result struct {
	Done    int       // steps whose effect was seen
	Failed  []Failure // by compute
	Held    []Held    // what only showed when a step was about to be sent
	Stale   []string  // computes that must be planned anew
	Waiting []string  // computes whose units are still in the journal
	Closed  bool      // who interrupted says: a change window closed on the way
}

// Add adds what came of another run.
func (r *Result) Add(o *Result) {
	r.Done += o.Done
	r.Failed = append(r.Failed, o.Failed...)
	r.Held = append(r.Held, o.Held...)
	r.Stale = append(r.Stale, o.Stale...)
	r.Waiting = append(r.Waiting, o.Waiting...)
	r.Closed = r.Closed || o.Closed
}

// Held is a change that was held before its first step.
type Held struct {
	Name   string
	Action plan.Action
	Held   plan.Held
}

// Failure is a step that failed.
type Failure struct {
	Name string
	Verb plan.Verb
	Err  error
}

func (f Failure) Error() string { return fmt.Sprintf("%s %s: %v", f.Verb, f.Name, f.Err) }

// Unwrap gives the cause.
func (f Failure) Unwrap() error { return f.Err }

// Run carries out a workspace's part of a plan, and what the journal says was
// begun before. It returns an error only where the journal fails: nothing may
// be written to Azure then. What failed in Azure stands in the result.
//
// With Options.Owed it returns as soon as every unit that has not ended owes a
// write. These are in the result as waiting, and go on by themselves.
func Run(ctx context.Context, o Options, ws *plan.Workspace, begun []journal.Unit) (*Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	r := newRun(o, ws, cancel)
	units := r.resumed(begun)
	r.begun, r.owed = attachedBy(units), attachedBy(r.elsewhere())
	for i := range ws.Changes {
		if c := &ws.Changes[i]; len(c.Steps) > 0 {
			units = append(units, r.newUnit(c))
		}
	}
	r.many = len(units) > manyUnits
	wait := r.start(ctx, units)
	if o.Owed == nil {
		wait()
	} else {
		o.Owed.runs.Go(wait)
		<-r.settled
	}
	return r.returned, r.returnedErr
}

func newRun(o Options, ws *plan.Workspace, cancel context.CancelCauseFunc) *run {
	r := &run{
		Options: o, ws: ws, cancel: cancel, gates: map[string]*gate{}, claims: newClaims(),
		freed: make(chan struct{}), removals: &sync.WaitGroup{}, settled: make(chan struct{}),
	}
	if r.Parallel <= 0 {
		r.Parallel = 50
	}
	if r.Timeout <= 0 {
		r.Timeout = time.Hour
	}
	if r.Owed != nil {
		r.claims = r.Owed.claims
	}
	r.slots = make(chan struct{}, r.Parallel)
	r.lists = newLists(o.Target, o.Pages)
	r.watch = newWatcher(o.Target, r.lists)
	return r
}

// start lets the units begin, and returns what waits until all have ended.
func (r *run) start(ctx context.Context, units []*unit) (wait func()) {
	var all, helpers sync.WaitGroup
	helpers.Go(func() { r.watch.run(ctx) })
	live := make(map[*unit]bool, len(units))
	for _, u := range units {
		live[u] = true
		if u.pureRemoval() {
			r.removals.Add(1)
		}
	}
	r.mu.Lock()
	r.live = live
	r.settle()
	r.mu.Unlock()
	for _, u := range units {
		all.Go(func() {
			u.do(ctx)
			r.ended(u)
		})
	}
	helpers.Go(func() { r.removals.Wait(); close(r.freed) })
	return func() {
		all.Wait()
		r.watch.close()
		helpers.Wait()
		r.cancel(nil)
	}
}

// manyUnits is above how many units one list is asked for instead of a look
// at each.
const manyUnits = 24

// run is the state that the units of one Run share.
type run struct {
	Options
	ws      *plan.Workspace
	cancel  context.CancelCauseFunc
	lists   *lists
	watch   *watcher
	slots   chan struct{} // held from a unit's look until its write is answered
	many    bool
	gates   map[string]*gate // by step ID; fixed before the units start
	claims  *claims
	begun   spec.ByUnderlying[string] // the names that resumed units give; fixed before the units start
	owed    spec.ByUnderlying[string] // likewise of the units in Elsewhere
	freed   chan struct{}             // closed when every pure removal has ended
	removed incarnations

	removals *sync.WaitGroup
	settled  chan struct{} // closed when Run may return

	mu          sync.Mutex
	live        map[*unit]bool // that have not ended; nil before they start
	result      Result
	journalErr  error
	returned    *Result // by Run; nil while it waits
	returnedErr error
}

// gate opens when a step has ended.
type gate struct {
	ended chan struct{}
	ok    bool
}

func newGate() *gate { return &gate{ended: make(chan struct{})} }

func (g *gate) open(ok bool) {
	g.ok = ok
	close(g.ended)
}

func (r *run) report(e Event) {
	if r.Report != nil {
		r.Report(e)
	}
}

// journalFailed ends the run: what cannot be journalled must not be done.
func (r *run) journalFailed(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.journalErr == nil {
		r.journalErr = err
		r.cancel(err)
	}
}

func (r *run) interrupted() bool {
	select {
	case <-r.interrupt():
		return true
	default:
		return false
	}
}
