package journal

import (
	"testing"
	"time"

	"github.com/computesync/computesync/internal/spec"
	"github.com/google/go-cmp/cmp"
)

// TestUnrouted keeps what Azure did not take, once each, and drops what is over.
func TestUnrouted(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	at := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	one := spec.Unrouted{Action: "resize", Version: "v", At: at, Text: "404"}
	value := spec.Unrouted{Action: "resize", Version: "v", At: at, Text: "400", Name: "box", Want: "D"}
	for _, u := range []spec.Unrouted{one, value, one} {
		must(t, j.Workspace("a").Save(Update{Unrouted: &u}))
	}
	must(t, j.Close())
	w := open(t, dir).Workspace("a")
	all, err := w.Unrouted()
	must(t, err)
	if d := cmp.Diff([]spec.Unrouted{value, one}, all); d != "" {
		t.Error(d)
	}
	later := spec.Unrouted{Action: "enableSso", Version: "v", At: at.Add(spec.UnroutedFor)}
	must(t, w.Save(Update{Unrouted: &later}))
	all, err = w.Unrouted()
	must(t, err)
	if d := cmp.Diff([]spec.Unrouted{later}, all); d != "" {
		t.Error(d)
	}
}
