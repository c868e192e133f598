package plan

import (
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/spec"
)

// TestConflicts holds what Azure would refuse, whichever action would send it.
func TestConflicts(t *testing.T) {
	least := func(n int64) func(*spec.Compute) { return set("min_instances", n) }
	open := func(over fieldsOf) *spec.Compute {
		c := cluster("cpu", over)
		delete(c.Values, "min_instances")
		return c
	}
	allowed := spec.Lifecycle{ReplaceAllow: true}
	check(t, []scenario{
		{"update", func(w *world) { w.declare(open(fieldsOf{"max_instances": int64(1)})); w.owns(open(nil), least(2)) }, "cpu update (max_instances) held conflicting-values"},
		{"update by PUT", func(w *world) {
			w.declare(open(fieldsOf{"max_instances": int64(1), "tags": map[string]string{"a": "b"}}))
			w.owns(open(nil), least(2))
		}, "cpu update (tags,max_instances) held conflicting-values"},
		{"update to as many", func(w *world) { w.declare(open(fieldsOf{"max_instances": int64(2)})); w.owns(open(nil), least(2)) }, "cpu update (max_instances): patch"},
		{"update where nothing is known", func(w *world) { w.declare(open(fieldsOf{"max_instances": int64(1)})); w.owns(open(nil)) }, "cpu update (max_instances): patch"},
		{"adopt", func(w *world) { w.declare(open(fieldsOf{"max_instances": int64(1)})); w.exists(open(nil), least(2)) }, "cpu adopt (tags,max_instances) held conflicting-values"},
		{"replace", func(w *world) {
			w.declare(open(fieldsOf{"max_instances": int64(1), "size": "B"}))
			w.owns(open(nil), least(2))
		}, "cpu replace (size,max_instances) held conflicting-values"},
		{"remake", func(w *world) {
			w.declare(open(fieldsOf{"max_instances": int64(1)}))
			w.owns(open(nil), least(2), provisioning("Failed")).Good = false
		}, "cpu remake (max_instances) held conflicting-values"},
		{"create", func(w *world) {
			w.declare(compute("amlcompute", "cpu", fieldsOf{"min_instances": int64(2)}, nil))
		}, "cpu create () held conflicting-values"},
		{"create with both", func(w *world) {
			w.declare(compute("amlcompute", "cpu", fieldsOf{"min_instances": int64(2), "max_instances": int64(2)}, nil))
		}, "cpu create (): create"},
		{"an action and a start carry nothing", func(w *world) {
			w.declare(with(box("dev", fieldsOf{"idle_time_before_shutdown_minutes": int64(1800)}), spec.Lifecycle{State: spec.StateRunning}))
			w.owns(box("dev", fieldsOf{"idle_time_before_shutdown_minutes": int64(0)}), set("ssh_public_access_enabled", true), state("Stopped", "User"))
		}, "dev update (idle_time_before_shutdown_minutes,computesync.state): post:updateIdleShutdownSetting start"},
		{"an instance that was open without a key", func(w *world) {
			w.declare(with(box("dev", fieldsOf{"size": "B"}), allowed))
			w.owns(box("dev", nil), set("ssh_public_access_enabled", true))
		}, "dev replace (size) held conflicting-values"},
		{"a made cluster without its certificate", func(w *world) {
			w.declare(with(aks("infer", fieldsOf{"agent_count": int64(5), "ssl.status": nil}), allowed))
			w.owns(aks("infer", nil), set("ssl.status", "enabled"), set("ssl.cname", "c"))
		}, "infer replace (agent_count) held conflicting-values"},
		{"a takeover keeps the identities of the former", func(w *world) {
			w.declare(attached("synapsespark", "new", 1, fieldsOf{"identity.type": "none"}))
			w.owns(attached("synapsespark", "old", 1, nil), set("identity.type", "user_assigned"),
				set("identity.user_assigned_identities", []any{fieldsOf{"resource_id": "/i"}}))
		}, "new takeover from old (name): old/detach attach"},
	})
}

// TestConflictSinceThePlan keeps back a write when what it would carry changed
// after the plan was made.
func TestConflictSinceThePlan(t *testing.T) {
	w := newWorld()
	desired := cluster("cpu", fieldsOf{"max_instances": int64(1)})
	delete(desired.Values, "min_instances")
	w.declare(desired)
	w.owns(cluster("cpu", nil))
	change := w.plan().Workspaces[0].Changes[0]
	fresh := *w.Actual[0]
	if why := Recheck(&change, &change.Steps[0], &fresh); why != "" {
		t.Errorf("nothing changed, and %s", why)
	}
	set("min_instances", int64(2))(&fresh)
	if why := Recheck(&change, &change.Steps[0], &fresh); !strings.Contains(why, "min_instances 2 is above max_instances 1") {
		t.Errorf("the write goes: %q", why)
	}
}

// TestLossToAKindWithoutReplace does not ask for a key that the kind's spec refuses.
func TestLossToAKindWithoutReplace(t *testing.T) {
	for _, c := range []struct {
		comes *spec.Compute
		goes  func(w *world)
		want  string
	}{
		{vm("lab", 1, nil), func(w *world) { w.owns(cluster("lab", nil)) }, "remove lab by a commit of its own, or by hand, and declare the virtual machine after that"},
		{attached("kubernetes", "lab", 1, nil), func(w *world) { w.owns(cluster("lab", nil)) }, "permit it with computesync: {replace: allow}"},
		{attached("databricks", "lab", 1, nil), func(w *world) {
			w.owns(attached("kubernetes", "lab", 1, nil), func(a *spec.Compute) { a.Live.SystemIdentity = true })
		}, "remove lab by a commit of its own"},
	} {
		w := newWorld()
		w.declare(c.comes)
		c.goes(w)
		if held := w.plan().Workspaces[0].Changes[0].Held; held == nil || held.Code != CannotChangeInPlace || !strings.Contains(held.Text, c.want) {
			t.Errorf("%s: %+v, want %s", c.comes.Kind.Name, held, c.want)
		}
	}
}
