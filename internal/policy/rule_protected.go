package policy

import "github.com/computesync/computesync/internal/spec"

// protected has nothing to say of a spec: the plan holds removals by it, as by
// `protect` in workspace.yaml.
var protected = &Rule{
	Code: "protected", Key: "protected", Default: spec.Holds, Always: true, Example: `["prod-*"]`,
	Doc:  "Computes of these names are never replaced, detached or deleted: `protect`, which the operator can set for all workspaces.",
	Hint: "ask whoever protects it",
	Keys: []Key{{Name: NamesKey, Type: Globs, Required: true, Doc: "Names of computes."}},
}
