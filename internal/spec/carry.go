package spec

import (
	"maps"
	"reflect"
	"slices"
)

// Carry is want completed by what it leaves open and live has: what a PUT must
// send, because it replaces the resource, and what a compute that is remade
// should keep. Fields of ignore_changes stay as they live. Neither argument is
// changed.
func Carry(want, live *Compute) *Compute {
	if live == nil || live.Kind != want.Kind {
		return want
	}
	full := *want
	full.Values = maps.Clone(want.Values)
	for i := range want.Kind.Fields {
		f := &want.Kind.Fields[i]
		have, known := live.Values[f.Name]
		if !known || reflect.DeepEqual(have, f.Absent) {
			continue
		}
		v, stated := want.Values[f.Name]
		switch {
		case f.Type == Tags:
			full.Values[f.Name] = mergeMaps(have, v)
		case !stated || slices.Contains(want.Lifecycle.IgnoreChanges, f.Name):
			full.Values[f.Name] = have
		}
	}
	return &full
}

// mergeMaps lays over on top of under.
func mergeMaps(under, over any) map[string]string {
	merged := map[string]string{}
	for _, side := range []any{under, over} {
		m, _ := side.(map[string]string)
		maps.Copy(merged, m)
	}
	return merged
}
