package apply_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/armsim"
)

// killSeed replays a run of TestKill.
const killSeed = "COMPUTESYNC_KILL_SEED"

// TestKill kills the real binary with SIGKILL at random moments while it
// applies specs that change each time. In the end the workspace is as declared,
// and nothing happened on the way that must not.
func TestKill(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	if s := os.Getenv(killSeed); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%s=%d", killSeed, seed)
	b := newBinary(t, rand.New(rand.NewPCG(seed, 0)))
	theirs := b.seed()
	killed := 0
	for range 40 {
		b.declare()
		if b.apply(time.Duration(b.rng.IntN(1300)) * time.Millisecond) {
			killed++
		}
		b.check(theirs)
	}
	t.Logf("killed %d times", killed)
	if killed < 10 {
		t.Errorf("only %d of 40 were killed on their way", killed)
	}
	b.converge()
	b.check(theirs)
}

// binary is the program, a simulator that it serves, and specs for it.
type binary struct {
	t        *testing.T
	rng      *rand.Rand
	program  string
	endpoint string // of the simulator
	specs    string // folder
	state    string // folder of the journal
}

func newBinary(t *testing.T, rng *rand.Rand) *binary {
	t.Helper()
	b := &binary{t: t, rng: rng, program: filepath.Join(t.TempDir(), "computesync"), specs: t.TempDir(), state: t.TempDir()}
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-X github.com/computesync/computesync/internal/apply.settle=300ms",
		"-o", b.program, "github.com/computesync/computesync/cmd/computesync")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	sim := exec.CommandContext(ctx, b.program, "simulate", "--listen", "127.0.0.1:0", "--operation-time", "150ms", "--latency", "5ms",
		"--read-lag", "200ms", "--read-lag-share", "0.5")
	out, err := sim.StdoutPipe()
	if err == nil {
		err = sim.Start()
	}
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = sim.Wait() // killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("simulator: %v", err)
	}
	b.endpoint = strings.TrimSpace(line[strings.Index(line, "http://"):])
	return b
}

// seed puts computes there that are not ours, and returns their documents.
func (b *binary) seed() map[string]string {
	b.t.Helper()
	for name, properties := range map[string]string{
		"their-gpu":  `{"computeType":"AmlCompute","properties":{"vmSize":"STANDARD_DS3_V2","scaleSettings":{"maxNodeCount":3}}}`,
		"their-desk": `{"computeType":"ComputeInstance","properties":{"vmSize":"STANDARD_DS3_V2"}}`,
		"their-vm": `{"computeType":"VirtualMachine","resourceId":"` + machineID("theirs") +
			`","properties":{"administratorAccount":{"username":"x","password":"y"}}}`,
	} {
		b.backdoor(http.MethodPut, "workspaces/"+subscription+"/rg-ml/ml-test/computes/"+name, []byte(`{"properties":`+properties+`}`), nil)
	}
	var s armsim.Snapshot
	b.backdoor(http.MethodGet, "snapshot", nil, &s)
	return foreign(s)
}

// backdoor asks the simulator what no client can.
func (b *binary) backdoor(method, path string, body []byte, into any) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.endpoint+"/_sim/"+path, bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode/100 != 2 {
		b.t.Fatalf("%s %s: %d %v: %s", method, path, res.StatusCode, err, data)
	}
	if into != nil {
		if err := json.Unmarshal(data, into); err != nil {
			b.t.Fatal(err)
		}
	}
}

// declare writes other specs.
func (b *binary) declare() {
	b.t.Helper()
	docs := randomSpecs(b.rng)
	files := map[string]string{"workspace.yaml": head + "allow_empty: true\n", "all.yaml": strings.Join(docs, "---\n")}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(b.specs, name), []byte(content), 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
}

// command runs the program until it ends or the time is over: then it is
// killed. It returns the exit code, -1 when killed.
func (b *binary) command(limit time.Duration, args ...string) (code int, output string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.program, append(args, "--endpoint", b.endpoint, "--state-dir", b.state, b.specs)...)
	cmd.Env = append(os.Environ(), "COMPUTESYNC_SECRET_VM=hunter2-first")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, string(out)
	case errors.As(err, &exit):
		return exit.ExitCode(), string(out)
	}
	return -1, string(out)
}

// apply reports whether it was killed. Unkilled it ends well, but that
// attachments which a killed process was moving from name to name may have to
// go another way: what they were to attach has gone elsewhere by now.
func (b *binary) apply(limit time.Duration) (killed bool) {
	b.t.Helper()
	code, out := b.command(limit, "apply", "--auto-approve")
	for line := range strings.Lines(out) {
		if code > 0 && strings.Contains(line, "error: ") && !strings.Contains(line, "by now: planning anew") {
			b.t.Errorf("apply ended with %d: %s", code, out)
			break
		}
	}
	return code < 0
}

func (b *binary) converge() {
	b.t.Helper()
	for range 5 {
		if b.apply(time.Minute) {
			b.t.Fatal("the last apply does not end")
		}
		if code, _ := b.command(time.Minute, "plan", "--exit-code"); code == 0 {
			return
		}
	}
	code, out := b.command(time.Minute, "plan", "--exit-code")
	b.t.Errorf("plan ended with %d: %s", code, out)
}

// check looks for what must never have happened.
func (b *binary) check(theirs map[string]string) {
	b.t.Helper()
	var s armsim.Snapshot
	b.backdoor(http.MethodGet, "snapshot", nil, &s)
	if len(s.DestroyedResources) > 0 {
		b.t.Fatalf("destroyed %v", s.DestroyedResources)
	}
	if text := text(s); strings.Contains(text, "ComputeTargetBroken") {
		b.t.Fatalf("an attachment was broken by a second one: %s", text)
	}
	if d := cmp.Diff(theirs, foreign(s)); d != "" {
		b.t.Fatalf("what is not ours was touched: %s", d)
	}
}

// foreign are the documents of what is not ours, by name.
func foreign(s armsim.Snapshot) map[string]string {
	found := map[string]string{}
	for _, raw := range s.Workspaces[0].Computes {
		var c struct{ Name string }
		if err := json.Unmarshal(raw, &c); err == nil && strings.HasPrefix(c.Name, "their-") {
			found[c.Name] = text(raw)
		}
	}
	return found
}
