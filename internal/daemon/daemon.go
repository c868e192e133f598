// Package daemon makes passes, and decides when: one pass of a workspace at a
// time, workspaces side by side, woken by a new commit, by the drift interval,
// and by what a pass left to do.
//
//	source loop      fetch, load, tell each workspace's loop what is declared
//	workspace loop   look, plan, apply; back off where that fails
//
// A commit with a mistake in a workspace leaves that workspace's last good set
// in force. A workspace that leaves git is left as it is.
package daemon

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
)

// Fetcher is where specs come from: a source.Source. Fetch and Watch end when
// their context does.
type Fetcher interface {
	SetEffective(commit string)
	Fetch(ctx context.Context) (*source.Snapshot, error)
	Watch(ctx context.Context, changed func()) error
}

// Source is a Fetcher and how to speak of it.
type Source struct {
	Fetcher
	Name   string     // for logs and the journal: no other source has it
	Prefix string     // put before file names in messages
	Grant  spec.Grant // what it may name
	// Descends says that a commit must descend from the one in effect. Then a
	// commit that the journal cannot take is not taken.
	Descends bool
}

// Options are what a Daemon needs.
type Options struct {
	Sources    []Source
	Reconciler *Reconciler
	Guards     spec.Guards   // of the operator's guard rails; nil: there are none at all
	Drift      time.Duration // how often actual is looked at without a new commit
	Grace      time.Duration // how long begun units have when the daemon stops
	Log        zerolog.Logger
	Status     func(string)   // tells the service manager in one line, when it changed; may be nil
	Alive      func()         // feeds the watchdog; may be nil
	Tick       time.Duration  // how often Alive must be called; 0: every 10 s
	Observer   Observer       // counts what happens; may be nil
	Outage     func() *Outage // the one of Resource Manager that lasts, nil if there is none; may be nil
}

// Observer is told what happens, to count it. Many goroutines call it.
type Observer interface {
	// Pass tells how a pass ended, how long it took, and how many computes it
	// found changed by somebody else.
	Pass(id spec.WorkspaceID, outcome Outcome, took time.Duration, drift int)
	// Step tells how a step ended.
	Step(verb plan.Verb, state apply.State)
}

// firstAnswers is how long the first passes wait for every source to have
// answered once: a workspace that two of them declare must not be changed
// because one of them was quicker.
const firstAnswers = 10 * time.Second

// Daemon keeps workspaces equal to their sources until it is stopped.
type Daemon struct {
	Options
	run   context.Context // ends when the daemon is asked to stop
	grace context.Context // ends when begun units must be left as they are
	all   sync.WaitGroup
	ready chan struct{} // closed when passes may begin
	open  func()        // closes ready

	pulses []*pulse    // of the source loops; fixed before they start
	asked  []*asked    // what is written down of each source; fixed
	status string      // what Status was told last
	dead   atomic.Bool // a loop gives no sign of life

	checking sync.Mutex // held while the journal's file is looked for

	mu         sync.Mutex
	loops      map[string]*loop // by workspace key; a loop stays when its workspace leaves, for it may come back
	silent     int              // sources that have not answered yet
	state      *StateReport     // replaced, never changed; nil: the journal's file is there
	writes     context.Context  // see writing
	stopWrites context.CancelCauseFunc
}

// New makes a daemon; nothing runs yet.
func New(o Options) *Daemon {
	if o.Tick <= 0 {
		o.Tick = 10 * time.Second
	}
	d := &Daemon{Options: o, ready: make(chan struct{}), loops: map[string]*loop{}, silent: len(o.Sources)}
	for _, src := range o.Sources {
		d.asked = append(d.asked, newAsked(src.Name))
	}
	d.open = sync.OnceFunc(func() { close(d.ready) })
	return d
}

// Run runs until ctx ends, and then for as long as begun units need to get to
// where they may be left, at most Grace. It returns once all has ended.
func (d *Daemon) Run(ctx context.Context) {
	grace, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	d.run, d.grace = ctx, grace
	d.writes, d.stopWrites = context.WithCancelCause(grace)
	d.recall()
	limit := time.AfterFunc(firstAnswers, d.open)
	defer limit.Stop()
	for range d.Sources {
		p := &pulse{}
		p.beat()
		d.pulses = append(d.pulses, p)
	}
	for i, p := range d.pulses {
		d.all.Go(func() { d.follow(ctx, i, p) })
	}
	d.supervise(ctx)
	d.end(cancel)
}

// end waits for all goroutines. The watchdog is fed for as long as the grace
// lasts, and no longer.
func (d *Daemon) end(cancel context.CancelFunc) {
	ended := make(chan struct{})
	go func() { d.all.Wait(); close(ended) }()
	timer, tick := time.NewTimer(d.Grace), time.NewTicker(d.Tick)
	defer timer.Stop()
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-timer.C:
			cancel()
		case <-tick.C:
			d.checkState()
			if d.Alive != nil && d.grace.Err() == nil {
				d.Alive()
			}
		}
	}
}

// supervise feeds the watchdog for as long as every loop gives signs of life,
// and looks for the journal's file.
func (d *Daemon) supervise(ctx context.Context) {
	tick := time.NewTicker(min(d.Tick, stateEvery))
	defer tick.Stop()
	wall := readClock()
	for {
		d.checkState()
		if by := wall.jumped(); by != 0 {
			d.clockJumped(by)
		}
		alive := d.alive()
		d.dead.Store(!alive)
		if alive && d.Alive != nil {
			d.Alive()
		}
		d.tellStatus()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Healthy reports whether every loop gave signs of life when that was looked at
// last.
func (d *Daemon) Healthy() bool { return !d.dead.Load() }

func (d *Daemon) alive() bool {
	ok := true
	for _, p := range d.pulses {
		ok = ok && p.alive(d.Tick)
	}
	for _, l := range d.workspaces() {
		ok = ok && l.pulse.alive(d.Tick)
		select {
		case l.ping <- struct{}{}:
		default:
		}
	}
	return ok
}

// tellStatus sums the workspaces up for the service manager.
func (d *Daemon) tellStatus() {
	if d.Status == nil {
		return
	}
	counts, n := map[Phase]int{}, 0
	for _, l := range d.workspaces() {
		if state, declared := l.phase(); declared {
			counts[state]++
			n++
		}
	}
	text := fmt.Sprintf("%d workspaces: %d in sync, %d applying, %d held, %d failing", n,
		counts[InSync], counts[Applying], counts[HeldBack], counts[Failing])
	if lost := d.lost(); lost != nil {
		text = "nothing is written to Azure: " + lost.Error
	} else if d.outage() != nil {
		text += "; Azure Resource Manager does not answer"
	}
	if text != d.status {
		d.status = text
		d.Status(text)
	}
}

// workspaces are the loops there are now, in a stable order.
func (d *Daemon) workspaces() []*loop {
	d.mu.Lock()
	defer d.mu.Unlock()
	loops := make([]*loop, 0, len(d.loops))
	for _, key := range slices.Sorted(maps.Keys(d.loops)) {
		loops = append(loops, d.loops[key])
	}
	return loops
}

// workspace returns the loop of a workspace, starting one where there is none.
func (d *Daemon) workspace(id spec.WorkspaceID) *loop {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.loops[id.Key()]
	if l == nil {
		l = newLoop(d, id)
		d.loops[id.Key()] = l
		d.all.Go(l.run)
	}
	return l
}
