package schema

import (
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// compute is the schema of one compute of a kind.
func compute(k *spec.Kind) *Schema {
	s := object(k, k.Fields)
	s.Title, s.Description = title(k), "Azure's computeType "+k.ComputeType+": "+comes(k)+"."
	s.Type = types{"object"}
	s.Required = []string{"name", "type"}
	s.Properties["$schema"] = &Schema{Description: "The schema that CLI v2 gives its files; not read."}
	s.Properties["name"] = name(k)
	s.Properties["type"] = words(k.Name, "The kind of compute, in any case.", anyCase(k.Name), []string{k.Name})
	s.Properties["computesync"] = lifecycle(k)
	return s
}

// partial is what workspace.yaml may state for every compute of a kind.
func partial(k *spec.Kind) *Schema {
	s := object(k, k.Fields)
	s.Title = title(k) + ": defaults"
	if id := s.Properties["resource_id"]; id != nil { // the loader judges it when a compute takes it
		id.Type, id.Pattern, id.PatternErrorMessage = append(slices.Clone(scalar), "null"), "", ""
	}
	return s
}

// title begins a sentence with what the kind is.
func title(k *spec.Kind) string { return strings.ToUpper(k.Title[:1]) + k.Title[1:] }

// comes says how computes of a kind come and go.
func comes(k *spec.Kind) string {
	switch {
	case !k.Managed:
		return "attached and detached"
	case k.Attachable():
		return "attached where a resource is named, else created; goes as it came"
	}
	return "created and deleted"
}

const nameText = "Name of the compute in the workspace: 3 to 24 letters, digits and dashes."

// name is the schema of a compute's name. true and false are good names.
func name(k *spec.Kind) *Schema {
	var reserved []string
	for _, word := range spec.ReservedNames() {
		reserved = append(reserved, inner(word))
	}
	return &Schema{
		Description: nameText,
		Type:        types{"string", "boolean"}, MinLength: 3, MaxLength: 24, Pattern: k.NamePattern(),
		PatternErrorMessage: "expected letters, digits and -, beginning with a letter, not ending in -, nor in - and a number for an instance",
		Not:                 &Schema{Type: types{"string"}, Pattern: "^(" + strings.Join(reserved, "|") + ")$"},
	}
}

// localName is the type that a workspace needs nothing for.
const localName = "local"

// local is the schema of a document that declares nothing.
func local() *Schema {
	port := number(&spec.Field{Min: 1, Max: 65535})
	port.Type, port.Description = append(port.Type, "null"), "Port of local inference."
	return &Schema{
		Title: "Local computer", Description: "A workspace needs nothing for it.", Type: types{"object"}, AdditionalProperties: false,
		Properties: map[string]*Schema{
			"$schema": {}, "name": {}, "type": {}, "description": {}, "tags": {},
			"port": port,
		},
	}
}

// kindNames takes the name of any kind, and of what needs nothing in the
// workspace.
func kindNames() *Schema {
	names := []string{localName}
	for _, k := range spec.Kinds() {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	patterns := make([]string, len(names))
	for i, n := range names {
		patterns[i] = inner(n)
	}
	return words("", "The kind of compute, in any case.", "^("+strings.Join(patterns, "|")+")$", names)
}

// object makes nested objects of fields with dotted names. A container may be
// null, which leaves all below it open.
func object(k *spec.Kind, fields []spec.Field) *Schema {
	root := &Schema{Type: types{"object"}, AdditionalProperties: false, Properties: map[string]*Schema{}}
	seen := map[string]bool{}
	for i := range fields {
		f := &fields[i]
		if seen[f.Name] {
			continue // the same key under another When
		}
		seen[f.Name] = true
		at, path := root, strings.Split(f.Name, ".")
		for _, key := range path[:len(path)-1] {
			if at.Properties[key] == nil {
				at.Properties[key] = &Schema{Type: types{"object", "null"}, AdditionalProperties: false, Properties: map[string]*Schema{}}
			}
			at = at.Properties[key]
		}
		at.Properties[path[len(path)-1]] = field(k, f)
	}
	return root
}

// item is the schema of one item of a list. No default of workspace.yaml
// reaches into lists, so here is told what is missing.
func item(k *spec.Kind, fields []spec.Field) *Schema {
	s := object(k, fields)
	for i := range fields {
		if f := &fields[i]; f.Required && f.When == "" {
			require(s, strings.Split(f.Name, "."))
		}
	}
	s.AllOf = whens(fields)
	return s
}

// require makes a key and all above it stand, and not be null.
func require(s *Schema, path []string) {
	if !slices.Contains(s.Required, path[0]) {
		s.Required = append(s.Required, path[0])
	}
	below := s.Properties[path[0]]
	below.Type = slices.DeleteFunc(below.Type, func(t string) bool { return t == "null" })
	below.AnyOf = slices.DeleteFunc(below.AnyOf, func(a *Schema) bool { return len(a.Type) == 1 && a.Type[0] == "null" })
	if len(path) > 1 {
		require(below, path[1:])
	}
}

// whens forbids the keys that another key of the item rules out, for each word
// that it may be, and requires those that it needs.
func whens(fields []spec.Field) []*Schema {
	var siblings []string // "trigger.type=cron", in order
	for i := range fields {
		if w := fields[i].When; w != "" && !slices.Contains(siblings, w) {
			siblings = append(siblings, w)
		}
	}
	var all []*Schema
	for _, when := range siblings {
		sibling, word, _ := strings.Cut(when, "=")
		rule := &Schema{If: nested(sibling, &Schema{Type: types{"string"}, Pattern: anyCase(word)}, true), Then: &Schema{}}
		for i := range fields {
			name := fields[i].Name
			if fields[i].When == when && fields[i].Required {
				rule.Then.AllOf = append(rule.Then.AllOf, needed(name))
			}
			if fields[i].When == "" || slices.ContainsFunc(fields, func(f spec.Field) bool { return f.Name == name && f.When == when }) {
				continue
			}
			rule.Then.AllOf = append(rule.Then.AllOf, nested(name, &Schema{Type: types{"null"}}, false))
		}
		if len(rule.Then.AllOf) > 0 {
			all = append(all, rule)
		}
	}
	return all
}

// needed requires a dotted key, which must not be null, where the keys above it
// are stated.
func needed(name string) *Schema {
	head, tail, more := strings.Cut(name, ".")
	if more {
		return &Schema{Properties: map[string]*Schema{head: needed(tail)}}
	}
	return &Schema{Required: []string{head}, Properties: map[string]*Schema{head: {Not: &Schema{Type: types{"null"}}}}}
}

// nested puts what must hold of a dotted key under the keys above it.
func nested(name string, s *Schema, required bool) *Schema {
	head, tail, more := strings.Cut(name, ".")
	if more {
		s = nested(tail, s, required)
	}
	out := &Schema{Properties: map[string]*Schema{head: s}}
	if required {
		out.Required = []string{head}
	}
	return out
}
