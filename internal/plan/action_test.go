package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/spec"
)

type scenario struct {
	name string
	make func(*world)
	want string
}

func check(t *testing.T, list []scenario) {
	t.Helper()
	for _, s := range list {
		t.Run(s.name, func(t *testing.T) {
			w := newWorld()
			s.make(w)
			p := w.plan()
			sound(t, p)
			if d := cmp.Diff(s.want, show(p)); d != "" {
				t.Errorf("plan (-want +got):\n%s", d)
			}
		})
	}
}

// TestActions has the actions of docs/planning.md, each when it is due.
func TestActions(t *testing.T) {
	big := fieldsOf{"max_instances": int64(8)}
	check(t, []scenario{
		{"none", func(w *world) {
			w.declare(cluster("cpu", nil), box("dev", nil), vm("lab", 1, nil))
			w.owns(cluster("CPU", nil), tag(spec.OwnerTag, "me/cpu"))
			w.owns(box("dev", nil))
			w.owns(vm("lab", 1, nil))
		}, ""},
		{"create", func(w *world) { w.declare(cluster("cpu", nil)) }, "cpu create (): create"},
		{"create stopped", func(w *world) { w.declare(with(box("dev", nil), spec.Lifecycle{State: "stopped"})) }, "dev create (): create stop"},
		{"create running", func(w *world) { w.declare(with(box("dev", nil), spec.Lifecycle{State: "running"})) }, "dev create (): create"},
		{"attach", func(w *world) { w.declare(vm("lab", 1, nil), hdi("spark", "c")) }, "lab attach (): attach\nspark attach (): attach"},

		{"scale alone goes by patch", func(w *world) { w.declare(cluster("cpu", big)); w.owns(cluster("cpu", nil)) }, "cpu update (max_instances): patch"},
		{"tags and scale go by one put", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"max_instances": int64(8), "tags": map[string]string{"team": "ml"}}))
			w.owns(cluster("cpu", nil))
		}, "cpu update (tags,max_instances): put"},
		{"identity goes by put", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"identity.type": "system_assigned"}))
			w.owns(cluster("cpu", nil), set("identity.type", "none"))
		}, "cpu update (identity.type): put"},
		{"idle shutdown goes by its action", func(w *world) {
			w.declare(box("dev", fieldsOf{"idle_time_before_shutdown_minutes": int64(1800)}))
			w.owns(box("dev", nil), set("idle_time_before_shutdown_minutes", int64(0)))
		}, "dev update (idle_time_before_shutdown_minutes): post:updateIdleShutdownSetting"},
		{"update and stop", func(w *world) {
			w.declare(with(box("dev", fieldsOf{"idle_time_before_shutdown_minutes": int64(1800)}), spec.Lifecycle{State: "stopped"}))
			w.owns(box("dev", nil), set("idle_time_before_shutdown_minutes", int64(0)))
		}, "dev update (idle_time_before_shutdown_minutes,computesync.state): post:updateIdleShutdownSetting stop"},
		{"protected is updated", func(w *world) {
			w.declare(with(cluster("cpu", big), spec.Lifecycle{Protect: true}))
			w.owns(cluster("cpu", nil))
		}, "cpu update (max_instances): patch"},
		{"resizing takes writes", func(w *world) { w.declare(cluster("cpu", big)); w.owns(cluster("cpu", nil), running(3)) }, "cpu update (max_instances): patch"},
		{"ignored changes", func(w *world) {
			w.declare(with(cluster("cpu", big), spec.Lifecycle{IgnoreChanges: []string{"max_instances"}}))
			w.owns(cluster("cpu", nil))
		}, ""},

		{
			"replace a cluster", func(w *world) {
				w.declare(cluster("cpu", fieldsOf{"size": "STANDARD_NC6"}))
				w.owns(cluster("cpu", nil))
			},
			"cpu replace (size): delete create",
		},
		{"replace carries updates along", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"size": "STANDARD_NC6", "max_instances": int64(8)}))
			w.owns(cluster("cpu", nil))
		}, "cpu replace (size,max_instances): delete create"},
		{"replace an instance with permission", func(w *world) {
			w.declare(with(box("dev", fieldsOf{"size": "STANDARD_NC6"}), spec.Lifecycle{ReplaceAllow: true, State: "stopped"}))
			w.owns(box("dev", nil))
		}, "dev replace (size): delete create stop"},

		{"re-attach", func(w *world) { w.declare(vm("lab", 2, nil)); w.owns(vm("lab", 1, nil)) }, "lab re-attach (resource_id): detach attach"},
		{"re-attach for a rotated secret", func(w *world) {
			w.declare(vm("lab", 1, nil))
			w.owns(vm("lab", 1, nil))
			w.Rotated = map[string][]string{"lab": {"ssh_settings.admin_password"}}
		}, "lab re-attach (ssh_settings.admin_password): detach attach"},
		{"re-attach for a key in place of a password", func(w *world) {
			w.declare(vm("lab", 1, fieldsOf{"ssh_settings.admin_password": nil, "ssh_settings.ssh_private_key_file": password}))
			w.owns(vm("lab", 1, nil))
		}, "lab re-attach (ssh_settings.ssh_private_key_file): detach attach"},
		{"rotation is ignored where it should be", func(w *world) {
			w.declare(with(vm("lab", 1, nil), spec.Lifecycle{IgnoreChanges: []string{"ssh_settings.admin_password"}}))
			w.owns(vm("lab", 1, nil))
			w.Rotated = map[string][]string{"lab": {"ssh_settings.admin_password"}}
		}, ""},
		{"an address that is the same cluster", func(w *world) {
			w.declare(hdi("spark", "c1"))
			w.owns(hdi("spark", "c1"), set("address", nil), func(a *spec.Compute) {
				delete(a.Values, "address")
				a.Values["resource_id"] = "/subscriptions/s/resourceGroups/g/providers/Microsoft.HDInsight/clusters/C1"
			})
		}, ""},
		{"an address that is another cluster", func(w *world) {
			w.declare(hdi("spark", "c2"))
			w.owns(hdi("spark", "c1"), func(a *spec.Compute) {
				delete(a.Values, "address")
				a.Values["resource_id"] = "/subscriptions/s/resourceGroups/g/providers/Microsoft.HDInsight/clusters/c1"
			})
		}, "spark re-attach (address): detach attach"},

		{"takeover", func(w *world) { w.declare(vm("new", 1, nil)); w.owns(vm("old", 1, nil)) }, "new takeover from old (name): old/detach attach"},
		{"takeover by another way to name it", func(w *world) {
			w.declare(vm("new", 1, fieldsOf{"resource_id": nil, "address": "10.0.0.4"}))
			w.owns(vm("old", 1, nil), set("address", "10.0.0.4"))
		}, "new takeover from old (name): old/detach attach"},
		{"takeover of what has expired", func(w *world) {
			w.declare(vm("new", 1, nil), with(vm("old", 1, nil), spec.Lifecycle{Expires: now}))
			w.owns(vm("old", 1, nil))
		}, "new takeover from old (name): old/detach attach"},

		{"prune", func(w *world) {
			w.Desired.Settings.Prune = true
			w.declare(cluster("stays", nil))
			w.owns(cluster("stays", nil))
			w.owns(cluster("cpu", nil))
			w.owns(vm("lab", 1, nil))
		}, "cpu delete (): delete\nlab detach (): detach"},
		{"orphan", func(w *world) {
			w.Desired.Settings.Prune = true
			w.declare(cluster("stays", nil))
			w.owns(with(cluster("cpu", nil), spec.Lifecycle{OnDelete: "orphan"}))
		}, "stays create (): create\norphaned cpu"},
		{"adopted is orphaned", func(w *world) {
			w.Desired.Settings.Prune, w.Desired.Settings.AllowEmpty = true, true
			w.owns(cluster("cpu", nil)).Adopted = true
			lost := w.owns(vm("lab", 1, nil))
			lost.Adopted, lost.Spec = true, nil
		}, "orphaned cpu,lab"},
		{"adopted is removed where its file says so", func(w *world) {
			w.Desired.Settings.Prune, w.Desired.Settings.AllowEmpty = true, true
			w.owns(with(cluster("cpu", nil), spec.Lifecycle{OnDelete: "remove"})).Adopted = true
		}, "cpu delete (): delete"},
		{"expires", func(w *world) {
			w.declare(with(cluster("cpu", nil), spec.Lifecycle{Expires: now}), with(cluster("gpu", nil), spec.Lifecycle{Expires: now.Add(time.Second)}))
			w.owns(cluster("cpu", nil))
			w.owns(cluster("gpu", nil))
		}, "cpu delete (): delete"},
		{"expired is not made", func(w *world) { w.declare(with(cluster("cpu", nil), spec.Lifecycle{Expires: now})) }, ""},
		{"expired and not ours", func(w *world) {
			w.declare(with(cluster("cpu", nil), spec.Lifecycle{Expires: now}))
			w.exists(cluster("cpu", nil))
		}, ""},

		{"start", func(w *world) {
			w.declare(with(box("dev", nil), spec.Lifecycle{State: "running"}))
			w.owns(box("dev", nil), state("Stopped", "User"))
		}, "dev start (computesync.state): start"},
		{"stop", func(w *world) {
			w.declare(with(box("dev", nil), spec.Lifecycle{State: "stopped"}))
			w.owns(box("dev", nil))
		}, "dev stop (computesync.state): stop"},
		{"stopped by itself is no drift", func(w *world) {
			w.declare(with(box("dev-a", nil), spec.Lifecycle{State: "running"}), with(box("dev-b", nil), spec.Lifecycle{State: "running"}))
			w.owns(box("dev-a", nil), state("Stopped", "Schedule"))
			w.owns(box("dev-b", nil), state("Stopped", "IdleShutdown"))
		}, ""},
		{"state is not ours to decide", func(w *world) { w.declare(box("dev", nil)); w.owns(box("dev", nil), state("Stopped", "User")) }, ""},

		{"adopt a cluster", func(w *world) { w.declare(cluster("cpu", big)); w.exists(cluster("cpu", nil)) }, "cpu adopt (tags,max_instances): put"},
		{"adopt others", func(w *world) {
			w.declare(box("dev", nil), vm("lab", 1, nil))
			w.exists(box("dev", nil))
			w.exists(vm("lab", 1, nil))
		}, "dev adopt (): adopt\nlab adopt (): adopt"},
		{"adopt an instance and stop it", func(w *world) {
			w.declare(with(box("dev", nil), spec.Lifecycle{State: "stopped"}))
			w.exists(box("dev", nil))
		}, "dev adopt (computesync.state): stop"},

		{"remake", func(w *world) {
			w.declare(cluster("cpu", nil), vm("lab", 1, nil))
			w.owns(cluster("cpu", nil), provisioning("Failed")).Good = false
			w.owns(vm("lab", 1, nil), provisioning("Failed")).Good = false
		}, "cpu remake (): delete create\nlab remake (): detach attach"},

		{"a free resource is attached after it is freed", func(w *world) {
			w.declare(vm("lab-a", 2, nil), vm("lab-b", 1, nil))
			w.owns(vm("lab-a", 1, nil))
		}, "lab-a re-attach (resource_id): detach attach\nlab-b attach (): attach<lab-a/detach"},
		{"swap", func(w *world) {
			w.declare(vm("lab-a", 2, nil), vm("lab-b", 1, nil))
			w.owns(vm("lab-a", 1, nil))
			w.owns(vm("lab-b", 2, nil))
		}, "lab-a re-attach (resource_id): detach attach<lab-b/detach\nlab-b re-attach (resource_id): detach attach<lab-a/detach"},
		{"what nobody declared is left alone", func(w *world) {
			w.Desired.Settings.Prune, w.Desired.Settings.AllowEmpty = true, true
			w.exists(cluster("cpu", nil))
			w.exists(vm("lab", 1, nil))
		}, ""},
	})
}
