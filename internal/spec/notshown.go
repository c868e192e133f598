package spec

import (
	"maps"
	"slices"
)

// NotShown names what want states and an answer of Azure's does not show although
// nothing else shows whether it was applied: fields that not every api-version has,
// and raw properties. It is in the order of the kind's table.
func NotShown(want, have *Compute) []string {
	kindIndex()
	var out []string
	for i := range want.Kind.Fields {
		f := &want.Kind.Fields[i]
		v := want.Values[f.Name]
		if v == nil || f.ReadOnly || slices.Contains(want.Lifecycle.IgnoreChanges, f.Name) {
			continue
		}
		shown, known := have.Values[f.Name]
		switch {
		case f.Type == Raw:
			out = append(out, rawNotShown(f.Name, v, shown)...)
		case !known && !f.Everywhere():
			out = append(out, f.Name)
		case len(f.versioned) > 0:
			out = append(out, itemsNotShown(f, v, shown)...)
		}
	}
	return out
}

// rawNotShown names the raw values, below maps, that Azure does not show.
func rawNotShown(at string, want, have any) []string {
	w, isMap := want.(map[string]any)
	if !isMap {
		return nil
	}
	h, _ := have.(map[string]any)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(w)) {
		shown, known := h[key]
		switch {
		case w[key] == nil:
		case !known:
			out = append(out, join(at, key))
		default:
			out = append(out, rawNotShown(join(at, key), w[key], shown)...)
		}
	}
	return out
}

// itemsNotShown names the fields of a list's items that Azure does not show.
func itemsNotShown(f *Field, want, have any) []string {
	w, _ := want.([]any)
	h, _ := have.([]any)
	var out []string
	for _, sub := range f.versioned {
		hidden := func(i, j int) bool {
			wi, _ := w[i].(map[string]any)
			hj, _ := h[j].(map[string]any)
			_, known := hj[sub.Name]
			return wi[sub.Name] != nil && !known && !sub.Everywhere()
		}
		for j, i := range f.match(w, h) {
			if i != none && hidden(i, j) {
				out = append(out, join(f.Name, sub.Name))
				break
			}
		}
	}
	return out
}

// NotCarried names the fields and raw properties that not every api-version has, that a
// spec leaves open and that Azure does not show: what is made in place of the compute
// may differ in them.
func NotCarried(want, live *Compute) []string {
	kindIndex()
	var out []string
	for _, f := range want.Kind.versioned {
		if _, known := live.Values[f.Name]; !known && want.Values[f.Name] == nil && !f.Everywhere() {
			out = append(out, f.Name)
		}
	}
	stated := want.Raw()
	shown := live.Raw()
	for i := range want.Kind.Keep {
		f := &want.Kind.Keep[i]
		if _, known := shown[f.Name]; !known && stated[f.Name] == nil && !f.Everywhere() {
			out = append(out, join("properties", f.Name))
		}
	}
	return out
}

// UnknownRaw names the raw properties of a live compute that a spec does not state and
// the kind does not know.
func UnknownRaw(want, live *Compute) []string {
	stated := want.Raw()
	have := live.Raw()
	var out []string
	for _, key := range slices.Sorted(maps.Keys(have)) {
		if have[key] != nil && stated[key] == nil && want.Kind.keeps(key) == nil {
			out = append(out, key)
		}
	}
	return out
}
