package spec

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestVersionsOfActions has the order in which api-versions are tried.
func TestVersionsOfActions(t *testing.T) {
	for _, c := range []struct {
		action     *Action
		base, want string
	}{
		{updateIdle, "2025-12-01", "2025-12-01 2021-07-01"},
		{updateSchedules, "2022-10-01", "2022-10-01"},
		{updateSchedules, "2024-04-01-preview", "2024-04-01-preview 2022-10-01"},
		{enableSSO, "2025-12-01", "2024-04-01-preview 2025-12-01"},
		{enableSSO, "2023-08-01-preview", "2024-04-01-preview 2023-08-01-preview"},
		{enableSSO, "2025-01-01-preview", "2025-01-01-preview 2024-04-01-preview"},
		{customServices, "2025-12-01", "2023-08-01-preview 2025-12-01"},
		{resize, "2025-12-01", ""},
		{resize, "2022-10-01-preview", ""},
		{resize, "2024-04-01-preview", "2024-04-01-preview"},
	} {
		if got := strings.Join(c.action.Versions(c.base), " "); got != c.want {
			t.Errorf("%s with %s configured: %q, want %q", c.action.Name, c.base, got, c.want)
		}
	}
}

// TestStops has what keeps an action from being sent again, and for how long.
func TestStops(t *testing.T) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	box := &Compute{Name: "Box", Kind: computeinstance, Live: &Live{State: "Running"}}
	for _, c := range []struct {
		name string
		u    Unrouted
		want bool
	}{
		{"the action", Unrouted{Action: "resize", Version: "v", At: now}, true},
		{"another action", Unrouted{Action: "enableSso", Version: "v", At: now}, false},
		{"another version", Unrouted{Action: "resize", Version: "w", At: now}, false},
		{"long ago", Unrouted{Action: "resize", Version: "v", At: now.Add(-UnroutedFor)}, false},
		{"by a clock that was set back since", Unrouted{Action: "resize", Version: "v", At: now.Add(UnroutedFor)}, false},
		{"the same value", Unrouted{Action: "resize", Version: "v", At: now, Name: "box", Want: "D", State: "Running"}, true},
		{"another value", Unrouted{Action: "resize", Version: "v", At: now, Name: "box", Want: "E", State: "Running"}, false},
		{"another compute", Unrouted{Action: "resize", Version: "v", At: now, Name: "desk", Want: "D", State: "Running"}, false},
		{"another state", Unrouted{Action: "resize", Version: "v", At: now, Name: "box", Want: "D", State: "Stopped"}, false},
	} {
		if got := c.u.Stops(resize, "v", box, "D", now); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestActionsAreDocumented wants each action, with its field, in docs/planning.md and
// in the example role that apply needs.
func TestActionsAreDocumented(t *testing.T) {
	docs, err := os.ReadFile("../../docs/planning.md")
	if err != nil {
		t.Fatal(err)
	}
	role, err := os.ReadFile("../../examples/azure/apply-role.json")
	if err != nil {
		t.Fatal(err)
	}
	for i := range computeinstance.Fields {
		f := &computeinstance.Fields[i]
		if f.Action == nil {
			continue
		}
		head, _, _ := strings.Cut(f.Name, ".")
		if row := "| `" + f.Action.Name + "` | `" + head + "` |"; !strings.Contains(string(docs), row) {
			t.Errorf("docs/planning.md has no row %s", row)
		}
		if action := "computes/" + f.Action.Name + "/action"; !strings.Contains(string(role), action) {
			t.Errorf("the role has no %s", action)
		}
	}
}
