package spec

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const inGroup = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg/providers/"

// TestKinds loads each kind in the ways to write it.
func TestKinds(t *testing.T) {
	cluster := inGroup + "Microsoft.ContainerService/managedClusters/prod"
	covered := map[*Kind]bool{}
	for _, c := range []struct {
		name, text string
		values     map[string]any
		attaches   bool
	}{
		{"every field of a cluster", `type: AmlCompute
os_type: Windows
virtual_machine_image: /subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i
isolated_network: true
disable_local_auth: true
properties: {propertyBag: {a: [1, "x", {b: null}], c: 1.5, d: true}}
`, map[string]any{
			"os_type": "windows", "virtual_machine_image": "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i",
			"isolated_network": true, "disable_local_auth": true,
			"properties": map[string]any{"propertyBag": map[string]any{"a": []any{1.0, "x", map[string]any{"b": nil}}, "c": 1.5, "d": true}},
		}, false},
		{"an instance of one's own", `type: computeinstance
application_sharing_policy: Personal
enable_sso: false
enable_root_access: false
resource_id: ""
disable_local_auth: true
properties: {enableOSPatching: true, releaseQuotaOnStop: false, autologgerSettings: {mlflowAutologger: Disabled}}
setup_scripts: {startup_script: {path: ZWNobw==, source: inline}}
custom_applications:
  - name: shiny
    type: azureml
    image: {reference: r, version: "3"}
    privileged: false
    kernel: {display_name: Shiny, language: r, argv: [R, --slave, "1"]}
    endpoints: [{target: 80, published: 8080, name: web, protocol: tcp, host_ip: 10.0.0.4}]
    bind_mounts: [{source: /a, target: /b, read_only: true}]
    volumes:
      - {type: bind, source: /c, target: /d, consistency: cached, bind: {propagation: rslave, create_host_path: true, selinux: z}}
      - {type: volume, source: data, target: /e, volume: {nocopy: true}}
      - {type: tmpfs, target: /f, tmpfs: {size: 1024}}
      - {type: npipe, source: p, target: /g}
`, map[string]any{
			"application_sharing_policy": "personal", "enable_sso": false, "disable_local_auth": true,
			"enable_root_access": false, "enable_os_patching": true, "release_quota_on_stop": false,
			"properties":                        map[string]any{"autologgerSettings": map[string]any{"mlflowAutologger": "Disabled"}},
			"setup_scripts.startup_script.path": "ZWNobw==", "setup_scripts.startup_script.source": "inline",
			"custom_applications": []any{map[string]any{
				"name": "shiny", "type": "azureml", "image.reference": "r", "image.version": "3", "privileged": false,
				"kernel.display_name": "Shiny", "kernel.language": "r", "kernel.argv": []string{"R", "--slave", "1"},
				"endpoints": []any{map[string]any{"target": int64(80), "published": int64(8080), "name": "web", "protocol": "tcp", "host_ip": "10.0.0.4"}},
				"volumes": []any{
					map[string]any{"type": "bind", "source": "/a", "target": "/b", "read_only": true},
					map[string]any{
						"type": "bind", "source": "/c", "target": "/d", "read_only": false, "consistency": "cached",
						"bind.propagation": "rslave", "bind.create_host_path": true, "bind.selinux": "z",
					},
					map[string]any{"type": "volume", "source": "data", "target": "/e", "read_only": false, "volume.nocopy": true},
					map[string]any{"type": "tmpfs", "target": "/f", "read_only": false, "tmpfs.size": int64(1024)},
					map[string]any{"type": "npipe", "source": "p", "target": "/g", "read_only": false},
				},
			}},
		}, false},
		{"a script in the spec", `type: computeinstance
setup_scripts:
  creation_script:
    script: |
      #!/bin/bash
      pip install ruff
`, map[string]any{
			"setup_scripts.creation_script.path":   "IyEvYmluL2Jhc2gKcGlwIGluc3RhbGwgcnVmZgo=",
			"setup_scripts.creation_script.source": "inline",
		}, false},
		{"kubernetes as az ml shows it", `type: kubernetes
resource_group: rg
cluster_name: prod
namespace: ml
identity: {type: system_assigned, principal_id: p, tenant_id: t}
properties:
  default_instance_type: cpu
  namespace: ml
  instance_types: {gpu_node: {node_selector: {node_type: v100}, resources: {limits: {nvidia.com/gpu: null, cpu: 4}}}}
`, map[string]any{"resource_id": cluster, "namespace": "ml", "identity.type": "system_assigned", "properties": map[string]any{
			"defaultInstanceType": "cpu", "instanceTypes": map[string]any{"gpu_node": map[string]any{
				"nodeSelector": map[string]any{"node_type": "v100"},
				"resources":    map[string]any{"limits": map[string]any{"nvidia.com/gpu": nil, "cpu": "4"}},
			}},
		}}, true},
		{"kubernetes on Arc", `type: Kubernetes
resource_id: ` + inGroup + `Microsoft.Kubernetes/connectedClusters/edge
relay_connection_string: secret://credential/relay
`, map[string]any{"resource_id": inGroup + "Microsoft.Kubernetes/connectedClusters/edge", "relay_connection_string": ref(t, "secret://credential/relay")}, true},
		{"an AKS cluster to make", `type: aks
location: West US
size: Standard_D3_v2
agent_count: 3
cluster_purpose: DenseProd
load_balancer_type: InternalLoadBalancer
load_balancer_subnet: aks-subnet
network_settings: {vnet_name: v, subnet: s, service_cidr: 10.0.0.0/16, dns_service_ip: 10.0.0.10, docker_bridge_cidr: 172.17.0.1/16}
ssl: {status: auto, leaf_domain_label: ml, overwrite_existing_domain: true}
`, map[string]any{
			"location": "West US", "size": "Standard_D3_v2", "agent_count": int64(3), "cluster_purpose": "dense_prod", "load_balancer_type": "internal",
			"load_balancer_subnet":          "aks-subnet",
			"network_settings.subnet":       "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-ml/providers/Microsoft.Network/virtualNetworks/v/subnets/s",
			"network_settings.service_cidr": "10.0.0.0/16", "network_settings.dns_service_ip": "10.0.0.10", "network_settings.docker_bridge_cidr": "172.17.0.1/16",
			"ssl.status": "auto", "ssl.leaf_domain_label": "ml", "ssl.overwrite_existing_domain": true,
		}, false},
		{"an AKS cluster to attach", `type: aks
resource_group: rg
cluster_name: prod
cluster_purpose: dev_test
ssl: {status: enabled, cname: ml.example, cert: secret://credential/cert, key: secret://credential/key}
computesync: {replace: allow}
`, map[string]any{
			"resource_id": cluster, "cluster_purpose": "dev_test", "ssl.status": "enabled", "ssl.cname": "ml.example",
			"ssl.cert": ref(t, "secret://credential/cert"), "ssl.key": ref(t, "secret://credential/key"),
		}, true},
		{"a VM with all it may say", `type: virtualmachine
address: h
notebook_server_port: 8888
notebook_instance: true
ssh_settings: {admin_username: u, ssh_private_key_file: secret://env/K, private_key_passphrase: secret://env/P}
`, map[string]any{
			"address": "h", "notebook_server_port": int64(8888), "notebook_instance": true, "ssh_settings.admin_username": "u",
			"ssh_settings.ssh_private_key_file": ref(t, "secret://env/K"), "ssh_settings.private_key_passphrase": ref(t, "secret://env/P"),
		}, true},
		{
			"HDInsight by address", "type: hdinsight\naddress: c-ssh.azurehdinsight.net\nssh_settings: {admin_username: u, admin_password: secret://env/P}\n",
			map[string]any{"address": "c-ssh.azurehdinsight.net", "ssh_settings.admin_username": "u", "ssh_settings.admin_password": ref(t, "secret://env/P")},
			true,
		},
		{
			"Databricks in the workspace's subscription", "type: databricks\nresource_group: rg\nworkspace_name: db\naccess_token: secret://env/T\n",
			map[string]any{"resource_id": inGroup + "Microsoft.Databricks/workspaces/db", "access_token": ref(t, "secret://env/T")},
			true,
		},
		{
			"Databricks in another subscription", "type: databricks\nresource_id: /subscriptions/other/resourceGroups/g/providers/Microsoft.Databricks/workspaces/db\naccess_token: secret://env/T\nworkspace_url: https://adb.example\n",
			map[string]any{
				"resource_id":  "/subscriptions/other/resourceGroups/g/providers/Microsoft.Databricks/workspaces/db",
				"access_token": ref(t, "secret://env/T"), "workspace_url": "https://adb.example",
			},
			true,
		},
		{
			"Data Lake Analytics", "type: datalakeanalytics\nresource_group: rg\naccount_name: lake\ndata_lake_store_account_name: store\n",
			map[string]any{"resource_id": inGroup + "Microsoft.DataLakeAnalytics/accounts/lake", "data_lake_store_account_name": "store"},
			true,
		},
		{"Batch", "type: batch\nresource_group: rg\naccount_name: pool\n", map[string]any{"resource_id": inGroup + "Microsoft.Batch/batchAccounts/pool"}, true},
		{"a Data Factory to make", "type: datafactory\ndescription: d\n", map[string]any{"description": "d"}, false},
		{"a Data Factory to attach", "type: datafactory\nresource_group: rg\nfactory_name: f\n", map[string]any{"resource_id": inGroup + "Microsoft.DataFactory/factories/f"}, true},
		{"Synapse Spark as az ml shows it", `type: synapsespark
resource_id: ` + inGroup + `Microsoft.Synapse/workspaces/w/bigDataPools/p
identity: {type: user_assigned, user_assigned_identities: [{resource_id: ` + inGroup + `Microsoft.ManagedIdentity/userAssignedIdentities/a, client_id: c}]}
node_count: 3
scale_settings: {auto_scale_enabled: false}
computesync: {replace: allow}
`, map[string]any{
			"resource_id": inGroup + "Microsoft.Synapse/workspaces/w/bigDataPools/p", "identity.type": "user_assigned",
			"identity.user_assigned_identities": []any{map[string]any{"resource_id": inGroup + "Microsoft.ManagedIdentity/userAssignedIdentities/a"}},
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := one(t, "name: target\n"+c.text)
			covered[x.Kind] = true
			if d := cmp.Diff(c.values, x.Values); d != "" {
				t.Errorf("values (-want +got):\n%s", d)
			}
			if x.Attaches() != c.attaches || x.Attaches() && len(x.Underlying()) == 0 {
				t.Errorf("attaches: %v, stands on %v", x.Attaches(), x.Underlying())
			}
		})
	}
	for _, k := range Kinds() {
		if !covered[k] {
			t.Errorf("no document of %s", k.Name)
		}
	}
}

// TestMade tells by what Azure says whether it made a compute.
func TestMade(t *testing.T) {
	for _, k := range Kinds() {
		for _, live := range []*Live{nil, {}, {AttachedKnown: true}, {AttachedKnown: true, Attached: true}} {
			c := &Compute{Kind: k, Live: live}
			want := slices.Contains([]*Kind{amlcompute, computeinstance, aks, datafactory}, k) && live != nil && live.AttachedKnown && !live.Attached
			if c.Made() != want {
				t.Errorf("%s with %+v: made %v", k.Name, live, c.Made())
			}
		}
	}
	if (&Compute{Live: &Live{AttachedKnown: true}}).Made() {
		t.Error("a compute of a type nobody knows is ours to delete")
	}
}

// TestRawEqual compares raw properties: only what is stated, and only what
// Azure returned.
func TestRawEqual(t *testing.T) {
	f := kubernetes.Field("properties")
	type m = map[string]any
	have := m{"defaultInstanceType": "cpu", "vcName": nil, "instanceTypes": m{"cpu": m{"resources": m{"limits": m{"cpu": "4", "gpu": nil}}}}}
	for _, c := range []struct {
		want  m
		equal bool
	}{
		{m{}, true},
		{m{"defaultInstanceType": "cpu"}, true},
		{m{"defaultInstanceType": "gpu"}, false},
		{m{"defaultInstanceType": nil}, true},
		{m{"extensionPrincipalId": "x"}, true}, // not returned: unknown
		{m{"vcName": "x"}, false},              // returned as none
		{m{"instanceTypes": m{"cpu": m{}}}, true},
		{m{"instanceTypes": m{"cpu": m{"resources": m{"limits": m{"cpu": "4"}}}}}, true},
		{m{"instanceTypes": m{"cpu": m{"resources": m{"limits": m{"cpu": "8"}}}}}, false},
		{m{"instanceTypes": m{"gpu": m{}}}, true}, // nothing is stated of it
		{m{"instanceTypes": m{"gpu": m{"nodeSelector": m{"a": "b"}}}}, false},
	} {
		if f.Equal(c.want, have) != c.equal {
			t.Errorf("%v is equal: %v", c.want, !c.equal)
		}
	}
	if d := cmp.Diff(m{"instanceTypes": m{"cpu": m{}}, "vcName": nil}, Project(m{"instanceTypes": m{"cpu": m{}, "gpu": m{}}, "vcName": "x"}, have)); d != "" {
		t.Errorf("projection (-want +got):\n%s", d)
	}
	if got := f.Show(m{"b": 1.0, "a": m{"c": true}}); got != `{"a":{"c":true},"b":1}` {
		t.Errorf("shown as %s", got)
	}
}
