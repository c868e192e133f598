// Package daemon makes passes, and decides when: one pass of a workspace at a
// time, workspaces side by side, woken by a new commit, by the drift interval,
// and by what a pass left to do.
//
//	source loop   fetch, load, hand each workspace's desired state to its loop
//	workspace loop   look, plan, apply; back off where that fails
//
// A commit with a mistake in a workspace leaves that workspace's last good set
// in force. A workspace that leaves git is left as it is.
package daemon

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
)

// Fetcher is where specs come from.
type Fetcher interface {
	Fetch(ctx context.Context) (*source.Snapshot, error)
	Watch(ctx context.Context, changed func()) error
}

// Source is a Fetcher and how to speak of it.
type Source struct {
	Fetcher
	Name   string // for logs
	Prefix string // put before file names in messages
}

// Options are what a Daemon needs.
type Options struct {
	Sources    []Source
	Reconciler *Reconciler
	Drift      time.Duration // how often actual is looked at without a new commit
	Grace      time.Duration // how long begun units have when the daemon stops
	Log        zerolog.Logger
	Status     func(string)  // tells the service manager in one line; may be nil
	Alive      func()        // feeds the watchdog; may be nil
	Tick       time.Duration // how often Alive may be called; 0: every 10 s
}

// Daemon keeps workspaces equal to their sources until it is stopped.
type Daemon struct {
	Options
	ctx    context.Context // ends when the grace is over
	cancel context.CancelFunc
	stop   chan struct{} // closed when the daemon is asked to stop
	all    sync.WaitGroup

	mu       sync.Mutex
	loops    map[string]*loop          // by workspace key
	declared map[string]map[int]string // workspace key to the sources that declare it, and where
	pulses   []*pulse                  // of the source loops
}

// New makes a daemon; nothing runs yet.
func New(o Options) *Daemon {
	if o.Tick <= 0 {
		o.Tick = 10 * time.Second
	}
	return &Daemon{Options: o, stop: make(chan struct{}), loops: map[string]*loop{}, declared: map[string]map[int]string{}}
}

// Run runs until ctx ends, and then for as long as begun units need to get to
// where they may be left, at most Grace. It returns once all has ended.
func (d *Daemon) Run(ctx context.Context) {
	d.ctx, d.cancel = context.WithCancel(context.WithoutCancel(ctx))
	defer d.cancel()
	for i := range d.Sources {
		p := &pulse{}
		p.beat()
		d.pulses = append(d.pulses, p)
		d.all.Go(func() { d.follow(ctx, i, p) })
	}
	d.supervise(ctx)
	close(d.stop)
	ended := make(chan struct{})
	go func() { d.all.Wait(); close(ended) }()
	timer := time.NewTimer(d.Grace)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
		d.cancel()
		<-ended
	}
}

// supervise feeds the watchdog for as long as every loop gives signs of life.
func (d *Daemon) supervise(ctx context.Context) {
	tick := time.NewTicker(d.Tick)
	defer tick.Stop()
	for {
		if d.Alive != nil && d.alive() {
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

func (d *Daemon) alive() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	ok := true
	for _, p := range d.pulses {
		ok = ok && p.alive(d.Tick)
	}
	for _, l := range d.loops {
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
	d.mu.Lock()
	counts := map[phase]int{}
	for _, l := range d.loops {
		counts[l.phase()]++
	}
	n := len(d.loops)
	d.mu.Unlock()
	d.Status(fmt.Sprintf("%d workspaces: %d in sync, %d applying, %d held, %d failing", n,
		counts[inSync], counts[applying], counts[heldBack], counts[failing]))
}

// withLoop gives the workspace's loop to f, starting one where there is none.
func (d *Daemon) withLoop(id spec.WorkspaceID) *loop {
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
