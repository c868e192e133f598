package daemon_test

import (
	"strings"
	"testing"
)

// azure is the resource ID of something in another resource group.
func azure(kind, name string) string {
	return "/subscriptions/" + subscription + "/resourceGroups/rg-data/providers/" + kind + "/" + name
}

// elsewhere is the same in another subscription.
func elsewhere(kind, name string) string {
	return strings.Replace(azure(kind, name), subscription, "99999999-2222-3333-4444-555555555555", 1)
}

const (
	withPassword = "ssh_settings: {admin_username: ada, admin_password: secret://env/COMPUTESYNC_SECRET_A}\n"
	withKey      = "ssh_settings: {admin_username: ada, ssh_private_key_file: secret://env/COMPUTESYNC_SECRET_B}\n"
	withPhrase   = "ssh_settings: {admin_username: ada, ssh_private_key_file: secret://env/COMPUTESYNC_SECRET_B, private_key_passphrase: secret://env/COMPUTESYNC_SECRET_C}\n"
	otherPort    = "ssh_settings: {admin_username: ada, admin_password: secret://env/COMPUTESYNC_SECRET_A, ssh_port: 2222}\n"
	again        = "DELETE lab Detach, PUT lab"
)

// TestMachines is the row of the remote VM.
func TestMachines(t *testing.T) {
	const vm = "Microsoft.Compute/virtualMachines"
	const lab, plain, direct = "name: lab\ntype: virtualmachine\n", "public-ip ubuntu-only", "address-dropped public-ip ubuntu-only"
	byID, byName, byAddress := lab+"resource_id: "+azure(vm, "gpu")+"\n", lab+"resource_group: rg-data\nvm_name: gpu\n", lab+"address: gpu.example.org\n"
	live(t, []life{
		{name: "by ID, by name", steps: []step{
			{
				spec: byID + withPassword, warns: plain, does: "attach lab", sends: "PUT lab",
				shows: `lab {"properties":{"isAttachedCompute":true,"resourceId":"` + azure(vm, "gpu") + `","properties":{"sshPort":22}}}`,
			},
			{spec: byName + withPassword, warns: plain, does: ""},
			{spec: lab + "resource_id: " + strings.ToUpper(azure(vm, "gpu")) + "\n" + withPassword, warns: plain, does: ""},
			{spec: byName + otherPort, warns: plain, does: "re-attach lab", sends: again, shows: `lab {"properties":{"properties":{"sshPort":2222}}}`},
			{
				spec: strings.Replace(byName, "gpu", "cpu", 1) + otherPort, warns: plain, does: "re-attach lab", sends: again,
				shows: `lab {"properties":{"resourceId":"` + azure(vm, "cpu") + `"}}`,
			},
			{spec: lab + "resource_id: " + elsewhere(vm, "gpu") + "\n" + otherPort, warns: plain, does: "re-attach lab", sends: again},
			{spec: lab + "resource_id: " + elsewhere(vm, "gpu") + "\n" + otherPort + "description: theirs\n", warns: plain, does: "none lab (cannot-change-in-place)"},
			{spec: lab + "resource_id: " + elsewhere(vm, "gpu") + "\n" + otherPort + "disable_local_auth: true\n", warns: plain, does: "re-attach lab", sends: again},
		}},
		{name: "by address", steps: []step{
			{
				spec: byAddress + withKey, warns: direct, does: "attach lab", sends: "PUT lab",
				shows: `lab {"properties":{"resourceId":null,"properties":{"address":"gpu.example.org"}}}`,
			},
			{spec: strings.Replace(byAddress, "gpu.", "cpu.", 1) + withKey, warns: direct, does: "re-attach lab", sends: again},
			{spec: strings.Replace(byAddress, "gpu.", "cpu.", 1) + withKey + "notebook_server_port: 8888\n", warns: direct, does: "re-attach lab", sends: again},
		}},
		{name: "password, key, key with passphrase", steps: []step{
			{spec: byName + withPassword, warns: plain, does: "attach lab", sends: "PUT lab"},
			{spec: byName + strings.Replace(withPassword, "ada", "eva", 1), warns: plain, does: "re-attach lab", sends: again},
			{spec: byName + strings.Replace(withPassword, "ada", "eva", 1) + "notebook_instance: true\n", warns: plain, does: ""},
			{spec: byName + withPassword + "notebook_instance: false\n", warns: plain, does: "re-attach lab", sends: again},
			{spec: byName + withKey, warns: plain, does: "re-attach lab", sends: again},
			{spec: byName + withPhrase, warns: plain, does: "re-attach lab", sends: again},
			{spec: byName + withPassword, warns: plain, does: "re-attach lab", sends: again},
		}},
	})
}

// TestHDInsight is the row of HDInsight.
func TestHDInsight(t *testing.T) {
	const kind = "Microsoft.HDInsight/clusters"
	const lab = "name: lab\ntype: hdinsight\n"
	byID, byName := lab+"resource_id: "+azure(kind, "spark")+"\n", lab+"resource_group: rg-data\ncluster_name: spark\n"
	byAddress := lab + "address: spark-ssh.azurehdinsight.net\n"
	live(t, []life{
		{name: "by ID first", steps: []step{
			{spec: byID + withPassword, warns: "public-ip", does: "attach lab", sends: "PUT lab", shows: `lab {"properties":{"resourceId":"` + azure(kind, "spark") + `"}}`},
			{spec: byName + withPassword, warns: "public-ip", does: ""},
			{spec: byAddress + withPassword, warns: "address-dropped public-ip", does: ""},
			{spec: byName + otherPort, warns: "public-ip", does: "re-attach lab", sends: again},
			{spec: byName + withPhrase, warns: "public-ip", does: "re-attach lab", sends: again},
		}},
		{name: "by name first", steps: []step{
			{spec: byName + withKey, warns: "public-ip", does: "attach lab", sends: "PUT lab", shows: `lab {"properties":{"resourceId":"` + azure(kind, "spark") + `"}}`},
			{spec: byName + withPhrase, warns: "public-ip", does: "re-attach lab", sends: again},
			{spec: strings.Replace(byName, "spark", "storm", 1) + withPhrase, warns: "public-ip", does: "re-attach lab", sends: again},
		}},
		{name: "by address first", steps: []step{
			{
				spec: byAddress + withPassword, warns: "address-dropped public-ip", does: "attach lab", sends: "PUT lab",
				shows: `lab {"properties":{"resourceId":null,"properties":{"address":"spark-ssh.azurehdinsight.net"}}}`,
			},
			{spec: byName + withPassword, warns: "public-ip", does: ""},
			{spec: strings.Replace(byAddress, "spark", "storm", 1) + withPassword, warns: "address-dropped public-ip", does: "re-attach lab", sends: again},
		}},
	})
}

// TestKubernetes is the newer of the two kinds for Kubernetes.
func TestKubernetes(t *testing.T) {
	const kind, arc = "Microsoft.ContainerService/managedClusters", "Microsoft.Kubernetes/connectedClusters"
	const lab = "name: lab\ntype: kubernetes\n"
	byID, byName, byArc := lab+"resource_id: "+azure(kind, "k8s")+"\n", lab+"resource_group: rg-data\ncluster_name: k8s\n", lab+"resource_id: "+azure(arc, "edge")+"\n"
	types := func(cpu string) string {
		return "properties:\n  defaultInstanceType: small\n  instanceTypes:\n    small: {nodeSelector: {pool: a}, resources: {requests: {cpu: \"" + cpu +
			"\", memory: 4Gi}, limits: {cpu: \"" + cpu + "\", memory: 4Gi, nvidia.com/gpu: null}}}\n"
	}
	user := func(id string) string {
		return "identity:\n  type: user_assigned\n  user_assigned_identities: [{resource_id: " + id + "}]\n"
	}
	live(t, []life{
		{name: "AKS", steps: []step{
			{spec: byID, does: "attach lab", sends: "PUT lab", shows: `lab {"properties":{"properties":{"namespace":"default"}}}`},
			{spec: byName + "namespace: default\n", does: ""},
			{spec: byName + "namespace: ml\n", does: "re-attach lab", sends: again, shows: `lab {"properties":{"properties":{"namespace":"ml"}}}`},
			{
				spec: byName + "namespace: ml\n" + types("1"), does: "re-attach lab", sends: again,
				shows: `lab {"properties":{"properties":{"defaultInstanceType":"small","instanceTypes":{"small":{"resources":{"requests":{"cpu":"1"}}}}}}}`,
			},
			{
				spec: byName + "namespace: ml\n" + types("2"), does: "re-attach lab", sends: again,
				shows: `lab {"properties":{"properties":{"instanceTypes":{"small":{"nodeSelector":{"pool":"a"},"resources":{"requests":{"cpu":"2"}}}}}}}`,
			},
			{spec: byName, does: ""},
			{spec: byArc, does: "re-attach lab", sends: again},
		}},
		{name: "Arc, with an identity", steps: []step{
			{spec: byArc + "identity: {type: system_assigned}\n", does: "attach lab", sends: "PUT lab", shows: `lab {"identity":{"type":"SystemAssigned"}}`},
			{spec: byArc + user(identityOne), does: "re-attach lab (cannot-change-in-place)"},
			{spec: byArc + user(identityOne) + allowed, does: "re-attach lab", sends: again, shows: `lab {"identity":{"type":"UserAssigned"}}`},
			{spec: byArc + user(identityTwo), does: "re-attach lab", sends: again},
			{spec: byArc + user(identityTwo) + "service_bus_connection_string: secret://env/COMPUTESYNC_SECRET_A\n", does: "re-attach lab", sends: again},
		}},
	})
}

// TestOtherAttachments are the rows of what a workspace attaches by its
// resource ID.
func TestOtherAttachments(t *testing.T) {
	const token = "access_token: secret://env/COMPUTESYNC_SECRET_A\n"
	lab := func(kind, more string) string { return "name: lab\ntype: " + kind + "\n" + more }
	named := func(kind, key, name string) string {
		return lab(kind, "resource_group: rg-data\n"+key+": "+name+"\n")
	}
	at := func(kind, id string) string { return lab(kind, "resource_id: "+id+"\n") }
	const synapse = "Microsoft.Synapse/workspaces/ws/bigDataPools"
	user := "identity: {type: user_assigned, user_assigned_identities: [{resource_id: " + identityOne + "}]}\n"
	live(t, []life{
		{name: "Databricks", steps: []step{
			{spec: named("databricks", "workspace_name", "dbw") + token, does: "attach lab", sends: "PUT lab"},
			{spec: at("databricks", azure("Microsoft.Databricks/workspaces", "dbw")) + token, does: ""},
			{
				spec: at("databricks", elsewhere("Microsoft.Databricks/workspaces", "dbw")) + token, does: "re-attach lab", sends: again,
				shows: `lab {"properties":{"resourceId":"` + elsewhere("Microsoft.Databricks/workspaces", "dbw") + `"}}`,
			},
			{spec: named("databricks", "workspace_name", "dbw") + strings.Replace(token, "SECRET_A", "SECRET_B", 1), does: "re-attach lab", sends: again},
			{spec: named("databricks", "workspace_name", "dbw") + token, does: "re-attach lab", sends: again},
			{spec: named("databricks", "workspace_name", "dbw") + token + "workspace_url: adb-1.1.azuredatabricks.net\n", does: "re-attach lab", sends: again},
		}},
		{name: "Data Lake Analytics", steps: []step{
			{spec: named("datalakeanalytics", "account_name", "lake"), warns: "retired-service", does: "attach lab", sends: "PUT lab"},
			{spec: at("datalakeanalytics", azure("Microsoft.DataLakeAnalytics/accounts", "lake")), warns: "retired-service", does: ""},
			{spec: named("datalakeanalytics", "account_name", "pond"), warns: "retired-service", does: "re-attach lab", sends: again},
		}},
		{name: "Batch", steps: []step{
			{spec: named("batch", "account_name", "jobs"), warns: "sdk-v1-only", does: "attach lab", sends: "PUT lab"},
			{spec: at("batch", azure("Microsoft.Batch/batchAccounts", "jobs")), warns: "sdk-v1-only", does: ""},
			{spec: named("batch", "account_name", "others"), warns: "sdk-v1-only", does: "re-attach lab", sends: again},
		}},
		{name: "Data Factory, attached", steps: []step{
			{spec: named("datafactory", "factory_name", "adf"), does: "attach lab", sends: "PUT lab", shows: `lab {"properties":{"isAttachedCompute":true}}`},
			{spec: at("datafactory", azure("Microsoft.DataFactory/factories", "adf")), does: ""},
			{spec: named("datafactory", "factory_name", "fad"), does: "re-attach lab", sends: again},
		}},
		{name: "Data Factory, made", steps: []step{
			{spec: lab("datafactory", ""), does: "create lab", sends: "PUT lab", shows: `lab {"properties":{"isAttachedCompute":false}}`},
			{spec: named("datafactory", "factory_name", "adf"), does: "replace lab (cannot-change-in-place)"},
			{
				spec: named("datafactory", "factory_name", "adf") + allowed, does: "replace lab", sends: "DELETE lab Delete, PUT lab",
				shows: `lab {"properties":{"isAttachedCompute":true}}`,
			},
			{spec: lab("datafactory", ""), does: ""},
		}},
		{name: "Synapse Spark", steps: []step{
			{
				spec: at("synapsespark", azure(synapse, "pool")) + "identity: {type: system_assigned}\n", does: "attach lab", sends: "PUT lab",
				shows: `lab {"identity":{"type":"SystemAssigned"}}`,
			},
			{spec: at("synapsespark", azure(synapse, "pool")) + user, does: "re-attach lab (cannot-change-in-place)"},
			{spec: at("synapsespark", azure(synapse, "pool")) + user + allowed, does: "re-attach lab", sends: again},
			{spec: at("synapsespark", azure(synapse, "other")) + user, does: "re-attach lab", sends: again},
		}},
	})
}
