package strictyaml

import (
	"strings"
	"testing"
)

// TestMaskEveryStyle puts a secret into every style of value, ahead of
// everything that may follow one, and looks for it in the excerpt of each line.
func TestMaskEveryStyle(t *testing.T) {
	styles := []string{
		"hunter2", `"hunter2"`, "'hunter2'", "&a hunter2", "!!str hunter2", "hunter2 # hunter2", "hunter2\n    hunter2", "\"hunter2\n    hunter2\"",
		"|\n    hunter2\n    hunter2", "|+\n    hunter2\n\n", "|- # hunter2\n    hunter2", ">-\n    hunter2\n\n    hunter2", "|2\n      hunter2\n    hunter2",
		"[hunter2, hunter2]", "[hunter2, # hunter2\n    hunter2]", "{a: hunter2}", "\n    - hunter2\n    - - hunter2", "\n  - hunter2\n  - hunter2", "\n    a: hunter2\n    b: {c: hunter2}",
	}
	followers := []string{"", "\n", "\n  q: 1\n", "\n# c\n  q: 1\n", "\n\n\n  q: 1", "\nz: 1\n", "\n---\nb: 2\n", "\n...\n"}
	for _, style := range styles {
		for _, follower := range followers {
			in := "x: 0\nm:\n  p: " + style + follower
			checkMasked(t, in)
			checkMasked(t, strings.ReplaceAll(in, "\n", "\r\n"))
		}
	}
}

// checkMasked masks m.p and wants no hunter2, and m.q as it is.
func checkMasked(t *testing.T, in string) {
	t.Helper()
	f, errs := Parse("f", []byte(in))
	if len(errs) > 0 {
		t.Errorf("%q: %v", in, errs)
		return
	}
	m := f.Docs[0].Root.Get("m")
	f.Mask(m.Get("p"))
	for i := range f.sourceLines() {
		if e := f.Excerpt(Pos{"f", i + 1, 1}); strings.Contains(e, "hunter2") {
			t.Errorf("%q shows\n%s", in, e)
		}
	}
	if q := m.Get("q"); q != nil && !strings.Contains(f.Excerpt(q.Pos), "|   q: 1") {
		t.Errorf("%q hides what follows:\n%s", in, f.Excerpt(q.Pos))
	}
}

// TestMaskUnread looks for values that no reader gets, and so nobody can mask:
// of keys that are set twice, are no text, or are set beside a merge key.
func TestMaskUnread(t *testing.T) {
	for _, in := range []string{
		"m: {p: 1, p: hunter2}", "m:\n  p: 1\n  p: hunter2\n", "m: {12: hunter2}", "m: {[a]: hunter2}",
		"m: {<<: {p: hunter2}, p: 1}", "m:\n  <<: [{p: 1}, {p: hunter2}]\n",
	} {
		f, _ := Parse("f", []byte(in))
		for i := range f.sourceLines() {
			if e := f.Excerpt(Pos{"f", i + 1, 1}); strings.Contains(e, "hunter2") {
				t.Errorf("%q shows\n%s", in, e)
			}
		}
	}
}
