package diff

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/spec"
)

// TestCostFollowsActual tells what a change costs on what Azure ML made and on
// what was attached.
func TestCostFollowsActual(t *testing.T) {
	want := &spec.Compute{Kind: spec.KindByName("aks"), Values: map[string]any{"ssl.status": "auto", "cluster_purpose": "dev_test", "agent_count": int64(3)}}
	have := &spec.Compute{Kind: want.Kind, Values: map[string]any{"ssl.status": "disabled", "cluster_purpose": "fast_prod", "agent_count": int64(2)}}
	for _, c := range []struct {
		live                spec.Live
		ssl, purpose, count spec.Change
	}{
		{spec.Live{AttachedKnown: true}, spec.ByPut, spec.ByReplace, spec.ByReplace},
		{spec.Live{AttachedKnown: true, Attached: true}, spec.ByReattach, spec.ByReattach, spec.ByReplace},
		{spec.Live{}, spec.ByReattach, spec.ByReattach, spec.ByReplace}, // not known: nothing is deleted
	} {
		have.Live = &c.live
		got := map[string]spec.Change{}
		for _, f := range Compute(want, have) {
			got[f.Path] = f.Cost
		}
		if d := cmp.Diff(map[string]spec.Change{"ssl.status": c.ssl, "cluster_purpose": c.purpose, "agent_count": c.count}, got); d != "" {
			t.Errorf("%+v (-want +got):\n%s", c.live, d)
		}
	}
}

// TestRawReadsWell shows of raw properties what is stated, beside the same of
// what lives.
func TestRawReadsWell(t *testing.T) {
	k := spec.KindByName("kubernetes")
	type m = map[string]any
	want := &spec.Compute{Kind: k, Values: m{"properties": m{"vcName": "b", "instanceTypes": m{"gpu": m{"nodeSelector": m{"pool": "gpu"}}}}}}
	have := &spec.Compute{Kind: k, Values: m{"properties": m{"vcName": "a", "defaultInstanceType": "cpu", "instanceTypes": m{"cpu": m{}}}}, Live: &spec.Live{}}
	if d := cmp.Diff([]Field{{
		Path: "properties", Cost: spec.ByReattach, From: `{"instanceTypes":{},"vcName":"a"}`,
		To: `{"instanceTypes":{"gpu":{"nodeSelector":{"pool":"gpu"}}},"vcName":"b"}`, Reason: "an attachment cannot change in place",
	}}, Compute(want, have)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	have.Values = m{}
	if got := Compute(want, have); len(got) > 0 {
		t.Errorf("what Azure did not return differs: %+v", got)
	}
}
