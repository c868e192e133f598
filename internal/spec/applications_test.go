package spec

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOrderDoesNotCount compares lists whose items come back in another order,
// and of which an item that states little fits many.
func TestOrderDoesNotCount(t *testing.T) {
	app := func(name string, more ...any) values {
		v := values{"name": name, "image.reference": "r"}
		for i := 0; i < len(more); i += 2 {
			v[more[i].(string)] = more[i+1]
		}
		return v
	}
	mount := func(target string) values { return values{"type": "bind", "source": "/s", "target": target} }
	f := computeinstance.Field("custom_applications")
	for name, c := range map[string]struct {
		want, have []any
		equal      bool
	}{
		"applications":   {[]any{app("a"), app("b")}, []any{app("b"), app("a")}, true},
		"one twice":      {[]any{app("a"), app("a")}, []any{app("b"), app("a")}, false},
		"one more":       {[]any{app("a")}, []any{app("b"), app("a")}, false},
		"volumes":        {[]any{app("a", "volumes", []any{mount("/x"), mount("/y")})}, []any{app("a", "volumes", []any{mount("/y"), mount("/x")})}, true},
		"another volume": {[]any{app("a", "volumes", []any{mount("/x"), mount("/y")})}, []any{app("a", "volumes", []any{mount("/x"), mount("/z")})}, false},
		"argv":           {[]any{app("a", "kernel.argv", []string{"a", "b"})}, []any{app("a", "kernel.argv", []string{"b", "a"})}, false},
		"little stated": {
			[]any{values{"name": "a"}, app("a", "image.version", "2")},
			[]any{app("a", "image.version", "2"), app("a", "image.version", "1")},
			true,
		},
		"much stated first": {
			[]any{app("a", "image.version", "2"), values{"name": "a"}, values{}},
			[]any{app("c"), app("a", "image.version", "1"), app("a", "image.version", "2")},
			true,
		},
	} {
		if f.Equal(c.want, c.have) != c.equal {
			t.Errorf("%s are equal: %v", name, !c.equal)
		}
	}
}

// TestLongListsCompareSoon: a list of which nothing fits is no reason to try
// every order.
func TestLongListsCompareSoon(t *testing.T) {
	want, have := make([]any, 300), make([]any, 300)
	for i := range want {
		want[i], have[i] = values{"name": "same"}, values{"name": "same"}
	}
	have[299] = values{"name": "other"}
	if computeinstance.Field("custom_applications").Equal(want, have) {
		t.Error("they are equal")
	}
}

// TestBindMountsFromTheJournal reads what a version stored that knew no volumes.
func TestBindMountsFromTheJournal(t *testing.T) {
	var got Compute
	const stored = `{"name":"x","kind":"computeinstance","values":{"custom_applications":[
		{"name":"a","bind_mounts":[{"source":"/s","target":"/t","read_only":true}]},{"name":"b","bind_mounts":[]},{"name":"c"}]}}`
	if err := json.Unmarshal([]byte(stored), &got); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]any{
		values{"name": "a", "volumes": []any{values{"type": "bind", "source": "/s", "target": "/t", "read_only": true}}},
		values{"name": "b", "volumes": []any{}},
		values{"name": "c"},
	}, got.Values["custom_applications"]); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestMountsOfDefaults: what workspace.yaml gives to several computes is read
// for each as it stands there.
func TestMountsOfDefaults(t *testing.T) {
	ws := loadValid(t, map[string]string{
		WorkspaceFile: workspaceYAML + `defaults:
  computeinstance:
    custom_applications: [{name: a, image: {reference: r}, bind_mounts: [{source: /s, target: /t}]}]
    properties: {releaseQuotaOnStop: true}
`,
		"a.yaml": "name: one\ntype: computeinstance\n---\nname: two\ntype: computeinstance\nrelease_quota_on_stop: false\n",
	})
	for i, x := range ws.Computes {
		app := x.Values["custom_applications"].([]any)[0].(values)
		want := []any{values{"type": "bind", "source": "/s", "target": "/t", "read_only": false}}
		if d := cmp.Diff(want, app["volumes"]); d != "" || app["bind_mounts"] != nil {
			t.Errorf("%s (-want +got):\n%s", x.Name, d)
		}
		if x.Values["release_quota_on_stop"] != (i == 0) {
			t.Errorf("%s releases its quota: %v", x.Name, x.Values["release_quota_on_stop"])
		}
	}
}

// TestUnfold writes volumes as bind mounts where these can say the same.
func TestUnfold(t *testing.T) {
	plain := values{"type": "bind", "source": "/s", "target": "/t", "read_only": true}
	short := values{"source": "/s", "target": "/t", "read_only": true}
	for name, c := range map[string]struct{ have, want values }{
		"plain":       {values{"volumes": []any{plain}}, values{"bind_mounts": []any{short}}},
		"consistency": {values{"volumes": []any{plain, values{"type": "bind", "consistency": "cached"}}}, nil},
		"options":     {values{"volumes": []any{plain, values{"type": "bind", "bind.selinux": "z"}}}, nil},
		"memory":      {values{"volumes": []any{plain, values{"type": "tmpfs", "target": "/m"}}}, nil},
		"none":        {values{"volumes": []any{}}, nil},
		"not known":   {values{"name": "a"}, nil},
	} {
		if c.want == nil {
			c.want = c.have
		}
		if d := cmp.Diff([]any{c.want}, Unfold([]any{c.have})); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
		folded := values{"custom_applications": Unfold([]any{c.have})}
		foldMounts(folded)
		if d := cmp.Diff([]any{c.have}, folded["custom_applications"]); d != "" {
			t.Errorf("%s and back (-want +got):\n%s", name, d)
		}
	}
}
