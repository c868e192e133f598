package strictyaml

import (
	"strings"
	"testing"
)

// masked parses text, masks the node under path and returns the excerpt of each line.
func masked(t *testing.T, text string, path ...string) string {
	t.Helper()
	f, errs := Parse("f", []byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	n := f.Docs[0].Root
	for _, p := range path {
		if n = n.Get(p); n == nil {
			t.Fatal("no ", p)
		}
	}
	f.Mask(n)
	var shown []string
	for i := range strings.Count(text, "\n") {
		line, _, _ := strings.Cut(f.Excerpt(Pos{"f", i + 1, 1}), "\n")
		shown = append(shown, strings.TrimPrefix(line[5:], " |"))
	}
	return strings.Join(shown, "\n")
}

func TestMask(t *testing.T) {
	for _, tc := range []struct{ name, in, path, want string }{
		{"plain", "a: 1\np: hunter2 # hunter2\nb: 2\n", "p", " a: 1\n p: <secret>\n b: 2"},
		{"last", "a: 1\np: hunter2", "p", " a: 1"},
		{"quoted over lines", "p: \"hun\n  ter2\"\nb: 2\n", "p", " p: <secret>\n   <secret>\n b: 2"},
		{"block", "p: |\n  hun\n\n  ter2\n# note\nb: 2\n", "p", " p: <secret>\n   <secret>\n\n   <secret>\n <secret>\n b: 2"},
		{"braces", "m: {p: hunter2, b: 2}\n", "m p", " m: {p: <secret>, b: 2}"},
		{"braces, last", "m: {b: 2, p: hunter2}\nc: 3\n", "m p", " m: {b: 2, p: <secret>\n c: 3"},
		{"anchor", "x: &a hunter2\np: *a\n", "p", " x: <secret>\n p: *a"},
		{"whole list", "p:\n  - hunter2\n  - hunter3\nb: 2\n", "p", " p:\n   <secret>\n   <secret>\n b: 2"},
		{"CRLF", "p: hunter2\r\nb: 2\r\n", "p", " p: <secret>\n b: 2"},
		{"null", "p:\nb: 2\n", "p", " p:\n b: 2"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := masked(t, tc.in, strings.Fields(tc.path)...)
			if got != tc.want || strings.Contains(got, "hunter") {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestMaskListItem(t *testing.T) {
	f, _ := Parse("f", []byte("- hunter2\n- b\n---\nc\n"))
	f.Mask(f.Docs[0].Root.Items[0])
	if got := f.Excerpt(Pos{"f", 1, 3}) + "\n" + f.Excerpt(Pos{"f", 2, 3}); got != "    1 | - <secret>\n      |   ^\n    2 | - b\n      |   ^" {
		t.Errorf("got\n%s", got)
	}
	f.Mask(f.Docs[0].Root.Items[1])
	if got := f.Excerpt(Pos{"f", 3, 1}); got != "    3 | ---\n      | ^" {
		t.Errorf("the next document's line: got\n%s", got)
	}
}

// TestMaskAfterError proves that an excerpt honours masks set later.
func TestMaskAfterError(t *testing.T) {
	f, _ := Parse("f", []byte("m: {p: hunter2, b: x}\n"))
	m := f.Docs[0].Root.Get("m")
	e := f.Mismatch(m.Get("b"), WantInt)
	f.Mask(m.Get("p"))
	if got, want := e.Excerpt(), "    1 | m: {p: <secret>, b: x}\n      |                     ^"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestBlindExcerpt proves that errors made before fields are known show keys only.
func TestBlindExcerpt(t *testing.T) {
	for in, want := range map[string]string{
		"password: hun: ter2\n":             "    1 | password: …\n      |           ^",
		"a:\n  - password: \"hunter2\nb: 1": "    2 |   - password: …\n      |               ^",
		"a: 1\npassword:hunter2\nb: 1\n":    "    2 | …\n      | ^",
		"p: |\n  x\n hunter2\nb: 1\n":       "    3 |  …\n      |  ^",
		"password: *hunter2\n":              "    1 | password: …\n      |           ^",
		"password: !hunter2\n":              "    1 | password: …\n      |           ^",
		"m: {p: hunter2, p: hunter3}\n":     "    1 | m: …\n      |    ^",
		"p: hunter2\np: hunter3\n":          "    2 | p: …\n      | ^",
		"- hunter2: x: y\n":                 "    1 | - hunter2: …\n      |            ^",
	} {
		_, errs := Parse("f", []byte(in))
		if len(errs) != 1 {
			t.Errorf("%q: %d errors: %v", in, len(errs), errs)
			continue
		}
		if got := errs[0].Excerpt(); got != want {
			t.Errorf("%q: got\n%s\nwant\n%s", in, got, want)
		}
		if strings.Contains(errs[0].Error()+errs[0].Hint, "hunter") {
			t.Errorf("%q: message shows a value: %s", in, errs[0])
		}
	}
}

func TestExcerptLayout(t *testing.T) {
	for _, tc := range []struct {
		name, in  string
		line, col int
		want      string
	}{
		{"tab", "a:\t1\n", 1, 4, "    1 | a: 1\n      |    ^"},
		{"wide", "日本: x\n", 1, 5, "    1 | 日本: x\n      |       ^"},
		{"combining", "e\u0301: x\n", 1, 5, "    1 | e\u0301: x\n      |    ^"},
		{"terminal escapes", "a: '\u009b31m\u202e'\n", 1, 4, "    1 | a: '\ufffd31m\ufffd'\n      |    ^"},
		{"behind the end", "a: x\n", 1, 99, "    1 | a: x\n      |     ^"},
		{"last empty line", "a: x\n", 2, 1, "    2 |\n      | ^"},
		{"no such line", "a: x\n", 9, 1, ""},
		{"no line", "a: x\n", 0, 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := &File{Name: "f", data: []byte(tc.in)}
			if got := f.Excerpt(Pos{"f", tc.line, tc.col}); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

func TestExcerptCutsLongLines(t *testing.T) {
	long := "a: [" + strings.Repeat("x, ", 1000) + "HERE" + strings.Repeat(", x", 1000) + "]"
	f := &File{Name: "f", data: []byte(long)}
	lines := strings.Split(f.Excerpt(Pos{"f", 1, strings.Index(long, "HERE") + 1}), "\n")
	if at := strings.Index(string([]rune(lines[0])), "HERE"); at < 0 || len([]rune(lines[0])) > 120 {
		t.Fatalf("got\n%s", strings.Join(lines, "\n"))
	}
	text, caret := []rune(lines[0]), len([]rune(lines[1]))-1
	if text[caret] != 'H' {
		t.Errorf("caret under %q", text[caret])
	}
}
