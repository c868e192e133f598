package diff

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/spec/spectest"
)

// apply makes of b what the differences say, by the values of a.
func apply(fields []Field, a, b *spec.Compute) *spec.Compute {
	out := *b
	out.Values = maps.Clone(b.Values)
	for _, f := range fields {
		out.Values[f.Path] = spec.Carry(a, b).Values[f.Path]
	}
	return &out
}

func TestNothingDiffersFromItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := spectest.Compute(t, rapid.SampledFrom(spec.Kinds()).Draw(t, "kind"))
		if got := Compute(a, a); len(got) > 0 {
			t.Fatalf("differs from itself: %v", got)
		}
	})
}

// TestApply applies the differences between random computes: none remain, and
// nothing else was touched.
func TestApply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(spec.Kinds()).Draw(t, "kind")
		want, have := spectest.Compute(t, k), spectest.Compute(t, k)
		have.Live = &spec.Live{Attached: rapid.Bool().Draw(t, "attached"), AttachedKnown: true}
		if rapid.Bool().Draw(t, "ignore") {
			want.Lifecycle.IgnoreChanges = []string{rapid.SampledFrom(k.Fields).Draw(t, "ignored").Name}
		}
		fields := Compute(want, have)
		for _, f := range fields {
			_, stated := want.Values[f.Path]
			_, known := have.Values[f.Path]
			if !stated || !known || slices.Contains(want.Lifecycle.IgnoreChanges, f.Path) || k.Field(f.Path).Type == spec.Secret {
				t.Fatalf("%s differs: stated %v, known %v", f.Path, stated, known)
			}
			if f.From == f.To && k.Field(f.Path).Type != spec.Objects || f.Cost != k.Field(f.Path).Cost(have) {
				t.Fatalf("difference %+v", f)
			}
		}
		got := apply(fields, want, have)
		if rest := Compute(want, got); len(rest) > 0 {
			t.Fatalf("after %v remain %v", fields, rest)
		}
		for name, v := range want.Values {
			f := k.Field(name)
			mine, known := got.Values[name]
			if known && f.Type != spec.Secret && !slices.Contains(want.Lifecycle.IgnoreChanges, name) && !f.Equal(v, mine) {
				t.Fatalf("%s is %v, not %v", name, mine, v)
			}
		}
	})
}

// TestEqual has what both sides write differently and mean alike.
func TestEqual(t *testing.T) {
	ci, aml := spec.KindByName("computeinstance"), spec.KindByName("amlcompute")
	item := func(v ...any) []any {
		m := map[string]any{}
		for i := 0; i < len(v); i += 2 {
			m[v[i].(string)] = v[i+1]
		}
		return []any{m}
	}
	for _, c := range []struct {
		kind       *spec.Kind
		field      string
		want, have any
		equal      bool
	}{
		{aml, "size", "Standard_DS3_v2", "STANDARD_DS3_V2", true},
		{aml, "size", "STANDARD_DS3_V2", "STANDARD_DS3", false},
		{aml, "location", "West Europe", "westeurope", true},
		{aml, "location", "westeurope", "westus", false},
		{aml, "network_settings.subnet", "/subscriptions/S/x", "/subscriptions/s/X", true},
		{aml, "description", "A", "a", false},
		{aml, "tags", map[string]string{"a": "1"}, map[string]string{"a": "1", "b": "2"}, true},
		{aml, "tags", map[string]string{"Team": "ml"}, map[string]string{"team": "ml"}, true},
		{aml, "tags", map[string]string{"a": "1"}, map[string]string{"a": "2"}, false},
		{aml, "tags", map[string]string{"a": "1"}, map[string]string{}, false},
		{aml, "tags", map[string]string{}, map[string]string{"b": "2"}, true},
		{
			aml, "identity.user_assigned_identities",
			append(item("resource_id", "/I/1"), item("resource_id", "/i/2")...), append(item("resource_id", "/i/2"), item("resource_id", "/i/1")...), true,
		},
		{aml, "identity.user_assigned_identities", item("resource_id", "/i/1"), item("resource_id", "/i/2"), false},
		{ci, "schedules.compute_start_stop", item("action", "stop", "trigger.time_zone", "UTC"), item("action", "stop"), true},
		{ci, "schedules.compute_start_stop", item("action", "stop"), item("action", "start"), false},
		{ci, "schedules.compute_start_stop", item("action", "stop"), []any{}, false},
		{
			ci, "schedules.compute_start_stop", item("trigger.schedule.week_days", []string{"monday", "Friday"}),
			item("trigger.schedule.week_days", []string{"Friday", "Monday"}), true,
		},
		{ci, "schedules.compute_start_stop", item("trigger.schedule.hours", []int64{8, 20}), item("trigger.schedule.hours", []int64{20, 8}), true},
		{ci, "schedules.compute_start_stop", item("trigger.schedule.hours", []int64{8}), item("trigger.schedule.hours", []int64{9}), false},
		{ci, "custom_applications", item("environment_variables", map[string]string{"A": "1"}), item("environment_variables", map[string]string{"A": "1", "B": "2"}), false},
	} {
		want := &spec.Compute{Name: "x", Kind: c.kind, Values: map[string]any{c.field: c.want}}
		have := &spec.Compute{Name: "x", Kind: c.kind, Values: map[string]any{c.field: c.have}}
		if got := len(Compute(want, have)) == 0; got != c.equal {
			t.Errorf("%s: %v and %v are equal: %v", c.field, c.want, c.have, got)
		}
	}
}

// TestFieldsReadWell pins what plan, log and status print.
func TestFieldsReadWell(t *testing.T) {
	ci, aml := spec.KindByName("computeinstance"), spec.KindByName("amlcompute")
	want := &spec.Compute{Name: "cpu", Kind: aml, Values: map[string]any{
		"size": "NC6", "max_instances": int64(8), "tags": map[string]string{"b": "2", "a": "1"},
		"description": "x", "idle_time_before_scale_down": int64(300),
	}}
	have := &spec.Compute{Name: "cpu", Kind: aml, Values: map[string]any{
		"size": "DS3", "max_instances": int64(4), "tags": map[string]string{"A": "0", "z": "9"},
		"description": "", "idle_time_before_scale_down": int64(120),
	}}
	got := Compute(want, have)
	if d := cmp.Diff([]Field{
		{Path: "description", Cost: spec.CreateOnly, From: "(none)", To: "x", Reason: "description is set at creation and nothing shows that it can change"},
		{Path: "tags", Cost: spec.ByPut, From: "{a: 0}", To: "{a: 1, b: 2}"},
		{Path: "size", Cost: spec.ByReplace, From: "DS3", To: "NC6", Reason: "size cannot change in place"},
		{Path: "max_instances", Cost: spec.ByPatch, From: "4", To: "8"},
		{Path: "idle_time_before_scale_down", Cost: spec.ByPatch, From: "120", To: "300"},
	}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	got = Compute(&spec.Compute{Name: "dev", Kind: ci, Values: map[string]any{"idle_time_before_shutdown_minutes": int64(1800)}},
		&spec.Compute{Name: "dev", Kind: ci, Values: map[string]any{"idle_time_before_shutdown_minutes": int64(905)}})
	if d := cmp.Diff([]Field{{Path: "idle_time_before_shutdown_minutes", Cost: spec.ByAction, Action: ci.Field("idle_time_before_shutdown_minutes").Action, From: "PT15M5S", To: "30"}}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	got = Compute(want, &spec.Compute{Name: "cpu", Live: &spec.Live{ComputeType: "Batch"}})
	if len(got) != 1 || got[0].Path != "type" || got[0].Cost != spec.ByReplace || got[0].From != "Batch" || got[0].To != "amlcompute" {
		t.Errorf("another kind: %+v", got)
	}
}

// TestElsewhere compares an HDInsight cluster's address with a resource ID.
func TestElsewhere(t *testing.T) {
	k := spec.KindByName("hdinsight")
	id := "/subscriptions/s/resourceGroups/g/providers/Microsoft.HDInsight/clusters/"
	for _, c := range []struct {
		want, have map[string]any
		from       string
	}{
		{map[string]any{"address": "c1-ssh.azurehdinsight.net"}, map[string]any{"resource_id": id + "C1"}, ""},
		{map[string]any{"address": "c1-ssh.azurehdinsight.net"}, map[string]any{"resource_id": id + "c2"}, id + "c2"},
		{map[string]any{"resource_id": id + "c1"}, map[string]any{"address": "C1-ssh.azurehdinsight.net"}, ""},
		{map[string]any{"resource_id": id + "c1"}, map[string]any{"address": "c2-ssh.azurehdinsight.net"}, "c2-ssh.azurehdinsight.net"},
		{map[string]any{"resource_id": id + "c1"}, map[string]any{}, ""},
	} {
		got := Compute(&spec.Compute{Kind: k, Values: c.want}, &spec.Compute{Kind: k, Values: c.have})
		from := ""
		if len(got) > 0 {
			from = got[0].From
		}
		if from != c.from {
			t.Errorf("%v against %v: %+v", c.want, c.have, got)
		}
	}
	vm := spec.KindByName("virtualmachine") // whose address nobody can know offline
	got := Compute(&spec.Compute{Kind: vm, Values: map[string]any{"resource_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v"}},
		&spec.Compute{Kind: vm, Values: map[string]any{"address": "10.0.0.4"}})
	if len(got) > 0 {
		t.Errorf("a VM's address against its resource ID: %+v", got)
	}
}

// TestComputes pairs by folded name, in the order of names.
func TestComputes(t *testing.T) {
	k := spec.KindByName("amlcompute")
	x := func(name, size string) *spec.Compute {
		return &spec.Compute{Name: name, Kind: k, Values: map[string]any{"size": size}}
	}
	got := Computes([]*spec.Compute{x("new", "A"), x("CPU", "B")}, []*spec.Compute{x("old", "A"), x("cpu", "A"), x("gone", "A")})
	var lines []string
	for _, c := range got {
		line := c.Key()
		if c.Desired != nil {
			line += " desired"
		}
		if c.Actual != nil {
			line += " actual"
		}
		for _, f := range c.Fields {
			line += " " + f.Path
		}
		lines = append(lines, line)
	}
	if d := cmp.Diff([]string{"cpu desired actual size", "gone actual", "new desired", "old actual"}, lines); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
