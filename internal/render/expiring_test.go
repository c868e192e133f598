package render

import (
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/plan"
)

// TestExpiring tells in one line what is to go and when.
func TestExpiring(t *testing.T) {
	at := time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)
	p := &plan.Plan{Hash: "0123456789abcdef", Workspaces: []plan.Workspace{{Expiring: []plan.Expiry{{Name: "nightly", At: at}, {Name: "sweep", At: at.Add(time.Minute)}}}, {}}}
	var b strings.Builder
	if err := Text(&b, p, Style{}); err != nil {
		t.Fatal(err)
	}
	if line := "\n  no longer desired from: nightly at 2026-12-24T18:00:00Z, sweep at 2026-12-24T18:01:00Z\n"; strings.Count(b.String(), "no longer") != 1 || !strings.Contains(b.String(), line) {
		t.Errorf("got:\n%s", b.String())
	}
}
