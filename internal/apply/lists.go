package apply

import (
	"context"
	"sync"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

// lists shares complete lists among many looks.
type lists struct {
	target Target

	mu     sync.Mutex
	pages  int      // requests that a list takes, as last seen
	last   *listing // the last complete one
	flight *flight  // the one being asked for
}

// listing is one complete list.
type listing struct {
	begun  time.Time
	byName map[string]*spec.Compute
}

func (l *listing) find(name string) *spec.Compute { return l.byName[spec.FoldName(name)] }

// flight is a list on its way. What comes of it is for all who wait for it, an
// error too: a thousand looks must not each ask a service that fails.
type flight struct {
	begun time.Time
	ended chan struct{}
	list  *listing
	err   error
}

// newLists makes an empty store. pages is how many requests a list takes, as
// far as is known.
func newLists(target Target, pages int) *lists { return &lists{target: target, pages: max(1, pages)} }

// after returns a list that was begun at t or later, asking for one only where
// none is there or on its way.
func (l *lists) after(ctx context.Context, t time.Time) (*listing, error) {
	for {
		l.mu.Lock()
		if l.last != nil && !l.last.begun.Before(t) {
			defer l.mu.Unlock()
			return l.last, nil
		}
		f, leads := l.flight, false
		if f == nil {
			f, leads = &flight{begun: time.Now(), ended: make(chan struct{})}, true
			l.flight = f
		}
		l.mu.Unlock()
		if leads {
			l.fetch(ctx, f)
		}
		select {
		case <-f.ended:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if !f.begun.Before(t) {
			return f.list, f.err
		}
	}
}

// fetch asks for a list.
func (l *lists) fetch(ctx context.Context, f *flight) {
	computes, pages, err := l.target.List(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flight, f.err = nil, err
	if err == nil {
		f.list = &listing{begun: f.begun, byName: make(map[string]*spec.Compute, len(computes))}
		for _, c := range computes {
			f.list.byName[c.Key()] = c
		}
		l.last, l.pages = f.list, max(1, pages)
	}
	close(f.ended)
}

// cost is how many requests a list takes.
func (l *lists) cost() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pages
}
