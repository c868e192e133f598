package policy

import "github.com/computesync/computesync/internal/spec"

var noLowPriority = &Rule{
	Code: "no-low-priority", Key: "no_low_priority", Default: spec.Fails, Example: `["prod-*"]`,
	Doc:  "Clusters of these names have dedicated nodes, which nobody preempts, and not Spot ones (`tier: low_priority`).",
	Hint: "state tier: dedicated",
	Keys: []Key{{Name: NamesKey, Type: Globs, Doc: "Names of computes; all where nothing is said."}},
	check: func(_ *Setting, x *Subject) []Breach {
		if !x.has("tier") || x.text("tier") != "low_priority" {
			return nil
		}
		return []Breach{{Field: "tier", Text: "has low-priority nodes"}}
	},
}
