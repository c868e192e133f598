package spec_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/spec/spectest"
)

// TestComputeJSON writes random computes of every kind and reads them back.
func TestComputeJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := spectest.Compute(t, rapid.SampledFrom(spec.Kinds()).Draw(t, "kind"))
		want.File, want.Line = "c.yaml", rapid.IntRange(0, 9).Draw(t, "line")
		want.Lifecycle = spec.Lifecycle{
			Protect: rapid.Bool().Draw(t, "protect"), State: spec.StateStopped, OnDelete: spec.OnDeleteRemove,
			IgnoreChanges: []string{"tags"}, Expires: time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "expires"), 0).UTC(),
		}
		if len(want.Kind.Keep) > 0 {
			want.Kept = map[string]any{want.Kind.Keep[0].ARM: "x"}
		}
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got spec.Compute
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		if got.Kind != want.Kind {
			t.Fatalf("kind %v", got.Kind)
		}
		got.Kind, want.Kind = nil, nil
		if d := cmp.Diff(*want, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
	})
}

// TestComputeJSONRefuses reads what no version of ours would have written.
func TestComputeJSONRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"name":"x","kind":"kubernetez"}`:                                                                           `unknown kind "kubernetez"`,
		`{"name":"x","kind":"amlcompute","values":{"vm":1}}`:                                                         `unknown field "vm"`,
		`{"name":"x","kind":"amlcompute","values":{"size":1}}`:                                                       "size: not a text",
		`{"name":"x","kind":"amlcompute","values":{"tags":[]}}`:                                                      "tags: not a map of text",
		`{"name":"x","kind":"amlcompute","values":{"ssh_settings.admin_password":"hunter2"}}`:                        "a literal secret must not stand here",
		`{"name":"x","kind":"computeinstance","values":{"schedules.compute_start_stop":[{"trigger.interval":"1"}]}}`: "trigger.interval: not a whole number",
		`[]`: "read compute",
	} {
		err := json.Unmarshal([]byte(text), new(spec.Compute))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestCarry completes random computes by random live ones.
func TestCarry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(spec.Kinds()).Draw(t, "kind")
		want, live := spectest.Compute(t, k), spectest.Compute(t, k)
		if name := rapid.SampledFrom(k.Fields).Draw(t, "ignored").Name; rapid.Bool().Draw(t, "ignore") {
			want.Lifecycle.IgnoreChanges = []string{name}
		}
		before, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		full := spec.Carry(want, live)
		for i := range k.Fields {
			f := &k.Fields[i]
			v, stated := want.Values[f.Name]
			have, known := live.Values[f.Name]
			got, there := full.Values[f.Name]
			ignored := len(want.Lifecycle.IgnoreChanges) > 0 && want.Lifecycle.IgnoreChanges[0] == f.Name
			switch {
			case stated && !ignored && (!there || !f.Equal(v, got)):
				t.Fatalf("%s is %v, stated %v", f.Name, got, v)
			case ignored && known && there && !f.Equal(have, got) && f.Type != spec.Raw, ignored && known && there && !f.Equal(got, have):
				t.Fatalf("%s is ignored and became %v from %v", f.Name, got, have)
			case !stated && !known && there:
				t.Fatalf("%s came from nowhere: %v", f.Name, got)
			}
		}
		if after, err := json.Marshal(want); err != nil || string(after) != string(before) {
			t.Fatalf("the desired compute changed: %v", err)
		}
	})
}

// TestForUpdate has a PUT onto a live compute leave out what only a creation
// takes, and nothing else.
func TestForUpdate(t *testing.T) {
	ref := secret.Ref{Scheme: secret.Env, Name: "X"}
	for _, tt := range []struct {
		kind      string
		have, all map[string]any
	}{
		{
			"amlcompute",
			map[string]any{"size": "a"},
			map[string]any{"size": "a", "ssh_settings.admin_username": "ml", "ssh_settings.admin_password": ref},
		},
		{
			"amlcompute",
			map[string]any{"ssh_settings.admin_username": "ml", "ssh_settings.ssh_key_value": "k"},
			map[string]any{"ssh_settings.admin_username": "ml", "ssh_settings.ssh_key_value": "k", "ssh_settings.admin_password": ref},
		},
		{"aks", map[string]any{"ssl.key": ref}, map[string]any{"ssl.key": ref}},
	} {
		c := &spec.Compute{Name: "x", Kind: spec.KindByName(tt.kind), Values: tt.all}
		n := len(tt.all)
		if got := c.ForUpdate().Values; !cmp.Equal(got, tt.have) || len(c.Values) != n {
			t.Errorf("%s: %v becomes %v, want %v", tt.kind, tt.all, got, tt.have)
		}
	}
}
