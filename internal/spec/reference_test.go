package spec

import (
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/secret"
)

// TestReference holds the keys outside the kinds' tables against the loader.
func TestReference(t *testing.T) {
	var names []string
	for _, k := range WorkspaceKeys() {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	if d := cmp.Diff(slices.Sorted(slices.Values(workspaceKeys)), names); d != "" {
		t.Errorf("keys of workspace.yaml (-loader +reference):\n%s", d)
	}
	if got, want := len(LifecycleKeys(nil)), reflect.TypeFor[Lifecycle]().NumField(); got != want {
		t.Errorf("%d lifecycle keys, and %d in Lifecycle", got, want)
	}
}

// TestPatterns holds the patterns against the code that they describe: names
// agree, and no reference or duration is refused that is one.
func TestPatterns(t *testing.T) {
	ref, duration := regexp.MustCompile(ReferencePattern), regexp.MustCompile(DurationPattern)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[aB7-]{3,8}|[a-z]-?[0-9]{2,3}-?`).Draw(t, "name")
		for _, k := range Kinds() {
			if problem, _ := checkName(k, s); (problem == "") != regexp.MustCompile(k.NamePattern()).MatchString(s) {
				t.Errorf("name %q of %s: %q", s, k.Name, problem)
			}
		}
		s = "secret://" + rapid.StringMatching(`(env|file|credential|keyvault|vault)(/[a-zA-Z_.-]{0,4}){1,3}(/[0-9a-fA-F]{32})?`).Draw(t, "reference")
		if _, err := secret.ParseRef(s); err == nil && !ref.MatchString(s) {
			t.Errorf("reference %q is refused", s)
		}
		s = rapid.StringMatching(`[Pp]([0-9]{1,2}(\.0{0,2})?[WDd]){0,2}([Tt]([0-9]{1,3}(\.0{0,2})?[HhMS]){0,3})?`).Draw(t, "duration")
		if _, err := ParseDuration(s); err == nil && !duration.MatchString(s) {
			t.Errorf("duration %q is refused", s)
		}
	})
}
