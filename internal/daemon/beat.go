package daemon

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// stuckAfter is how long a pass may go without any answer from Azure before
// the daemon counts as stuck. While an operation runs it is asked for every
// quarter of a minute; only a Retry-After, of which an hour is waited for at
// most, keeps a pass silent for longer.
const stuckAfter = 70 * time.Minute

// pulse is a sign of life of one loop.
type pulse struct {
	last atomic.Pointer[time.Time] // by the monotonic clock, which nobody sets
	busy atomic.Bool               // in a pass: silence may be long
}

func (p *pulse) beat() {
	now := time.Now()
	p.last.Store(&now)
}

// alive reports whether the loop gave a sign lately. An idle loop answers at
// every tick of the watchdog.
func (p *pulse) alive(tick time.Duration) bool {
	silence := time.Since(*p.last.Load())
	if p.busy.Load() {
		return silence < stuckAfter
	}
	return silence < 3*tick
}

// beating is a target whose every answer is a sign of life of a loop, until the
// pass has ended: units that go on after it say nothing of the loop.
type beating struct {
	apply.Target
	pulse *pulse
	ended <-chan struct{}
}

func (b beating) beat() {
	select {
	case <-b.ended:
	default:
		b.pulse.beat()
	}
}

func (b beating) List(ctx context.Context) ([]*spec.Compute, int, error) {
	defer b.beat()
	return b.Target.List(ctx)
}

func (b beating) Get(ctx context.Context, name string) (*spec.Compute, error) {
	defer b.beat()
	return b.Target.Get(ctx, name)
}

func (b beating) Put(ctx context.Context, want, live *spec.Compute,
	reveal func(secret.Ref) (secret.Value, error),
) (string, *spec.Compute, error) {
	defer b.beat()
	return b.Target.Put(ctx, want, live, reveal)
}

func (b beating) Poll(ctx context.Context, token string) (done, gone bool, wait time.Duration, err error) {
	defer b.beat()
	return b.Target.Poll(ctx, token)
}
