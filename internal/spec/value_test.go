package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.Int64Range(0, 1000*86400).Draw(t, "seconds")
		if got, err := ParseDuration(FormatDuration(want)); err != nil || got != want {
			t.Fatalf("%s is %d, %v", FormatDuration(want), got, err)
		}
	})
	for text, want := range map[string]int64{"PT100S": 100, "PT1M40S": 100, "pt2m": 120, "P1DT2H": 93600, "P2W": 14 * 86400, "PT120.0S": 120, "P0D": 0, "PT0S": 0} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s is %d, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "P", "PT", "5M", "PT5", "PTM", "PT1.5H", "PT1.", "P1M", "P1Y", "PT5M5M", "PT5S5M5S", "-PT5M", "PT-5M", "P1DT", "P9999D", "PT99999999999999999999S", "PT5M "} {
		if got, err := ParseDuration(bad); err == nil {
			t.Errorf("%q is %d", bad, got)
		}
	}
}

func TestResourceIDs(t *testing.T) {
	sub, group, provider, kind, name, err := ParseResourceID("/Subscriptions/s/resourcegroups/g/providers/P.x/a/b/c/d")
	if got := []string{sub, group, provider, kind, name}; err != nil || cmp.Diff([]string{"s", "g", "P.x", "a/c", "d"}, got) != "" {
		t.Errorf("got %v, %v", got, err)
	}
	const good = "/subscriptions/s/resourceGroups/g/providers/P/t/n"
	for _, bad := range []string{
		"", "n", "/", good[1:], good + "/", good + "/t", strings.Replace(good, "/g/", "//", 1), strings.Replace(good, "/g/", "/../", 1),
		good + "?x", good + "#x", good + " x", good + "\nx", good + "%2f", strings.Replace(good, "subscriptions", "subs", 1), strings.Replace(good, "providers", "x", 1),
	} {
		if _, _, _, _, _, err := ParseResourceID(bad); err == nil {
			t.Errorf("%q is a resource ID", bad)
		}
	}
}

// TestUnderlying has the names by which two attachments of one thing are told.
func TestUnderlying(t *testing.T) {
	for _, c := range []struct {
		kind   string
		values map[string]any
		want   []string // resource, or resource#part
	}{
		{"amlcompute", map[string]any{"size": "A"}, nil},
		{"virtualmachine", nil, nil},
		{"virtualmachine", map[string]any{"resource_id": "/A/B"}, []string{"/a/b"}},
		{"virtualmachine", map[string]any{"resource_id": "/A/B", "address": "H", "ssh_settings.ssh_port": int64(23)}, []string{"/a/b", "address:h:23"}},
		{"virtualmachine", map[string]any{"address": "H"}, []string{"address:h:22"}},
		{"hdinsight", map[string]any{"address": "C-ssh.azurehdinsight.net"}, []string{"hdinsight:c"}},
		{
			"hdinsight",
			map[string]any{"resource_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.HDInsight/clusters/C"},
			[]string{"/subscriptions/s/resourcegroups/g/providers/microsoft.hdinsight/clusters/c", "hdinsight:c"},
		},
		{"kubernetes", map[string]any{"resource_id": "/K", "namespace": "a"}, []string{"/k#a"}},
		{"kubernetes", map[string]any{"resource_id": "/K", "namespace": "A"}, []string{"/k#a"}},
		{"kubernetes", map[string]any{"resource_id": "/K"}, []string{"/k#default"}},
		{"aks", map[string]any{"resource_id": "/K"}, []string{"/k"}},
		{"databricks", map[string]any{"resource_id": "/K", "namespace": "a"}, []string{"/k"}},
	} {
		var got []string
		for _, u := range (&Compute{Kind: KindByName(c.kind), Values: c.values}).Underlying() {
			got = append(got, strings.TrimSuffix(u.Resource+"#"+u.Part, "#"))
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s %v (-want +got):\n%s", c.kind, c.values, d)
		}
	}
	if got := (&Compute{}).Underlying(); got != nil {
		t.Errorf("an unknown kind stands on %v", got)
	}
}

func TestOwnerTagValues(t *testing.T) {
	type mark struct {
		owner, name string
		adopted     bool
	}
	read := func(tag string) (m mark) {
		m.owner, m.name, m.adopted = SplitOwner(tag)
		return m
	}
	for tag, want := range map[string]mark{
		"me/cpu": {"me", "cpu", false}, "a/b/cpu": {"a/b", "cpu", false}, "me": {"me", "", false}, "": {},
		"me/cpu/adopted": {"me", "cpu", true}, "me/adopted": {"me", "adopted", false}, "me/adopted/adopted": {"me", "adopted", true},
		"me/cpu/Adopted": {"me/cpu", "Adopted", false},
	} {
		if got := read(tag); got != want {
			t.Errorf("%q is read as %+v", tag, got)
		}
	}
	for _, want := range []mark{{"me", "cpu", false}, {"me", "cpu", true}, {"me", "adopted", true}} {
		if got := read(OwnerValue(want.owner, want.name, want.adopted)); got != want {
			t.Errorf("%+v is read back as %+v", want, got)
		}
	}
}

// TestShowHidesNothing shows values that mean to hide or forge what stands
// around them.
func TestShowHidesNothing(t *testing.T) {
	tags := KindByName("amlcompute").Field("tags")
	for text, want := range map[string]string{
		"plain ü 日本": "plain ü 日本", "a\nplan: nothing to do": `a\nplan: nothing to do`, "\x1b[8m": `\u001b[8m`,
		"\u009b8m": `\u009b8m`, "\u202eevil": `\u202eevil`, "a\u2028b": `a\u2028b`,
	} {
		if got := tags.Show(map[string]string{"k": text}); got != "{k: "+want+"}" {
			t.Errorf("%q shows as %q", text, got)
		}
	}
}
