package policy

import "github.com/computesync/computesync/internal/spec"

// Where a spec says nothing, the ssh port of a cluster's nodes is open outside
// of a virtual network, and that of an instance closed.
var noPublicSSH = &Rule{
	Code: "no-public-ssh", Key: "no_public_ssh", Default: spec.Fails, Example: "true",
	Doc:  "The ssh port is not open to the internet, as that of a cluster outside of a virtual network is where nothing is said.",
	Hint: "state ssh_public_access_enabled: false",
	check: func(_ *Setting, x *Subject) []Breach {
		const field = "ssh_public_access_enabled"
		open, stated := x.value(field).(bool)
		if !stated {
			open = x.Kind.Field("max_instances") != nil && x.Text("network_settings.subnet") == ""
		}
		if !x.has(field) || !open {
			return nil
		}
		return []Breach{{Field: field, Text: "has its ssh port open to the internet"}}
	},
}
