package spec

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestUnsent finds what no PUT of ours can have.
func TestUnsent(t *testing.T) {
	for _, c := range []struct {
		name, inner string
		want        map[string][]string
	}{
		{"nothing", `{}`, nil},
		{"null", `{"customServices":null,"dataMounts":null,"schedules":{"computeStartStop":null}}`, nil},
		{"what fields have, and what Azure adds", `{"customServices":[{"name":"a","image":{"type":"docker","reference":"r"},
			"environmentVariables":{"A":{"type":"local","value":"1"}},"endpoints":[{"name":"x","target":1,"published":2,"hostIp":null}],
			"volumes":[{"type":"bind","source":"a","target":"b","readOnly":false,"bind":{"propagation":"x"}}]}],
			"schedules":{"computeStartStop":[{"id":"1","provisioningStatus":"Completed","status":"Enabled","action":"Stop",
			"triggerType":"Cron","cron":{"expression":"0 1 * * *","timeZone":"UTC"},"schedule":null}]}}`, nil},
		{
			"more", `{"customServices":[{"name":"a","sidecar":{},"image":{"digest":"x"}},{"endpoints":[{"tls":true}]}],"dataMounts":[{}]}`,
			map[string][]string{"": {"dataMounts"}, "custom_applications": {"endpoints[].tls", "image.digest", "sidecar"}},
		},
	} {
		var doc map[string]any
		if err := json.Unmarshal([]byte(`{"properties":{"properties":`+c.inner+`},"identity":{"userAssignedIdentities":
			{"/i":{"clientId":"c","principalId":"p"}}}}`), &doc); err != nil {
			t.Fatal(err)
		}
		got := computeinstance.Unsent(func(path string) any { return at(doc, path) })
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

func at(doc map[string]any, path string) any {
	head, rest, more := strings.Cut(path, ".")
	if !more {
		return doc[head]
	}
	inner, _ := doc[head].(map[string]any)
	return at(inner, rest)
}

// TestNotShown names what is stated and not shown, and nothing else.
func TestNotShown(t *testing.T) {
	type values = map[string]any
	app := func(more values) values {
		item := values{"name": "a"}
		for k, v := range more {
			item[k] = v
		}
		return values{"custom_applications": []any{item}}
	}
	for _, c := range []struct {
		name       string
		want, have values
		hidden     string
	}{
		{"shown", values{"enable_root_access": false}, values{"enable_root_access": true}, ""},
		{"not shown", values{"enable_root_access": false}, values{}, "enable_root_access"},
		{"left open", values{}, values{}, ""},
		{"of every version", values{"size": "D"}, values{}, ""},
		{"raw", values{"properties": values{"a": values{"b": 1.0, "c": nil}, "d": 1.0}}, values{}, "properties.a properties.d"},
		{
			"raw, in part",
			values{"properties": values{"a": values{"b": 1.0, "c": 2.0}}},
			values{"properties": values{"a": values{"b": 3.0}}},
			"properties.a.c",
		},
		{"in an item", app(values{"image.version": "1"}), app(nil), "custom_applications.image.version"},
		{"shown in an item", app(values{"image.version": "1"}), app(values{"image.version": "1"}), ""},
	} {
		got := strings.Join(NotShown(&Compute{Kind: computeinstance, Values: c.want}, &Compute{Kind: computeinstance, Values: c.have}), " ")
		if got != c.hidden {
			t.Errorf("%s: %q, want %q", c.name, got, c.hidden)
		}
	}
	ignored := &Compute{Kind: computeinstance, Values: values{"enable_root_access": false}, Lifecycle: Lifecycle{IgnoreChanges: []string{"enable_root_access"}}}
	if got := NotShown(ignored, &Compute{Kind: computeinstance}); len(got) > 0 {
		t.Errorf("what is somebody else's to decide: %v", got)
	}
}

// TestExtra has what is in a list beside all that is wanted.
func TestExtra(t *testing.T) {
	f := computeinstance.Field("schedules.compute_start_stop")
	a, b, c := map[string]any{"action": "stop"}, map[string]any{"action": "start"}, map[string]any{"action": "stop", "state": "disabled"}
	for _, x := range []struct{ want, have, extra []any }{
		{[]any{a}, []any{a}, nil},
		{[]any{a}, []any{b, a}, []any{b}},
		{[]any{b}, []any{c, a}, nil},
		{[]any{a, b}, []any{b}, nil},
		{[]any{}, []any{a}, nil},
	} {
		if d := cmp.Diff(x.extra, f.Extra(x.want, x.have)); d != "" {
			t.Errorf("%v of %v:\n%s", x.want, x.have, d)
		}
	}
}
