package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

const (
	soakWorkspaces = 10
	soakInterval   = 5 * time.Second     // of looks for drift
	soakParallel   = ", parallelism: 10" // so that connections that nobody uses are few
	soakSecret     = "hunter2-of-the-soak"
	statusInterval = 20 * time.Second // its status line is no older than half of that
	// The first part of the time has kills in it. The rest is one life of the
	// daemon, of which the beginning does not count: whatever it will need it
	// should have by then.
	killedShare = 0.4
	warmShare   = 0.2
)

// soak runs the daemon against the simulator for so long, under random
// commits, mistakes, drift, faults, old reads, reloads and kills, and fails unless it ends
// converged, has done nothing that it must never do, and has not grown.
func soak(ctx context.Context, b *bench, length time.Duration, seed uint64) (err error) {
	ctx, cancel := context.WithTimeout(ctx, length+10*time.Minute)
	defer cancel()
	fmt.Fprintf(os.Stdout, "soak: %s, seed %d\n", length, seed)
	sim, err := b.simulate(ctx, 20*time.Millisecond, "--seed", fmt.Sprint(seed>>1))
	if err != nil {
		return err
	}
	s := &soaking{b: b, rng: rand.New(rand.NewPCG(seed, 0)), fleet: map[string][]string{}}
	s.served, err = b.follow(ctx, sim, every(soakInterval)+soakParallel, func(repo string) error { return s.begin(ctx, sim, repo) })
	if err != nil {
		sim.close()
		return err
	}
	defer func() { err = s.finish(err) }()

	killed := time.Duration(killedShare * float64(length))
	if err := s.trouble(ctx, killed, append(gentle, rough...)); err != nil {
		return err
	}
	before, err := s.rest(ctx, "with kills")
	if err != nil {
		return err
	}
	if err := s.launch(ctx); err != nil {
		return err
	}
	warm := time.Duration(warmShare * float64(length))
	if err := s.trouble(ctx, warm, gentle); err != nil {
		return err
	}
	if err := s.calm(ctx); err != nil {
		return err
	}
	young, err := s.measure()
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "soak: warm: %s\n", young)
	if err := s.trouble(ctx, length-killed-warm, gentle); err != nil {
		return err
	}
	after, err := s.rest(ctx, "in one life")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "soak: %v\n", s.counts)
	return after.against(young, before.goroutines)
}

// soaking is a soak under way.
type soaking struct {
	*served
	b       *bench
	rng     *rand.Rand
	fleet   map[string][]string // compute files by workspace
	commits int
	counts  counted
}

// counted is what happened so far.
type counted struct{ commits, mistakes, drifts, faults, reloads, kills, stops int }

func (c counted) String() string {
	return fmt.Sprintf("%d commits, %d mistakes, %d drifts, %d faults, %d reloads, %d kills, %d stops",
		c.commits, c.mistakes, c.drifts, c.faults, c.reloads, c.kills, c.stops)
}

func soakName(i int) string { return fmt.Sprintf("ml-soak-%d", i) }

// begin draws the first fleet, and makes a cluster in each workspace that is
// not ours.
func (s *soaking) begin(ctx context.Context, sim *simulator, repo string) error {
	for i := range soakWorkspaces {
		name := soakName(i)
		s.fleet[name] = s.draw(name)
		if _, err := newFloor(sim, name).send(ctx, http.MethodPut, sim.url+workspacePath(name)+"/computes/theirs?api-version=2025-12-01", stranger, nil); err != nil {
			return err
		}
	}
	return s.write(repo)
}

const stranger = `{"location":"westeurope","properties":{"computeType":"AmlCompute","properties":{"vmSize":"STANDARD_DS3_V2",` +
	`"scaleSettings":{"minNodeCount":0,"maxNodeCount":4,"nodeIdleTimeBeforeScaleDown":"PT300S"}}}}`

// draw makes up what a workspace declares: clusters of changing size, and
// machines that change their names.
func (s *soaking) draw(workspace string) (docs []string) {
	for i := range 6 {
		if s.rng.IntN(4) > 0 {
			size := []string{"STANDARD_DS3_V2", "STANDARD_DS4_V2"}[s.rng.IntN(5)/4]
			docs = append(docs, fmt.Sprintf("name: cpu%d\ntype: amlcompute\nsize: %s\nmax_instances: %d\n", i, size, 1+s.rng.IntN(5)))
		}
	}
	names := s.rng.Perm(6)
	for i := range 3 {
		if s.rng.IntN(4) > 0 {
			docs = append(docs, fmt.Sprintf("name: box%d\ntype: virtualmachine\nresource_group: rg-vm\nvm_name: %s-%d\n"+
				"ssh_settings: {admin_username: azureml, admin_password: secret://env/COMPUTESYNC_SECRET_VM}\n", names[i], workspace, i))
		}
	}
	return docs
}

// write writes the fleet; no two times are the files the same.
func (s *soaking) write(repo string) error {
	s.commits++
	for name, docs := range s.fleet {
		settings := fmt.Sprintf("# %d\nsubscription_id: %s\nresource_group: %s\nworkspace_name: %s\nlocation: westeurope\nowner: soak\n"+
			"prune: true\nallow_empty: true\nmax_deletions: 50\n", s.commits, subscription, group, name)
		if err := write(filepath.Join(repo, name, "workspace.yaml"), settings); err != nil {
			return err
		}
		if err := write(filepath.Join(repo, name, "computes.yaml"), strings.Join(docs, "---\n")); err != nil {
			return err
		}
	}
	return nil
}

// trouble lets things happen for so long.
func (s *soaking) trouble(ctx context.Context, length time.Duration, events []event) error {
	for began := time.Now(); time.Since(began) < length; {
		if err := events[s.rng.IntN(len(events))](ctx, s); err != nil {
			return err
		}
		if err := pause(ctx, time.Duration(s.rng.IntN(3000))*time.Millisecond); err != nil {
			return err
		}
		if err := s.sound(ctx); err != nil {
			return err
		}
	}
	return nil
}

// calm ends all trouble and waits until nothing is written any more. Then the
// daemon must do nothing but look, once in an interval.
func (s *soaking) calm(ctx context.Context) error {
	if err := s.peace(ctx); err != nil {
		return err
	}
	if err := s.untilQuiet(ctx); err != nil {
		return err
	}
	const intervals = 4
	if err := s.sim.backdoor(ctx, http.MethodPost, "counters/reset", nil, nil); err != nil {
		return err
	}
	if err := pause(ctx, intervals*soakInterval); err != nil {
		return err
	}
	c, err := s.sim.counters(ctx)
	if err != nil {
		return err
	}
	const pages = 1 // of 100, of ten computes at most
	if n := sum(c.Methods); n != c.Kinds["list"] || n > (intervals+1)*soakWorkspaces*pages || n < (intervals-1)*soakWorkspaces {
		return fmt.Errorf("in %d intervals without a difference the daemon sent %v", intervals, c.Kinds)
	}
	return s.sound(ctx)
}

// untilQuiet waits until the daemon says that all is in sync, nothing runs and
// nothing was written for a while. What failed in Azure is tried again after
// minutes.
func (s *soaking) untilQuiet(ctx context.Context) error {
	inSync := fmt.Sprintf("%[1]d workspaces: %[1]d in sync", soakWorkspaces)
	last, since := -1, time.Now()
	err := s.within(ctx, 10*time.Minute, func() (bool, error) {
		c, err := s.sim.counters(ctx)
		if err != nil {
			return false, err
		}
		snap, err := s.snapshot(ctx)
		if err != nil {
			return false, err
		}
		if n := sum(c.Methods) - c.Kinds["list"]; n != last || len(snap.Operations) > 0 {
			last, since = n, time.Now()
		}
		return time.Since(since) > statusInterval && strings.HasPrefix(s.herald.status(), inSync), nil
	})
	if err != nil {
		return fmt.Errorf("%w; its status: %s", err, s.herald.status())
	}
	return nil
}

// rest calms down, takes the daemon's measure, ends it where it stands, and
// has a plan say that all is as declared.
func (s *soaking) rest(ctx context.Context, after string) (measure, error) {
	if err := s.calm(ctx); err != nil {
		return measure{}, err
	}
	m, err := s.measure()
	if err != nil {
		return m, err
	}
	from := s.log.len()
	if err := s.end(syscall.SIGQUIT); err != nil {
		return m, err
	}
	m.goroutines = len(isGoroutine.FindAll(s.log.since(from), -1))
	fmt.Fprintf(os.Stdout, "soak: %s: %s\n", after, m)
	if _, err := s.b.child(ctx, "plan", "--exit-code", "--endpoint", s.sim.url, "--state-dir", s.state, s.repo); err != nil {
		return m, fmt.Errorf("not as declared: %w", err)
	}
	if bytes.Contains(s.log.since(0), []byte(soakSecret)) {
		return m, errors.New("the log holds a secret")
	}
	return m, nil
}

// isGoroutine begins a goroutine in what a Go program prints on SIGQUIT.
var isGoroutine = regexp.MustCompile(`(?m)^goroutine [0-9]+ .*\[`)

// end ends the daemon by a signal.
func (s *soaking) end(sig syscall.Signal) error {
	if err := s.cmd.Process.Signal(sig); err != nil {
		return err
	}
	err := s.cmd.Wait()
	s.cmd = nil
	if sig == syscall.SIGTERM {
		return err
	}
	return nil
}

// finish ends everything, and leaves the log of a failure behind.
func (s *soaking) finish(err error) error {
	defer s.sim.close()
	defer s.herald.close()
	if s.cmd != nil {
		err = errors.Join(err, s.end(syscall.SIGTERM))
	}
	if err == nil {
		fmt.Fprintln(os.Stdout, "soak: converged, nothing grew")
		return nil
	}
	file, e := os.CreateTemp("", "computesync-soak-*.log")
	if e != nil {
		return errors.Join(err, e)
	}
	_, e = file.Write(s.log.since(0))
	return errors.Join(fmt.Errorf("%w\n(after %v; the daemon's log is %s)", err, s.counts, file.Name()), e, file.Close())
}
