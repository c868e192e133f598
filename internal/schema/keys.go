package schema

import (
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// lifecycle is the schema of what stands under computesync:.
func lifecycle(k *spec.Kind) *Schema {
	s := &Schema{Description: "What only computesync understands."}
	keys(s, spec.LifecycleKeys(k))
	s.Type = append(s.Type, "null")
	s.Properties[spec.IgnoreChangesKey].Items = &Schema{Type: types{"string"}, Enum: ignorable(k)}
	return s
}

// ignorable are the keys that ignore_changes may name: those of the kind, and
// what stands above them.
func ignorable(k *spec.Kind) []string {
	var names []string
	seen := map[string]bool{}
	for i := range k.Fields {
		f := &k.Fields[i]
		for at := f.Name; at != "" && !f.ReadOnly && !seen[at]; {
			names, seen[at] = append(names, at), true
			at = at[:max(0, strings.LastIndexByte(at, '.'))]
		}
	}
	return names
}

// keys makes s an object of keys outside the kinds' tables.
func keys(s *Schema, list []spec.Key) {
	s.Type, s.AdditionalProperties, s.Properties = types{"object"}, false, map[string]*Schema{}
	for _, key := range list {
		s.Properties[key.Name] = keyValue(&key)
		if key.Required {
			s.Required = append(s.Required, key.Name)
		}
	}
}

func keyValue(key *spec.Key) *Schema {
	s := &Schema{Description: key.Doc}
	if key.Default != "" {
		s.Description += " Default: " + key.Default + "."
	}
	switch {
	case key.Keys != nil && key.Type == spec.Objects:
		s.Type, s.Items = types{"array"}, &Schema{}
		keys(s.Items, key.Keys)
		return s
	case key.Keys != nil:
		keys(s, key.Keys)
		return s
	}
	switch key.Type {
	case spec.Switch:
		s.Type = types{"boolean"}
	case spec.Choice:
		s.Type, s.Enum = types{"string"}, key.Words
	case spec.Words:
		s.Type, s.Items = types{"array"}, &Schema{Type: scalar}
		if key.Words != nil {
			s.Items = &Schema{Type: types{"string"}, Enum: key.Words}
		}
	default:
		s.Type, s.Pattern = scalar, key.Pattern
	}
	return s
}
