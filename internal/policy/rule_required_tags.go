package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

var requiredTags = &Rule{
	Code: "required-tags", Key: "required_tags", Default: spec.Fails, Example: "[team, cost-center]",
	Doc:  "Every compute has these tags.",
	Hint: "add it to tags, or to defaults in workspace.yaml",
	Keys: []Key{{Name: "tags", Type: Tags, Required: true, Doc: "Keys of tags; as a map, each with globs of the values that it may have: `{env: [dev, prod], team: }`."}},
	check: func(s *Setting, x *Subject) []Breach {
		var breaches []Breach
		for _, want := range slices.Sorted(maps.Keys(s.Tags)) {
			key, found := spec.FindTag(x.Tags(), want)
			globs := s.Tags[want]
			b := Breach{Of: strings.ToLower(want), Field: "tags"}
			switch value := x.Tags()[key]; {
			case !found || strings.TrimSpace(value) == "":
				b.Text = fmt.Sprintf("has no tag %s", want)
			case len(globs) > 0 && !matchAny(globs, value):
				b.Of += "=" + strings.ToLower(value) // from one wrong value to another is no improvement
				b.Text = fmt.Sprintf("has the tag %s with a value that is none of %s", want, strings.Join(globs, ", "))
			default:
				continue
			}
			breaches = append(breaches, b)
		}
		return breaches
	},
}
