package spec

import "fmt"

// amlcompute is the compute cluster. That scale, tags and identity change in
// place and nothing else is known to is the sum of the public API examples,
// the recorded exchanges and the Terraform provider's ForceNew list; the
// service accepts a PUT of other fields and is reported to ignore it
// (Azure/azure-rest-api-specs#18889).
var amlcompute = &Kind{
	Name: "amlcompute", ComputeType: "AmlCompute", Title: "compute cluster", Managed: true, Quota: true,
	Fields: concat([]Field{
		description(CreateOnly),
		rawProperties(CreateOnly, ""),
		tags(ByPut),
		noResource,
		{
			Name: "location", Type: Region, ARM: "properties.computeLocation", Change: ByReplace,
			Doc: "Region of the nodes, where it is not the workspace's.",
		},
		{
			Name: "size", Type: Word, ARM: "properties.properties.vmSize", Change: ByReplace, Default: "STANDARD_DS3_V2",
			AtStake: Money,
			Doc:     "VM size of the nodes.",
		},
		{
			Name: "tier", Type: Choice, ARM: "properties.properties.vmPriority", Change: ByReplace, Default: "dedicated",
			Enum: []Enum{{"dedicated", "Dedicated"}, {"low_priority", "LowPriority"}}, AtStake: Money,
			slips: map[string]string{"spot": "write low_priority: it has Spot nodes"},
			Doc:   "Whether nodes are dedicated, or Spot: `low_priority`, which Azure retired, has Spot nodes since 2026-03-31.",
		},
		{
			Name: "min_instances", Type: Int, ARM: "properties.properties.scaleSettings.minNodeCount", Change: ByPatch, Default: int64(0),
			Max: 65000, AtStake: Money, Doc: "Nodes kept even when nothing runs; each bills all the time.",
		},
		{
			Name: "max_instances", Type: Int, ARM: "properties.properties.scaleSettings.maxNodeCount", Change: ByPatch, Default: int64(1),
			Max: 65000, AtStake: Money, Doc: "Nodes at most.",
		},
		{
			Name: "idle_time_before_scale_down", Type: Seconds, ARM: "properties.properties.scaleSettings.nodeIdleTimeBeforeScaleDown",
			Change: ByPatch, Default: int64(120), Max: 7 * 86400,
			AtStake: Money, Doc: "Seconds a node stays idle before it is released.",
		},
		{
			Name: "ssh_public_access_enabled", Type: Switch, ARM: "properties.properties.remoteLoginPortPublicAccess", Change: ByReplace,
			Enum: publicAccess, AtStake: Access, Doc: "Whether the nodes' ssh port is open to the internet.",
		},
		{
			Name: "ssh_settings.admin_username", Type: Text, ARM: "properties.properties.userAccountCredentials.adminUserName",
			Absent: "", Change: ByReplace, AtStake: Access, Doc: "Name of the administrator on the nodes.",
		},
		{
			Name: "ssh_settings.admin_password", Type: Secret, ARM: "properties.properties.userAccountCredentials.adminUserPassword",
			Doc: "Password of the administrator.",
		},
		{
			Name: "ssh_settings.ssh_key_value", Type: Text, ARM: "properties.properties.userAccountCredentials.adminUserSshPublicKey",
			Absent: "", Change: ByReplace, AtStake: Access, Doc: "Public ssh key of the administrator.",
		},
		{
			Name: "enable_node_public_ip", Type: Switch, ARM: "properties.properties.enableNodePublicIp", Change: ByReplace, Default: true,
			AtStake: Access,
			Doc:     "Whether nodes get public addresses.",
		},
		{
			Name: "os_type", Type: Choice, ARM: "properties.properties.osType", Change: ByReplace,
			Enum:   []Enum{{"linux", "Linux"}, {"windows", "Windows"}},
			Filled: "linux", Doc: "Operating system of the nodes; Azure makes it Linux.",
		},
		{
			Name: "virtual_machine_image", Type: Resource, ARM: "properties.properties.virtualMachineImage.id", Change: ByReplace, Absent: "",
			Doc: "Resource ID of the nodes' image, for Windows only.",
		},
		{
			Name: "isolated_network", Type: Switch, ARM: "properties.properties.isolatedNetwork", Change: ByReplace,
			Filled: false,
			Doc:    "Whether the nodes' network is isolated.",
		},
		disableLocalAuth(ByReplace),
	}, networkFields(ByReplace), identityFields(ByPut), readOnly()),
	Keep: []Field{raw("propertyBag")},
	readOnly: []string{
		"allocationState", "allocationStateTransitionTime", "errors", "currentNodeCount", "targetNodeCount", "nodeStateCounts",
		"enableBatchPrivateLink",
	},
	SDKv1: map[string]string{
		"vm_size": "size", "vm_priority": "tier", "min_nodes": "min_instances", "max_nodes": "max_instances",
		"idle_seconds_before_scaledown": "idle_time_before_scale_down",
		"admin_username":                "ssh_settings.admin_username", "admin_user_password": "ssh_settings.admin_password",
		"admin_user_ssh_key": "ssh_settings.ssh_key_value", "vnet_name": "network_settings.vnet_name",
		"subnet_name": "network_settings.subnet", "vnet_resourcegroup_name": "network_settings.subnet (a full resource ID)",
		"remote_login_port_public_access": "ssh_public_access_enabled", "identity_type": "identity.type",
		"identity_id": "identity.user_assigned_identities",
	},
	rules: append([]rule{
		{fields: []string{"min_instances", "max_instances"}, broken: func(x *Compute) (string, string) {
			minimum, okMin := x.Int("min_instances")
			maximum, okMax := x.Int("max_instances")
			return when(okMin && okMax && minimum > maximum, fmt.Sprintf("min_instances %d is above max_instances %d", minimum, maximum), "")
		}},
		{fields: []string{adminUser, "ssh_settings.admin_password", "ssh_settings.ssh_key_value"}, drops: true, broken: func(x *Compute) (string, string) {
			return when(x.has(adminUser) && !x.hasLogin(), "an administrator needs a key or a password", "state ssh_key_value or admin_password beside it")
		}},
		only("virtual_machine_image", "os_type", "an image of one's own is for Windows nodes", "add os_type: windows, or remove the image",
			func(x *Compute) bool { return x.Text("os_type") == "windows" }),
	}, identityRules...),
	instead: map[string]string{
		"idle_time_before_shutdown":         "idle_time_before_scale_down, in seconds",
		"idle_time_before_shutdown_minutes": "idle_time_before_scale_down, in seconds",
	},
	check: func(c *checker, x *Compute) {
		minimum, _ := x.Int("min_instances")
		maximum, _ := x.Int("max_instances")
		checkIdentity(c, x)
		if maximum > 100 {
			c.warn("max_instances", "many-nodes", "%d nodes are more than the 100 that Azure allows a cluster without a request", maximum)
		}
		if minimum > 0 {
			c.warn("min_instances", "always-on", "min_instances %d keeps nodes that bill all the time", minimum)
		}
		if x.LowPriority() {
			c.warn("tier", "low-priority", "Azure retired low priority on 2026-03-31 and makes Spot nodes: their price varies, up to pay-as-you-go; "+
				"a job starts over when its node is preempted, unless it keeps checkpoints")
		}
		warnPublicSSH(c, x)
	},
}
