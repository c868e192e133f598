package policy

import "github.com/computesync/computesync/internal/spec"

var noPublicSSH = &Rule{
	Code: "no-public-ssh", Key: "no_public_ssh", Default: spec.Fails, Example: "true",
	Doc:  "The ssh port is not open to the internet, as that of a cluster outside of a virtual network is where nothing is said.",
	Hint: "state ssh_public_access_enabled: false",
	check: func(_ *Setting, x *Subject) []Breach {
		const field = "ssh_public_access_enabled"
		if open, _ := x.value(field).(bool); !x.has(field) || !open {
			return nil
		}
		return []Breach{{Field: field, Text: "has its ssh port open to the internet"}}
	},
}
