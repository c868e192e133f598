package strictyaml

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzParse: no panic, every position inside the file, and the tree within its limits.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "a: 1\nb: [x, {y: z}]\n", "a: &x [1]\nb: *x\nc: {<<: {d: 1}}\n", "a: |\n  x\n\n  y\n---\nb: \"c\n  d\"\n",
		"a:\r\n- 'x'\r\n", "\u0085a: \u2028b", "? a\n: b\n", "%YAML 1.1\n---\n!!map {a: 1}\n...\n", "a: &a\n  b: *a\n", "{a: b: c", bomb(6),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		file, errs := Parse("f", data)
		for _, e := range errs {
			checkPos(t, file, e.Pos)
			e.Excerpt()
		}
		nodes := 0
		for _, d := range file.Docs {
			checkPos(t, file, d.Pos)
			walk(t, file, d.Root, 1, &nodes)
			file.Mask(d.Root)
		}
		if limit := len(data) + MaxExpanded + 1; nodes > 2*limit {
			t.Errorf("%d nodes from %d bytes", nodes, len(data))
		}
		for i := range file.sourceLines() {
			file.Excerpt(Pos{"f", i + 1, 1})
		}
	})
}

func walk(t *testing.T, f *File, n *Node, depth int, nodes *int) {
	*nodes++
	checkPos(t, f, n.Pos)
	if depth > MaxDepth+1 {
		t.Fatalf("depth %d", depth)
	}
	for _, e := range n.Entries {
		checkPos(t, f, e.KeyPos)
		walk(t, f, e.Value, depth+1, nodes)
	}
	for _, v := range n.Items {
		walk(t, f, v, depth+1, nodes)
	}
}

func checkPos(t *testing.T, f *File, p Pos) {
	t.Helper()
	lines := f.sourceLines()
	if p.Line < 1 || p.Line > len(lines) || p.Col < 1 || p.Col > utf8.RuneCountInString(lines[p.Line-1])+1 {
		t.Fatalf("%s is outside of a file of %d lines", p, len(lines))
	}
}

// BenchmarkParse reads one file as people write it; 10,000 of them must stay
// well under half a second.
func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	text.WriteString("$schema: https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json\n")
	fmt.Fprint(&text, "name: cpu-cluster\ntype: amlcompute\nsize: STANDARD_DS3_v2\nmin_instances: 0\nmax_instances: 4\ntags: {team: ml}\n")
	data := []byte(text.String())
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, errs := Parse("f", data); len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}
