package policy

import (
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

var allowedSizes = &Rule{
	Code: "allowed-sizes", Key: "allowed_sizes", Default: spec.Fails, Example: `["Standard_D*_v5", Standard_NC24ads_A100_v4]`,
	Doc:  "Nodes that Azure ML makes have one of these VM sizes.",
	Hint: "choose an allowed size",
	Keys: []Key{{Name: "sizes", Type: Globs, Required: true, Doc: "VM sizes, in any case."}},
	check: func(s *Setting, x *Subject) []Breach {
		size := x.text("size")
		switch {
		case !x.has("size") || matchAny(s.List, size):
			return nil
		case size == "":
			return []Breach{{Field: "size", Unknown: true, Text: "may have any size: it states none, and Azure chooses"}}
		}
		return []Breach{{Of: strings.ToLower(size), Field: "size", Text: "has size " + size + ", which is not allowed"}}
	},
}
