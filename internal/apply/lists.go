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

	mu   sync.Mutex
	last *listing
}

// listing is one complete list.
type listing struct {
	begun  time.Time
	pages  int
	byName map[string]*spec.Compute
}

func (l *listing) find(name string) *spec.Compute { return l.byName[spec.FoldName(name)] }

// after returns a list that was begun at t or later, asking for one only where
// there is none yet.
func (l *lists) after(ctx context.Context, t time.Time) (*listing, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last != nil && !l.last.begun.Before(t) {
		return l.last, nil
	}
	next := &listing{begun: time.Now(), byName: map[string]*spec.Compute{}}
	computes, pages, err := l.target.List(ctx)
	if err != nil {
		return nil, err
	}
	next.pages = pages
	for _, c := range computes {
		next.byName[c.Key()] = c
	}
	l.last = next
	return next, nil
}

// pages is how many requests a list takes, as far as is known.
func (l *lists) pages() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == nil {
		return 1
	}
	return max(1, l.last.pages)
}
