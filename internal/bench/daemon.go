package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// driftInterval is how often the daemon looks by itself; quiet is how long it
// must be silent to count as idle.
const (
	driftInterval = 10 * time.Second
	quiet         = 2 * time.Second
)

// served is a daemon that keeps a repository's fleet.
type served struct {
	sim  *simulator
	cmd  *exec.Cmd
	log  book
	repo string

	binary, config, state string
	herald                *herald // whom it tells how it is
}

// book is a log that is read while it is written.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// since is what was written after the first so many bytes.
func (b *book) since(n int) []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	return bytes.Clone(b.text.Bytes()[n:])
}

func (b *book) len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Len()
}

// idlePass is what the daemon does when nothing changed.
func idlePass(n int) workFunc {
	return func(ctx context.Context, b *bench) (_ time.Duration, ours figures, err error) {
		d, err := b.serve(ctx, n)
		if err != nil {
			return 0, ours, err
		}
		defer func() { err = errors.Join(err, d.close()) }()
		ours, err = d.sim.counted(ctx, func() (figures, error) { return figures{}, d.idle(ctx) })
		if err != nil {
			return 0, ours, err
		}
		ours.rss, err = d.resident()
		return 0, ours, err
	}
}

// commitToWrite is the time from the end of `git commit` to the first write
// that the simulator sees.
func commitToWrite(n int) workFunc {
	return func(ctx context.Context, b *bench) (_ time.Duration, ours figures, err error) {
		d, err := b.serve(ctx, n)
		if err != nil {
			return 0, ours, err
		}
		defer func() { err = errors.Join(err, d.close()) }()
		changed := 0
		ours, err = median(5, func() (figures, error) {
			changed++
			if err := writeFleet(d.repo, "ml-bench", n, changed); err != nil {
				return figures{}, err
			}
			return d.sim.counted(ctx, func() (figures, error) {
				if err := d.commit(ctx); err != nil {
					return figures{}, err
				}
				wall, err := timed(func() error {
					return d.until(ctx, func(methods map[string]int) bool { return methods["GET"] < sum(methods) })
				})
				if err != nil {
					return figures{}, err
				}
				return figures{wall: wall}, d.idle(ctx)
			})
		})
		ours.requests = 0 // the passes of the wait are among them
		return 0, ours, err
	}
}

// serve starts a simulator and a daemon, and waits until it has made n
// clusters.
func (b *bench) serve(ctx context.Context, n int) (*served, error) {
	sim, err := b.simulate(ctx, latency)
	if err != nil {
		return nil, err
	}
	d, err := b.follow(ctx, sim, every(driftInterval), func(repo string) error { return writeFleet(repo, "ml-bench", n, 0) })
	if err != nil {
		sim.close()
		return nil, err
	}
	err = d.until(ctx, func(methods map[string]int) bool { return methods["PUT"] >= n })
	if err == nil {
		err = d.idle(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// follow starts a daemon that keeps a fleet; reconcile is of its configuration.
func (b *bench) follow(ctx context.Context, sim *simulator, reconcile string, fill func(repo string) error) (*served, error) {
	d := &served{sim: sim, repo: b.newDir()}
	var err error
	if d.herald, err = newHerald(b.newDir()); err != nil {
		return nil, err
	}
	if err := fill(d.repo); err != nil {
		return nil, err
	}
	if err := d.git(ctx, "init", "--quiet", "--initial-branch=main"); err != nil {
		return nil, err
	}
	if err := d.commit(ctx); err != nil {
		return nil, err
	}
	d.binary, d.config, d.state = b.binary, b.newDir()+".yaml", b.newDir()
	text := fmt.Sprintf("sources: [{url: %s, branch: main}]\nazure: {endpoint: %q}\nreconcile: {%s}\nstate_dir: %s\n",
		d.repo, d.sim.url, reconcile, d.state)
	if err := write(d.config, text); err != nil {
		return nil, err
	}
	return d, d.launch(ctx)
}

// every is how a configuration names the interval of looks for drift.
func every(interval time.Duration) string { return "drift_interval: " + interval.String() }

// launch starts the daemon's process, and returns once that says that it runs.
func (d *served) launch(ctx context.Context) error {
	d.cmd = exec.CommandContext(ctx, d.binary, "run", "--config", d.config)
	d.cmd.Env = append(os.Environ(), "COMPUTESYNC_SECRET_VM="+soakSecret, "COMPUTESYNC_LISTEN=127.0.0.1:0", "GOTRACEBACK=all",
		"NOTIFY_SOCKET="+d.herald.path)
	d.cmd.Stderr = &d.log
	from := d.log.len()
	if err := d.cmd.Start(); err != nil {
		return err
	}
	return d.within(ctx, time.Minute, func() (bool, error) {
		return bytes.Contains(d.log.since(from), []byte(`"message":"running"`)), nil
	})
}

func (d *served) commit(ctx context.Context) error {
	if err := d.git(ctx, "add", "."); err != nil {
		return err
	}
	return d.git(ctx, "-c", "user.name=bench", "-c", "user.email=bench@example.com", "commit", "--quiet", "--message=scale")
}

func (d *served) git(ctx context.Context, args ...string) error {
	out, err := exec.CommandContext(ctx, "git", append([]string{"-C", d.repo}, args...)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("git %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

// close ends the daemon in good order, and tells its log if that fails.
func (d *served) close() error {
	defer d.sim.close()
	defer d.herald.close()
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	if err := d.cmd.Wait(); err != nil {
		return fmt.Errorf("computesync run: %w\n%s", err, d.log.since(0))
	}
	return nil
}

// idle waits until a pass has been made and nothing is asked any more.
func (d *served) idle(ctx context.Context) error {
	last, since := 0, time.Now()
	return d.until(ctx, func(methods map[string]int) bool {
		if n := sum(methods); n != last {
			last, since = n, time.Now()
		}
		return last > 0 && time.Since(since) > quiet
	})
}

// until looks at the simulator's counters, for two minutes at most.
func (d *served) until(ctx context.Context, enough func(methods map[string]int) bool) error {
	return d.within(ctx, 2*time.Minute, func() (bool, error) {
		c, err := d.sim.counters(ctx)
		return enough(c.Methods), err
	})
}

// within looks every ten milliseconds whether something is so, for so long.
func (d *served) within(ctx context.Context, limit time.Duration, so func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := so(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for the daemon: %w", ctx.Err())
		}
	}
}

// resident is how much memory the daemon holds now; only Linux tells.
func (d *served) resident() (int64, error) {
	text, err := d.proc("statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseInt(strings.Fields(text)[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// proc is what the kernel tells of the daemon.
func (d *served) proc(file string) (string, error) {
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(d.cmd.Process.Pid), file))
	return string(data), err
}

func sum(methods map[string]int) (n int) {
	for _, m := range methods {
		n += m
	}
	return n
}
