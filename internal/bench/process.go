package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// figures are what one run of our binary took.
type figures struct {
	wall, cpu           time.Duration
	rss                 int64 // most bytes resident
	requests, throttled int
}

// bench is the binary and a folder that goes away at the end.
type bench struct {
	dir    string
	binary string
	runs   int // so far: names folders
}

// newBench builds the binary as a release does.
func newBench(ctx context.Context) (*bench, error) {
	dir, err := os.MkdirTemp("", "computesync-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{dir: dir, binary: filepath.Join(dir, "computesync")}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.binary, "github.com/computesync/computesync/cmd/computesync")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("build: %w\n%s", err, out)
	}
	return b, nil
}

// newDir returns a fresh folder.
func (b *bench) newDir() string {
	b.runs++
	return filepath.Join(b.dir, fmt.Sprint(b.runs))
}

// child runs the binary to its end. Any exit code but 0 is an error.
//
// On Linux the memory of a process counts from before it becomes our binary,
// when it is still this driver: this one must stay the smaller of the two.
func (b *bench) child(ctx context.Context, args ...string) (figures, error) {
	cmd := exec.CommandContext(ctx, b.binary, args...)
	cmd.Env = append(os.Environ(), "COMPUTESYNC_SECRET_VM="+soakSecret)
	var text bytes.Buffer
	cmd.Stderr = &text
	start := time.Now()
	err := cmd.Run()
	f := figures{wall: time.Since(start)}
	if err != nil {
		return f, fmt.Errorf("computesync %s: %w\n%s", strings.Join(args, " "), err, text.Bytes())
	}
	f.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.rss = usage.Maxrss * 1024
	}
	return f, nil
}

// median runs the binary several times and returns the figures of the run
// with the median time, and the most memory of any.
func median(times int, run func() (figures, error)) (figures, error) {
	all := make([]figures, times)
	rss := int64(0)
	for i := range all {
		var err error
		if all[i], err = run(); err != nil {
			return figures{}, err
		}
		rss = max(rss, all[i].rss)
	}
	slices.SortFunc(all, func(x, y figures) int { return int(x.wall - y.wall) })
	f := all[times/2]
	f.rss = rss
	return f, nil
}

// simulator is a running `computesync simulate`.
type simulator struct {
	cmd *exec.Cmd
	url string
}

// The service of the goals: what a request takes, a page holds, an operation
// runs.
const (
	latency       = 40 * time.Millisecond
	operationTime = 2 * time.Second
	pageSize      = "100"
)

func (b *bench) simulate(ctx context.Context, latency time.Duration, args ...string) (*simulator, error) {
	s := &simulator{}
	s.cmd = exec.CommandContext(ctx, b.binary, append([]string{
		"simulate", "--listen", "127.0.0.1:0", "--exact-status-urls", "--latency", latency.String(),
		"--page-size", pageSize, "--operation-time", operationTime.String(),
	}, args...)...)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) == 0 {
		return nil, fmt.Errorf("start simulator: %w", err)
	}
	s.url = words[len(words)-1]
	return s, nil
}

func (s *simulator) close() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

// counted runs do with the simulator's counters at zero and adds what they
// show afterwards.
func (s *simulator) counted(ctx context.Context, do func() (figures, error)) (figures, error) {
	if err := s.backdoor(ctx, http.MethodPost, "counters/reset", nil, nil); err != nil {
		return figures{}, err
	}
	f, err := do()
	if err != nil {
		return f, err
	}
	c, err := s.counters(ctx)
	f.requests, f.throttled = sum(c.Methods), c.Throttled
	return f, err
}

// counters are what the simulator counted since the last reset.
type counters struct {
	Methods   map[string]int `json:"methods"`
	Kinds     map[string]int `json:"kinds"`
	Throttled int            `json:"throttled"`
}

func (s *simulator) counters(ctx context.Context) (c counters, err error) {
	err = s.backdoor(ctx, http.MethodGet, "counters", nil, &c)
	return c, err
}

func (s *simulator) backdoor(ctx context.Context, method, path string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, s.url+"/_sim/"+path, &body)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusInternalServerError || resp.StatusCode == http.StatusBadRequest {
		return fmt.Errorf("simulator: %s %s: %s", method, path, resp.Status)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
