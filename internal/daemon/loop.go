package daemon

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// A pass that failed is made again after these growing waits; what is held
// only for now is looked at again after recheck, if that is sooner than the
// drift interval.
const (
	firstBackoff = 5 * time.Second
	lastBackoff  = 5 * time.Minute
	recheck      = 30 * time.Second
)

// phase is how a workspace stands.
type phase uint8

const (
	starting phase = iota
	inSync
	applying
	heldBack
	failing
)

// loop makes the passes of one workspace, one at a time.
type loop struct {
	d       *Daemon
	id      spec.WorkspaceID
	journal *journal.Workspace
	log     zerolog.Logger
	pulse   pulse
	wake    chan struct{}
	ping    chan struct{} // the watchdog asks for a sign of life
	ended   chan struct{} // closed when the workspace left its sources

	mu        sync.Mutex
	desired   *spec.Workspace // in force; nil until one is good
	commit    string          // of desired
	refused   string          // a newer commit that is not good
	held      *plan.Held      // holds the whole workspace
	interrupt chan struct{}   // cuts the running pass short; nil between passes
	state     phase
	failures  int             // in a row
	told      map[string]bool // holds and refusals that the log has already
}

func newLoop(d *Daemon, id spec.WorkspaceID) *loop {
	l := &loop{d: d, id: id, journal: d.Reconciler.Journal.Workspace(journal.Scope(d.Reconciler.Endpoint, id)),
		log:  d.Log.With().Str("workspace", id.String()).Logger(),
		wake: make(chan struct{}, 1), ping: make(chan struct{}, 1), ended: make(chan struct{}), told: map[string]bool{}}
	l.pulse.beat()
	return l
}

func (l *loop) phase() phase {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// set puts a good set in force. Waiting on the former one ends; units that
// were begun are finished first all the same.
func (l *loop) set(source, commit string, ws *spec.Workspace) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.commit, l.desired, l.refused, l.failures = commit, ws, "", 0
	l.saveGood(source, commit, ws)
	l.cut()
	l.signal()
}

// hold holds the whole workspace, or lets it go.
func (l *loop) hold(h *plan.Held) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if (h == nil) == (l.held == nil) {
		return
	}
	l.held = h
	l.cut()
	l.signal()
}

// leave ends the loop of a workspace that no source declares any more. What we
// own there is left as it is.
func (l *loop) leave() {
	names := []string{}
	if records, err := l.journal.Records(); err == nil {
		for _, r := range records {
			names = append(names, r.Name)
		}
	}
	slices.Sort(names)
	l.log.Warn().Strs("ours", names).Msg("workspace left its source; everything in it is left as it is")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.saveGood("", "", nil)
	l.cut()
	close(l.ended)
}

// cut ends the waits of the running pass; l.mu is held.
func (l *loop) cut() {
	if l.interrupt != nil {
		close(l.interrupt)
		l.interrupt = nil
	}
}

func (l *loop) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// run makes passes until the daemon stops or the workspace leaves.
func (l *loop) run() {
	next := time.NewTimer(time.Hour)
	defer next.Stop()
	for {
		select {
		case <-l.d.stop:
			return
		case <-l.ended:
			return
		case <-l.ping:
			l.pulse.beat()
			continue
		case <-l.wake:
		case <-next.C:
		}
		next.Reset(l.pass())
	}
}

// pass makes one pass and returns when the next is due.
func (l *loop) pass() time.Duration {
	l.mu.Lock()
	desired, commit, held := l.desired, l.commit, l.held
	interrupt := make(chan struct{})
	l.interrupt = interrupt
	l.mu.Unlock()
	if desired == nil {
		return l.d.Drift
	}
	l.pulse.busy.Store(true)
	watched := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { // stopping the daemon cuts the pass short, too
		select {
		case <-l.d.stop:
			l.mu.Lock()
			l.cut()
			l.mu.Unlock()
		case <-watched:
		}
	})
	again, err := l.reconcile(desired, commit, held, interrupt)
	close(watched)
	watching.Wait()
	l.pulse.beat()
	l.pulse.busy.Store(false)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.interrupt = nil
	return l.due(again, err)
}

// due decides when the next pass is; l.mu is held.
func (l *loop) due(again nextLook, err error) time.Duration {
	if err != nil {
		l.state = failing
		l.failures++
		wait := min(firstBackoff<<min(l.failures-1, 10), lastBackoff)
		l.log.Error().Err(err).Str("hint", hint(err)).Dur("retry_in", wait).Msg("pass failed")
		return jitter(wait)
	}
	l.failures = 0
	switch again {
	case atOnce:
		return 0
	case soon:
		return jitter(min(recheck, l.d.Drift))
	}
	return jitter(l.d.Drift)
}

// jitter spreads waits, so that many workspaces do not ask at once.
func jitter(d time.Duration) time.Duration {
	return d - d/20 + rand.N(d/10+1) //nolint:gosec // nothing secret about it
}

// nextLook is when a pass wants to be followed by another.
type nextLook uint8

const (
	later  nextLook = iota // after the drift interval
	soon                   // something is held only for now
	atOnce                 // something ended or changed: there may be more to do
)

// reconcile makes one pass.
func (l *loop) reconcile(desired *spec.Workspace, commit string, held *plan.Held, interrupt <-chan struct{}) (nextLook, error) {
	ctx, r := l.d.ctx, *l.d.Reconciler
	target := r.Target
	r.Target = func(id spec.WorkspaceID, location string) apply.Target {
		return beating{target(id, location), &l.pulse}
	}
	view, err := r.Look(ctx, desired, commit)
	if err != nil {
		return later, err
	}
	view.Hold = held
	p := view.Plan()
	ws := &p.Workspaces[0]
	l.tellPlan(p, ws, len(view.Begun))
	result, err := r.Apply(ctx, view, ws, p.Hash, interrupt, l.tellStep)
	if err != nil {
		return later, err
	}
	return l.settle(ws, result, len(view.Begun) > 0)
}

// settle judges a pass by its result.
func (l *loop) settle(ws *plan.Workspace, result *apply.Result, begun bool) (nextLook, error) {
	if len(result.Failed) > 0 {
		errs := make([]error, len(result.Failed))
		for i, f := range result.Failed {
			errs[i] = f
		}
		return later, errors.Join(errs...)
	}
	next, state := later, inSync
	for i := range ws.Changes {
		if h := ws.Changes[i].Held; h != nil {
			state = heldBack
			if h.Code == plan.Busy || h.Code == plan.Transitional || h.Code == plan.Failed {
				next = soon
			}
		}
	}
	if len(result.Stale) > 0 || begun || result.Done > 0 {
		next = atOnce
	}
	if len(result.Held) > 0 {
		next, state = soon, heldBack
	}
	l.mu.Lock()
	l.state = state
	l.mu.Unlock()
	return next, nil
}

// tellPlan logs what a pass is going to do, and what it holds: that once.
func (l *loop) tellPlan(p *plan.Plan, ws *plan.Workspace, begun int) {
	if !ws.Empty() || begun > 0 {
		l.mu.Lock()
		l.state = applying
		l.mu.Unlock()
		event := l.log.Info().Str("commit", p.Commit).Str("plan", p.Hash)
		for _, a := range plan.Actions {
			if n := p.Summary[string(a)]; n > 0 {
				event = event.Int(string(a), n)
			}
		}
		event.Int("held", p.Summary["held"]).Int("resumed", begun).Msg("applying")
	}
	now := map[string]bool{}
	for i := range ws.Changes {
		c := &ws.Changes[i]
		if c.Held == nil {
			continue
		}
		key := c.ID() + " " + string(c.Held.Code)
		now[key] = true
		if !l.told[key] {
			l.log.Warn().Str("compute", c.Name).Str("action", string(c.Action)).Str("code", string(c.Held.Code)).Msg("held: " + c.Held.Text)
		}
	}
	l.told = now
}

func (l *loop) tellStep(e apply.Event) {
	l.pulse.beat()
	event := l.log.Info()
	if e.State == apply.Failed || e.State == apply.Blocked || e.State == apply.Undoing {
		event = l.log.Error()
	}
	event = event.Str("compute", e.Name).Str("verb", string(e.Verb)).Str("state", string(e.State))
	if e.Took > 0 {
		event = event.Float64("seconds", e.Took.Seconds())
	}
	if e.Text != "" {
		event = event.Str("reason", e.Text)
	}
	event.Msg("step")
}

func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
