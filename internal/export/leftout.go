package export

import (
	"maps"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// LeftOut is what a compute has, or may have, and its file does not.
type LeftOut struct {
	What string // a field, or an ARM property
	Why  string
}

// unsaid lists what a file does not say of a compute.
func unsaid(c *spec.Compute) []LeftOut {
	var out []LeftOut
	add := func(why, prefix string, names []string) {
		for _, name := range names {
			out = append(out, LeftOut{prefix + name, why})
		}
	}
	nothing := &spec.Compute{Kind: c.Kind}
	add("Azure does not show it: state it unless it is the default", "", spec.NotCarried(nothing, c))
	for _, field := range slices.Sorted(maps.Keys(c.Unsent)) {
		if field == "" {
			add("Azure takes none when it makes a compute", "properties.", c.Unsent[field])
			continue
		}
		add("no key has it", field+": ", c.Unsent[field])
	}
	if c.Kind.Field("properties") != nil {
		add("this version does not know it: Azure may have set it by itself", "properties.", spec.UnknownRaw(nothing, c))
		add("Azure may change it by itself", "properties.", changing(c))
	}
	return out
}

// changing are the raw properties with a value that settings does not write, although
// the kind knows them.
func changing(c *spec.Compute) []string {
	raw := c.Raw()
	var names []string
	for i := range c.Kind.Keep {
		f := &c.Kind.Keep[i]
		if raw[f.Name] != nil && !slices.ContainsFunc(setByPeople[c.Kind.Name], func(name string) bool { return strings.EqualFold(name, f.Name) }) {
			names = append(names, f.Name)
		}
	}
	return names
}
