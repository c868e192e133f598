// Package spectest draws random computes for the property tests of the
// packages that work on them.
package spectest

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// Compute draws a desired compute of the kind: some of its fields, each in its
// normal form.
func Compute(t *rapid.T, k *spec.Kind) *spec.Compute {
	c := &spec.Compute{Name: "x" + rapid.StringMatching(`[a-z]{2,8}`).Draw(t, "name"), Kind: k, Values: Values(t, k.Fields)}
	if c.Text("resource_id") != "" {
		delete(c.Values, "address") // a spec names what it attaches in one way
	}
	return c
}

// Values draws some of the fields.
func Values(t *rapid.T, fields []spec.Field) map[string]any {
	values := map[string]any{}
	for i := range fields {
		f := &fields[i]
		if f.ReadOnly || f.ARM == "" && f.Type != spec.Resource || !applies(f, values) {
			continue
		}
		if f.Required || rapid.Bool().Draw(t, f.Name+"?") {
			values[f.Name] = Value(t, f)
		}
	}
	return values
}

// applies reports whether the drawn siblings let the field stand.
func applies(f *spec.Field, values map[string]any) bool {
	if f.When == "" {
		return true
	}
	for name, v := range values {
		if s, ok := v.(string); ok && f.When == name+"="+s {
			return true
		}
	}
	return false
}

var words = rapid.SampledFrom([]string{"a", "Bc", "STANDARD_DS3_V2", "user one", "ünï", "x/y.sh", "0"})

// Value draws a normal form of the field.
func Value(t *rapid.T, f *spec.Field) any {
	switch f.Type {
	case spec.Choice:
		return rapid.SampledFrom(f.Enum).Draw(t, f.Name).Spec
	case spec.Switch:
		return rapid.Bool().Draw(t, f.Name)
	case spec.Int, spec.Seconds, spec.Minutes, spec.ISO, spec.Timeout:
		most := f.Max
		if most == 0 {
			most = 1 << 20
		}
		return rapid.Int64Range(f.Min, most).Draw(t, f.Name)
	case spec.Tags, spec.Map:
		return rapid.MapOfN(rapid.StringMatching(`[a-z]{1,3}`), words, 0, 3).Draw(t, f.Name)
	case spec.Words, spec.List:
		word := words
		if f.Enum != nil {
			word = rapid.Map(rapid.SampledFrom(f.Enum), func(e spec.Enum) string { return e.Spec })
		}
		return rapid.SliceOfN(word, 0, 3).Draw(t, f.Name)
	case spec.Ints:
		return rapid.SliceOfN(rapid.Int64Range(f.Min, f.Max), 0, 3).Draw(t, f.Name)
	case spec.Objects:
		return objects(t, f)
	case spec.Raw:
		return raw(t, f.Name)
	case spec.Secret:
		return secret.Ref{Scheme: secret.Env, Name: rapid.StringMatching(`[A-Z]{1,4}`).Draw(t, f.Name)}
	case spec.Resource:
		return "/subscriptions/s/resourceGroups/g/providers/P/t/" + rapid.StringMatching(`[A-Za-z]{1,2}`).Draw(t, f.Name)
	}
	if f.Form != nil {
		return rapid.SampledFrom(f.Form.Offer()).Draw(t, f.Name)
	}
	return words.Draw(t, f.Name)
}

// raw draws ARM properties that no kind has a field for.
func raw(t *rapid.T, label string) map[string]any {
	value := rapid.OneOf(rapid.Just[any](true), rapid.Just[any](1.5), rapid.Just[any]([]any{"a", 2.0}), rapid.Map(words, func(s string) any { return s }))
	m := map[string]any{}
	for k, v := range rapid.MapOfN(rapid.StringMatching(`raw[A-Z.]{1,2}`), value, 0, 3).Draw(t, label) {
		m[k] = v
		if rapid.Bool().Draw(t, "nested") {
			m[k] = map[string]any{"in.side": v}
		}
	}
	return m
}

func objects(t *rapid.T, f *spec.Field) []any {
	n := rapid.IntRange(0, 3).Draw(t, f.Name)
	list := make([]any, n)
	for i := range list {
		item := Values(t, f.Fields)
		if f.Key != "" {
			item[f.Key] = fmt.Sprintf("/subscriptions/s/resourceGroups/g/providers/P/t/%d", i)
		}
		list[i] = item
	}
	return list
}
