package spec

// The keys that every kind shares. Where ARM keeps them is the same for all;
// what changing them costs is the kind's own.

func description(c Change) Field {
	return Field{
		Name: "description", Type: Text, ARM: "properties.description", Change: c, Absent: "",
		Doc: "What the compute is for.",
	}
}

func tags(c Change) Field {
	return Field{
		Name: "tags", Type: Tags, ARM: "tags", Change: c, Absent: map[string]string{},
		Doc: "Tags; keys that the spec does not state are kept as they are.",
	}
}

// attachedFields are the keys that every kind from outside begins with: what it
// attaches, by ID or by the name under nameKey.
func attachedFields(resource, nameKey, what string) []Field {
	return []Field{
		description(CreateOnly),
		tags(CreateOnly),
		{Name: "location", ReadOnly: true},
		resourceID(resource),
		{Name: "resource_group", Type: Text, Doc: "Resource group of `" + nameKey + "`, in the workspace's subscription."},
		{Name: nameKey, Type: Text, Doc: "Name of the " + what + " in `resource_group`."},
	}
}

// noResource is a key that every kind has in CLI v2, and az ml prints, for kinds
// that attach nothing.
var noResource = Field{Name: "resource_id", Type: Empty, Doc: "Always empty: Azure ML makes this compute, and attaches nothing."}

// identityFields maps the identity block. ARM leaves the key out when there
// is none, and keeps user-assigned identities as a map by resource ID.
func identityFields(c Change) []Field {
	return []Field{
		{
			Name: "identity.type", Type: Choice, ARM: "identity.type", Change: c, Absent: "none",
			Enum: []Enum{
				{"none", "None"},
				{"system_assigned", "SystemAssigned"},
				{"user_assigned", "UserAssigned"},
				{"system_assigned,user_assigned", "SystemAssigned,UserAssigned"},
			}, AtStake: Access,
			Doc: "Managed identity of the compute.",
		},
		{
			Name: "identity.user_assigned_identities", Type: Objects, ARM: "identity.userAssignedIdentities", Change: c,
			Absent: []any{}, Key: "resource_id", AtStake: Access, readOnly: []string{"clientId", "principalId"},
			Fields: []Field{
				{Name: "resource_id", Type: Resource, Required: true, Doc: "Resource ID of the identity."},
				{Name: "client_id", ReadOnly: true},
				{Name: "principal_id", ReadOnly: true},
				{Name: "tenant_id", ReadOnly: true},
			},
			Doc: "The user-assigned identities, for `user_assigned`.",
		},
		{Name: "identity.principal_id", ReadOnly: true},
		{Name: "identity.tenant_id", ReadOnly: true},
	}
}

// networkFields maps vnet_name and subnet to the one subnet ID that ARM knows.
func networkFields(c Change) []Field {
	return []Field{
		{
			Name: "network_settings.vnet_name", Type: Text,
			Doc: "Virtual network of `subnet`, in the workspace's resource group.",
		},
		{
			Name: "network_settings.subnet", Type: Resource, ARM: "properties.properties.subnet.id", Change: c, Absent: "",
			AtStake: Access,
			Doc:     "Subnet: a name in `vnet_name`, or a full resource ID.",
		},
		{Name: "network_settings.public_ip_address", ReadOnly: true},
		{Name: "network_settings.private_ip_address", ReadOnly: true},
	}
}

// rawProperties passes on what ARM's properties have and no field here does.
func rawProperties(c Change, what string) Field {
	if what != "" {
		what = ", " + what
	}
	return Field{
		Name: "properties", Type: Raw, ARM: "properties.properties", Change: c,
		Doc: "ARM properties without a field of their own, as they are in ARM" + what + "; of each, only what is stated is compared.",
	}
}

// raw is an ARM property without a key of its own.
func raw(name string) Field { return Field{Name: name, ARM: armInner + "." + name} }

// disableLocalAuth belongs to every type in ARM.
func disableLocalAuth(c Change) Field {
	return Field{
		Name: "disable_local_auth", Type: Switch, ARM: "properties.disableLocalAuth", Change: c,
		Filled: false, AtStake: Access,
		Doc: "Whether local users, ssh keys and passwords are refused, so that identities alone log in.",
	}
}

func warnPublicSSH(c *checker, x *Compute) {
	if open, _ := x.Values["ssh_public_access_enabled"].(bool); open {
		c.warn("ssh_public_access_enabled", "public-ssh", "the ssh port is open to the internet")
	}
}

// readOnly lists what `az ml compute show` prints and drops on input.
func readOnly(more ...string) []Field {
	var fields []Field
	for _, name := range append([]string{"id", "created_on", "provisioning_state", "provisioning_errors", "resourceGroup"}, more...) {
		fields = append(fields, Field{Name: name, ReadOnly: true})
	}
	return fields
}

func concat(lists ...[]Field) []Field {
	var all []Field
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

var publicAccess = []Enum{{"true", "Enabled"}, {"false", "Disabled"}}
