package spec

import (
	"maps"
	"slices"
	"strings"
)

// Unsent finds the values of a live compute that no PUT of ours can have: what only
// actions change, and what items of lists hold beside their fields. It is by the
// field of the list, "" for none, and nil where there is nothing. value finds what is
// at an ARM path.
func (k *Kind) Unsent(value func(path string) any) map[string][]string {
	var out map[string][]string
	add := func(field string, paths []string) {
		if len(paths) == 0 {
			return
		}
		if out == nil {
			out = map[string][]string{}
		}
		out[field] = paths
	}
	var stays []string
	for _, name := range k.stays {
		if list, _ := value(armInner + "." + name).([]any); len(list) > 0 {
			stays = append(stays, name)
		}
	}
	add("", stays)
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Type == Objects && !f.ReadOnly {
			add(f.Name, f.strange(value(f.ARM)))
		}
	}
	return out
}

// strange are the ARM paths that the items of a live list hold beside the fields of
// an item.
func (f *Field) strange(list any) []string {
	var out []string
	each := func(item any) {
		m, _ := item.(map[string]any)
		out = append(out, f.strangeIn("", m)...)
	}
	switch items := list.(type) {
	case []any:
		for _, item := range items {
			each(item)
		}
	case map[string]any:
		for _, item := range items {
			each(item)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// strangeIn are those of one item, at and below a path in it.
func (f *Field) strangeIn(at string, m map[string]any) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(m)) {
		path, v := join(at, key), m[key]
		sub, above := f.itemField(path)
		inner, isMap := v.(map[string]any)
		switch {
		case v == nil:
		case sub != nil && sub.Type == Objects:
			for _, deeper := range sub.strange(v) {
				out = append(out, path+"[]."+deeper)
			}
		case sub != nil:
		case above && isMap:
			out = append(out, f.strangeIn(path, inner)...)
		default:
			out = append(out, path)
		}
	}
	return out
}

// itemField is the field of an item at an ARM path, an empty one for what is sent or
// set without a key, or nil; above is that there are fields below the path.
func (f *Field) itemField(path string) (sub *Field, above bool) {
	path = strings.ToLower(path)
	for i := range f.Fields {
		arm := strings.ToLower(f.Fields[i].ARM)
		if arm == path {
			return &f.Fields[i], false
		}
		above = above || strings.HasPrefix(arm, path+".")
	}
	for known := range f.Also {
		if strings.EqualFold(known, path) {
			return &Field{}, false
		}
	}
	for _, known := range f.readOnly {
		if strings.EqualFold(known, path) {
			return &Field{}, false
		}
	}
	return nil, above
}
