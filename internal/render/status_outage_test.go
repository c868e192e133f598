package render_test

import (
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/render"
	"github.com/computesync/computesync/internal/spec"
)

// TestStatusOutage shows an outage once, and errors of another cause all the same.
func TestStatusOutage(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	const down = "reach Azure Resource Manager at https://management.azure.com: no answer since 2026-11-25T11:57:00Z: 503 Service Unavailable"
	workspace := func(name string, phase daemon.Phase, err string) daemon.WorkspaceReport {
		return daemon.WorkspaceReport{
			ID: spec.WorkspaceID{Subscription: "s", ResourceGroup: "rg", Name: name}, Phase: phase, Since: at.Add(-time.Hour),
			Next: at.Add(9 * time.Second), Error: err, Hint: map[bool]string{true: "hint of " + name}[err != ""],
		}
	}
	r := &daemon.Report{
		At: at,
		Outage: &daemon.Outage{
			Endpoint: "https://management.azure.com", Since: at.Add(-3 * time.Minute), Error: down, Hint: "look at the\x1b[8m sky",
			Reason: "dial: connection\x1b[8m refused", Next: at.Add(8 * time.Second),
		},
		Workspaces: []daemon.WorkspaceReport{
			workspace("ml-a", daemon.Failing, down), workspace("ml-b", daemon.Failing, "the journal is full"), workspace("ml-c", daemon.InSync, ""),
		},
	}
	const table = `3 workspaces: 1 in sync, 2 failing

WORKSPACE  STATE    SINCE  COMMIT  HELD  NEXT LOOK
ml-a       failing  60m    -       -     in 9s
`
	var b strings.Builder
	if err := render.Status(&b, r, false); err != nil {
		t.Fatal(err)
	}
	want := `Azure Resource Manager at https://management.azure.com has not answered since
  11:57:00Z (3m): dial: connection\u001b[8m refused; next try in 8s
hint: look at the\u001b[8m sky

` + table + `ml-b       failing  60m    -       -     in 9s
  error: the journal is full
  hint: hint of ml-b
ml-c       in sync  60m    -       -     in 9s
`
	if b.String() != want {
		t.Errorf("got\n%s", b.String())
	}
	r.Outage = nil
	b.Reset()
	if err := render.Status(&b, r, false); err != nil || !strings.HasPrefix(b.String(), table+"  error: reach Azure Resource Manager at") {
		t.Errorf("after it: %v\n%s", err, b.String())
	}
}
