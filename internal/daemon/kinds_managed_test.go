package daemon_test

import "testing"

const (
	subnetElsewhere = "/subscriptions/" + subscription + "/resourceGroups/rg-net/providers/Microsoft.Network/virtualNetworks/hub/subnets/ml"
	identityOne     = "/subscriptions/" + subscription + "/resourceGroups/rg-id/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one"
	identityTwo     = "/subscriptions/" + subscription + "/resourceGroups/rg-id/providers/Microsoft.ManagedIdentity/userAssignedIdentities/two"
)

// TestClusters is the row of the compute cluster.
func TestClusters(t *testing.T) {
	const plain = "name: cpu\ntype: amlcompute\nsize: STANDARD_DS3_V2\n"
	const users = plain + "identity:\n  type: user_assigned\n  user_assigned_identities:\n"
	full := func(description, tags, least, most, idle string) string {
		return `name: full
type: AmlCompute
description: ` + description + `
tags: {` + tags + `}
location: northeurope
size: standard_ds3_v2
tier: low_priority
min_instances: ` + least + `
max_instances: ` + most + `
idle_time_before_scale_down: ` + idle + `
ssh_public_access_enabled: true
ssh_settings:
  admin_username: azureuser
  admin_password: secret://env/COMPUTESYNC_SECRET_A
  ssh_key_value: ssh-ed25519 AAAA me
enable_node_public_ip: false
os_type: windows
virtual_machine_image: /subscriptions/` + subscription + `/resourceGroups/rg-img/providers/Microsoft.Compute/images/win
isolated_network: true
disable_local_auth: true
network_settings: {subnet: ` + subnetElsewhere + `}
identity: {type: system_assigned}
`
	}
	live(t, []life{
		{name: "every field", steps: []step{
			{
				spec: full("ours", "team: ml", "0", "4", "300"), warns: "low-priority public-ssh", does: "create full", sends: "PUT full",
				shows: `full {"location":"westeurope","identity":{"type":"SystemAssigned"},"tags":{"team":"ml","computesync-owner":"team/full"},"properties":{
				"description":"ours","computeLocation":"northeurope","disableLocalAuth":true,"properties":{"vmSize":"STANDARD_DS3_V2","vmPriority":"LowPriority",
				"scaleSettings":{"minNodeCount":0,"maxNodeCount":4,"nodeIdleTimeBeforeScaleDown":"PT5M"},"remoteLoginPortPublicAccess":"Enabled",
				"userAccountCredentials":{"adminUserName":"azureuser","adminUserSshPublicKey":"ssh-ed25519 AAAA me","adminUserPassword":null},
				"enableNodePublicIp":false,"osType":"Windows","isolatedNetwork":true,"subnet":{"id":"` + subnetElsewhere + `"}}}}`,
			},
			{
				spec: full("ours", "team: ml", "1", "9", "600"), warns: "always-on low-priority public-ssh", does: "update full", sends: "PATCH full",
				shows: `full {"properties":{"properties":{"scaleSettings":{"minNodeCount":1,"maxNodeCount":9,"nodeIdleTimeBeforeScaleDown":"PT10M"}}}}`,
			},
			{
				spec: full("ours", "team: ai, cost: low", "0", "4", "600"), warns: "low-priority public-ssh", does: "update full", sends: "PUT full",
				shows: `full {"tags":{"team":"ai","cost":"low"},"identity":{"type":"SystemAssigned"},"properties":{"properties":{"scaleSettings":{"maxNodeCount":4}}}}`,
			},
			{spec: full("theirs", "team: ai", "0", "4", "600"), warns: "low-priority public-ssh", does: "none full (cannot-change-in-place)"},
		}},
		{name: "identity in place", steps: []step{
			{spec: plain, does: "create cpu", sends: "PUT cpu"},
			{spec: plain + "identity: {type: system_assigned}\n", does: "update cpu", sends: "PUT cpu", shows: `cpu {"identity":{"type":"SystemAssigned"}}`},
			{
				spec: users + "    - resource_id: " + identityOne + "\n", does: "update cpu", sends: "PUT cpu",
				shows: `cpu {"identity":{"type":"UserAssigned","userAssignedIdentities":{"` + identityOne + `":{}}}}`,
			},
			{spec: users + "    - resource_id: " + identityTwo + "\n    - resource_id: " + identityOne + "\n", does: "update cpu", sends: "PUT cpu"},
			{
				spec: users + "    - resource_id: " + identityTwo + "\n", does: "update cpu", sends: "PUT cpu",
				shows: `cpu {"identity":{"type":"UserAssigned","principalId":null,"userAssignedIdentities":{"` + identityTwo + `":{}}}}`,
			},
			{spec: plain, does: ""},
			{spec: plain + "identity: {type: none}\n", does: "update cpu", sends: "PUT cpu", shows: `cpu {"identity":null}`},
		}},
		{name: "what only a new one can have", steps: []step{
			{spec: plain, does: "create cpu", sends: "PUT cpu"},
			{
				spec: "name: cpu\ntype: amlcompute\nsize: STANDARD_DS4_V2\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu",
				shows: `cpu {"properties":{"properties":{"vmSize":"STANDARD_DS4_V2"}}}`,
			},
			{spec: plain + "tier: low_priority\n", warns: "low-priority", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu"},
			{spec: plain + "location: northeurope\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu"},
			{
				spec: plain + "network_settings: {vnet_name: own, subnet: ml}\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu",
				shows: `cpu {"properties":{"properties":{"subnet":{"id":"/subscriptions/` + subscription +
					`/resourceGroups/rg-ml/providers/Microsoft.Network/virtualNetworks/own/subnets/ml"}}}}`,
			},
			{spec: plain + "network_settings: {subnet: " + subnetElsewhere + "}\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu"},
			{spec: plain + "ssh_public_access_enabled: false\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu", shows: `cpu {"properties":{"properties":{"remoteLoginPortPublicAccess":"Disabled"}}}`},
			{spec: plain + "ssh_public_access_enabled: true\n", warns: "public-ssh", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu"},
			{
				spec: plain + "ssh_settings: {admin_username: azureuser, ssh_key_value: ssh-ed25519 AAAA me}\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu",
				shows: `cpu {"properties":{"properties":{"userAccountCredentials":{"adminUserName":"azureuser"}}}}`,
			},
			{spec: plain + "ssh_settings: {admin_username: azureuser, ssh_key_value: ssh-ed25519 AAAA you}\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu"},
			{spec: plain + "enable_node_public_ip: false\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu"},
			{spec: plain + "os_type: windows\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu"},
			{spec: plain + "isolated_network: true\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu"},
			{spec: plain + "disable_local_auth: true\n", does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu"},
		}},
		{name: "many and always on", steps: []step{
			{spec: plain + "min_instances: 2\nmax_instances: 101\n", warns: "always-on many-nodes", does: "create cpu", sends: "PUT cpu"},
			{spec: plain + "min_instances: 0\nmax_instances: 1\n", does: "update cpu", sends: "PATCH cpu"},
		}},
	})
}
