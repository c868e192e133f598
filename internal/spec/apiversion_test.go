package spec

import (
	"fmt"
	"strings"
	"testing"
)

// TestAPIVersion chooses the version of a request by what a compute states.
func TestAPIVersion(t *testing.T) {
	app := func(more ...any) map[string]any {
		item := map[string]any{"name": "a", "image.reference": "r"}
		for i := 0; i < len(more); i += 2 {
			item[more[i].(string)] = more[i+1]
		}
		return map[string]any{"custom_applications": []any{item}}
	}
	autologger := map[string]any{"properties": map[string]any{"autologgerSettings": map[string]any{"mlflowAutologger": "Disabled"}}}
	for _, c := range []struct {
		name, base, want string
		values           map[string]any
	}{
		{"nothing special", "2025-12-01", "2025-12-01", map[string]any{"size": "D"}},
		{"of every version", "2023-04-01", "2023-04-01", app()},
		{"of the configured one", "2025-12-01", "2025-12-01", map[string]any{"enable_sso": true}},
		{"of a later stable one", "2025-09-01", "2025-12-01", map[string]any{"idle_time_before_shutdown_minutes": int64(900)}},
		{"of previews", "2025-12-01", "2023-08-01-preview", map[string]any{"enable_root_access": false}},
		{"of the configured preview", "2024-10-01-preview", "2024-10-01-preview", map[string]any{"enable_root_access": false}},
		{"of a later preview than the configured one", "2023-04-01-preview", "2023-08-01-preview", map[string]any{"enable_root_access": false}},
		{"in an item", "2025-09-01", "2025-12-01", app("image.version", "3")},
		{"raw", "2025-12-01", "2022-10-01-preview", autologger},
	} {
		x := &Compute{Name: "x", Kind: computeinstance, Values: c.values}
		if got := APIVersion(c.base, x); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if got := ReadVersion(c.base, []*Compute{x, {Name: "y", Kind: amlcompute}}); got != c.want {
			t.Errorf("%s: read with %s, want %s", c.name, got, c.want)
		}
	}
	carried := &Compute{Name: "x", Kind: computeinstance, Kept: map[string]any{armInner + ".autologgerSettings": "x"}}
	if got := APIVersion("2025-12-01", carried); got != "2022-10-01-preview" {
		t.Errorf("what is carried over goes with %s", got)
	}
}

// TestReadVersionShowsAll reads with a version that has every field where one may have
// to be carried over, and where all is to be exported.
func TestReadVersionShowsAll(t *testing.T) {
	may := &Compute{Name: "x", Kind: computeinstance, Lifecycle: Lifecycle{ReplaceAllow: true}}
	for _, base := range []string{"2023-04-01", "2025-12-01", "2026-07-15-preview"} {
		for name, version := range map[string]string{"replace": ReadVersion(base, []*Compute{may}), "export": FullVersion(base)} {
			for _, k := range Kinds() {
				for _, f := range k.allVersioned() {
					if !f.In(version) {
						t.Errorf("%s of %s: %s of %s is not in %s", name, base, f.Name, k.Name, version)
					}
				}
			}
		}
	}
	if got := ReadVersion("2025-12-01", []*Compute{{Name: "x", Kind: computeinstance}}); got != "2025-12-01" {
		t.Errorf("an instance that states nothing is read with %s", got)
	}
}

// TestVersionWarnings has the warning for each field that the configured version lacks.
func TestVersionWarnings(t *testing.T) {
	const text = "name: box\ntype: computeinstance\nenable_root_access: false\nenable_sso: true\nidle_time_before_shutdown_minutes: 30\n" + owned
	for version, want := range map[string]string{
		"":                   "",
		"2026-07-15-preview": "",
		"2025-12-01": "c.yaml:3:21: api-version 2025-12-01 does not have enable_root_access: requests for box use " +
			"2023-08-01-preview [api-version]",
		"2025-09-01": "c.yaml:5:36: api-version 2025-09-01 does not have idle_time_before_shutdown_minutes: requests for box use " +
			"2023-08-01-preview [api-version]\n" +
			"c.yaml:4:13: api-version 2025-09-01 does not have enable_sso: requests for box use 2023-08-01-preview [api-version]\n" +
			"c.yaml:3:21: api-version 2025-09-01 does not have enable_root_access: requests for box use 2023-08-01-preview [api-version]",
	} {
		var got []string
		for _, n := range load(t, map[string]string{"c.yaml": text}, Options{APIVersion: version}).AllNotices() {
			got = append(got, n.String())
		}
		if text := strings.Join(got, "\n"); text != want {
			t.Errorf("with %q:\n%s\nwant\n%s", version, text, want)
		}
	}
}

// TestNestedVersionWarning has the warning for a field of an item, once, at its list.
func TestNestedVersionWarning(t *testing.T) {
	const text = "name: box\ntype: computeinstance\nidle_time_before_shutdown_minutes: 30\n" + owned +
		"custom_applications:\n" +
		"  - {name: a, image: {reference: a, version: 1}}\n  - {name: b, image: {reference: b, version: 2}}\n"
	var got []string
	for _, n := range load(t, map[string]string{"c.yaml": text}, Options{APIVersion: "2025-09-01"}).AllNotices() {
		if strings.Contains(n.String(), "custom_applications") {
			got = append(got, n.String())
		}
	}
	at := strings.Count(text[:strings.Index(text, "  - {name: a")], "\n") + 1
	want := fmt.Sprintf("c.yaml:%d:3: api-version 2025-09-01 does not have custom_applications[].image.version: "+
		"requests for box use 2025-12-01 [api-version]", at)
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
