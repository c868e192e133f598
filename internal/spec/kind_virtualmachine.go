package spec

// virtualmachine is a VM that somebody else runs. No client has a way to
// change an attachment, and whether a second PUT would is not known: it is
// detached and attached again.
var virtualmachine = &Kind{
	Name: "virtualmachine", ComputeType: "VirtualMachine", Title: "virtual machine",
	Fields: concat([]Field{
		description(CreateOnly),
		rawProperties(ByReattach, ""),
		tags(CreateOnly),
		{Name: "location", ReadOnly: true},
		{Name: "compute_location", ReadOnly: true},
		resourceID("Microsoft.Compute/virtualMachines"),
		{Name: "resource_group", Type: Text, Doc: "Resource group of `vm_name`, in the workspace's subscription."},
		{Name: "vm_name", Type: Text, Doc: "Name of the VM in `resource_group`."},
		{
			Name: "address", Type: Text, ARM: "properties.properties.address", Change: ByReattach,
			Doc: "Address of a machine that Azure does not know, on premises too.",
		},
		{
			Name: "notebook_server_port", Type: Int, ARM: "properties.properties.notebookServerPort", Change: ByReattach, Absent: int64(0), Min: 1, Max: 65535,
			Doc: "Port of the notebook server on the machine.",
		},
		{
			Name: "notebook_instance", Type: Switch, ARM: "properties.properties.isNotebookInstanceCompute", Change: ByReattach,
			Filled: false,
			Doc:    "Whether the machine serves as a notebook instance.",
		},
		disableLocalAuth(ByReattach),
	}, sshFields(), readOnly()),
	readOnly: []string{"virtualMachineSize", "ipAddress", "imageVersion", "applicationUris", "createdBy"},
	SDKv1: map[string]string{
		"username": "ssh_settings.admin_username", "password": "ssh_settings.admin_password", "ssh_port": "ssh_settings.ssh_port",
		"private_key_file":       "ssh_settings.ssh_private_key_file",
		"private_key_passphrase": "ssh_settings.private_key_passphrase",
	},
	resource: &resourceRule{kinds: []string{"Microsoft.Compute/virtualMachines"}, nameKey: "vm_name", byAddress: true},
	check: func(c *checker, x *Compute) {
		checkSSH(c, x)
		c.warn("type", "ubuntu-only", "Azure ML supports virtual machines that run Ubuntu only")
		c.warn("type", "public-ip", "Azure ML reaches the machine over the internet: it needs a public address")
		warnAddress(c)
	},
}

func warnAddress(c *checker) {
	if c.has("address") {
		c.warn("address", "address-dropped", "clients newer than the Python SDK v1 no longer attach by address; prefer resource_id")
	}
}

// resourceID is the ARM ID of what an attached kind attaches.
func resourceID(of string) Field {
	return Field{
		Name: "resource_id", Type: Resource, ARM: "properties.resourceId", Change: ByReattach,
		Doc: "Resource ID of the " + of + " to attach.",
	}
}

// sshFields are how Azure ML logs in to a machine that it did not make.
func sshFields() []Field {
	const account = "properties.properties.administratorAccount."
	return []Field{
		{
			Name: "ssh_settings.admin_username", Type: Text, ARM: account + "username", Change: ByReattach, Required: true,
			Doc: "User to log in as.",
		},
		{
			Name: "ssh_settings.admin_password", Type: Secret, ARM: account + "password", Change: ByReattach,
			Doc: "Password of the user; or a key, never both.",
		},
		{
			Name: "ssh_settings.ssh_private_key_file", Type: Secret, ARM: account + "privateKeyData", Change: ByReattach,
			Doc: "Reference to the private key itself (not to a path).",
		},
		{
			Name: "ssh_settings.private_key_passphrase", Type: Secret, ARM: account + "passphrase", Change: ByReattach,
			Doc: "Passphrase of the private key.",
		},
		{
			Name: "ssh_settings.ssh_port", Type: Int, ARM: "properties.properties.sshPort", Change: ByReattach, Default: int64(22), Min: 1, Max: 65535,
			Doc: "Port of the ssh server.",
		},
	}
}

func checkSSH(c *checker, x *Compute) {
	password, key := c.has("ssh_settings.admin_password"), c.has("ssh_settings.ssh_private_key_file")
	if password == key {
		c.errorAt("ssh_settings", "state exactly one of ssh_settings.admin_password and ssh_settings.ssh_private_key_file",
			"%s", map[bool]string{true: "both a password and a private key are given", false: "neither a password nor a private key is given"}[password])
	}
	if c.has("ssh_settings.private_key_passphrase") && !key {
		c.errorAt("ssh_settings.private_key_passphrase", "", "a passphrase is for a private key")
	}
}
