package plan_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
)

// BenchmarkTenThousand reads 10,000 specs from disk, checks them, compares
// them with 10,000 computes of which one in a hundred differs, and plans. Its
// goal is 1 s of CPU, garbage collection included.
func BenchmarkTenThousand(b *testing.B) {
	const n = 10_000
	dir := b.TempDir()
	write(b, filepath.Join(dir, spec.WorkspaceFile), "subscription_id: 11111111-2222-3333-4444-555555555555\nresource_group: rg-ml\nworkspace_name: ml-prod\n")
	for i := range n {
		write(b, filepath.Join(dir, fmt.Sprintf("team-%03d/cpu%05d.yaml", i/100, i)), fmt.Sprintf(
			"name: cpu%05d\ntype: amlcompute\nsize: Standard_DS3_v2\nmin_instances: 0\nmax_instances: 4\nidle_time_before_scale_down: 300\ntags:\n  team: ml\n", i))
	}
	actual := live(load(b, dir).Workspaces[0])
	b.ReportAllocs()
	b.ResetTimer()
	start := cpu(b)
	for b.Loop() {
		ws := load(b, dir).Workspaces[0]
		p := plan.Build("", []plan.Input{{Desired: ws, Actual: actual, Now: time.Now()}})
		if p.Steps() != n/100 {
			b.Fatalf("%d steps, want %d", p.Steps(), n/100)
		}
	}
	b.ReportMetric((cpu(b)-start).Seconds()/float64(b.N), "cpu-s/op")
}

func load(b *testing.B, dir string) *spec.Set {
	b.Helper()
	snapshot, err := source.Folder(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	set := spec.Load(snapshot.Files, spec.Options{})
	if !set.Valid() {
		b.Fatal(set.AllErrors())
	}
	return set
}

// live is the workspace as it would be had the specs been applied before one
// in a hundred changed.
func live(ws *spec.Workspace) []*spec.Compute {
	actual := make([]*spec.Compute, len(ws.Computes))
	for i, d := range ws.Computes {
		a := &spec.Compute{
			Name: d.Name, Kind: d.Kind, Values: maps.Clone(d.Values),
			Live: &spec.Live{ComputeType: d.Kind.ComputeType, CreatedOn: "2025-11-23T10:00:00Z", ProvisioningState: "Succeeded"},
		}
		tags := maps.Clone(d.Tags())
		tags[spec.OwnerTag] = spec.OwnerValue(ws.Settings.Owner, d.Name, false)
		a.Values["tags"] = tags
		if i%100 == 0 {
			a.Values["max_instances"] = int64(3)
		}
		actual[i] = a
	}
	return actual
}

func write(b *testing.B, file, text string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}

// cpu is what this process has used so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
