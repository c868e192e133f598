package webhook

import (
	"sync"
	"time"
)

// gap is the least time between two wakings: a storm of calls is two of them.
const gap = time.Second

// Bell wakes at once, and then again for all that rings within a second.
type Bell struct {
	wake func()

	mu    sync.Mutex
	last  time.Time
	timer *time.Timer // armed while a waking is due
}

// NewBell makes a bell; wake must not wait.
func NewBell(wake func()) *Bell { return &Bell{wake: wake} }

// Ring has the sources asked: soon after it they are.
func (b *Bell) Ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch wait := gap - time.Since(b.last); {
	case b.timer != nil:
	case wait <= 0:
		b.now()
	default:
		b.timer = time.AfterFunc(wait, func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.timer != nil { // not stopped
				b.timer = nil
				b.now()
			}
		})
	}
}

// now wakes; b.mu is held.
func (b *Bell) now() {
	b.last = time.Now()
	b.wake()
}

// Stop drops a waking that is due.
func (b *Bell) Stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
}
