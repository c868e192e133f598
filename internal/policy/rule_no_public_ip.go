package policy

import "github.com/computesync/computesync/internal/spec"

var noPublicIP = &Rule{
	Code: "no-public-ip", Key: "no_public_ip", Default: spec.Fails, Example: "true",
	Doc:  "Nodes and instances have no public addresses, which Azure gives them where nothing is said.",
	Hint: "state enable_node_public_ip: false",
	check: func(_ *Setting, x *Subject) []Breach {
		const field = "enable_node_public_ip"
		if public, known := x.value(field).(bool); !x.has(field) || known && !public {
			return nil
		}
		return []Breach{{Field: field, Text: "has public addresses"}}
	},
}
