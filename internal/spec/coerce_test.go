package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCoercions writes every number and switch of every kind as az takes it
// too: it is the same value.
func TestCoercions(t *testing.T) {
	for _, k := range Kinds() {
		for i := range k.Fields {
			f := &k.Fields[i]
			var plain string
			var others []string
			switch f.Type {
			case Switch:
				plain, others = "false", []string{"no", "Off", `"false"`, "'0'", "0", "n"}
			case Int, Seconds, Minutes, Timeout:
				n := max(f.Min, 20)
				plain, others = fmt.Sprint(n), []string{fmt.Sprintf("%q", fmt.Sprint(n)), fmt.Sprintf("%d.0", n)}
			default:
				continue
			}
			want := stated(t, k, f.Name, plain)
			for _, other := range others {
				if d := cmp.Diff(want, stated(t, k, f.Name, other)); d != "" || want == nil {
					t.Errorf("%s.%s: %s (-%s +%s):\n%s", k.Name, f.Name, other, plain, other, d)
				}
			}
		}
	}
}

// stated is what the loader makes of one field of a kind, whatever else the
// compute lacks.
func stated(t *testing.T, k *Kind, field, value string) any {
	t.Helper()
	text, indent := "name: abc\ntype: "+k.Name+"\n", ""
	for part := range strings.SplitSeq(field, ".") {
		text += indent + part + ":\n"
		indent += "  "
	}
	set := load(t, map[string]string{"c.yaml": strings.TrimSuffix(text, "\n") + " " + value + "\n"}, Options{})
	v, ok := set.Workspaces[0].Computes[0].Values[field]
	if !ok {
		t.Errorf("%s.%s: %s is refused:\n%s", k.Name, field, value, printed(set))
	}
	return v
}

// TestRawSwitches: a raw switch is what YAML 1.1, which az reads, makes of it.
func TestRawSwitches(t *testing.T) {
	x := one(t, "name: k8s\ntype: amlcompute\nproperties: {rawA: no, rawB: 'no', rawC: On, rawD: y, rawE: 1, rawF: [off]}\n")
	want := map[string]any{"rawA": false, "rawB": "no", "rawC": true, "rawD": "y", "rawE": 1.0, "rawF": []any{false}}
	if d := cmp.Diff(want, x.Values["properties"]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
