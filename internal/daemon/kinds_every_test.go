package daemon_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/computesync/computesync/internal/spec"
)

// everyField are documents of each kind that state every field of it, in each
// way in which a compute of the kind comes.
var everyField = map[string][]string{
	"amlcompute": {`description: d
tags: {team: ml}
location: northeurope
size: STANDARD_DS3_V2
tier: low_priority
min_instances: 1
max_instances: 4
idle_time_before_scale_down: 300
ssh_public_access_enabled: true
ssh_settings: {admin_username: ada, admin_password: "secret://env/COMPUTESYNC_SECRET_A", ssh_key_value: ssh-ed25519 AAAA me}
enable_node_public_ip: false
os_type: windows
virtual_machine_image: ` + azure("Microsoft.Compute/images", "win") + `
isolated_network: true
disable_local_auth: true
network_settings: {subnet: ` + subnetElsewhere + `}
identity: {type: user_assigned, user_assigned_identities: [{resource_id: ` + identityOne + `}, {resource_id: ` + identityTwo + `}]}
properties: {flavor: sweet}
`},
	"computeinstance": {`description: d
tags: {team: ml}
size: STANDARD_DS3_V2
idle_time_before_shutdown_minutes: 30
ssh_public_access_enabled: true
ssh_settings: {ssh_key_value: ssh-ed25519 AAAA me}
enable_node_public_ip: false
create_on_behalf_of: {user_tenant_id: 22222222-1111-1111-1111-111111111111, user_object_id: 33333333-1111-1111-1111-111111111111}
application_sharing_policy: personal
enable_sso: false
enable_root_access: false
enable_os_patching: true
release_quota_on_stop: true
disable_local_auth: true
schedules:
  compute_start_stop:
  - {action: stop, state: disabled, trigger: {type: cron, expression: "0 18 * * *", start_time: "2026-01-01T00:00:00", time_zone: UTC}}
  - {action: start, trigger: {type: recurrence, frequency: week, interval: 1, start_time: "2026-01-01T00:00:00", time_zone: UTC,
      schedule: {hours: [8], minutes: [0, 30], week_days: [monday, friday]}}}
  - {action: stop, trigger: {type: recurrence, frequency: month, interval: 1, schedule: {hours: [8], minutes: [0], month_days: [1]}}}
setup_scripts:
  creation_script: {path: Users/ada/setup.sh, source: workspace, command: --gpu, timeout_minutes: 20}
  startup_script: {path: ZWNobw==, source: inline, command: -v, timeout_minutes: 5}
custom_applications:
- name: shiny
  type: azureml
  image: {reference: shiny, version: "3"}
  privileged: false
  kernel: {display_name: R, language: r, argv: [R, --slave]}
  endpoints: [{target: 80, published: 8080, name: web, protocol: tcp, host_ip: 10.0.0.4}]
  environment_variables: {MODE: fast}
  bind_mounts: [{source: /home/azureuser, target: /data}]
  volumes:
  - {type: bind, source: /mnt, target: /mnt, read_only: true, consistency: cached, bind: {propagation: rslave, create_host_path: true, selinux: z}}
  - {type: volume, source: cache, target: /cache, volume: {nocopy: true}}
  - {type: tmpfs, target: /tmp, tmpfs: {size: 1024}}
network_settings: {subnet: ` + subnetElsewhere + `}
identity: {type: user_assigned, user_assigned_identities: [{resource_id: ` + identityOne + `}]}
properties: {autologgerSettings: {mlflowAutologger: Disabled}}
`},
	"kubernetes": {`description: d
tags: {team: ml}
resource_id: ` + azure("Microsoft.ContainerService/managedClusters", "k") + `
namespace: ml
relay_connection_string: secret://env/COMPUTESYNC_SECRET_A
service_bus_connection_string: secret://env/COMPUTESYNC_SECRET_B
disable_local_auth: true
identity: {type: user_assigned, user_assigned_identities: [{resource_id: ` + identityOne + `}]}
properties: {defaultInstanceType: gpu, instanceTypes: {gpu: {nodeSelector: {pool: gpu}, resources: {limits: {nvidia.com/gpu: 1}, requests: {cpu: 1}}}}}
`},
	"virtualmachine": {`description: d
tags: {team: ml}
resource_id: ` + azure("Microsoft.Compute/virtualMachines", "vm") + `
notebook_server_port: 8888
notebook_instance: true
disable_local_auth: true
ssh_settings: {admin_username: ada, ssh_private_key_file: "secret://env/COMPUTESYNC_SECRET_A", private_key_passphrase: "secret://env/COMPUTESYNC_SECRET_B", ssh_port: 2222}
properties: {flavor: sweet}
`, `address: vm.example.org
ssh_settings: {admin_username: ada, admin_password: "secret://env/COMPUTESYNC_SECRET_A"}
`},
	"synapsespark": {`description: d
tags: {team: ml}
resource_id: ` + azure("Microsoft.Synapse/workspaces/w/bigDataPools", "p") + `
disable_local_auth: true
identity: {type: user_assigned, user_assigned_identities: [{resource_id: ` + identityOne + `}]}
properties: {flavor: sweet}
`},
	"aks": {`description: d
tags: {team: ml}
location: northeurope
size: STANDARD_D3_V2
agent_count: 3
cluster_purpose: dense_prod
load_balancer_type: internal
load_balancer_subnet: lb
ssl: {status: auto, leaf_domain_label: ml, overwrite_existing_domain: true}
network_settings: {subnet: ` + subnetElsewhere + `, service_cidr: 10.0.0.0/16, dns_service_ip: 10.0.0.10, docker_bridge_cidr: 172.17.0.1/16}
disable_local_auth: true
properties: {flavor: sweet}
`, `resource_id: ` + azure("Microsoft.ContainerService/managedClusters", "k") + `
ssl: {status: enabled, cname: ml.example, cert: "secret://env/COMPUTESYNC_SECRET_A", key: "secret://env/COMPUTESYNC_SECRET_B"}
`},
	"hdinsight": {`description: d
tags: {team: ml}
resource_id: ` + azure("Microsoft.HDInsight/clusters", "h") + `
disable_local_auth: true
ssh_settings: {admin_username: ada, ssh_private_key_file: "secret://env/COMPUTESYNC_SECRET_A", private_key_passphrase: "secret://env/COMPUTESYNC_SECRET_B", ssh_port: 2222}
properties: {flavor: sweet}
`, `address: h-ssh.azurehdinsight.net
ssh_settings: {admin_username: ada, admin_password: "secret://env/COMPUTESYNC_SECRET_A"}
`},
	"databricks": {`description: d
tags: {team: ml}
resource_id: ` + azure("Microsoft.Databricks/workspaces", "d") + `
access_token: secret://env/COMPUTESYNC_SECRET_A
workspace_url: https://adb.example
disable_local_auth: true
properties: {flavor: sweet}
`},
	"datalakeanalytics": {`description: d
tags: {team: ml}
resource_id: ` + azure("Microsoft.DataLakeAnalytics/accounts", "l") + `
data_lake_store_account_name: store
disable_local_auth: true
properties: {flavor: sweet}
`},
	"batch": {`description: d
tags: {team: ml}
resource_id: ` + azure("Microsoft.Batch/batchAccounts", "b") + `
disable_local_auth: true
`},
	"datafactory": {
		"description: d\ntags: {team: ml}\ndisable_local_auth: true\n",
		"resource_id: " + azure("Microsoft.DataFactory/factories", "f") + "\ndisable_local_auth: true\n",
	},
}

// TestEveryField applies each document of each kind: a second plan finds nothing
// to do, and together the documents state every field that Azure has.
func TestEveryField(t *testing.T) {
	for _, k := range spec.Kinds() {
		stated := map[string]bool{}
		for _, text := range everyField[k.Name] {
			text = "name: some\ntype: " + k.Name + "\n" + text
			set := loadSpecs(text)
			if !set.Valid() {
				t.Fatal(set.AllErrors())
			}
			noteStated(k.Fields, set.Workspaces[0].Computes[0].Values, k.Name+" ", stated)
			t.Run(k.Name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStage(t)
					if _, result := s.pass("c1", text); len(result.Failed) > 0 {
						t.Fatal(result.Failed)
					}
					s.wire.take()
					ws, _ := s.pass("c1", text)
					expect(t, "a second pass does", does(ws), "")
					expect(t, "and writes", writes(s.wire.take()), "")
				})
			})
		}
		for _, name := range allFields(k.Fields, k.Name+" ") {
			if !stated[name] {
				t.Errorf("no document states %s", name)
			}
		}
	}
}

// allFields are the names of the fields that Azure has, those of items behind [].
func allFields(fields []spec.Field, prefix string) []string {
	var names []string
	for i := range fields {
		f := &fields[i]
		if f.ReadOnly || f.ARM == "" && !strings.HasSuffix(f.Name, "resource_id") || f.Type == spec.Empty {
			continue
		}
		names = append(names, prefix+f.Name)
		names = append(names, allFields(f.Fields, prefix+f.Name+"[].")...)
	}
	return names
}

// noteStated collects the fields that values state, in the same form.
func noteStated(fields []spec.Field, values map[string]any, prefix string, into map[string]bool) {
	for i := range fields {
		f := &fields[i]
		v, ok := values[f.Name]
		if !ok {
			continue
		}
		into[prefix+f.Name] = true
		items, _ := v.([]any)
		for _, item := range items {
			noteStated(f.Fields, item.(map[string]any), prefix+f.Name+"[].", into)
		}
	}
}
