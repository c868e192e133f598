package strictyaml

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outline writes a tree in one line, with positions.
func outline(n *Node) string {
	at := fmt.Sprintf("@%d:%d", n.Pos.Line, n.Pos.Col)
	var parts []string
	switch n.Kind {
	case Map:
		for _, e := range n.Entries {
			parts = append(parts, fmt.Sprintf("%s@%d:%d=%s", e.Key, e.KeyPos.Line, e.KeyPos.Col, outline(e.Value)))
		}
		return at + "{" + strings.Join(parts, " ") + "}"
	case List:
		for _, v := range n.Items {
			parts = append(parts, outline(v))
		}
		return at + "[" + strings.Join(parts, " ") + "]"
	}
	if n.IsNull() {
		return at + " null"
	}
	return at + " " + n.Value
}

func TestParse(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     []string
	}{
		{"map", "a: 1\nb:\n  c: x\n", []string{"@1:1{a@1:1=@1:4 1 b@2:1=@3:3{c@3:3=@3:6 x}}"}},
		{"lists", "- 1\n- [a, 'b']\n", []string{"@1:1[@1:3 1 @2:3[@2:4 a @2:7 b]]"}},
		{"byte order mark", "\xef\xbb\xbfa: 1\n", []string{"@1:1{a@1:1=@1:4 1}"}},
		{"line ends", "a: 1\r\nb: 2\rc: 3\r\n", []string{"@1:1{a@1:1=@1:4 1 b@2:1=@2:4 2 c@3:1=@3:4 3}"}},
		{"columns are characters", "ä: {é: 日本, x: 1}\n", []string{"@1:1{ä@1:1=@1:4{é@1:5=@1:8 日本 x@1:12=@1:15 1}}"}},
		{"documents", "a: 1\n---\n---\n# nothing\n---\nb: 2\n...\n", []string{"@1:1{a@1:1=@1:4 1}", "@6:1{b@6:1=@6:4 2}"}},
		{"nothing", "# nothing\n", nil},
		{"empty", "", nil},
		{"anchor", "a: &x {k: v}\nb: *x\n", []string{"@1:1{a@1:1=@1:4{k@1:8=@1:11 v} b@2:1=@1:4{k@1:8=@1:11 v}}"}},
		{
			"merge", "base: &x {k: v, l: w}\nb:\n  <<: *x\n  k: mine\n",
			[]string{"@1:1{base@1:1=@1:7{k@1:11=@1:14 v l@1:17=@1:20 w} b@2:1=@3:3{k@4:3=@4:6 mine l@1:17=@1:20 w}}"},
		},
		{"merge list", "<<: [{a: 1}, {a: 2, b: 3}]\n", []string{"@1:1{a@1:7=@1:10 1 b@1:21=@1:24 3}"}},
		{"core tags", "a: !!str 1\n", []string{"@1:1{a@1:1=@1:4 1}"}},
		{"quoted merge key", "'<<': 1\n", []string{"@1:1{<<@1:1=@1:7 1}"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, errs := Parse("f.yaml", []byte(tc.in))
			if len(errs) > 0 {
				t.Fatal(errs)
			}
			var got []string
			for _, d := range f.Docs {
				got = append(got, outline(d.Root))
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestDocumentPosition(t *testing.T) {
	f, _ := Parse("f", []byte("# c\na: 1\n---\nb: 2\n"))
	if len(f.Docs) != 2 || f.Docs[0].Pos.Line != 2 || f.Docs[1].Pos.Line != 3 {
		t.Errorf("documents %+v", f.Docs)
	}
}

// TestHostile gives each bad file's exact errors.
func TestHostile(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     string // all errors, f as the file name
	}{
		{"duplicate key", "a: 1\nb: 2\na: 3\n", "f:3:1: key is already set at line 1, column 1"},
		{"duplicate key, quoted otherwise", "a: 1\n'a': 3\n", "f:2:1: key is already set at line 1, column 1"},
		{"every problem", "a: 1\na: 2\nb: !foo x\n1: x\n", "f:2:1: key is already set at line 1, column 1\nf:3:4: tags are not supported\nf:4:1: a key must be text"},
		{"problems ahead of a syntax error", "a: 1\na: 2\n---\nb: c: d\n", "f:2:1: key is already set at line 1, column 1\nf:4:5: a key is not allowed here"},
		{"number key", "2024: x\n", "f:1:1: a key must be text"},
		{"null key", "~: x\n", "f:1:1: a key must be text"},
		{"map key", "{a: 1}: x\n", "f:1:1: a key must be text"},
		{"alias key", "a: &x b\n*x : c\n", "f:2:1: a key must be text"},
		{"binary tag", "a: !!binary aGk=\n", "f:1:4: tags are not supported"},
		{"tag on a map", "!thing\na: 1\n", "f:1:1: tags are not supported"},
		{"map tag on a scalar", "a: !!map x\n", "f:1:4: tags are not supported"},
		{"undefined tag handle", "x: 1\nz: !foo!bar x\n", "f:2:9: tags are not supported"},
		{"unknown anchor", "a: 1\nb: *hunter2\nc: 3\n", "f:2:4: unknown anchor"},
		{"anchor of another document", "a: &x 1\n---\nb: *x\n", "f:3:4: unknown anchor"},
		{"recursive alias", "a: &x\n  b: *x\n", "f:2:6: the anchor contains itself"},
		{"merge of a scalar", "<<: 1\n", "f:1:5: a merge key (<<) takes a map or a list of maps"},
		{"merge of lists in lists", "<<: [[{a: 1}]]\n", "f:1:6: a merge key (<<) takes a map or a list of maps"},
		{"depth in brackets", "a: " + strings.Repeat("[", 70) + strings.Repeat("]", 70), "f:1:67: nested deeper than 64 levels"},
		{"depth in braces", strings.Repeat("{a: ", 70) + strings.Repeat("}", 70), "f:1:257: nested deeper than 64 levels"},
		{"depth by dashes", strings.Repeat("- ", 70) + "a", "f:1:129: nested deeper than 64 levels"},
		{"depth by indentation", indented(70), "f:65:65: nested deeper than 64 levels"},
		{"depth beyond the library's", strings.Repeat("[", 100_000), "f:1:10001: nested deeper than 64 levels"},
		{"depth through aliases", "a: &a " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "\nb: " + strings.Repeat("[", 40) + "*a" + strings.Repeat("]", 40), "f:2:44: nested deeper than 64 levels"},
		{"alias bomb", bomb(9), "f:5:35: aliases expand to more than 10000 values"},
		{"large", "a: " + strings.Repeat("x", MaxBytes), "f:1:1: file is larger than 1048576 bytes"},
		{"NUL", "a: 1\nb: x\x00y\n", "f:2:5: file is not UTF-8 text"},
		{"invalid UTF-8", "a: 1\nb: \xff\n", "f:2:4: file is not UTF-8 text"},
		{"UTF-16", "\xff\xfea\x00:\x00 \x001\x00", "f:1:1: file is not UTF-8 text"},
		{"control character", "a: b\x01c\n", "f:1:5: character U+0001 is not allowed: it can hide or reorder text"},
		{"next line", "a: 1\nb: x\u0085y: 2\n", "f:2:5: character U+0085 is not allowed: it can hide or reorder text"},
		{"line separator", "a: é\u2028b\n", "f:1:5: character U+2028 is not allowed: it can hide or reorder text"},
		{"bidirectional override", "a: 1 # \u202e\n", "f:1:8: character U+202E is not allowed: it can hide or reorder text"},
		{"tag character", "a: b\U000e0041\n", "f:1:5: character U+E0041 is not allowed: it can hide or reorder text"},
		{"byte order mark inside", "a: b\ufeff\n", "f:1:5: character U+FEFF is not allowed: it can hide or reorder text"},
		{"tab", "x: 1\na: 1\n\tb: 2\n", "f:3:1: a tab stands where indentation is expected"},
		{"double quote not closed", "x: 1\na: \"abc\nb: 2\n", "f:2:4: the quote is not closed"},
		{"single quote not closed, first line", "a: 'abc\nb: 2\nc: 3\n", "f:1:4: the quote is not closed"},
		{"bracket not closed", "a: [1, 2\nb: 3\n", "f:1:5: the list in brackets is not closed"},
		{"colon in a value", "x: 1\na: b: c\n", "f:2:5: a key is not allowed here"},
		{"indentation", "a:\n  b: 2\n c: 3\nd: 4\n", "f:3:2: expected another key"},
		{"no blank behind the colon", "a: 1\nb:2\nc: 3\n", "f:2:3: expected a key, a colon and a space"},
		{"value that begins with @", "a: 1\r\nb: @x\r\n", "f:2:4: no value can begin with this character"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f, errs := Parse("f", []byte(tc.in))
			if got := errs.Error(); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
			if f == nil {
				t.Error("no file")
			}
		})
	}
}

func indented(depth int) string {
	var b strings.Builder
	for i := range depth {
		fmt.Fprintf(&b, "%sa:\n", strings.Repeat(" ", i))
	}
	return b.String()
}

// bomb is the billion laughs: every line holds the line above nine times.
func bomb(lines int) string {
	var b strings.Builder
	b.WriteString("l0: &l0 [x]\n")
	for i := 1; i < lines; i++ {
		item := fmt.Sprintf("*l%d", i-1)
		fmt.Fprintf(&b, "l%d: &l%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(item+", ", 9), ", "))
	}
	return b.String()
}

// TestErrorsAreBounded proves that a large bad file does not give a report as large.
func TestErrorsAreBounded(t *testing.T) {
	_, errs := Parse("f", []byte(strings.Repeat("a:\n", 50_000)))
	if len(errs) != MaxErrors {
		t.Errorf("%d errors", len(errs))
	}
}

// A file may be dense, but not without end: each value costs hundreds of bytes.
func TestTooManyValues(t *testing.T) {
	for name, text := range map[string]string{
		"lists":        "a: [" + strings.Repeat("[],", MaxValues/2) + "]",
		"numbers":      "a: [" + strings.Repeat("1,", MaxValues) + "]",
		"maps":         "a: [" + strings.Repeat("{},", MaxValues/2) + "]",
		"lines":        strings.Repeat("- 1\n", MaxValues+1),
		"old Mac ends": strings.Repeat("- 1\r", MaxValues+1),
		"NEL":          strings.Repeat("- 1\u0085", MaxValues+1),
	} {
		if _, errs := Parse("f.yaml", []byte(text)); len(errs) != 1 || !strings.Contains(errs[0].Msg, "more than 100000 lines and values") {
			t.Errorf("%s: %v", name, errs)
		}
	}
	if _, errs := Parse("f.yaml", []byte(strings.Repeat("- 1\r\n", MaxValues-1))); len(errs) > 0 {
		t.Error(errs)
	}
}
