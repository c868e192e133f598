package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// visitor watches the demo, and interrupts it once told how to play with it.
type visitor struct {
	bytes.Buffer
	leave chan struct{}
}

func (v *visitor) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("All of it keeps running until Ctrl-C")) {
		close(v.leave)
	}
	return v.Buffer.Write(p)
}

// TestDemo plays the whole story, faster than a reader wants it.
func TestDemo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	out := &visitor{leave: make(chan struct{})}
	d := &demo{
		app:       &app{stdio: streams(strings.NewReader(""), out, out), interrupt: out.leave},
		operation: 100 * time.Millisecond, drift: 200 * time.Millisecond,
	}
	if err := d.run(t.Context(), true); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"1. First sync", "✓          ml-dev has the", "✓          ml-prod has 4 of the 5, and Azure refuses gpu-train",
		"create gpu-train: failed: PUT .../computes/gpu-train: 400 Bad Request: ClusterMinNodesExceedCoreQuota",
		"✓          the daemon has tried again, and gpu-train is there",
		"(cpu-cluster): max_instances: 4 → 8", "✓          the cluster may grow to 8 nodes",
		"✓          the cluster is back at 8 nodes, as git says",
		"error: dev/clusters.yaml:7:16: expected a whole number", "✓          meanwhile the last good commit holds",
		"✓          the next good commit goes on: 12 nodes",
		"✓          the machine is attached as training-vm",
		"is held (busy): sweep-cluster has 1 running", "✓          now it goes",
		"That was the loop", "git commit -am", "/_sim/workspaces/",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the story lacks %q", want)
		}
	}
	for _, not := range []string{"\x1b", "hint: \n", "pass failed", "unavailable"} {
		if strings.Contains(out.String(), not) {
			t.Errorf("the story has %q", not)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// TestDemoStopsWithItsReader: demo | head ends at once, and leaves nothing.
func TestDemoStopsWithItsReader(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	d := &demo{app: &app{stdio: streams(strings.NewReader(""), w, w)}}
	if err := d.run(t.Context(), false); err == nil || !strings.Contains(err.Error(), "broken pipe") {
		t.Errorf("err = %v, want a broken pipe", err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
