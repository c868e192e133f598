package policy

import "github.com/computesync/computesync/internal/spec"

var allowedRegions = &Rule{
	Code: "allowed-regions", Key: "allowed_regions", Default: spec.Fails, Example: "[westeurope, northeurope]",
	Doc:  "Nodes that Azure ML makes are in one of these regions.",
	Hint: "choose an allowed region with location, or a workspace in one",
	Keys: []Key{{Name: "regions", Type: Globs, Required: true, Doc: "Regions, as `westeurope` or `West Europe`."}},
	check: func(s *Setting, x *Subject) []Breach {
		if !x.has("size") {
			return nil // what is attached is where it is
		}
		region := spec.FoldRegion(x.Text("location"))
		if region == "" {
			region = spec.FoldRegion(x.Home)
		}
		if region == "" {
			return []Breach{{Field: "location", Unknown: true, Text: "may be in any region: workspace.yaml does not state location"}}
		}
		for _, allowed := range s.List {
			if matchAny([]string{spec.FoldRegion(allowed)}, region) {
				return nil
			}
		}
		return []Breach{{Of: region, Field: "location", Text: "is in " + region + ", which is not allowed"}}
	},
}
