package daemon

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

const (
	// A pass that failed is made again after these growing waits.
	firstBackoff = 5 * time.Second
	lastBackoff  = 5 * time.Minute
	// What is held only for now is looked at again after recheck, if that is
	// sooner than the drift interval.
	recheck = 30 * time.Second
	// A pass that did something is followed by another at once. From the fourth
	// in a row on somebody undoes what we do: the waits grow from a second to
	// recheck.
	eagerPasses = 3
	// longestWait is how long a pass may wait for operations, if the drift
	// interval is not longer: then the next one looks after them, and after
	// everything else, too. It is longer than apply keeps creations back for the
	// sake of removals.
	longestWait = 10 * time.Minute
)

// loop makes the passes of one workspace, one at a time.
type loop struct {
	d       *Daemon
	id      spec.WorkspaceID
	journal *journal.Workspace
	log     zerolog.Logger
	pulse   pulse
	slot    time.Time // one of the moments, a drift interval apart, at which drift is looked for
	wake    chan struct{}
	ping    chan struct{} // the watchdog asks for a sign of life
	owed    *apply.Owed   // units that go on after their pass
	ended   chan struct{} // one of them has ended

	told   map[string]bool // holds and the like that the log has already
	parted bool            // the log has that the workspace left

	mu       sync.Mutex
	claims   map[int]*claim // by the number of the source; former ones by numbers below 0
	now      force
	unkept   bool               // the journal does not have it
	cut      context.CancelFunc // ends the waits of the running pass; nil between passes
	state    Phase
	calm     bool // nothing is to be done that is known of: the next pass looks for drift alone
	failures int  // passes in a row that failed
	eager    int  // passes in a row that found something to do
	record   record

	waiting string    // hash of the plan that waits for approval; "": none does
	passes  time.Time // when the first hold passes by itself; zero: none is known to

	commanded []spec.Suspension // as of the last pass
}

func newLoop(d *Daemon, id spec.WorkspaceID) *loop {
	l := &loop{
		d: d, id: id, journal: d.Reconciler.Journal.Workspace(journal.Scope(d.Reconciler.Endpoint, id)),
		slot: time.Now().Add(rand.N(max(d.Drift, 1))),
		log:  d.Log.With().Str("workspace", id.String()).Logger(),
		wake: make(chan struct{}, 1), ping: make(chan struct{}, 1), ended: make(chan struct{}, 1),
		told: map[string]bool{}, claims: map[int]*claim{},
	}
	l.owed = apply.NewOwed(d.run.Done(), l.unitEnded)
	l.enter(Starting)
	l.pulse.beat()
	return l
}

// phase is how the workspace stands, and whether any source declares it.
func (l *loop) phase() (Phase, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state, len(l.claims) > 0
}

// signal makes a pass due; l.mu is held.
func (l *loop) signal() {
	l.calm = false
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run makes passes until the daemon stops, and units that go on have ended.
func (l *loop) run() {
	defer l.owed.Wait()
	next := time.NewTimer(time.Hour)
	next.Stop()
	defer next.Stop()
	ready, wake := l.d.ready, (<-chan struct{})(nil) // nothing wakes it before the sources were heard
	for {
		select {
		case <-l.d.run.Done():
			return
		case <-l.ping:
			l.pulse.beat()
			continue
		case <-ready:
			ready, wake = nil, l.wake
			continue
		case <-l.ended:
			if wait, due := l.dueByEnded(); due {
				next.Reset(wait)
			}
			continue
		case <-wake:
		case <-next.C:
		}
		if l.d.run.Err() != nil {
			return
		}
		next.Reset(l.pass())
	}
}

// pass makes one pass and returns when the next is due.
func (l *loop) pass() time.Duration {
	start := time.Now()
	l.pulse.busy.Store(true)
	defer l.pulse.busy.Store(false)
	defer l.pulse.beat()
	ctx, cut := context.WithCancel(l.d.run)
	defer cut()
	l.mu.Lock()
	if l.unkept {
		l.tryKeep()
	}
	f, calm := l.now, l.calm
	l.cut, l.passes = cut, time.Time{}
	l.record.began, l.record.turn = clock.Now(), Turn()
	select {
	case <-l.wake: // what it tells is known by now
	default:
	}
	l.mu.Unlock()

	wait, state, err := l.reconcile(ctx, cut, f, calm)
	ended, late := l.takeEnded()
	err = cause(errors.Join(err, late))

	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = nil
	again := ctx.Err() != nil || ended // there is a reason to look again
	if again && err == nil && wait > 0 {
		wait = 0
	}
	wait = l.due(wait, state, err)
	l.passEnds(f, again || l.goesOn(), err, time.Since(start), wait)
	return wait
}

// due decides when the next pass is; l.mu is held.
func (l *loop) due(wait time.Duration, state Phase, err error) time.Duration {
	if err != nil {
		l.enter(Failing)
		l.eager, l.record.err, l.record.hint = 0, err.Error(), hint(err)
		if down, ok := err.(outageError); ok { //nolint:errorlint // see cause
			return afterOutage(down) // it is in the log already, and says nothing about this workspace
		}
		l.failures++
		wait = max(jitter(min(firstBackoff<<min(l.failures-1, 10), lastBackoff)), apply.RetryIn(err))
		hinted(l.log.Error().Err(err), hint(err)).Float64("retry_in_seconds", wait.Seconds()).Msg("pass failed")
		return wait
	}
	if l.failures > 0 && l.owed.Retries() { // how that goes is not known yet
		state = Failing
	} else {
		l.recovered()
	}
	l.enter(state)
	if wait > 0 {
		l.eager, l.calm = 0, true
		if wait >= l.d.Drift {
			wait = l.untilSlot()
		} else {
			wait = jitter(wait)
		}
		if !l.passes.IsZero() { // at that very moment, neither sooner nor later
			wait = min(wait, max(clock.Until(l.passes), 0))
		}
		return wait
	}
	l.calm = false
	if l.eager++; l.eager <= eagerPasses {
		return 0
	}
	return jitter(min(time.Second<<min(l.eager-eagerPasses-1, 10), recheck))
}

// recovered notes that nothing fails, or no longer; l.mu is held.
func (l *loop) recovered() {
	if l.failures > 0 {
		l.log.Info().Int("failures", l.failures).Msg("passes succeed again")
	}
	l.failures, l.record.err, l.record.hint = 0, "", ""
}

// untilSlot is how long it is until drift is to be looked for: each workspace
// has its own moment in the interval, whatever woke it meanwhile, so that many
// stay spread over it. One that is nearly there is let pass.
func (l *loop) untilSlot() time.Duration {
	drift := l.d.Drift
	wait := (time.Until(l.slot)%drift + drift) % drift
	if wait < drift/20 {
		wait += drift
	}
	return wait
}

// jitter spreads waits, so that many workspaces do not ask at once.
func jitter(d time.Duration) time.Duration { return d - d/20 + rand.N(d/10+1) }

// reconcile makes one pass by what is in force, and returns how long the next
// may wait (0: there is more to do) and how the workspace stands. It is cut
// short when ctx ends; units that were begun are brought to where they may be
// left all the same. A calm pass has time.
func (l *loop) reconcile(ctx context.Context, cut context.CancelFunc, f force, calm bool) (time.Duration, Phase, error) {
	l.d.checkState()
	if over, err := l.part(f); over || err != nil {
		return l.d.Drift, Failing, err
	}
	r, ended := *l.d.Reconciler, make(chan struct{})
	defer close(ended)
	target := r.Target
	r.Target = func(ws *spec.Workspace) apply.Target {
		return beating{target(ws), &l.pulse, ended}
	}
	r.Owed = l.owed
	view, err := r.Recall(f.ws, f.commit)
	if err != nil {
		return 0, Failing, err
	}
	look := ctx
	if calm && len(view.Begun) == 0 && r.Patient != nil {
		look = r.Patient(ctx)
	}
	err = r.See(look, view)
	if ctx.Err() != nil {
		return 0, l.state, nil
	}
	if err != nil {
		return 0, Failing, err
	}
	view.Hold = f.hold
	p := r.Plan(ctx, view)
	ws := &p.Workspaces[0]
	if dropped, err := view.void(p); err != nil {
		return 0, Failing, err
	} else if dropped {
		l.log.Warn().Str("plan", view.consent.Plan).Str("by", view.consent.By).Msg("approval is void: the plan changed before it was carried out")
	}
	l.tellPlan(f, p, len(view.Begun))
	l.planned(f, view, ws, p.Hash)
	overdue := time.AfterFunc(max(l.d.Drift, longestWait), cut)
	defer overdue.Stop()
	writing := l.d.writing()
	result, err := r.Apply(writing, view, ws, p.Hash, ctx.Done(), l.tellStep)
	if err = cmp.Or(err, calledOff(writing)); err != nil {
		return 0, Failing, err
	}
	l.tellHeld(f, ws, p.Hash, result)
	l.carriedOut(view, ws, p.Hash, result)
	l.await(view, p, len(view.Begun) == 0 && !view.began(result))
	return l.judge(f, view, ws, result)
}

// part tells that a workspace left, and lets go of it once nothing is begun
// there. It reports whether there is nothing to make a pass for.
func (l *loop) part(f force) (over bool, err error) {
	if !f.left || f.ws == nil {
		l.parted = false
		return f.ws == nil, nil
	}
	if !l.parted {
		l.tellParting()
		l.parted = true
	}
	begun, err := l.journal.Unfinished()
	if err != nil || len(begun) > 0 {
		return false, err
	}
	return true, l.forget()
}

// judge says by its result when a pass is to be followed by another, and how
// the workspace stands.
func (l *loop) judge(f force, v *View, ws *plan.Workspace, result *apply.Result) (time.Duration, Phase, error) {
	if len(result.Failed) > 0 {
		return 0, Failing, failed(result)
	}
	wait, state := l.d.Drift, InSync
	for i := range ws.Changes {
		if c := &ws.Changes[i]; c.Held != nil {
			state = HeldBack
			wait = min(wait, patience(c.Name, c.Held.Code, v))
		}
	}
	for i := range result.Held {
		state = HeldBack
		wait = min(wait, patience(result.Held[i].Name, result.Held[i].Held.Code, v))
	}
	if f.hold != nil {
		state = HeldBack
	}
	owed := l.owed.IDs()
	if len(owed) > 0 {
		state = Applying
	}
	over := func(u journal.Unit) bool { return !slices.Contains(owed, u.ID) }
	if len(result.Stale) > 0 || slices.ContainsFunc(v.Begun, over) || result.Done > 0 || result.Closed {
		wait = 0
	}
	return wait, state, nil
}

// failed says why steps failed; nil when none did.
func failed(result *apply.Result) error {
	errs := make([]error, len(result.Failed))
	for i, failure := range result.Failed {
		errs[i] = failure
	}
	return errors.Join(errs...)
}

// patience is how long a held change may go without another look. The end of a
// unit that holds one makes a pass due by itself.
func patience(name string, code plan.Code, v *View) time.Duration {
	if v.InFlight[spec.FoldName(name)] {
		return time.Duration(math.MaxInt64)
	}
	if code == plan.Busy || code == plan.Transitional {
		return recheck
	}
	return time.Duration(math.MaxInt64)
}
