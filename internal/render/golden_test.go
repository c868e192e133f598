package render

import (
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// TestGolden pins all three forms of one plan.
func TestGolden(t *testing.T) {
	got := render(t, fleet())
	golden(t, "fleet.txt", got.text)
	golden(t, "fleet.md", got.markdown)
	golden(t, "fleet.json", got.json)
	var b strings.Builder
	if err := Text(&b, fleet(), Style{Color: true}); err != nil {
		t.Fatal(err)
	}
	golden(t, "fleet.color", b.String())
}

// TestGoldenBase pins a plan that was compared with another commit: what is
// introduced stands apart from what is already there.
func TestGoldenBase(t *testing.T) {
	p := fleet()
	p.Base = &plan.Base{Revision: "origin/main", Commit: "bbce03c7d54b9cd07c9e5b21a5824787b6119f8b", Head: p.Commit}
	for i := range p.Workspaces {
		ws := &p.Workspaces[i]
		for j := range ws.Changes {
			introduced := i == 0 && j%2 == 0
			ws.Changes[j].Introduced = &introduced
		}
	}
	got := render(t, p)
	golden(t, "base.txt", got.text)
	golden(t, "base.md", got.markdown)
	golden(t, "base.json", got.json)
	if err := checkComment(got.markdown, p); err != nil {
		t.Error(err)
	}
}

// TestGoldenNothing pins what a plan says that changes nothing.
func TestGoldenNothing(t *testing.T) {
	ws := workspace("ml-prod")
	ws.Changes, ws.Unchanged = []plan.Change{}, 12
	got := render(t, summed(&plan.Plan{Commit: "sha256:0123456789abcdef", Hash: "fedcba9876543210", Workspaces: []plan.Workspace{ws}}))
	golden(t, "nothing.txt", got.text)
	golden(t, "nothing.md", got.markdown)
	golden(t, "nothing.json", got.json)
}

// TestGoldenNotices pins a plan that changes nothing, and has something to say.
func TestGoldenNotices(t *testing.T) {
	ws, quiet := workspace("ml-prod"), workspace("ml-dev")
	ws.Changes, ws.Unchanged = []plan.Change{}, 12
	quiet.Changes = []plan.Change{}
	ws.Notices = []plan.Notice{{Name: "cpu", Code: plan.Degraded, Text: "ClusterCoreQuotaReached: " +
		"the cluster cannot be given more nodes: quota reached; it has 0 of at least 2 nodes"}}
	got := render(t, summed(&plan.Plan{Commit: "sha256:0123456789abcdef", Hash: "fedcba9876543210", Workspaces: []plan.Workspace{quiet, ws}}))
	golden(t, "noticed.txt", got.text)
	golden(t, "noticed.md", got.markdown)
	golden(t, "noticed.json", got.json)
}

// TestExpiring tells in one line what is to go and when, and nothing of what
// stays.
func TestExpiring(t *testing.T) {
	ws := workspace("ml-prod")
	ws.Expiring = []plan.Expiry{{Name: "nightly", At: time.Date(2026, 12, 24, 19, 0, 0, 0, time.FixedZone("", 3600))}}
	got := render(t, summed(&plan.Plan{Workspaces: []plan.Workspace{ws, workspace("ml-dev")}}))
	if line := "\n  no longer desired from: nightly at 2026-12-24T18:00:00Z\n"; strings.Count(got.text, "no longer") != 1 || !strings.Contains(got.text, line) {
		t.Errorf("got:\n%s", got.text)
	}
	if line := "\nNo longer desired from: <code>nightly at 2026-12-24T18&#58;00&#58;00Z</code>\n"; !strings.Contains(got.markdown, line) {
		t.Errorf("got:\n%s", got.markdown)
	}
}

// TestMadeStopped tells of a new instance that is stopped at once.
func TestMadeStopped(t *testing.T) {
	desk := &spec.Compute{Name: "desk", Kind: spec.KindByName("computeinstance"), Values: map[string]any{"size": "Standard_DS3_v2"}, Lifecycle: spec.Lifecycle{State: spec.StateStopped}}
	ws := workspace("ml-prod")
	ws.Changes = []plan.Change{{Name: "desk", Kind: "computeinstance", Action: plan.Create, Desired: desk}}
	got := render(t, summed(&plan.Plan{Workspaces: []plan.Workspace{ws}}))
	if !strings.Contains(got.text, "\n      computesync.state: stopped\n") || !strings.Contains(got.markdown, "\n+ computesync.state: stopped\n") {
		t.Errorf("got:\n%s\n%s", got.text, got.markdown)
	}
}
