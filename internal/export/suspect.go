package export

import (
	"maps"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// Withheld is what a file leaves out because it looks like a secret.
type Withheld struct {
	Field string   // dotted name
	Keys  []string // of a map, or what is set to it in a text
}

// leftOut stands behind a key that is null in place of what was withheld: null
// leaves it unmanaged.
const leftOut = "left out: it looks like a secret"

// withhold leaves a field open.
func (s *sheet) withhold(field string, keys ...string) {
	s.add(field, nil, leftOut)
	s.withheld = append(s.withheld, Withheld{field, keys})
}

// suspects names what looks like a secret in a value that people wrote freely. A
// list is written whole or not at all: one that lacks something would take it
// away from the compute.
func suspects(f *spec.Field, v any) (keys []string) {
	switch v := v.(type) {
	case string:
		if f.Name == "description" || strings.HasPrefix(f.Name, "setup_scripts.") {
			return secret.SuspectsIn(v)
		}
	case []string:
		return secret.SuspectsIn(strings.Join(v, " ")) // a command line
	case map[string]string:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if secret.Suspect(key, v[key]) {
				keys = append(keys, key)
			}
		}
	case []any:
		for _, item := range v {
			values, _ := item.(map[string]any)
			for i := range f.Fields {
				keys = append(keys, suspects(&f.Fields[i], values[f.Fields[i].Name])...)
			}
		}
	}
	return keys
}
