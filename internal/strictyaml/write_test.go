package strictyaml

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestWrite(t *testing.T) {
	got, err := Write([]Pair{
		{Key: "name", Value: "cpu"},
		{Key: "min_instances", Value: int64(0)},
		{Key: "enabled", Value: true},
		{Key: "ratio", Value: 0.5},
		{Key: "nothing", Value: nil},
		{Key: "password", Value: "secret://env/X", Remark: "fill in"},
		{Key: "tags", Value: []Pair{{Key: "yes", Value: "on"}, {Key: "1", Value: "12:30"}, {Key: "team", Value: "null"}, {Key: "since", Value: "2026-01-05T08:00:00"}, {Key: "<<", Value: ""}}},
		{Key: "script", Value: "a\nb\n"},
		{Key: "list", Value: []any{int64(1), "two", []Pair{{Key: "a", Value: int64(1)}, {Key: "b", Value: []any{}}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `name: cpu
min_instances: 0
enabled: true
ratio: 0.5
nothing: null
password: secret://env/X # fill in
tags:
  "yes": "on"
  "1": "12:30"
  team: "null"
  since: "2026-01-05T08:00:00"
  "<<": ""
script: |
  a
  b
list:
  - 1
  - two
  - a: 1
    b: []
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if _, err := Write([]Pair{{Key: "a", Value: struct{}{}}}); err == nil || !strings.Contains(err.Error(), "write yaml: no YAML for a struct {}") {
		t.Errorf("a struct: error %v", err)
	}
}

// TestWriteParse writes random values and reads the same ones back.
func TestWriteParse(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching("[ \n\t#:'\"|>\\-a-z]{0,12}"), rapid.StringMatching(`[-+.0-9:eEx_]{0,6}`),
		rapid.SampledFrom([]string{"yes", "No", "null", "~", "true", "<<", "=", "2024-01-01", "!tag", "*alias", "&anchor", "\u2028", "\u202e", "x\U000e0041", "\ufeffx", "a\n\u0085b"}))
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		scalars := []*rapid.Generator[any]{
			text.AsAny(), rapid.Int64().AsAny(), rapid.Bool().AsAny(), rapid.Just[any](nil),
			rapid.Map(rapid.Int64Range(-1<<40, 1<<40), func(n int64) any { return float64(n) + 0.5 }),
		}
		if depth > 0 {
			scalars = append(scalars, rapid.SliceOfN(value(depth-1), 0, 3).AsAny(), pairs(text, value(depth-1)).AsAny())
		}
		return rapid.OneOf(scalars...)
	}
	rapid.Check(t, func(t *rapid.T) {
		want := pairs(text, value(2)).Draw(t, "pairs")
		data, err := Write(want)
		if err != nil {
			t.Fatal(err)
		}
		file, errs := Parse("x.yaml", data)
		if len(errs) > 0 {
			t.Fatalf("%v in\n%s", errs, data)
		}
		if len(file.Docs) != 1 {
			t.Fatalf("%d documents in\n%s", len(file.Docs), data)
		}
		if diff := cmp.Diff(any(want), readBack(file.Docs[0].Root)); diff != "" {
			t.Fatalf("%s in\n%s", diff, data)
		}
	})
}

func pairs(key *rapid.Generator[string], value *rapid.Generator[any]) *rapid.Generator[[]Pair] {
	return rapid.Custom(func(t *rapid.T) []Pair {
		keys := rapid.SliceOfNDistinct(key, 0, 4, func(s string) string { return s }).Draw(t, "keys")
		list := make([]Pair, len(keys))
		for i, k := range keys {
			list[i] = Pair{Key: k, Value: value.Draw(t, "value")}
		}
		return list
	})
}

// readBack is what Write was given, as the typed readers see it.
func readBack(n *Node) any {
	if n.IsNull() {
		return nil
	}
	switch n.Kind {
	case Map:
		list := make([]Pair, len(n.Entries))
		for i, e := range n.Entries {
			list[i] = Pair{Key: e.Key, Value: readBack(e.Value)}
		}
		return list
	case List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = readBack(item)
		}
		return list
	}
	if i, ok := n.Int(); ok {
		return i
	}
	if f, ok := n.Float(); ok {
		return f
	}
	if b, ok := n.Bool(); ok {
		return b
	}
	s, _ := n.Text()
	return s
}
