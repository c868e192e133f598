package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// shortInterval is the drift interval of the crowd: a tenth of the default, so
// that a whole round of passes is measured in a minute.
const shortInterval = time.Minute

// crowd is what one daemon costs that keeps many workspaces in which nothing
// changes: the seconds from its start until each was looked at once, the CPU of
// a later round of looks, and the most that was resident. At the default interval a round takes ten minutes,
// so that 30 s of CPU are 5 % of a core.
func crowd(workspaces, computes int) workFunc {
	return func(ctx context.Context, b *bench) (_ time.Duration, ours figures, err error) {
		sim, err := b.simulate(ctx, 0)
		if err != nil {
			return 0, ours, err
		}
		d, err := b.follow(ctx, sim, every(shortInterval), func(repo string) error { return writeCrowd(ctx, sim, repo, workspaces, computes) })
		if err != nil {
			sim.close()
			return 0, ours, err
		}
		defer func() { err = errors.Join(err, d.close()) }()
		first, err := timed(func() error {
			return d.until(ctx, func(methods map[string]int) bool { return methods["GET"] >= workspaces })
		})
		if err == nil {
			err = pause(ctx, shortInterval) // the first looks are together, the next ones no more
		}
		if err != nil {
			return 0, ours, err
		}
		ours, err = sim.counted(ctx, func() (figures, error) { return d.round(ctx) })
		ours.wall = first
		return 0, ours, err
	}
}

// round measures the daemon for one interval.
func (d *served) round(ctx context.Context) (f figures, err error) {
	before, err := d.cpu()
	if err != nil {
		return f, err
	}
	if err := pause(ctx, shortInterval); err != nil {
		return f, err
	}
	after, err := d.cpu()
	if err != nil {
		return f, err
	}
	f.cpu = after - before
	f.rss, err = d.peak()
	return f, err
}

// cpu is the time that the daemon has computed so far; only Linux tells, in
// hundredths of a second.
func (d *served) cpu() (time.Duration, error) {
	text, err := d.proc("stat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(text, ") ") // the name before may hold anything
	fields := strings.Fields(rest)
	user, err := strconv.Atoi(fields[11])
	if err != nil {
		return 0, err
	}
	system, err := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond, err
}

// peak is the most memory that the daemon has held; only Linux tells.
func (d *served) peak() (int64, error) {
	text, err := d.proc("status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(text, "VmHWM:")
	kib, err := strconv.ParseInt(strings.Fields(rest + " ?")[0], 10, 64)
	return kib << 10, err
}

// writeCrowd writes the specs of many workspaces, and makes what they declare.
func writeCrowd(ctx context.Context, sim *simulator, repo string, workspaces, computes int) error {
	for i := range workspaces {
		name := fmt.Sprintf("ml-%04d", i)
		if err := writeFleet(filepath.Join(repo, name), name, computes, 0); err != nil {
			return err
		}
		if err := newFloor(sim, name).put(ctx, computes, 0); err != nil {
			return err
		}
	}
	return nil
}
