package render_test

import (
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/render"
	"github.com/computesync/computesync/internal/spec"
)

// TestStatusSteering shows what is suspended, by whom and why, and how to
// approve what waits.
func TestStatusSteering(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	hash := strings.Repeat("0123abcd", 4)
	var b strings.Builder
	err := render.Status(&b, &daemon.Report{At: at, Workspaces: []daemon.WorkspaceReport{{
		ID: spec.WorkspaceID{Subscription: "s", ResourceGroup: "rg", Name: "ml-prod"}, Phase: daemon.HeldBack, Since: at.Add(-time.Hour), Next: at.Add(time.Minute),
		Plan: hash, Waits: true,
		Held: []daemon.Held{{Name: "gpu", Action: plan.Delete, Code: plan.Approval, Text: "because", Since: at.Add(-time.Hour)}},
		Suspended: []daemon.Suspended{
			{Reason: "audit", InGit: true},
			{Computes: "gpu-*", Reason: "incident\x1b[8m 42", By: "ann", Until: at.Add(90 * time.Minute)},
		},
	}}}, false)
	want := `1 workspace: 1 held

WORKSPACE  STATE  SINCE  COMMIT  HELD  NEXT LOOK
ml-prod    held   60m    -       1     in 60s
  suspended: all of it in git: audit
  suspended: gpu-* by ann until 2026-11-25 13:30Z (in 90m): incident\u001b[8m 42
  approval: waits for computesync approve ` + hash + `
  held: delete gpu for 60m (approval): because
`
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, b.String())
	}
}

// TestStatusRefused says in its first line that a commit is refused, also
// where everything is in sync with the one before.
func TestStatusRefused(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	var b strings.Builder
	err := render.Status(&b, &daemon.Report{At: at, Workspaces: []daemon.WorkspaceReport{{
		ID: spec.WorkspaceID{Subscription: "s", ResourceGroup: "rg", Name: "ml-prod"}, Phase: daemon.InSync, Since: at, Next: at.Add(time.Minute),
		Mistakes: 1, Mistake: "ws/computes.yaml:3:1: because",
	}}}, false)
	if first, _, _ := strings.Cut(b.String(), "\n"); err != nil || first != "1 workspace: 1 in sync; 1 with a refused commit" {
		t.Errorf("%v\n%s", err, b.String())
	}
}
