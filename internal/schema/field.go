package schema

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/computesync/computesync/internal/spec"
)

// scalar is what the loader takes for text: 123 and true are good text.
var scalar = types{"string", "number", "boolean"}

// field is the schema of one key. Anything may be null, which leaves it open;
// what Azure alone sets may be anything.
func field(k *spec.Kind, f *spec.Field) *Schema {
	if f.ReadOnly {
		return &Schema{ReadOnly: true, DoNotSuggest: true, Description: "Printed by az ml, and dropped here."}
	}
	s := value(k, f)
	s.Description = sentences([]string{f.Doc, defaultText(f), costText(k, f), whenText(f), versionText(f)})
	s.Default = defaultValue(f)
	if len(s.AnyOf) > 0 {
		s.AnyOf = append(s.AnyOf, &Schema{Type: types{"null"}})
	} else {
		s.Type = append(slices.Clone(s.Type), "null")
	}
	return s
}

// sentences joins those that say something.
func sentences(list []string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), " ")
}

// value is what a field takes besides null.
func value(k *spec.Kind, f *spec.Field) *Schema {
	switch f.Type {
	case spec.Switch:
		return &Schema{
			Type: types{"boolean", "string", "integer"}, Minimum: ptr(0), Maximum: ptr(1),
			Pattern: spec.SwitchPattern(), PatternErrorMessage: "expected true or false",
		}
	case spec.Int, spec.Seconds, spec.Minutes, spec.Timeout:
		return number(f)
	case spec.Choice:
		return choice(f)
	case spec.Empty:
		return &Schema{Type: types{"string"}, Pattern: "^$", PatternErrorMessage: "expected nothing"}
	case spec.ISO:
		return &Schema{Type: types{"string"}, MinLength: 3, Pattern: spec.DurationPattern, PatternErrorMessage: "expected an ISO 8601 duration such as PT30M"}
	case spec.Secret:
		return reference()
	case spec.Tags:
		return &Schema{
			Type: types{"object"}, AdditionalProperties: text(append(slices.Clone(scalar), "null")),
			PropertyNames: &Schema{Not: &Schema{Pattern: "^" + inner("computesync-")}},
		}
	case spec.Map:
		return &Schema{Type: types{"object"}, AdditionalProperties: text(append(slices.Clone(scalar), "null"))}
	case spec.Words, spec.List:
		items := &Schema{Type: scalar}
		if f.Enum != nil {
			items = choice(f)
		}
		return &Schema{Type: types{"array"}, Items: items}
	case spec.Ints:
		return &Schema{Type: types{"array"}, Items: number(f)}
	case spec.Objects:
		return &Schema{Type: types{"array"}, Items: item(k, f.Fields)}
	case spec.Raw:
		return raw(k)
	case spec.Resource:
		if a := k.Attachment(); a != nil && f.Name == "resource_id" && k.Field(f.Name) == f {
			return resource(a)
		}
	}
	if f.Form != nil {
		return &Schema{AnyOf: []*Schema{{Type: types{"string"}, Enum: f.Form.Offer()}, {Type: types{"string"}}}}
	}
	return text(scalar)
}

// raw takes anything, but for what has a field of its own as well.
func raw(k *spec.Kind) *Schema {
	s := &Schema{Type: types{"object"}}
	for name, f := range k.RawToo() {
		if s.Properties == nil {
			s.Properties = map[string]*Schema{}
		}
		s.Properties[name] = field(k, f)
	}
	return s
}

// number takes a whole number, in quotes too, as az does.
func number(f *spec.Field) *Schema {
	s := &Schema{
		Type: types{"integer", "string"}, Minimum: ptr(f.Min),
		Pattern: spec.NumberPattern, PatternErrorMessage: "expected a whole number",
	}
	if f.Max > 0 {
		s.Maximum = ptr(f.Max)
	}
	return s
}

// text refuses credentials inside a URL.
func text(t types) *Schema {
	return &Schema{Type: t, Not: &Schema{Type: types{"string"}, Pattern: spec.CredentialPattern()}}
}

// reference takes a reference to a secret.
func reference() *Schema {
	return &Schema{
		Type: types{"string"}, Pattern: spec.ReferencePattern,
		PatternErrorMessage: "expected a reference such as secret://credential/NAME or secret://env/NAME, never the secret itself",
	}
}

// choice takes a word of the spec, which editors offer, or ARM's word for it.
func choice(f *spec.Field) *Schema {
	var patterns []string
	for _, e := range f.Enum {
		patterns = append(patterns, blanks(e.Spec))
		if !strings.EqualFold(e.Spec, e.ARM) {
			patterns = append(patterns, blanks(e.ARM))
		}
	}
	return words("", "", "^ *("+strings.Join(patterns, "|")+")$", f.Choices())
}

// words takes what matches the pattern; editors offer the words themselves.
func words(def, doc, pattern string, offer []string) *Schema {
	s := &Schema{Description: doc, AnyOf: []*Schema{
		{Type: types{"string"}, Enum: offer},
		{Type: types{"string"}, Pattern: pattern, PatternErrorMessage: "expected one of " + strings.Join(offer, ", ")},
	}}
	if def != "" {
		s.Default = def
	}
	return s
}

// resource takes the IDs of the ARM types that a kind attaches.
func resource(a *spec.Attachment) *Schema {
	const part = `/[^/\s?#%\\]+`
	var patterns []string
	for _, t := range a.Types {
		provider, kinds, _ := strings.Cut(t, "/")
		p := inner("/providers/" + provider)
		for k := range strings.SplitSeq(kinds, "/") {
			p += inner("/"+k) + part
		}
		patterns = append(patterns, p)
	}
	return &Schema{
		Type:                types{"string"},
		Pattern:             "^" + inner("/subscriptions") + part + inner("/resourceGroups") + part + "(" + strings.Join(patterns, "|") + ")$",
		PatternErrorMessage: "expected the resource ID of a " + strings.Join(a.Types, " or a "),
	}
}

// anyCase matches a word without regard to case. Neither ECMAScript's regular
// expressions nor Go's have a flag for it that the other has.
func anyCase(word string) string { return "^" + inner(word) + "$" }

func inner(word string) string { return fold(word, "") }

// blanks matches a word in any case and with blanks anywhere behind its
// characters, as the loader reads choices.
func blanks(word string) string { return fold(word, " *") }

func fold(word, between string) string {
	var b strings.Builder
	for _, r := range word {
		lower, upper := unicode.ToLower(r), unicode.ToUpper(r)
		switch {
		case lower != upper:
			fmt.Fprintf(&b, "[%c%c]", upper, lower)
		case strings.ContainsRune(`.+*?()|[]{}^$\`, r):
			b.WriteString(`\` + string(r))
		default:
			b.WriteRune(r)
		}
		b.WriteString(between)
	}
	return b.String()
}

// defaultValue is a field's default as a spec states it.
func defaultValue(f *spec.Field) any {
	switch n, isNumber := f.Default.(int64); {
	case isNumber && f.Type == spec.Minutes:
		return n / 60
	case isNumber && f.Type == spec.ISO:
		return spec.FormatDuration(n)
	}
	return f.Default
}

func defaultText(f *spec.Field) string {
	if f.Default == nil {
		return ""
	}
	return fmt.Sprintf("Default: %s.", f.Show(f.Default))
}

func costText(k *spec.Kind, f *spec.Field) string {
	if k.Field(f.Name) != f || f.ARM == "" {
		return "" // of a list's item, or part of another key
	}
	return "A change: " + cost(k, f) + "."
}

func whenText(f *spec.Field) string {
	if f.When == "" {
		return ""
	}
	sibling, word, _ := strings.Cut(f.When, "=")
	return fmt.Sprintf("For %s %s.", sibling, word)
}

// versionText says which api-versions have a field that not all have.
func versionText(f *spec.Field) string {
	switch {
	case f.Stable != "" && f.Preview != "":
		return fmt.Sprintf("From api-version %s, and previews from %s.", f.Stable, f.Preview)
	case f.Preview != "":
		return fmt.Sprintf("In preview api-versions only, from %s.", f.Preview)
	}
	return ""
}

// stakeText marks a field that should not be left open.
func stakeText(f *spec.Field) string {
	if f.AtStake == 0 {
		return ""
	}
	return fmt.Sprintf("**%s**", f.AtStake)
}
