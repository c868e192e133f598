package spec

import "encoding/base64"

// previews is the first api-version with what Microsoft still develops on
// instances. Of that, root access, patching and quota are in no stable version
// up to 2026-05-01 (the ARM schemas in testdata/keys).
const previews = "2023-08-01-preview"

// computeinstance is one person's workstation. A PUT onto a live instance is
// accepted and changes nothing (Azure/bicep#17617), so only what has an action
// of its own changes in place. Its disk is somebody's work: whatever else
// differs is held unless the spec permits to remake it.
var computeinstance = &Kind{
	Unique: "Microsoft.BatchAI/DataScienceInstance", noNumberedTail: true,
	Name: "computeinstance", ComputeType: "ComputeInstance", Title: "compute instance", Managed: true, Quota: true,
	Fields: concat([]Field{
		description(CreateOnly),
		rawProperties(CreateOnly, ""),
		tags(CreateOnly),
		{Name: "location", ReadOnly: true},
		noResource,
		{
			Name: "size", Type: Word, ARM: "properties.properties.vmSize", Change: ByAction, Action: resize, Default: "STANDARD_DS3_V2",
			AtStake: Money,
			Doc:     "VM size of the instance.",
		},
		{
			Name: "idle_time_before_shutdown_minutes", Type: Minutes, ARM: "properties.properties.idleTimeBeforeShutdown",
			Change: ByAction, Action: updateIdle, Absent: int64(0), Min: 15, Max: 3 * 24 * 60,
			Stable: "2025-12-01", Preview: "2022-06-01-preview", AtStake: Money,
			Doc: "Minutes of idling after which the instance stops itself.",
		},
		{Name: "idle_time_before_shutdown", Type: ISO, Doc: "The same as an ISO 8601 duration; the minutes win where both are stated."},
		{
			Name: "ssh_public_access_enabled", Type: Switch, ARM: "properties.properties.sshSettings.sshPublicAccess", Change: ByReplace,
			Enum:   publicAccess,
			Filled: false, AtStake: Access, Doc: "Whether the ssh port is open to the internet; needs `ssh_settings.ssh_key_value`.",
		},
		{
			Name: "ssh_settings.ssh_key_value", Type: Text, ARM: "properties.properties.sshSettings.adminPublicKey", Change: ByReplace,
			AtStake: Access,
			Doc:     "Public ssh key of the administrator.",
		},
		{Name: "ssh_settings.admin_username", ReadOnly: true},
		{Name: "ssh_settings.ssh_port", ReadOnly: true},
		{
			Name: "enable_node_public_ip", Type: Switch, ARM: "properties.properties.enableNodePublicIp", Change: ByReplace,
			Filled: true, AtStake: Access,
			Doc: "Whether the instance gets a public address.",
		},
		{
			Name: tenantOf, Type: Word, Change: ByReplace,
			ARM: "properties.properties.personalComputeInstanceSettings.assignedUser.tenantId", AtStake: Access,
			Doc: "Tenant of the person for whom the instance is made.",
		},
		{
			Name: personOf, Type: Word, Change: ByReplace,
			ARM: "properties.properties.personalComputeInstanceSettings.assignedUser.objectId", AtStake: Access,
			Doc: "Object ID of the person for whom the instance is made.",
		},
		{
			Name: "application_sharing_policy", Type: Choice, ARM: "properties.properties.applicationSharingPolicy", Change: ByReplace, Default: "shared",
			Enum: []Enum{{"personal", "Personal"}, {"shared", "Shared"}}, AtStake: Access,
			Doc: "Whether only who made the instance, or everybody in the workspace, reaches its applications.",
		},
		{
			Name: "enable_sso", Type: Switch, ARM: "properties.properties.enableSSO", Change: ByAction, Action: enableSSO,
			Stable: "2025-12-01", Preview: previews, Filled: true, AtStake: Access,
			Doc: "Whether people are logged in to the instance with their own identity.",
		},
		{
			Name: "enable_root_access", Type: Switch, ARM: "properties.properties.enableRootAccess", Change: ByReplace,
			Preview: previews, Filled: true, AtStake: Access,
			Doc: "Whether the person who uses the instance may become root.",
		},
		{
			Name: "enable_os_patching", Type: Switch, ARM: "properties.properties.enableOSPatching", Change: ByReplace,
			Preview: previews, Filled: false,
			Doc: "Whether Azure patches the operating system.",
		},
		{
			Name: "release_quota_on_stop", Type: Switch, ARM: "properties.properties.releaseQuotaOnStop", Change: ByReplace,
			Preview: previews, Filled: false,
			Doc: "Whether a stopped instance releases its quota; there may be none left when it starts again.",
		},
		disableLocalAuth(ByReplace),
		scheduleField,
	}, setupScript("creation_script", "creationScript", "when the instance is made"),
		setupScript("startup_script", "startupScript", "at every start"),
		[]Field{customApplications},
		networkFields(ByReplace), identityFields(CreateOnly),
		readOnly("state", "last_operation", "services", "os_image_metadata")),
	Also: map[string]any{"properties.properties.computeInstanceAuthorizationType": "personal"},
	Keep: []Field{raw("computeInstanceAuthorizationType"), {
		Name: "autologgerSettings", ARM: armInner + ".autologgerSettings", Preview: "2022-10-01-preview",
		Fields: []Field{raw("mlflowAutologger")},
	}},
	stays:  []string{"dataMounts", "dataDisks"},
	rawToo: []string{"enable_root_access", "enable_os_patching", "release_quota_on_stop"},
	readOnly: []string{
		"osImageMetadata", "connectivityEndpoints", "applications", "createdBy", "errors", "state", "lastOperation", "containers",
		"dataDisks", "dataMounts", "versions", "imageVersion", "enableBatchPrivateLink", "updateStatus",
		"sshSettings.adminUserName", "sshSettings.sshPort",
	},
	SDKv1: map[string]string{
		"vm_size": "size", "ssh_public_access": "ssh_public_access_enabled", "admin_user_ssh_public_key": "ssh_settings.ssh_key_value",
		"vnet_name": "network_settings.vnet_name", "subnet_name": "network_settings.subnet",
		"vnet_resourcegroup_name": "network_settings.subnet (a full resource ID)",
		"assigned_user_object_id": "create_on_behalf_of.user_object_id", "assigned_user_tenant_id": "create_on_behalf_of.user_tenant_id",
	},
	rules: append([]rule{
		{fields: []string{"ssh_public_access_enabled", "ssh_settings.ssh_key_value"}, broken: func(x *Compute) (string, string) {
			open, _ := x.Values["ssh_public_access_enabled"].(bool)
			return when(open && !x.has("ssh_settings.ssh_key_value"), "public ssh access needs a key", "add ssh_settings.ssh_key_value")
		}},
		{fields: []string{"create_on_behalf_of", tenantOf, personOf}, broken: func(x *Compute) (string, string) {
			return when(x.has(tenantOf) != x.has(personOf), "create_on_behalf_of needs both user_tenant_id and user_object_id", "")
		}},
		inlineRule("setup_scripts.creation_script"), inlineRule("setup_scripts.startup_script"),
	}, identityRules...),
	instead: map[string]string{"idle_time_before_scale_down": "idle_time_before_shutdown_minutes, in minutes"},
	check: func(c *checker, x *Compute) {
		if v, ok := x.Values["idle_time_before_shutdown"].(int64); ok {
			if _, minutes := x.Values["idle_time_before_shutdown_minutes"]; !minutes {
				if v < 15*60 || v > 3*86400 {
					c.errorAt("idle_time_before_shutdown", "", "idle_time_before_shutdown must be between 15 minutes and 3 days")
				}
				x.Values["idle_time_before_shutdown_minutes"] = v
			}
			delete(x.Values, "idle_time_before_shutdown")
		}
		checkSchedules(c, x)
		checkScript(c, x, "setup_scripts.creation_script")
		checkScript(c, x, "setup_scripts.startup_script")
		foldMounts(x.Values)
		checkApplications(c, x)
		checkIdentity(c, x)
		warnPublicSSH(c, x)
		if c.has(personOf) && c.has("ssh_settings.ssh_key_value") {
			c.warn("ssh_settings.ssh_key_value", "ssh-on-behalf", "Azure refuses an ssh key on an instance that is made on behalf of somebody else")
		}
		if x.Text(personOf) == "" && x.Name != "" {
			c.warn("name", "nobody-can-open-it",
				"made by an application, %s can be opened by nobody else: state create_on_behalf_of, with the tenant and the object ID of its user", x.Name)
		}
		if !stopsItself(x) && x.Lifecycle.State != StateStopped && x.Name != "" {
			c.warn("name", "no-idle-shutdown", "without idle shutdown and without a schedule that stops it, %s bills until somebody stops it", x.Name)
		}
	},
}

// The person for whom an instance is made.
const (
	tenantOf = "create_on_behalf_of.user_tenant_id"
	personOf = "create_on_behalf_of.user_object_id"
)

// checkScript brings a script in the spec to its other form, which is ARM's:
// base64 as path, and inline as source. It refuses what would run nothing.
func checkScript(c *checker, x *Compute, key string) {
	if c.has(key + ".script") {
		if c.has(key+".path") || c.has(key+".source") {
			c.errorAt(key+".script", "state script alone, or path", "both a script and where it is are given")
		}
		x.Values[key+".path"] = base64.StdEncoding.EncodeToString([]byte(x.Text(key + ".script")))
		x.Values[key+".source"] = "inline"
		delete(x.Values, key+".script")
		return
	}
	own := c.node(key)
	leftOpen := func(key string) bool { n := own.Get(key); return n != nil && n.IsNull() }
	if x.Text(key+".path") == "" && !own.IsNull() && !leftOpen("path") && !leftOpen("script") {
		c.errorAt(key, "add path: or script:", "%s names no script", key)
	}
}

// inlineRule is that a script which is its own path is in base64.
func inlineRule(key string) rule {
	path, source := key+".path", key+".source"
	return rule{fields: []string{path, source}, broken: func(x *Compute) (string, string) {
		_, err := base64.StdEncoding.DecodeString(x.Text(path))
		return when(x.Text(source) == "inline" && err != nil, "with source inline, path must be the script itself in base64",
			"state the text of the script as script: in place of path and source")
	}}
}

func setupScript(name, arm, when string) []Field {
	base := "properties.properties.setupScripts.scripts." + arm + "."
	return []Field{
		{
			Name: "setup_scripts." + name + ".path", Type: Text, ARM: base + "scriptData", Change: ByReplace,
			Also: map[string]any{base + "scriptSource": "workspaceStorage"}, Doc: "Script run " + when + ", in the workspace's storage.",
		},
		{
			Name: "setup_scripts." + name + ".source", Type: Choice, ARM: base + "scriptSource", Change: ByReplace,
			With: "setup_scripts." + name + ".path",
			Enum: []Enum{{"workspace", "workspaceStorage"}, {"inline", "inline"}},
			Doc:  "Where the script run " + when + " is: with `inline`, `path` holds the script itself in base64; `workspace` when absent.",
		},
		{
			Name: "setup_scripts." + name + ".script", Type: Text,
			Doc: "Text of the script run " + when + ", in place of `path`; not for secrets.",
		},
		{
			Name: "setup_scripts." + name + ".command", Type: Text, ARM: base + "scriptArguments", Change: ByReplace,
			Doc: "Arguments of the script run " + when + ".",
		},
		{
			Name: "setup_scripts." + name + ".timeout_minutes", Type: Timeout, ARM: base + "timeout", Change: ByReplace, Min: 1,
			Doc: "Minutes the script run " + when + " may take.",
		},
	}
}
