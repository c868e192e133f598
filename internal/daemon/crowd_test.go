package daemon

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/spec"
)

// BenchmarkReport is the report of 1,000 workspaces with 10 computes each.
func BenchmarkReport(b *testing.B) {
	j, err := journal.Open(filepath.Join(b.TempDir(), "state"), journal.NoKey)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	d := New(Options{Reconciler: &Reconciler{Journal: j}, Drift: time.Hour, Log: zerolog.Nop()})
	for i := range 1000 {
		id := spec.WorkspaceID{Subscription: "s", ResourceGroup: "g", Name: fmt.Sprintf("ml-%d", i)}
		l := newLoop(d, id)
		l.claims[0] = &claim{source: "fleet", ws: &spec.Workspace{ID: id}}
		l.now = l.choose()
		for n := range 10 {
			l.record.computes = append(l.record.computes, Compute{Name: fmt.Sprintf("cpu-%d", n), State: ComputeInSync})
		}
		d.loops[id.Key()] = l
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := d.Report(); len(r.Workspaces) != 1000 {
			b.Fatal(len(r.Workspaces))
		}
	}
}
