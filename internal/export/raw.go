package export

import (
	"maps"
	"slices"

	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/strictyaml"
)

// broughtAlong is the instance type that the extension on a Kubernetes cluster
// brings along (Microsoft's guide to instance types).
const broughtAlong = "defaultinstancetype"

// settings are the raw properties that a person sets: of a Kubernetes cluster
// its instance types. What else stands there Azure may change by itself at any
// time, and an exported file would then ask for what was.
func settings(c *spec.Compute, v any) any {
	raw, _ := v.(map[string]any)
	out := map[string]any{}
	if c.Kind.Name != "kubernetes" {
		return out
	}
	if name := raw["defaultInstanceType"]; name != nil && name != broughtAlong {
		out["defaultInstanceType"] = name
	}
	types, _ := raw["instanceTypes"].(map[string]any)
	types = maps.Clone(types)
	delete(types, broughtAlong)
	if len(types) > 0 {
		out["instanceTypes"] = types
	}
	return out
}

// rawPairs writes ARM properties as they are in ARM, without the nulls.
func rawPairs(m map[string]any) []strictyaml.Pair {
	pairs := make([]strictyaml.Pair, 0, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if m[key] != nil {
			pairs = append(pairs, strictyaml.Pair{Key: key, Value: rawValue(m[key])})
		}
	}
	return pairs
}

func rawValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return rawPairs(v)
	case []any:
		return list(v, rawValue)
	}
	return v
}
