package main

import (
	"context"
	"fmt"
	"time"
)

type workFunc = func(ctx context.Context, b *bench) (time.Duration, figures, error)

func version(ctx context.Context, b *bench) (time.Duration, figures, error) {
	f, err := median(20, func() (figures, error) { return b.child(ctx, "version") })
	return 0, f, err
}

// planUnchanged plans n clusters that are as declared.
func planUnchanged(n int) workFunc {
	return func(ctx context.Context, b *bench) (bare time.Duration, ours figures, err error) {
		s, err := b.simulate(ctx, latency)
		if err != nil {
			return 0, ours, err
		}
		defer s.close()
		return plan(ctx, b, s, n, 5)
	}
}

// planGrowing plans n clusters that an apply made, of which one is to have more
// nodes. The floor is one request: all are made side by side.
func planGrowing(n int) workFunc {
	return func(ctx context.Context, b *bench) (bare time.Duration, ours figures, err error) {
		s, err := b.simulate(ctx, latency)
		if err != nil {
			return 0, ours, err
		}
		defer s.close()
		state, fleet := b.newDir(), b.newDir()
		if _, err := apply(ctx, b, s, n, 0, state); err != nil {
			return 0, ours, err
		}
		if err := writeFleet(fleet, "ml-bench", n, 1); err != nil {
			return 0, ours, err
		}
		bares, err := median(5, func() (figures, error) {
			wall, err := timed(func() error { return newFloor(s, "ml-bench").list(ctx) })
			return figures{wall: wall}, err
		})
		if err != nil {
			return 0, ours, err
		}
		ours, err = median(5, func() (figures, error) {
			return s.counted(ctx, func() (figures, error) {
				return b.child(ctx, "plan", "--endpoint", s.url, "--state-dir", state, fleet)
			})
		})
		return bares.wall, ours, err
	}
}

// planMany does the same without latency: what is left is what reading,
// checking, comparing and planning take, and besides that what the goal leaves
// out: reading the list, and starting. BenchmarkTenThousand of package plan
// measures without those two.
func planMany(n int) workFunc {
	return func(ctx context.Context, b *bench) (bare time.Duration, ours figures, err error) {
		s, err := b.simulate(ctx, 0)
		if err != nil {
			return 0, ours, err
		}
		defer s.close()
		return plan(ctx, b, s, n, 3)
	}
}

// plan has the floor make n clusters, and both look at them.
func plan(ctx context.Context, b *bench, s *simulator, n, times int) (bare time.Duration, ours figures, err error) {
	fleet, floor := b.newDir(), newFloor(s, "ml-bench")
	if err := writeFleet(fleet, "ml-bench", n, 0); err != nil {
		return 0, ours, err
	}
	if err := floor.put(ctx, n, 0); err != nil {
		return 0, ours, err
	}
	if err := pause(ctx, operationTime); err != nil {
		return 0, ours, err
	}
	bares, err := median(times, func() (figures, error) {
		wall, err := timed(func() error { return floor.list(ctx) })
		return figures{wall: wall}, err
	})
	if err != nil {
		return 0, ours, err
	}
	state := b.newDir()
	ours, err = median(times, func() (figures, error) {
		return s.counted(ctx, func() (figures, error) {
			return b.child(ctx, "plan", "--exit-code", "--endpoint", s.url, "--state-dir", state, fleet)
		})
	})
	return bares.wall, ours, err
}

// applyEmpty makes n clusters in an empty workspace.
func applyEmpty(n int) workFunc {
	return func(ctx context.Context, b *bench) (bare time.Duration, ours figures, err error) {
		s, err := b.simulate(ctx, latency)
		if err != nil {
			return 0, ours, err
		}
		defer s.close()
		floor := newFloor(s, "ml-floor")
		bare, err = timed(func() error { return floor.put(ctx, n, operationTime) })
		if err != nil {
			return 0, ours, err
		}
		ours, err = apply(ctx, b, s, n, 0, b.newDir())
		return bare, ours, err
	}
}

// applyLimited makes n clusters under Resource Manager's own limits. The floor
// is what these allow: the bucket's writes at once and its refill after them.
func applyLimited(n int) workFunc {
	return func(ctx context.Context, b *bench) (bare time.Duration, ours figures, err error) {
		s, err := b.simulate(ctx, latency, "--limits")
		if err != nil {
			return 0, ours, err
		}
		defer s.close()
		bare = time.Duration(n-200)*time.Second/10 + operationTime
		ours, err = apply(ctx, b, s, n, 0, b.newDir())
		return bare, ours, err
	}
}

// applySome changes some of n clusters that an apply made.
func applySome(n, changed int) workFunc {
	return func(ctx context.Context, b *bench) (bare time.Duration, ours figures, err error) {
		s, err := b.simulate(ctx, latency)
		if err != nil {
			return 0, ours, err
		}
		defer s.close()
		state := b.newDir()
		if _, err := apply(ctx, b, s, n, 0, state); err != nil {
			return 0, ours, err
		}
		floor := newFloor(s, "ml-bench")
		bare, err = timed(func() error {
			if err := floor.list(ctx); err != nil {
				return err
			}
			return newFloor(s, "ml-floor").put(ctx, changed, operationTime)
		})
		if err != nil {
			return 0, ours, err
		}
		ours, err = apply(ctx, b, s, n, changed, state)
		return bare, ours, err
	}
}

// apply makes the workspace equal to a fleet of n, and sees that it is.
func apply(ctx context.Context, b *bench, s *simulator, n, changed int, state string) (figures, error) {
	fleet := b.newDir()
	if err := writeFleet(fleet, "ml-bench", n, changed); err != nil {
		return figures{}, err
	}
	ours, err := s.counted(ctx, func() (figures, error) {
		return b.child(ctx, "apply", "--auto-approve", "--endpoint", s.url, "--state-dir", state, fleet)
	})
	if err != nil {
		return ours, err
	}
	if _, err := b.child(ctx, "plan", "--exit-code", "--endpoint", s.url, "--state-dir", state, fleet); err != nil {
		return ours, fmt.Errorf("not as declared after the apply: %w", err)
	}
	return ours, nil
}

// pause lets operations end that nobody waits for.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
