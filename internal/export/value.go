package export

import (
	"maps"
	"slices"

	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/strictyaml"
)

// written is a normal form as a spec has it.
func written(f *spec.Field, v any) any {
	switch v := v.(type) {
	case int64:
		switch f.Type {
		case spec.Minutes:
			return v / 60
		case spec.ISO:
			return spec.FormatDuration(v)
		}
		return v
	case map[string]string:
		pairs := make([]strictyaml.Pair, 0, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			pairs = append(pairs, strictyaml.Pair{Key: key, Value: v[key]})
		}
		return pairs
	case []string:
		return list(v, func(s string) any { return s })
	case []int64:
		return list(v, func(n int64) any { return n })
	case []any:
		return list(v, func(item any) any { return itemPairs(f, item) })
	case map[string]any:
		return rawPairs(v)
	}
	return v
}

func list[T any](items []T, write func(T) any) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = write(item)
	}
	return out
}

// itemPairs writes one item of a list by the fields that an item has.
func itemPairs(f *spec.Field, item any) []strictyaml.Pair {
	values, _ := item.(map[string]any)
	pairs, done := []strictyaml.Pair{}, map[string]bool{}
	for i := range f.Fields {
		sub := &f.Fields[i]
		v, known := values[sub.Name]
		if !known || done[sub.Name] || usual(sub, v) && !sub.Required {
			continue
		}
		done[sub.Name] = true // the same key under another When
		pairs = insert(pairs, sub.Name, written(sub, v), "")
	}
	return pairs
}
