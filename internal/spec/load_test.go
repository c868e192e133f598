package spec

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/secret"
)

// one loads a single compute file and returns its compute.
func one(t *testing.T, text string) *Compute {
	t.Helper()
	ws := loadValid(t, map[string]string{"c.yaml": text})
	if len(ws.Computes) != 1 {
		t.Fatalf("got %d computes, want 1", len(ws.Computes))
	}
	return ws.Computes[0]
}

func ref(t *testing.T, text string) secret.Ref {
	t.Helper()
	r, err := secret.ParseRef(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCLIFiles loads files as az ml takes and prints them, unchanged.
func TestCLIFiles(t *testing.T) {
	subnet := "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-ml/providers/Microsoft.Network/virtualNetworks/vnet-ml/subnets/default"
	vm := "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-vms/providers/Microsoft.Compute/virtualMachines/dsvm"
	for file, want := range map[string]map[string]any{
		"amlcompute.yaml": {
			"size": "STANDARD_DS3_v2", "min_instances": int64(0), "max_instances": int64(2), "idle_time_before_scale_down": int64(120),
			"location": "westus", "tier": "low_priority", "description": "batch training", "tags": map[string]string{"team": "ml"},
			"network_settings.subnet": subnet, "ssh_public_access_enabled": false, "ssh_settings.admin_username": "mladmin",
			"ssh_settings.ssh_key_value": "ssh-ed25519 AAAA ml@example", "identity.type": "user_assigned",
			"identity.user_assigned_identities": []any{map[string]any{
				"resource_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/train",
			}},
			"enable_node_public_ip": true,
		},
		"amlcompute-show.yaml": {
			"enable_node_public_ip": true, "idle_time_before_scale_down": int64(120), "identity.type": "system_assigned", "location": "eastus",
			"max_instances": int64(8), "min_instances": int64(0), "size": "STANDARD_DS3_V2", "ssh_public_access_enabled": true, "tier": "dedicated",
		},
		"computeinstance.yaml": {
			"size": "STANDARD_DS3_v2", "create_on_behalf_of.user_tenant_id": "22222222-2222-2222-2222-222222222222",
			"create_on_behalf_of.user_object_id": "33333333-3333-3333-3333-333333333333", "ssh_public_access_enabled": true,
			"ssh_settings.ssh_key_value": "ssh-ed25519 AAAA ml@example",
			"schedules.compute_start_stop": []any{
				map[string]any{
					"action": "stop", "state": "enabled", "trigger.type": "cron", "trigger.start_time": "2026-03-10T21:21:07",
					"trigger.time_zone": "Pacific Standard Time", "trigger.expression": "0 18 * * *",
				},
				map[string]any{
					"action": "start", "state": "disabled", "trigger.type": "recurrence", "trigger.frequency": "week", "trigger.interval": int64(1),
					"trigger.time_zone": "UTC", "trigger.schedule.week_days": []string{"monday", "friday"},
					"trigger.schedule.hours": []int64{8}, "trigger.schedule.minutes": []int64{0, 30},
				},
			},
			"setup_scripts.creation_script.path": "Users/ml/setup.sh", "setup_scripts.creation_script.command": "--fast",
			"setup_scripts.creation_script.timeout_minutes": int64(20), "setup_scripts.startup_script.path": "Users/ml/start.sh",
			"custom_applications": []any{map[string]any{
				"name": "rstudio", "type": "docker", "image.reference": "ghcr.io/azure/rocker-rstudio-ml-verse:latest", "privileged": true,
				"endpoints":             []any{map[string]any{"target": int64(8787), "published": int64(8787), "name": "connect", "protocol": "http"}},
				"environment_variables": map[string]string{"DEBUG": "1", "MODE": ""},
				"volumes":               []any{map[string]any{"type": "bind", "source": "/home/azureuser/cloudfiles", "target": "/home/rstudio", "read_only": false}},
			}},
			"idle_time_before_shutdown_minutes": int64(45 * 60), "enable_node_public_ip": true,
		},
		"computeinstance-show.yaml": {
			"enable_node_public_ip": true, "identity.type": "system_assigned", "size": "STANDARD_DS3_V2", "ssh_public_access_enabled": false,
			"schedules.compute_start_stop": []any{map[string]any{"action": "stop", "state": "enabled", "trigger.type": "cron", "trigger.expression": "0 18 * * *"}},
		},
		"virtualmachine.yaml": {
			"resource_id": vm, "ssh_settings.admin_username": "ml", "ssh_settings.ssh_port": int64(2222),
			"ssh_settings.ssh_private_key_file": ref(t, "secret://credential/vm-key"),
		},
		"virtualmachine-address.yaml": {
			"address": "gpu01.example.net", "ssh_settings.admin_username": "ml",
			"ssh_settings.admin_password": ref(t, "secret://keyvault/ml-vault/vm-password"),
		},
		"hdinsight.yaml": {
			"description": "nightly Spark", "ssh_settings.admin_username": "sshuser",
			"resource_id":                 "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-spark/providers/Microsoft.HDInsight/clusters/nightly",
			"ssh_settings.admin_password": ref(t, "secret://env/COMPUTESYNC_SECRET_SPARK"),
		},
	} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile("testdata/cli/" + file)
			if err != nil {
				t.Fatal(err)
			}
			x := one(t, string(text))
			if d := cmp.Diff(want, x.Values); d != "" {
				t.Errorf("values (-want +got):\n%s", d)
			}
			if x.File != "c.yaml" || x.Line != 1 || x.Live != nil {
				t.Errorf("stands at %s:%d, live %v", x.File, x.Line, x.Live)
			}
		})
	}
}

func TestLifecycle(t *testing.T) {
	x := one(t, `name: dev-box
type: computeinstance
computesync:
  protect: true
  ignore_changes: [size, network_settings, tags]
  replace: allow
  on_delete: remove
  state: stopped
  expires: 2026-12-24T18:00:00Z
`)
	got := x.Lifecycle
	if got.Expires.Format("2006-01-02T15:04Z07:00") != "2026-12-24T18:00Z" {
		t.Errorf("expires %v", got.Expires)
	}
	got.Expires = Lifecycle{}.Expires
	want := Lifecycle{
		Protect: true, ReplaceAllow: true, OnDelete: OnDeleteRemove, State: StateStopped,
		IgnoreChanges: []string{"size", "network_settings.vnet_name", "network_settings.subnet", "tags"},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("lifecycle (-want +got):\n%s", d)
	}
}

func TestDurationAloneIsMinutes(t *testing.T) {
	x := one(t, "name: dev-box\ntype: computeinstance\nidle_time_before_shutdown: PT1H\n")
	if d := cmp.Diff(map[string]any{"idle_time_before_shutdown_minutes": int64(3600)}, x.Values); d != "" {
		t.Error(d)
	}
}

func TestDefaults(t *testing.T) {
	ws := loadValid(t, map[string]string{
		WorkspaceFile: workspaceYAML + `defaults:
  amlcompute:
    size: STANDARD_DS3_V2
    min_instances:
    tags: {team: ml, cost: "7"}
    network_settings: {vnet_name: vnet, subnet: default}
    identity:
      type: user_assigned
      user_assigned_identities:
        - resource_id: /subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shared
  computeinstance:
    idle_time_before_shutdown_minutes: 60
    schedules: {compute_start_stop: [{action: stop, trigger: {type: cron, expression: 0 18 * * *}}]}
  virtualmachine: {ssh_settings: {admin_username: ml, admin_password: "secret://env/P", ssh_port: 2200}}
`,
		"a.yaml": "name: all-defaults\ntype: amlcompute\n",
		"b.yaml": "name: merges\ntype: amlcompute\nsize: STANDARD_NC6\ntags: {team: other, cost: null, own: x}\nnetwork_settings: {subnet: gpu}\n",
		"c.yaml": "name: keeps-out\ntype: amlcompute\nsize: null\ntags:\nnetwork_settings: ~\nidentity:\n",
		"d.yaml": "name: dev-box\ntype: computeinstance\nschedules: {compute_start_stop: []}\n",
		"e.yaml": "name: lab-vm\ntype: virtualmachine\naddress: h\nssh_settings: {admin_password: null, ssh_private_key_file: secret://env/K}\n",
	})
	subnet := func(name string) string {
		return "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-ml/providers/Microsoft.Network/virtualNetworks/vnet/subnets/" + name
	}
	ids := []any{map[string]any{"resource_id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/shared"}}
	want := map[string]map[string]any{
		"all-defaults": {
			"size": "STANDARD_DS3_V2", "tags": map[string]string{"team": "ml", "cost": "7"}, "network_settings.subnet": subnet("default"),
			"identity.type": "user_assigned", "identity.user_assigned_identities": ids,
		},
		"merges": {
			"size": "STANDARD_NC6", "tags": map[string]string{"team": "other", "own": "x"}, "network_settings.subnet": subnet("gpu"),
			"identity.type": "user_assigned", "identity.user_assigned_identities": ids,
		},
		"keeps-out": {},
		"dev-box":   {"idle_time_before_shutdown_minutes": int64(3600), "schedules.compute_start_stop": []any{}},
		"lab-vm": {
			"address": "h", "ssh_settings.admin_username": "ml", "ssh_settings.ssh_port": int64(2200),
			"ssh_settings.ssh_private_key_file": ref(t, "secret://env/K"),
		},
	}
	for _, x := range ws.Computes {
		if d := cmp.Diff(want[x.Name], x.Values); d != "" {
			t.Errorf("%s (-want +got):\n%s", x.Name, d)
		}
	}
}

// TestDefaultsAreNotShared writes to what one compute got from the defaults.
func TestDefaultsAreNotShared(t *testing.T) {
	text := workspaceYAML + "defaults: {amlcompute: {tags: {team: ml}}}\n"
	ws := loadValid(t, map[string]string{WorkspaceFile: text, "a.yaml": "name: cpu-a\ntype: amlcompute\n", "b.yaml": "name: cpu-b\ntype: amlcompute\n"})
	a, b := ws.Computes[0], ws.Computes[1]
	live := &Compute{Name: "cpu-a", Kind: a.Kind, Values: map[string]any{"tags": map[string]string{"TEAM": "x", "foreign": "y"}}, Live: &Live{}}
	full := Carry(a, live)
	if d := cmp.Diff(map[string]string{"team": "ml", "foreign": "y"}, full.Tags()); d != "" {
		t.Error(d)
	}
	for _, x := range []*Compute{a, b} {
		if d := cmp.Diff(map[string]string{"team": "ml"}, x.Tags()); d != "" {
			t.Errorf("%s changed: %s", x.Name, d)
		}
	}
}

func TestAliasesAndMergeKeys(t *testing.T) {
	ws := loadValid(t, map[string]string{"c.yaml": `name: cpu-a
type: amlcompute
tags: &tags {team: ml}
network_settings: &net {vnet_name: v, subnet: s}
ssh_settings: {ssh_key_value: k, admin_username: &user ml}
description: *user
---
<<: {type: amlcompute, size: A}
name: cpu-b
size: B
`})
	a, b := ws.Computes[0], ws.Computes[1]
	if a.Text("description") != "ml" || b.Text("size") != "B" || b.Line != 8 {
		t.Errorf("got %v and %v at line %d", a.Values, b.Values, b.Line)
	}
}

// TestOtherAssets checks that other assets are skipped with a notice, and are
// errors where we own a compute of that name.
func TestOtherAssets(t *testing.T) {
	files := map[string]string{
		"job.yaml": "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\nname: train\ncommand: python x.py\n",
		"all.yaml": "name: raw-data\ntype: uri_folder\npath: azureml://x\n---\nname: store\ntype: azure_blob\ncredentials: {account_key: " + literal + "}\n---\nname: laptop\ntype: Local\n" +
			"---\n$schema: https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json\nname: cpu\ntype: amlcompute\n",
	}
	set := load(t, files, Options{})
	if !set.Valid() || len(set.Workspaces[0].Computes) != 1 {
		t.Fatalf("%d computes, errors:\n%s", len(set.Workspaces[0].Computes), printed(set))
	}
	var got []string
	for _, n := range set.AllNotices() {
		got = append(got, n.String())
	}
	want := []string{
		"all.yaml:1:1: skipped: another asset (uri_folder), not a compute [other-asset]",
		"all.yaml:5:1: skipped: another asset (azure_blob), not a compute [other-asset]",
		"all.yaml:9:1: skipped: a local compute, which needs nothing in the workspace [local]",
		"job.yaml:1:1: skipped: another asset (commandjob), not a compute [other-asset]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("notices (-want +got):\n%s", d)
	}
	files["store.yaml"] = "{name: Store2, type: azure_blob, credentials: {account_key: " + literal + "}}\n"
	set = load(t, files, Options{Owned: func(id WorkspaceID, name string) bool {
		return id.Name == "ml-prod" && (name == "laptop" || name == "Store2")
	}})
	text := printed(set)
	if len(set.AllErrors()) != 2 || strings.Contains(text, literal) ||
		!strings.Contains(text, "all.yaml:9:1: laptop is a compute of ours") || !strings.Contains(text, "store.yaml:1:1: Store2 is a compute of ours") {
		t.Errorf("errors:\n%s", text)
	}
}

func TestSettings(t *testing.T) {
	ws := loadValid(t, map[string]string{WorkspaceFile: workspaceYAML + `location: westeurope
prune: true
allow_empty: true
max_deletions: "20%"
protect: ["gpu-*", Prod]
`})
	want := Settings{Owner: "ml-platform", Prune: true, AllowEmpty: true, MaxDeletions: Limit{Percent: 20}, Protect: []string{"gpu-*", "Prod"}}
	if d := cmp.Diff(want, ws.Settings); d != "" || ws.Location != "westeurope" {
		t.Errorf("location %s, settings (-want +got):\n%s", ws.Location, d)
	}
	for name, protected := range map[string]bool{"GPU-big": true, "gpu": false, "prod": true} {
		if ws.Settings.Protects(name) != protected {
			t.Errorf("Protects(%s) = %v", name, !protected)
		}
	}
	for total, most := range map[int]int{0: 1, 4: 1, 9: 1, 10: 2, 100: 20} {
		if got := ws.Settings.MaxDeletions.Of(total); got != most {
			t.Errorf("20%% of %d is %d, want %d", total, got, most)
		}
	}
	windowed := loadValid(t, map[string]string{WorkspaceFile: workspaceYAML + "max_deletions: {count: 20%, per: 1h30m}\n"}).Settings.MaxDeletions
	if want := (Limit{Percent: 20, Per: Span(90 * time.Minute)}); windowed != want || windowed.String() != "20% per 1h30m" {
		t.Errorf("max_deletions is %s, want %s", windowed, want)
	}
	plain := loadValid(t, map[string]string{})
	if d := cmp.Diff(Settings{Owner: "ml-platform", MaxDeletions: Limit{Count: 3}}, plain.Settings); d != "" {
		t.Errorf("defaults (-want +got):\n%s", d)
	}
}

// TestTree walks a tree of two workspaces, hidden folders, files of others and
// entries that are no files.
func TestTree(t *testing.T) {
	files := tree(map[string]string{
		"ci.yaml":                  "not: ours\n",
		"a/workspace.yaml":         workspaceYAML,
		"a/README.md":              "text",
		"a/.git/broken.yaml":       "[",
		"a/deep/down/c.yml":        "name: cpu\ntype: amlcompute\n",
		"b/workspace.yaml":         strings.Replace(workspaceYAML, "ml-prod", "ml-test", 1),
		"b/c.yaml":                 "name: cpu\ntype: amlcompute\n",
		"b/.hidden.yaml":           "[",
		"b/empty.yaml":             "# nothing\n---\n",
		"c/.x/deep/workspace.yaml": workspaceYAML,
	})
	set := Load(files, Options{Prefix: "fleet"})
	if !set.Valid() || len(set.Workspaces) != 2 {
		t.Fatalf("%d workspaces:\n%s", len(set.Workspaces), printed(set))
	}
	a, b := set.Workspaces[0], set.Workspaces[1]
	if a.Dir != "fleet/a" || a.File != "fleet/a/workspace.yaml" || a.Computes[0].File != "fleet/a/deep/down/c.yml" || len(b.Computes) != 1 {
		t.Errorf("a is %s with %v", a.Dir, a.Computes)
	}
	again := Load(tree(map[string]string{WorkspaceFile: string(files["a/workspace.yaml"].Data)}), Options{})
	if again.Workspaces[0].ID.Key() != a.ID.Key() {
		t.Error("a workspace is another in another folder")
	}

	files["a/out.yaml"] = &fstest.MapFile{Data: []byte("/etc/passwd"), Mode: fs.ModeSymlink}
	files["a/linked"] = &fstest.MapFile{Data: []byte("/srv"), Mode: fs.ModeSymlink}
	files["b/big.yaml"] = &fstest.MapFile{Data: make([]byte, 1<<20+1)}
	files["b/x\x1b[8m.yaml"] = &fstest.MapFile{Data: []byte("name: gpu\ntype: amlcompute\n")}
	got := Load(files, Options{}).AllErrors().Error()
	want := `a/linked:1:1: read file: file does not exist
a/out.yaml:1:1: read file: file does not exist
b:1:1: the name "x\x1b[8m.yaml" has the character U+001B, which can hide or reorder text
b/big.yaml:1:1: file is larger than 1048576 bytes`
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("errors (-want +got):\n%s", d)
	}
}

// TestBrokenWorkspaceStaysAlone checks that an error in one workspace leaves
// another valid.
func TestBrokenWorkspaceStaysAlone(t *testing.T) {
	set := Load(tree(map[string]string{
		"a/workspace.yaml": workspaceYAML, "a/c.yaml": "name: cpu\ntype: amlcompute\nsise: x\n",
		"b/workspace.yaml": strings.Replace(workspaceYAML, "ml-prod", "ml-test", 1), "b/c.yaml": "name: cpu\ntype: amlcompute\n",
	}), Options{})
	if len(set.Workspaces[0].Errors) != 1 || len(set.Workspaces[1].Errors) != 0 || set.Valid() {
		t.Errorf("errors:\n%s", printed(set))
	}
}
