package apply_test

import (
	"maps"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/plan"
)

// action is a way from one state of a workspace to another.
type action struct {
	name   string
	setup  func(w *world) // what is there without us
	before []string       // what is declared and applied first
	then   func(w *world) // what happens behind our back
	after  []string       // what is declared next
	want   map[string]plan.Action
	writes []string // the writes it takes, none twice
	detour bool     // after a crash it may have to go back first
}

func actions() []action {
	return []action{
		{
			name: "create", after: []string{cluster("gpu", "max_instances: 4"), instance("desk")},
			want:   map[string]plan.Action{"gpu": plan.Create, "desk": plan.Create},
			writes: []string{"PUT gpu", "PUT desk"},
		},
		{
			name: "create stopped", after: []string{instance("desk", "computesync: {state: stopped}")},
			want: map[string]plan.Action{"desk": plan.Create}, writes: []string{"PUT desk", "POST desk/stop"},
		},
		{
			name: "attach", after: []string{machine("vm1", "m1"), hadoop("hdi", "h1")},
			want:   map[string]plan.Action{"vm1": plan.Attach, "hdi": plan.Attach},
			writes: []string{"PUT vm1", "PUT hdi"},
		},
		{
			name: "update by patch", before: []string{cluster("gpu")}, after: []string{cluster("gpu", "max_instances: 7")},
			want: map[string]plan.Action{"gpu": plan.Update}, writes: []string{"PATCH gpu"},
		},
		{
			name: "update by put", before: []string{cluster("gpu")}, after: []string{cluster("gpu", "max_instances: 7", "tags: {a: b}")},
			want: map[string]plan.Action{"gpu": plan.Update}, writes: []string{"PUT gpu"},
		},
		{
			name: "update by post", before: []string{instance("desk")}, after: []string{instance("desk", "idle_time_before_shutdown_minutes: 30")},
			want: map[string]plan.Action{"desk": plan.Update}, writes: []string{"POST desk/updateIdleShutdownSetting"},
		},
		{
			name: "update and stop", before: []string{instance("desk")},
			after:  []string{instance("desk", "idle_time_before_shutdown_minutes: 30", "computesync: {state: stopped}")},
			want:   map[string]plan.Action{"desk": plan.Update},
			writes: []string{"POST desk/updateIdleShutdownSetting", "POST desk/stop"},
		},
		{
			name: "replace", before: []string{cluster("gpu")}, after: []string{cluster("gpu", "size: STANDARD_D2_V2")},
			want: map[string]plan.Action{"gpu": plan.Replace}, writes: []string{"DELETE gpu", "PUT gpu"},
		},
		{
			name: "replace by another kind", before: []string{machine("both", "m1")}, after: []string{cluster("both", "computesync: {replace: allow}")},
			want: map[string]plan.Action{"both": plan.Replace}, writes: []string{"DELETE both", "PUT both"},
		},
		{
			name: "re-attach", before: []string{machine("vm1", "m1")}, after: []string{machine("vm1", "m2")},
			want: map[string]plan.Action{"vm1": plan.Reattach}, writes: []string{"DELETE vm1", "PUT vm1"},
		},
		{
			name: "re-attach for a rotated secret", before: []string{machine("vm1", "m1")}, after: []string{machine("vm1", "m1")},
			then: func(w *world) { w.secrets["COMPUTESYNC_SECRET_VM"] = "hunter2-second" },
			want: map[string]plan.Action{"vm1": plan.Reattach}, writes: []string{"DELETE vm1", "PUT vm1"},
		},
		{
			name: "swap", before: []string{machine("vma", "m1"), machine("vmb", "m2")}, after: []string{machine("vma", "m2"), machine("vmb", "m1")},
			detour: true,
			want:   map[string]plan.Action{"vma": plan.Reattach, "vmb": plan.Reattach},
			writes: []string{"DELETE vma", "DELETE vmb", "PUT vma", "PUT vmb"},
		},
		{
			name: "takeover", before: []string{machine("old", "m1")}, after: []string{machine("new", "m1")},
			want: map[string]plan.Action{"new": plan.Takeover}, writes: []string{"DELETE old", "PUT new"},
		},
		{
			name: "detach and delete", before: []string{cluster("gpu"), instance("desk"), machine("vm1", "m1"), cluster("stays")},
			after:  []string{cluster("stays")},
			want:   map[string]plan.Action{"gpu": plan.Delete, "desk": plan.Delete, "vm1": plan.Detach},
			writes: []string{"DELETE gpu", "DELETE desk", "DELETE vm1"},
		},
		{
			name: "stop", before: []string{instance("desk")}, after: []string{instance("desk", "computesync: {state: stopped}")},
			want: map[string]plan.Action{"desk": plan.Stop}, writes: []string{"POST desk/stop"},
		},
		{
			name: "start", before: []string{instance("desk", "computesync: {state: stopped}")}, after: []string{instance("desk", "computesync: {state: running}")},
			want: map[string]plan.Action{"desk": plan.Start}, writes: []string{"POST desk/start"},
		},
		{
			name: "adopt", setup: foreignCluster, after: []string{cluster("gpu", "max_instances: 9")},
			want: map[string]plan.Action{"gpu": plan.Adopt}, writes: []string{"PUT gpu"},
		},
		{
			name: "adopt by the journal alone", setup: foreignInstance, after: []string{instance("desk")},
			want: map[string]plan.Action{"desk": plan.Adopt},
		},
		{
			name: "drift", before: []string{cluster("gpu", "max_instances: 4"), cluster("gone")},
			then: func(w *world) {
				w.patch("gpu", `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":99}}}}`)
				if err := w.sim.Remove(ref("gone")); err != nil {
					w.t.Fatal(err)
				}
			},
			after:  []string{cluster("gpu", "max_instances: 4"), cluster("gone")},
			want:   map[string]plan.Action{"gpu": plan.Update, "gone": plan.Create},
			writes: []string{"PATCH gpu", "PUT gone"},
		},
		{
			name:   "several at once",
			before: []string{cluster("gpu"), machine("old", "m1"), machine("vm1", "m2"), cluster("gone"), instance("desk")},
			after:  []string{cluster("gpu", "size: STANDARD_D2_V2"), machine("new", "m1"), machine("vm1", "m3"), instance("desk", "computesync: {state: stopped}"), cluster("more")},
			want: map[string]plan.Action{
				"gpu": plan.Replace, "new": plan.Takeover, "vm1": plan.Reattach, "gone": plan.Delete, "desk": plan.Stop,
				"more": plan.Create,
			},
			writes: []string{"DELETE gpu", "PUT gpu", "DELETE old", "PUT new", "DELETE vm1", "PUT vm1", "DELETE gone", "POST desk/stop", "PUT more"},
		},
	}
}

func foreignCluster(w *world) {
	w.patch("gpu", `{"properties":{"computeType":"AmlCompute","properties":{"vmSize":"STANDARD_DS3_V2","scaleSettings":{"minNodeCount":0,"maxNodeCount":3}}}}`)
}

func foreignInstance(w *world) {
	w.patch("desk", `{"properties":{"computeType":"ComputeInstance","properties":{"vmSize":"STANDARD_DS3_V2"}}}`)
}

// prepare brings a world to where the action begins.
func (a *action) prepare(w *world) {
	if a.setup != nil {
		a.setup(w)
	}
	if a.before != nil {
		w.declare(a.before...)
		w.live(func(l *life) { l.converge() })
	}
	if a.then != nil {
		a.then(w)
	}
	w.declare(a.after...)
	w.wire.forget()
}

// TestActions applies each action, and plans again: nothing may be left, and
// nothing was written twice or without need.
func TestActions(t *testing.T) {
	for _, a := range actions() {
		t.Run(a.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				a.prepare(w)
				w.live(func(l *life) {
					v, p := l.look()
					planned := map[string]plan.Action{}
					for _, c := range p.Workspaces[0].Changes {
						planned[c.Name] = c.Action
					}
					if d := cmp.Diff(a.want, planned); d != "" {
						t.Errorf("plan: %s", d)
					}
					result, err := l.apply(v, p)
					if err != nil || len(result.Failed)+len(result.Held)+len(result.Stale)+len(result.Waiting) > 0 {
						t.Errorf("apply: %+v, %v", result, err)
					}
					if result.Done != p.Steps() {
						t.Errorf("%d steps done of %d", result.Done, p.Steps())
					}
				})
				want := map[string]int{}
				for _, x := range a.writes {
					want[x]++
				}
				if d := cmp.Diff(want, w.wire.effects()); d != "" {
					t.Errorf("writes: %s", d)
				}
				w.settled()
				if names := slices.Sorted(maps.Keys(w.owned())); !cmp.Equal(names, declaredNames(w)) {
					t.Errorf("the journal owns %v, declared are %v", names, declaredNames(w))
				}
			})
		})
	}
}

func declaredNames(w *world) (names []string) {
	for _, c := range w.desired().Computes {
		names = append(names, c.Key())
	}
	slices.Sort(names)
	return names
}
