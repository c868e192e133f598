package spec

import (
	"slices"
	"strings"
)

// IsPreview reports whether an api-version is a preview.
func IsPreview(version string) bool { return strings.HasSuffix(version, "-preview") }

// In reports whether an api-version has the field.
func (f *Field) In(version string) bool {
	return f.Everywhere() || f.Stable != "" && version >= f.Stable || f.Preview != "" && IsPreview(version) && version >= f.Preview
}

// Everywhere reports whether every api-version has the field, as far as known.
func (f *Field) Everywhere() bool { return f.Stable == "" && f.Preview == "" }

// APIVersion is the api-version with which a request about the compute goes: base
// if that has all that it states, else the lowest that has, stable before preview, and
// base if none has.
func APIVersion(base string, c *Compute) string { return covering(base, c.versioned()) }

// ReadVersion is the api-version that shows what computes state, and of one that may
// be replaced all that a replacement must carry over.
func ReadVersion(base string, declared []*Compute) string {
	var list []*Field
	for _, c := range declared {
		list = append(list, c.versioned()...)
		if c.Lifecycle.ReplaceAllow {
			list = append(list, c.Kind.allVersioned()...)
		}
	}
	return covering(base, list)
}

// FullVersion is the api-version that shows all fields of all kinds.
func FullVersion(base string) string {
	kindIndex()
	var list []*Field
	for _, k := range kinds {
		list = append(list, k.allVersioned()...)
	}
	return covering(base, list)
}

// newestPreview has every field that we know of.
const newestPreview = "2026-03-15-preview"

// covering is the api-version to use for fields that not every version has: a stable
// one if there is one that has all.
func covering(base string, list []*Field) string {
	has := func(version string) bool {
		return !slices.ContainsFunc(list, func(f *Field) bool { return !f.In(version) })
	}
	if has(base) {
		return base
	}
	var stable, previews []string
	for _, f := range list {
		stable, previews = append(stable, f.Stable), append(previews, f.Preview)
	}
	slices.Sort(stable)
	slices.Sort(previews)
	versions := slices.Concat(stable, previews, []string{newestPreview})
	if i := slices.IndexFunc(versions, func(v string) bool { return v != "" && has(v) }); i >= 0 {
		return versions[i]
	}
	return base
}

// versioned are the fields that the compute states and not every api-version has.
func (c *Compute) versioned() []*Field {
	stated := c.versionedAt()
	list := make([]*Field, len(stated))
	for i := range stated {
		list[i] = stated[i].field
	}
	return list
}

// statedField is a field where a compute states it: properties.x, list[].x.
type statedField struct {
	field *Field
	at    string
}

// versionedAt are those fields, each once, with where they are.
func (c *Compute) versionedAt() []statedField {
	kindIndex()
	list := statedIn(c.Kind.versioned, "", c.Values)
	raw := c.Raw()
	for i := range c.Kind.Keep {
		f := &c.Kind.Keep[i]
		if !f.Everywhere() && (raw[f.Name] != nil || c.Kept[f.ARM] != nil) {
			list = append(list, statedField{f, join("properties", f.Name)})
		}
	}
	return list
}

// allVersioned are the fields of a kind that not every api-version has.
func (k *Kind) allVersioned() []*Field {
	list := allIn(k.versioned)
	for i := range k.Keep {
		if !k.Keep[i].Everywhere() {
			list = append(list, &k.Keep[i])
		}
	}
	return list
}

// statedIn are the fields of a list, and in their items, that values state; above is the
// place of the values.
func statedIn(list []*Field, above string, values map[string]any) []statedField {
	var out []statedField
	add := func(one statedField) {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	for _, f := range list {
		v, stated := values[f.Name]
		at := join(above, f.Name)
		if stated && !f.Everywhere() {
			add(statedField{f, at})
		}
		items, _ := v.([]any)
		for _, item := range items {
			m, _ := item.(map[string]any)
			for _, below := range statedIn(f.versioned, at+"[]", m) {
				add(below)
			}
		}
	}
	return out
}

// allIn are the fields of a list, and in their items, that not every api-version has.
func allIn(list []*Field) []*Field {
	var out []*Field
	for _, f := range list {
		if !f.Everywhere() {
			out = append(out, f)
		}
		out = append(out, allIn(f.versioned)...)
	}
	return out
}

// versionedIn are the fields that not every api-version has, and those with such
// fields in their items.
func versionedIn(fields []Field) []*Field {
	var out []*Field
	for i := range fields {
		f := &fields[i]
		f.versioned = versionedIn(f.Fields)
		if !f.ReadOnly && (!f.Everywhere() || len(f.versioned) > 0) {
			out = append(out, f)
		}
	}
	return out
}

// warnVersions warns of fields that the configured api-version does not have.
func (c *checker) warnVersions(x *Compute, base string) {
	if base == "" {
		return
	}
	with := APIVersion(base, x)
	for _, stated := range x.versionedAt() {
		f, at := stated.field, stated.at
		place, _, _ := strings.Cut(at, "[]")
		switch {
		case f.In(base):
		case f.In(with):
			c.warn(place, "api-version", "api-version %s does not have %s: requests for %s use %s", base, at, x.Name, with)
		default:
			c.warn(place, "api-version", "no api-version has %s and all else that %s states: it is sent with %s", at, x.Name, with)
		}
	}
}
