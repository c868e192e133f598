package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

func unrouted(action, version string) spec.Unrouted {
	return spec.Unrouted{Action: action, Version: version, At: now.Add(-time.Hour), Text: "404"}
}

// TestRoutes sends actions with a version that has them, and holds what none has.
func TestRoutes(t *testing.T) {
	stop := []any{map[string]any{"action": "stop"}}
	scheduled := func(w *world) *spec.Record {
		w.APIVersion = "2025-12-01"
		w.declare(box("dev", fieldsOf{"schedules.compute_start_stop": stop}))
		return w.owns(box("dev", nil), set("schedules.compute_start_stop", []any{}))
	}
	bigger := func(w *world, version string, life spec.Lifecycle) {
		w.APIVersion = version
		w.declare(with(box("dev", fieldsOf{"size": "BIG"}), life))
		w.owns(box("dev", nil))
	}
	allowed, preview := spec.Lifecycle{ReplaceAllow: true}, "2025-10-01-preview"
	refused := unrouted("resize", preview)
	refused.Name, refused.Want, refused.State = "dev", "BIG", "Running"
	check(t, []scenario{
		{"schedules", func(w *world) { scheduled(w) }, "dev update (schedules.compute_start_stop): post:updateSchedules"},
		{"schedules that no version has an action for", func(w *world) {
			scheduled(w)
			w.Unrouted = []spec.Unrouted{unrouted("updateSchedules", "2025-12-01"), unrouted("updateSchedules", "2022-10-01")}
		}, "dev none (schedules.compute_start_stop) held cannot-change-in-place"},
		{"not even where it may be replaced", func(w *world) {
			scheduled(w)
			w.Desired.Computes[0].Lifecycle = allowed
			w.Unrouted = []spec.Unrouted{unrouted("updateSchedules", "2025-12-01"), unrouted("updateSchedules", "2022-10-01")}
		}, "dev none (schedules.compute_start_stop) held cannot-change-in-place"},
		{"schedules that Azure added to", func(w *world) {
			r := scheduled(w)
			w.Actual[0].Values["schedules.compute_start_stop"] = []any{map[string]any{"action": "start"}, stop[0]}
			r.Refused = spec.Refusals{"schedules.compute_start_stop": {Want: "[{action: stop}]", Have: "[{action: start}, {action: stop}]"}}
		}, "dev none (schedules.compute_start_stop) held not-applied"},
		{"size, with a stable version", func(w *world) { bigger(w, "2025-12-01", spec.Lifecycle{}) }, "dev replace (size) held cannot-change-in-place"},
		{"size, with a preview", func(w *world) { bigger(w, preview, spec.Lifecycle{}) }, "dev update (size): post:resize"},
		{
			"size, and a stop that goes first", func(w *world) { bigger(w, preview, spec.Lifecycle{State: spec.StateStopped}) },
			"dev update (size,computesync.state): stop post:resize",
		},
		{"size of an instance with a job", func(w *world) {
			bigger(w, preview, spec.Lifecycle{})
			w.Actual[0].Live.State = "JobRunning"
		}, "dev update (size) held busy"},
		{"size that Azure has no action for, though the version should", func(w *world) {
			bigger(w, preview, allowed)
			w.Unrouted = []spec.Unrouted{unrouted("resize", preview)}
		}, "dev none (size) held cannot-change-in-place"},
		{"size that may be replaced, with a stable version", func(w *world) { bigger(w, "2025-12-01", allowed) }, "dev replace (size): delete create"},
		{"size that Azure refused: that is no reason to remove it", func(w *world) {
			bigger(w, preview, allowed)
			w.Unrouted = []spec.Unrouted{refused}
		}, "dev none (size) held cannot-change-in-place"},
		{"size that Azure refused as long as it ran", func(w *world) {
			bigger(w, preview, allowed)
			w.Unrouted = []spec.Unrouted{refused}
			w.Actual[0].Live.State = "Stopped"
		}, "dev update (size): post:resize"},
	})
	w := newWorld()
	scheduled(w)
	w.Unrouted = []spec.Unrouted{unrouted("updateSchedules", "2025-12-01")}
	if got := w.plan().Workspaces[0].Changes[0].Steps[0].Version; got != "2022-10-01" {
		t.Errorf("the action is sent with %q", got)
	}
}

// TestLost holds what would make a compute again without something that it has.
func TestLost(t *testing.T) {
	const field = "application_sharing_policy"
	remade := func(w *world, change ...func(*spec.Compute)) {
		w.declare(with(box("dev", fieldsOf{field: "personal"}), spec.Lifecycle{ReplaceAllow: true}))
		w.owns(box("dev", nil), append(change, set(field, "shared"))...)
	}
	unsent := func(field, path string) func(*spec.Compute) {
		return func(a *spec.Compute) { a.Unsent = map[string][]string{field: {path}} }
	}
	for _, c := range []struct {
		name string
		make func(*world)
		held string // what the text says, "" where nothing is held
		note string
	}{
		{"nothing", func(w *world) { remade(w) }, "", ""},
		{"not shown", func(w *world) {
			remade(w, func(a *spec.Compute) { delete(a.Values, "enable_root_access") })
		}, "Azure does not show enable_root_access of dev", ""},
		{"not shown, and stated", func(w *world) {
			remade(w, func(a *spec.Compute) { delete(a.Values, "enable_root_access") })
			w.Desired.Computes[0].Values["enable_root_access"] = true
		}, "", ""},
		{"in an item", func(w *world) { remade(w, unsent("custom_applications", "sidecar")) }, "custom_applications has sidecar", ""},
		{"in an item of a list that is stated", func(w *world) {
			remade(w, unsent("custom_applications", "sidecar"))
			w.Desired.Computes[0].Values["custom_applications"] = []any{}
		}, "", ""},
		{"in an item of a list that is stated, and that others decide", func(w *world) {
			remade(w, unsent("custom_applications", "sidecar"))
			w.Desired.Computes[0].Values["custom_applications"] = []any{}
			w.Desired.Computes[0].Lifecycle.IgnoreChanges = []string{"custom_applications"}
		}, "custom_applications has sidecar", ""},
		{"a raw property not shown", func(w *world) {
			remade(w, func(a *spec.Compute) { delete(a.Values, "properties") })
		}, "Azure does not show properties.autologgerSettings of dev", ""},
		{"what never worked", func(w *world) {
			w.declare(cluster("cpu", nil))
			r := w.owns(cluster("cpu", nil), provisioning("Failed"), set("properties", map[string]any{"new": true}))
			r.Good = false
		}, "", "Azure shows properties.new"},
		{"a change in place by PUT", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"tags": map[string]string{"a": "b"}}))
			w.owns(cluster("cpu", nil), set("properties", map[string]any{"new": true}))
		}, "", "Azure shows properties.new"},
		{"what an action alone gives", func(w *world) { remade(w, unsent("", "dataMounts")) }, "", "its dataMounts would go"},
		{"a property that nobody knows", func(w *world) {
			remade(w, set("properties", map[string]any{"new": true, "autologgerSettings": nil}))
		}, "", "Azure shows properties.new"},
		{"one of a cluster", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"size": "BIG"}))
			w.owns(cluster("cpu", nil), set("properties", map[string]any{"new": true}))
		}, "Azure shows properties.new", "Azure shows properties.new"},
		{"one of an attachment", func(w *world) {
			w.declare(vm("lab", 2, nil))
			w.owns(vm("lab", 1, nil), set("properties", map[string]any{"new": true}))
		}, "", "Azure shows properties.new"},
	} {
		w := newWorld()
		c.make(w)
		change := w.plan().Workspaces[0].Changes[0]
		held := ""
		if change.Held != nil {
			held = change.Held.Text
		}
		if !strings.HasPrefix(held, c.held) || (held == "") != (c.held == "") {
			t.Errorf("%s: held %q, want %q", c.name, held, c.held)
		}
		if notes := strings.Join(change.Notes, "\n"); !strings.Contains(notes, c.note) {
			t.Errorf("%s: notes %q, want %q", c.name, notes, c.note)
		}
	}
}
