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

// setByPeople are the raw properties that a person sets, by kind. What else
// stands there Azure may change by itself at any time, and an exported file
// would then ask for what was.
var setByPeople = map[string][]string{
	"kubernetes":      {"defaultInstanceType", "instanceTypes"},
	"computeinstance": {"autologgerSettings"},
}

// settings are those raw properties of a compute.
func settings(c *spec.Compute, v any) any {
	raw, _ := v.(map[string]any)
	out := map[string]any{}
	for _, key := range setByPeople[c.Kind.Name] {
		if raw[key] != nil {
			out[key] = raw[key]
		}
	}
	if out["defaultInstanceType"] == broughtAlong {
		delete(out, "defaultInstanceType")
	}
	if types, ok := out["instanceTypes"].(map[string]any); ok {
		types = maps.Clone(types)
		delete(types, broughtAlong)
		out["instanceTypes"] = types
		if len(types) == 0 {
			delete(out, "instanceTypes")
		}
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
