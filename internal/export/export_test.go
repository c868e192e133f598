package export_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/export"
	"github.com/computesync/computesync/internal/spec"
)

// decode reads a compute as Azure would return it.
func decode(t *testing.T, doc string) *spec.Compute {
	t.Helper()
	c, err := azureml.Decode(json.RawMessage(doc))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cluster is a healthy one; more is merged into its properties.properties.
func cluster(name, more string) string {
	return `{"name": "` + name + `", "tags": {}, "properties": {"computeType": "AmlCompute", "provisioningState": "Succeeded", "isAttachedCompute": false,
		"properties": {"vmSize": "STANDARD_DS3_V2"` + more + `}}}`
}

// What the files of clusters, and those of instances, have in common here.
const (
	clusterSize = "size: STANDARD_DS3_V2\n"
	noIdentity  = "identity:\n  type: none\n"
	noSchedules = "schedules:\n  compute_start_stop: []\n"
)

// instance is a healthy one of which little is known.
func instance(inner string) string {
	return `{"name": "anna", "properties": {"computeType": "ComputeInstance", "provisioningState": "Succeeded", "isAttachedCompute": false,
		"properties": {` + inner + `}}}`
}

const clusterID = "resource_id: " + inGroup + "Microsoft.ContainerService/managedClusters/k\n"

// kubernetes is a healthy attachment with these properties.properties.
func kubernetes(inner string) string {
	return `{"name": "k8s", "properties": {"computeType": "Kubernetes", "provisioningState": "Succeeded", "isAttachedCompute": true,
		"resourceId": "` + inGroup + `Microsoft.ContainerService/managedClusters/k", "properties": {` + inner + `}}}`
}

// exported exports computes into a folder.
func exported(t *testing.T, there fstest.MapFS, docs ...string) *export.Result {
	t.Helper()
	ws := export.Workspace{ID: id, Location: "westeurope", Owner: "team"}
	for _, doc := range docs {
		ws.Computes = append(ws.Computes, decode(t, doc))
	}
	var res *export.Result
	var err error
	if there == nil {
		res, err = export.Files(ws, nil)
	} else {
		res, err = export.Files(ws, there)
	}
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, load(t, res, there), ws.Computes, res)
	return res
}

// body is the file of the only compute, without its head.
func body(t *testing.T, res *export.Result) string {
	t.Helper()
	if len(res.Files) != 2 {
		t.Fatalf("%d files\n%s", len(res.Files), text(res))
	}
	_, rest, _ := strings.Cut(string(res.Files[1].Data), "\ntype: ")
	_, rest, _ = strings.Cut(rest, "\n")
	return rest
}

// TestOddSchedules exports schedules as Azure may have them, by whatever client they were made:
// the file is valid, or the reason for its absence names the key.
func TestOddSchedules(t *testing.T) {
	const cron, recurrence = `"triggerType": "Cron", "cron": `, `"triggerType": "Recurrence", "recurrence": `
	for _, tt := range []struct{ trigger, file, skipped string }{
		{
			trigger: recurrence + `{"frequency": "Week", "interval": 1, "timeZone": "W. Europe Standard Time", "startTime": "2026-01-05T08:00:00",
				"schedule": {"hours": [18], "minutes": [0], "weekDays": ["Monday", "friday"], "monthDays": null}}`,
			file: "type: recurrence\n        start_time: \"2026-01-05T08:00:00\"\n        time_zone: W. Europe Standard Time\n        frequency: week\n        interval: 1\n" +
				"        schedule:\n          hours:\n            - 18\n          minutes:\n            - 0\n          week_days:\n            - monday\n            - friday\n",
		},
		{ // as az sends a recurrence without a schedule
			trigger: recurrence + `{"frequency": "Day", "interval": 1, "timeZone": "UTC", "schedule": {"hours": [], "minutes": []}}`,
			file:    "type: recurrence\n        frequency: day\n        interval: 1\n        schedule:\n          hours: []\n          minutes: []\n",
		},
		{trigger: recurrence + `{"frequency": "Day", "interval": 1, "schedule": null}`, file: "type: recurrence\n        frequency: day\n        interval: 1\n"},
		{trigger: cron + `{"expression": "0 18 * * *", "timeZone": "utc"}`, file: "type: cron\n        expression: 0 18 * * *\n"},
		{trigger: cron + `{"expression": "0 18 31 2 *"}`, file: "type: cron\n        expression: 0 18 31 2 *\n"},
		{trigger: cron + `{"expression": "0 0 18 * * *"}`, skipped: "trigger.expression: a cron expression has 5 fields"},
		{trigger: cron + `{"expression": null}`, skipped: "trigger.expression is missing"},
		{trigger: cron + `{"expression": "0 18 * * *", "timeZone": "Europe/Berlin"}`, skipped: `trigger.time_zone: "Europe/Berlin" is an IANA name`},
		{trigger: cron + `{"expression": "0 18 * * *", "startTime": "2026-01-05T08:00:00Z"}`, skipped: `trigger.start_time: "2026-01-05T08:00:00Z" has an offset`},
		{trigger: recurrence + `{"frequency": "Year", "interval": 1}`, skipped: `trigger.frequency cannot be "Year"`},
		{trigger: recurrence + `{"frequency": "Day", "schedule": {"hours": [25], "minutes": [0]}}`, skipped: "trigger.interval is missing"},
		{trigger: `"triggerType": "Sunset"`, skipped: `trigger.type cannot be "Sunset"`},
		{trigger: `"triggerType": null`, skipped: "trigger.type is missing"},
	} {
		res := exported(t, nil, instance(`"schedules": {"computeStartStop": [{"id": "7", "action": "Stop", "status": "Enabled", `+tt.trigger+`}]}`))
		if tt.skipped != "" {
			if len(res.Skipped) != 1 || !strings.HasPrefix(res.Skipped[0].Reason, tt.skipped) {
				t.Errorf("%s:\n%s", tt.trigger, text(res))
			}
			continue
		}
		if got := body(t, res); !strings.Contains(got, tt.file) {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.trigger, got, tt.file)
		}
	}
}

func TestSkipped(t *testing.T) {
	for _, tt := range []struct{ doc, want string }{
		{cluster("cpu-", ""), "name must end in a letter or a digit"},
		{cluster("../../cpu", ""), "its name has characters that no spec may use"},
		{cluster("amlcompute", ""), `name "amlcompute" is reserved by Azure ML`},
		{strings.Replace(cluster("cpu", ""), "Succeeded", "Creating", 1), "is Creating"},
		{strings.Replace(cluster("cpu", ""), `"Succeeded"`, `"Failed", "provisioningErrors": [{"error": {"code": "X", "message": "no luck"}}]`, 1), "is Failed: X: no luck"},
		{strings.Replace(cluster("cpu", ""), `"tags": {}`, `"tags": {"Computesync-Owner": "other/cpu"}`, 1), `belongs to "other" by its tag computesync-owner`},
		{strings.Replace(cluster("cpu", ""), "AmlCompute", "Quantum", 1), `no kind is known for its computeType "Quantum"`},
		{
			instance(`"customServices": [{"name": "x", "image": {"reference": "https://me:hunter2@example.com"}}]`),
			"image.reference: credentials inside a URL",
		},
		{cluster("cpu", `, "vmPriority": "Spot"`), `tier cannot be "Spot": it is one of dedicated, low_priority`},
		{`{"name": "anna", "properties": {"computeType": "ComputeInstance", "provisioningState": "Succeeded", "properties": {"state": "SetupFailed"}}}`, "is SetupFailed"},
	} {
		res := exported(t, nil, tt.doc)
		if len(res.Files) != 1 || len(res.Skipped) != 1 || res.Skipped[0].Reason != tt.want {
			t.Errorf("want skipped: %s\n%s", tt.want, text(res))
		}
	}
}

func TestOneResourceTwice(t *testing.T) {
	vm := func(name string) string {
		return `{"name": "` + name + `", "properties": {"computeType": "VirtualMachine", "provisioningState": "Succeeded", "isAttachedCompute": true,
			"resourceId": "` + inGroup + `Microsoft.Compute/virtualMachines/vm", "properties": {"sshPort": 2222, "address": "20.1.2.3"}}}`
	}
	res := exported(t, nil, vm("one"), vm("two"))
	if len(res.Skipped) != 1 || !strings.HasPrefix(res.Skipped[0].Reason, "two attaches what is attached already at one.yaml:") {
		t.Errorf("one resource attached twice\n%s", text(res))
	}
}

func TestWritten(t *testing.T) {
	for _, tt := range []struct{ name, doc, want string }{
		{
			"the defaults that money or access depend on are stated, and no others", cluster("cpu", `, "vmPriority": "Dedicated", "osType": "Linux",
			"isolatedNetwork": false, "enableNodePublicIp": true, "remoteLoginPortPublicAccess": "Enabled", "subnet": null,
			"scaleSettings": {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT2M"}`),
			"size: STANDARD_DS3_V2\ntier: dedicated\nmin_instances: 0\nmax_instances: 1\nidle_time_before_scale_down: 120\n" +
				"ssh_public_access_enabled: true\nenable_node_public_ip: true\nidentity:\n  type: none\n",
		},
		{
			"an instance of which Azure tells all", `{"name": "anna", "properties": {"computeType": "ComputeInstance", "provisioningState": "Succeeded",
			"isAttachedCompute": false, "disableLocalAuth": false, "properties": {"vmSize": "STANDARD_DS3_V2", "applicationSharingPolicy": "Shared",
			"enableSSO": true, "enableNodePublicIp": true, "sshSettings": {"sshPublicAccess": "Disabled"}, "idleTimeBeforeShutdown": null,
			"schedules": {"computeStartStop": []}, "customServices": []}}}`,
			"size: STANDARD_DS3_V2\nssh_public_access_enabled: false\nenable_node_public_ip: true\napplication_sharing_policy: shared\n" +
				"enable_sso: true\ndisable_local_auth: false\nschedules:\n  compute_start_stop: []\nidentity:\n  type: none\n",
		},
		{
			"a script that Azure keeps in base64", instance(`"setupScripts": {"scripts": {"creationScript": {"scriptSource": "inline",
			"scriptData": "IyEvYmluL2Jhc2gKcGlwIGluc3RhbGwgcnVmZgo=", "timeout": "20m"}}}`),
			noSchedules + "setup_scripts:\n  creation_script:\n    script: |\n      #!/bin/bash\n      pip install ruff\n    timeout_minutes: 20\n" + noIdentity,
		},
		{
			"a script that is no text", instance(`"setupScripts": {"scripts": {"creationScript": {"scriptSource": "inline", "scriptData": "/w=="}}}`),
			noSchedules + "setup_scripts:\n  creation_script:\n    path: /w==\n    source: inline\n" + noIdentity,
		},
		{"closed though nothing closes it", cluster("cpu", `, "remoteLoginPortPublicAccess": "Disabled"`), clusterSize + "ssh_public_access_enabled: false\n" + noIdentity},
		{
			"a password that Azure does not tell", cluster("cpu", `, "userAccountCredentials": {"adminUserName": "ml", "adminUserPassword": null}`),
			clusterSize + "ssh_settings:\n  admin_username: ml\n  admin_password: secret://env/COMPUTESYNC_SECRET_CPU_PASSWORD # fill in\n" + noIdentity,
		},
		{
			"a key", cluster("cpu", `, "userAccountCredentials": {"adminUserName": "ml", "adminUserSshPublicKey": "ssh-rsa AAAA"}`),
			clusterSize + "ssh_settings:\n  admin_username: ml\n  ssh_key_value: ssh-rsa AAAA\n" + noIdentity,
		},
		{"our own tags are not people's", strings.Replace(cluster("cpu", ""), `"tags": {}`, `"tags": {"a": "1", "computesync-owner": "team/cpu"}`, 1), "tags:\n  a: \"1\"\n" + clusterSize + noIdentity},
		{"what Azure alone sets", cluster("cpu", `, "propertyBag": {}, "allocationState": "Steady", "tomorrow": {"count": 1}`), clusterSize + noIdentity},
		{"the workspace's own region", strings.Replace(cluster("cpu", ""), `"isAttachedCompute"`, `"computeLocation": "West Europe", "isAttachedCompute"`, 1), clusterSize + noIdentity},
		{"another region", strings.Replace(cluster("cpu", ""), `"isAttachedCompute"`, `"computeLocation": "northeurope", "isAttachedCompute"`, 1), "location: northeurope\n" + clusterSize + noIdentity},
		{"what a Kubernetes extension brings along", kubernetes(`"defaultInstanceType": "defaultinstancetype", "extensionPrincipalId": "x",
			"instanceTypes": {"defaultinstancetype": {"nodeSelector": null}}`), clusterID + noIdentity},
		{
			"instance types beside it", kubernetes(`"defaultInstanceType": "gpu", "instanceTypes": {"defaultinstancetype": {}, "gpu": {"nodeSelector": null, "resources": {"limits": {"cpu": "2"}}}}`),
			clusterID + "properties:\n  defaultInstanceType: gpu\n  instanceTypes:\n    gpu:\n      resources:\n        limits:\n          cpu: \"2\"\n" + noIdentity,
		},
		{"seconds beside minutes", `{"name": "anna", "properties": {"computeType": "ComputeInstance", "provisioningState": "Succeeded", "isAttachedCompute": false,
			"properties": {"vmSize": "STANDARD_DS3_V2", "idleTimeBeforeShutdown": "PT20M30S"}}}`, clusterSize + "idle_time_before_shutdown: PT20M30S\n" + noSchedules + noIdentity},
	} {
		if diff := cmp.Diff(tt.want, body(t, exported(t, nil, tt.doc))); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// TestWithheld leaves out what looks like a secret, and says which it was: of a
// map only the key, of a list the whole.
func TestWithheld(t *testing.T) {
	doc := strings.Replace(instance(`"setupScripts": {"scripts": {
		"creationScript": {"scriptSource": "inline", "scriptData": "ZXhwb3J0IEFQSV9LRVk9aHVudGVyMgo=", "timeout": "20m"},
		"startupScript": {"scriptSource": "workspaceStorage", "scriptData": "a.sh", "scriptArguments": "--password hunter2"}}},
		"customServices": [{"name": "x", "image": {"type": "docker", "reference": "r"}, "docker": {"privileged": true},
			"environmentVariables": {"DB_PASSWORD": {"type": "local", "value": "hunter2"}, "MODE": {"type": "local", "value": "fast"}}}]`),
		`"name": "anna", "properties": {`, `"name": "anna", "tags": {"owner": "anna", "storageKey": "hunter2"},
		"properties": {"description": "anna's\npassword: hunter2", `, 1)
	res := exported(t, nil, doc)
	want := "description: null # left out: it looks like a secret\n" +
		"tags:\n  owner: anna\n  storageKey: null # left out: it looks like a secret\n" + noSchedules +
		"setup_scripts:\n  creation_script:\n    script: null # left out: it looks like a secret\n    timeout_minutes: 20\n" +
		"  startup_script:\n    path: a.sh\n    source: workspace\n    command: null # left out: it looks like a secret\n" +
		"custom_applications: null # left out: it looks like a secret\n" + noIdentity
	if diff := cmp.Diff(want, body(t, res)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]export.Withheld{
		{Field: "description", Keys: []string{"password"}},
		{Field: "tags", Keys: []string{"storageKey"}},
		{Field: "setup_scripts.creation_script.script", Keys: []string{"API_KEY"}},
		{Field: "setup_scripts.startup_script.command", Keys: []string{"password"}},
		{Field: "custom_applications", Keys: []string{"DB_PASSWORD"}},
	}, res.Files[1].Withheld); diff != "" {
		t.Error(diff)
	}
}

// TestWithheldKernel leaves out a command that looks as if it had a secret, and
// writes another.
func TestWithheldKernel(t *testing.T) {
	for argv, want := range map[string]string{
		`"R", "--slave"`:                "        - R\n        - --slave\n",
		`"serve", "--token", "hunter2"`: "",
		`"serve", "TOKEN=hunter2"`:      "",
	} {
		res := exported(t, nil, instance(`"customServices": [{"name": "x", "image": {"type": "docker", "reference": "r"}, "docker": {"privileged": true},
			"kernel": {"argv": [`+argv+`]}}]`))
		text := body(t, res)
		if !strings.Contains(text, want) || strings.Contains(text, "hunter2") || (want == "") != (len(res.Files[1].Withheld) == 1) {
			t.Errorf("%s: %v\n%s", argv, res.Files[1].Withheld, text)
		}
	}
}

const settings = `subscription_id: 11111111-2222-3333-4444-555555555555
resource_group: rg-ml
workspace_name: ml-test
owner: team
`

// TestDefaultsThere exports into a workspace whose defaults would lay over what
// the computes are.
func TestDefaultsThere(t *testing.T) {
	there := fstest.MapFS{"workspace.yaml": {Data: []byte(settings +
		"defaults:\n  amlcompute: {size: STANDARD_DS3_V2, description: ours, max_instances: 9, tags: {team: ml, cost: x}, network_settings: {subnet: " +
		inGroup + "Microsoft.Network/virtualNetworks/v/subnets/s}}\n  virtualmachine: {ssh_settings: {admin_username: me, admin_password: secret://env/COMPUTESYNC_SECRET_ALL}}\n")}}
	doc := strings.Replace(cluster("cpu", `, "scaleSettings": {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT2M"}`), `"tags": {}`, `"tags": {"Team": "other"}`, 1)
	vm := `{"name": "dsvm", "properties": {"computeType": "VirtualMachine", "provisioningState": "Succeeded", "isAttachedCompute": true,
		"resourceId": "` + inGroup + `Microsoft.Compute/virtualMachines/vm", "properties": {"sshPort": 22}}}`
	res := exported(t, there, doc, vm)
	if len(res.Files) != 2 || len(res.Skipped) != 0 {
		t.Fatalf("workspace.yaml must stay\n%s", text(res))
	}
	want := "$schema: https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json\nname: cpu\ntype: amlcompute\ndescription: null\ntags:\n  Team: other\n  cost: null\n" +
		"min_instances: 0\nmax_instances: 1\nidle_time_before_scale_down: 120\nnetwork_settings:\n  subnet: null\n" + noIdentity
	if diff := cmp.Diff(want, string(res.Files[0].Data)); diff != "" {
		t.Error(diff)
	}
	if s := string(res.Files[1].Data); strings.Contains(s, "ssh_settings") || res.Files[1].FillIn != nil {
		t.Errorf("workspace.yaml has the login already:\n%s", s)
	}
}

// TestDefaultThatStays has defaults that no file can keep out.
func TestDefaultThatStays(t *testing.T) {
	anna := `{"name": "anna", "properties": {"computeType": "ComputeInstance", "provisioningState": "Succeeded", "isAttachedCompute": false, "properties": {"idleTimeBeforeShutdown": null}}}`
	for _, tt := range []struct{ defaults, doc, want string }{
		{"amlcompute: {network_settings: {vnet_name: v, subnet: s}}", cluster("cpu", ""), "vnet_name and subnet belong together"},
		{"computeinstance: {idle_time_before_shutdown: PT30M}", anna, "idle_time_before_shutdown_minutes cannot be written as it is: 0 would become 30"},
	} {
		there := fstest.MapFS{"workspace.yaml": {Data: []byte(settings + "defaults:\n  " + tt.defaults + "\n")}}
		res := exported(t, there, tt.doc)
		if len(res.Files) != 0 || len(res.Skipped) != 1 || res.Skipped[0].Reason != tt.want {
			t.Errorf("%s\n%s", tt.defaults, text(res))
		}
	}
}

func TestFolderThatIsWrong(t *testing.T) {
	for _, there := range []fstest.MapFS{
		{"compose.yaml": {Data: []byte("services: {}\n")}},
		{"one/workspace.yaml": {Data: []byte(settings)}},
		{"workspace.yaml": {Data: []byte(settings + "purge: true\n")}},
	} {
		_, err := export.Files(export.Workspace{ID: id, Location: "westeurope", Owner: "team", Computes: []*spec.Compute{decode(t, cluster("cpu", ""))}}, there)
		var folder *export.FolderError
		if !errors.As(err, &folder) || len(folder.Errors) == 0 {
			t.Errorf("%v: error %v", there, err)
		}
	}
}
