package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRawNamespace states the namespace of an attachment under properties, as az ml
// prints it: it is the field's.
func TestRawNamespace(t *testing.T) {
	for _, c := range []struct{ lines, want string }{
		{"properties: {namespace: ml}", "ml"},
		{"properties: {Namespace: ml}", "ml"},
		{"namespace: ml\nproperties: {namespace: ml}", "ml"},
		{"namespace: ml\nproperties: {namespace: null}", "ml"},
		{"properties: {namespace: null, vcName: v}", ""},
		{"namespace: ml\nproperties: {namespace: other}", "error"},
		{"properties: {namespace: Other}", "error"},
	} {
		set := load(t, map[string]string{"c.yaml": rawHeads[2] + c.lines + "\n"}, Options{})
		got := "error"
		if set.Valid() {
			got = set.Workspaces[0].Computes[0].Text("namespace")
		}
		if got != c.want {
			t.Errorf("%s: namespace %q, want %q\n%s", c.lines, got, c.want, printed(set))
		}
	}
	set := load(t, map[string]string{"c.yaml": rawHeads[2] + "namespace: ml\nproperties: {namespace: other}\n"}, Options{})
	const want = "properties.namespace is stated twice, with different values: here and as namespace"
	if got := printed(set); !strings.Contains(got, want) {
		t.Errorf("got\n%s", got)
	}
}

// TestRawSpelling writes raw properties in other cases: they are the same properties.
func TestRawSpelling(t *testing.T) {
	for _, c := range []struct {
		head, properties string
		want             map[string]any
	}{
		{
			rawHeads[1], "{autoLoggerSettings: {mlflowAutoLogger: Enabled}}",
			map[string]any{"autologgerSettings": map[string]any{"mlflowAutologger": "Enabled"}},
		},
		{
			rawHeads[2], "{InstanceTypes: {Gpu: {nodeselector: {A: b}, Resources: {Limits: {CPU: 1}}}}, DEFAULT_INSTANCE_TYPE: Gpu}",
			map[string]any{"defaultInstanceType": "Gpu", "instanceTypes": map[string]any{"Gpu": map[string]any{
				"nodeSelector": map[string]any{"A": "b"}, "resources": map[string]any{"Limits": map[string]any{"CPU": "1"}},
			}}},
		},
		{
			rawHeads[2], "{relayConnectionString: null, service_bus_connection_string: null, vcname: v}", map[string]any{"vcName": "v"},
		},
		{rawHeads[0], "{VMSize: null, scaleSettings: {maxNodeCount: null}, x: 1}", map[string]any{"x": 1.0}},
		{rawHeads[0], "{subnet: null, x: 1}", map[string]any{"x": 1.0}},
	} {
		ws := loadValid(t, map[string]string{"c.yaml": c.head + "properties: " + c.properties + "\n"})
		if d := cmp.Diff(c.want, ws.Computes[0].Values["properties"]); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.properties, d)
		}
	}
	set := load(t, map[string]string{"c.yaml": rawHeads[2] + "properties: {vcName: a, vc_name: b}\n"}, Options{})
	if got := printed(set); !strings.Contains(got, "vc_name is stated twice") {
		t.Errorf("two spellings of one property:\n%s", got)
	}
	with := loadValid(t, map[string]string{"c.yaml": rawHeads[1] + "properties: {autoLoggerSettings: {mlflowautologger: x}}\n"})
	if got := APIVersion("2025-12-01", with.Computes[0]); !IsPreview(got) {
		t.Errorf("the version of a property in another case is %s", got)
	}
}
