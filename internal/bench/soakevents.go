package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// event is something that happens in a soak.
type event func(ctx context.Context, s *soaking) error

// gentle are the events that a daemon lives through, rough those that end it.
var (
	gentle = []event{change, change, change, mistake, drift, drift, drift, fault, fault, clearFaults, lag, jobs, reload}
	rough  = []event{kill, kill, restart}
)

func (s *soaking) anyWorkspace() string { return soakName(s.rng.IntN(soakWorkspaces)) }

// change commits something else for some workspaces.
func change(ctx context.Context, s *soaking) error {
	for range 1 + s.rng.IntN(3) {
		ws := s.anyWorkspace()
		s.fleet[ws] = s.draw(ws)
	}
	if err := s.write(s.repo); err != nil {
		return err
	}
	s.counts.commits++
	return s.commit(ctx)
}

// mistake commits something that cannot be right.
func mistake(ctx context.Context, s *soaking) error {
	s.counts.mistakes++
	file := filepath.Join(s.repo, s.anyWorkspace(), "computes.yaml")
	if err := write(file, fmt.Sprintf("name: [ # %d\n", s.commits)); err != nil {
		return err
	}
	s.commits++
	return s.commit(ctx)
}

// drift changes or removes one of our computes behind the daemon's back.
func drift(ctx context.Context, s *soaking) error {
	snap, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	path, c, ok := s.pick(snap)
	if !ok {
		return nil
	}
	s.counts.drifts++
	if s.rng.IntN(3) == 0 || c.Properties.ComputeType != amlCompute {
		return s.sim.backdoor(ctx, http.MethodDelete, path, nil, nil)
	}
	return s.sim.backdoor(ctx, http.MethodPut, path,
		json.RawMessage(`{"properties":{"properties":{"scaleSettings":{"maxNodeCount":99}}}}`), nil)
}

// jobs come to a cluster of ours, or end.
func jobs(ctx context.Context, s *soaking) error {
	snap, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	if path, c, ok := s.pick(snap); ok && c.Properties.ComputeType == amlCompute {
		return s.sim.backdoor(ctx, http.MethodPost, path+"/nodes", map[string]int{"running": s.rng.IntN(3)}, nil)
	}
	return nil
}

// fault lays a few in wait.
func fault(ctx context.Context, s *soaking) error {
	for range 1 + s.rng.IntN(3) {
		s.counts.faults++
		f := []map[string]any{
			{"status": 500},
			{"status": 503, "retryAfter": "1s"},
			{"status": 429, "retryAfter": "2s"},
			{"drop": true},
			{"drop": true, "after": true},
			{"truncate": true, "after": true},
			{"status": 504, "after": true},
			{"delay": "2s"},
			{"status": 403, "code": "AuthorizationFailed"},
		}[s.rng.IntN(9)]
		kinds := []string{"list", "get", "put", "patch", "delete", "status"}
		f["match"] = map[string]string{"kind": kinds[s.rng.IntN(len(kinds))]}
		f["skip"], f["times"] = s.rng.IntN(4), 1+s.rng.IntN(6)
		if err := s.sim.backdoor(ctx, http.MethodPost, "faults", f, nil); err != nil {
			return err
		}
	}
	return nil
}

// lag lets half of the reads be old from now on, or none.
func lag(ctx context.Context, s *soaking) error {
	return s.setLag(ctx, map[string]any{"lag": fmt.Sprintf("%ds", s.rng.IntN(11)), "share": 0.5, "replicas": 3})
}

func (s *soaking) setLag(ctx context.Context, lag map[string]any) error {
	return s.sim.backdoor(ctx, http.MethodPut, "lag", lag, nil)
}

func clearFaults(ctx context.Context, s *soaking) error {
	return s.sim.backdoor(ctx, http.MethodDelete, "faults", nil, nil)
}

func reload(_ context.Context, s *soaking) error {
	s.counts.reloads++
	return s.cmd.Process.Signal(syscall.SIGHUP)
}

func kill(ctx context.Context, s *soaking) error {
	s.counts.kills++
	if err := s.end(syscall.SIGKILL); err != nil {
		return err
	}
	return s.launch(ctx)
}

func restart(ctx context.Context, s *soaking) error {
	s.counts.stops++
	if err := s.end(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop the daemon: %w", err)
	}
	return s.launch(ctx)
}

// peace ends all of it: no faults, no jobs, and a commit without mistakes.
func (s *soaking) peace(ctx context.Context) error {
	if err := errors.Join(clearFaults(ctx, s), s.setLag(ctx, map[string]any{})); err != nil {
		return err
	}
	if err := pause(ctx, 5*time.Second); err != nil { // what was delayed arrives
		return err
	}
	snap, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	for _, ws := range snap.Workspaces {
		for _, c := range ws.Computes {
			if c.Properties.ComputeType == amlCompute && c.Name != "theirs" {
				if err := s.sim.backdoor(ctx, http.MethodPost, ws.path(c)+"/nodes", map[string]int{}, nil); err != nil {
					return err
				}
			}
		}
	}
	if err := s.write(s.repo); err != nil {
		return err
	}
	return s.commit(ctx)
}

const amlCompute = "AmlCompute"

// snapshot is of the simulator's what a soak looks at.
type snapshot struct {
	Workspaces         []workspaceSnapshot `json:"workspaces"`
	Operations         []json.RawMessage   `json:"operations"`
	DestroyedResources []string            `json:"destroyedResources"`
	OrphanedResources  []string            `json:"orphanedResources"`
}

type workspaceSnapshot struct {
	Name     string            `json:"name"`
	Computes []compute         `json:"computes"`
	Ghosts   map[string]string `json:"ghosts"`
}

type compute struct {
	Name       string `json:"name"`
	Properties struct {
		ComputeType        string          `json:"computeType"`
		ResourceID         string          `json:"resourceId"`
		ProvisioningErrors json.RawMessage `json:"provisioningErrors"`
		Properties         struct {
			ScaleSettings struct {
				MaxNodeCount int `json:"maxNodeCount"`
			} `json:"scaleSettings"`
		} `json:"properties"`
	} `json:"properties"`
}

// path is the back door of a compute.
func (w *workspaceSnapshot) path(c compute) string {
	return strings.Join([]string{"workspaces", subscription, group, w.Name, "computes", c.Name}, "/")
}

func (s *soaking) snapshot(ctx context.Context) (snap snapshot, err error) {
	err = s.sim.backdoor(ctx, http.MethodGet, "snapshot", nil, &snap)
	return snap, err
}

// pick is some compute that is not a stranger's.
func (s *soaking) pick(snap snapshot) (path string, c compute, ok bool) {
	if len(snap.Workspaces) == 0 {
		return "", c, false
	}
	ws := &snap.Workspaces[s.rng.IntN(len(snap.Workspaces))]
	if len(ws.Computes) == 0 {
		return "", c, false
	}
	c = ws.Computes[s.rng.IntN(len(ws.Computes))]
	return ws.path(c), c, c.Name != "theirs"
}

// sound checks what must hold at any moment: nothing is destroyed, left behind
// or attached twice, and the strangers are as they were.
func (s *soaking) sound(ctx context.Context) error {
	snap, err := s.snapshot(ctx)
	if err != nil {
		return err
	}
	if len(snap.DestroyedResources)+len(snap.OrphanedResources) > 0 {
		return fmt.Errorf("destroyed %v, left behind %v", snap.DestroyedResources, snap.OrphanedResources)
	}
	for _, ws := range snap.Workspaces {
		attached, theirs := map[string]string{}, 0
		for _, c := range ws.Computes {
			id := strings.ToLower(c.Properties.ResourceID)
			switch {
			case c.Name == "theirs":
				theirs = c.Properties.Properties.ScaleSettings.MaxNodeCount
			case id != "" && attached[id] != "":
				return fmt.Errorf("%s: %s is attached twice: as %s and as %s", ws.Name, id, attached[id], c.Name)
			case strings.Contains(string(c.Properties.ProvisioningErrors), "ComputeTargetBroken"):
				return fmt.Errorf("%s: %s was broken by a second attachment", ws.Name, c.Name)
			}
			attached[id] = c.Name
		}
		if theirs != 4 || len(ws.Ghosts) > 0 {
			return fmt.Errorf("%s: the stranger's cluster has %d nodes at most, want 4; detached clusters: %v", ws.Name, theirs, ws.Ghosts)
		}
	}
	return nil
}

// measure is what a process holds.
type measure struct {
	rss                              int64
	threads, descriptors, goroutines int // goroutines only of one that has ended
}

func (m measure) String() string {
	text := fmt.Sprintf("%.0f MiB, %d threads, %d descriptors", float64(m.rss)/(1<<20), m.threads, m.descriptors)
	if m.goroutines > 0 {
		text += fmt.Sprintf(", %d goroutines", m.goroutines)
	}
	return text
}

// against fails where a measure is beyond what an earlier one allows: the heap
// and the number of idle connections go up and down by some.
func (m measure) against(young measure, goroutines int) error {
	if m.rss > young.rss+young.rss/4+10<<20 || m.threads > young.threads+8 || m.descriptors > young.descriptors+12 || m.goroutines > goroutines+20 {
		return fmt.Errorf("the daemon grew from %s and %d goroutines to %s", young, goroutines, m)
	}
	return nil
}

func (d *served) measure() (m measure, err error) {
	if m.rss, err = d.resident(); err != nil {
		return m, err
	}
	for dir, n := range map[string]*int{"task": &m.threads, "fd": &m.descriptors} {
		entries, err := os.ReadDir(filepath.Join("/proc", fmt.Sprint(d.cmd.Process.Pid), dir))
		if err != nil {
			return m, err
		}
		*n = len(entries)
	}
	return m, nil
}
