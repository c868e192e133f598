package azureml

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/spec"
)

// decodeFile decodes a document as the service answered it: recorded from
// api-version 2024-04-01 in Jul 2024 and Nov 2025 with IDs zeroed, the attached
// VM after Azure Service Operator's recording.
func decodeFile(t *testing.T, name string) *spec.Compute {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Decode(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDecodeRecorded(t *testing.T) {
	none := map[string]string{}
	path := "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/"
	id := path + "rg-ml/providers/Microsoft.MachineLearningServices/workspaces/ml-prod/computes/"
	for _, c := range []struct {
		file, kind string
		values     map[string]any
		live       spec.Live
		kept       map[string]any
	}{
		{"amlcompute.json", "amlcompute", map[string]any{
			"description": "", "tags": none, "location": "eastus", "size": "STANDARD_DS3_V2", "tier": "dedicated",
			"min_instances": int64(0), "max_instances": int64(1), "idle_time_before_scale_down": int64(120),
			"ssh_public_access_enabled": true, "enable_node_public_ip": true, "network_settings.subnet": "",
			"identity.type": "none", "identity.user_assigned_identities": []any{},
			"os_type": "linux", "virtual_machine_image": "", "ssh_settings.admin_username": "", "ssh_settings.ssh_key_value": "", "isolated_network": false, "disable_local_auth": false,
		}, spec.Live{
			ID: id + "batch-cluster", ComputeType: "AmlCompute", CreatedOn: "2024-07-24T08:34:22.0060469+00:00", ModifiedOn: "2024-07-24T08:42:01.0887197+00:00",
			ProvisioningState: "Succeeded", AttachedKnown: true,
		}, nil},
		{"amlcompute-echo.json", "amlcompute", map[string]any{ // what is null is not known yet
			"description": "", "tags": none, "size": "STANDARD_DS3_V2", "min_instances": int64(0), "max_instances": int64(8),
			"enable_node_public_ip": true, "network_settings.subnet": "", "identity.type": "none", "identity.user_assigned_identities": []any{},
			"os_type": "linux", "virtual_machine_image": "", "ssh_settings.admin_username": "", "ssh_settings.ssh_key_value": "", "isolated_network": false, "disable_local_auth": false,
		}, spec.Live{
			ID: id + "aml03", ComputeType: "AmlCompute", CreatedOn: "2025-11-04T09:40:51.9013157+00:00", ModifiedOn: "2025-11-04T09:40:51.9013157+00:00",
			ProvisioningState: "Creating", AttachedKnown: true,
		}, nil},
		{
			"computeinstance.json", "computeinstance",
			map[string]any{
				"description": "", "tags": none, "size": "STANDARD_DS3_V2",
				"ssh_public_access_enabled": false, "enable_node_public_ip": true, "network_settings.subnet": "",
				"schedules.compute_start_stop": []any{}, "custom_applications": []any{},
				"identity.type": "system_assigned", "identity.user_assigned_identities": []any{},
				"application_sharing_policy": "shared", "enable_sso": true, "disable_local_auth": false,
				"properties":         map[string]any{"autologgerSettings": nil},
				"enable_os_patching": false, "release_quota_on_stop": false,
			},
			spec.Live{
				ID: id + "dev-box", ComputeType: "ComputeInstance", CreatedOn: "2024-07-24T08:42:28.3934092+00:00", ModifiedOn: "2024-07-24T08:44:35.9151617+00:00",
				ProvisioningState: "Succeeded", AttachedKnown: true, State: "Running", StateTrigger: "User", SystemIdentity: true,
			},
			nil,
		},
		{"virtualmachine.json", "virtualmachine", map[string]any{
			"description": "", "tags": none, "resource_id": path + "rg-vms/providers/Microsoft.Compute/virtualMachines/vm",
			"address": "192.0.2.7", "ssh_settings.ssh_port": int64(22), "disable_local_auth": true, "notebook_server_port": int64(0),
		}, spec.Live{
			ID: id + "vm", ComputeType: "VirtualMachine", CreatedOn: "2025-11-04T10:00:00.0000000+00:00", ModifiedOn: "2025-11-04T10:00:20.0000000+00:00",
			ProvisioningState: "Succeeded", Attached: true, AttachedKnown: true,
		}, nil},
	} {
		t.Run(c.file, func(t *testing.T) {
			got := decodeFile(t, c.file)
			if got.KindName() != c.kind {
				t.Errorf("kind %s", got.KindName())
			}
			if d := cmp.Diff(c.values, got.Values); d != "" {
				t.Errorf("values (-want +got):\n%s", d)
			}
			if d := cmp.Diff(c.kept, got.Kept); d != "" {
				t.Errorf("kept (-want +got):\n%s", d)
			}
			if d := cmp.Diff(&c.live, got.Live); d != "" {
				t.Errorf("live (-want +got):\n%s", d)
			}
		})
	}
}

// TestDecodeShapes has what documents may hold besides.
func TestDecodeShapes(t *testing.T) {
	c, err := Decode([]byte(`{"name":"x","tags":{"computesync-owner":"me/x"},"properties":{"computeType":"Quantum","createdOn":"t","isAttachedCompute":true}}`))
	if err != nil || c.Kind != nil || c.KindName() != "Quantum" || c.Tags()[spec.OwnerTag] != "me/x" || !c.Live.Attached {
		t.Errorf("unknown type: %+v, %v", c, err)
	}
	c, err = Decode([]byte(`{"name":"x","identity":{"type":"SystemAssigned, UserAssigned","userAssignedIdentities":{"/b":{"clientId":"c"},"/a":{}}},
		"properties":{"computeType":"amlcompute","provisioningState":"Failed","provisioningErrors":[{"error":{"code":"A","message":"first"}}],
		"properties":{"vmPriority":"LowPriority","remoteLoginPortPublicAccess":"NotSpecified","scaleSettings":{"nodeIdleTimeBeforeScaleDown":"PT1M40.0S"},
		"errors":[{"code":"B","message":"second"}],"userAccountCredentials":{"adminUserName":"u","adminUserPassword":null},
		"nodeStateCounts":{"runningNodeCount":1,"preparingNodeCount":2,"idleNodeCount":3}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]any{
		"description": "", "tags": map[string]string{}, "tier": "low_priority", "idle_time_before_scale_down": int64(100), "network_settings.subnet": "", "virtual_machine_image": "",
		"ssh_settings.admin_username": "u", "ssh_settings.ssh_key_value": "", "identity.type": "system_assigned,user_assigned",
		"identity.user_assigned_identities": []any{map[string]any{"resource_id": "/a"}, map[string]any{"resource_id": "/b"}},
	}, c.Values); d != "" {
		t.Errorf("values (-want +got):\n%s", d)
	}
	if l := c.Live; l.Nodes.Busy() != 3 || l.Nodes.Idle != 3 || !l.HasCredentials || !l.SystemIdentity || l.AttachedKnown || len(l.Errors) != 2 {
		t.Errorf("live %+v", l)
	}
	for _, bad := range []string{``, `[]`, `{}`, `{"name":"x"}`, `{"name":"","properties":{}}`, `{"name":"x","properties":null}`} {
		if c, err := Decode([]byte(bad)); err == nil {
			t.Errorf("%q gives %+v", bad, c)
		}
	}
}
