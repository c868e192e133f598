package daemon_test

import (
	"strings"
	"testing"
	"testing/synctest"
)

const (
	box     = "name: box\ntype: computeinstance\nsize: STANDARD_DS3_V2\nidle_time_before_shutdown_minutes: 30\n"
	allowed = "computesync: {replace: allow}\n"
)

func applications(image string, more ...string) string {
	return "custom_applications:\n- name: rstudio\n  type: docker\n  image: {reference: " + image + "}\n  endpoints: [{target: 8787, published: 8787}]\n" +
		"  environment_variables: {MODE: fast}\n  bind_mounts: [{source: /home/azureuser, target: /data}]\n" + strings.Join(more, "")
}

func schedule(hour, state string) string {
	return `schedules:
  compute_start_stop:
  - {action: stop, state: ` + state + `, trigger: {type: cron, expression: "0 ` + hour + ` * * *", start_time: "2026-01-01T00:00:00", time_zone: UTC}}
  - {action: start, trigger: {type: recurrence, frequency: week, interval: 1, start_time: "2026-01-01T00:00:00", time_zone: UTC,
      schedule: {hours: [8], minutes: [0, 30], week_days: [Monday]}}}
`
}

// TestInstances is the row of the compute instance, but for its state.
func TestInstances(t *testing.T) {
	const owner = "create_on_behalf_of: {user_tenant_id: 22222222-1111-1111-1111-111111111111, user_object_id: 33333333-1111-1111-1111-111111111111}\n"
	full := `name: full
type: computeinstance
description: Ada's
tags: {team: ml}
size: standard_ds3_v2
idle_time_before_shutdown: PT1H
ssh_public_access_enabled: true
ssh_settings: {ssh_key_value: ssh-ed25519 AAAA me}
enable_node_public_ip: false
application_sharing_policy: personal
enable_sso: false
disable_local_auth: true
network_settings: {subnet: ` + subnetElsewhere + `}
setup_scripts:
  creation_script: {path: Users/ada/setup.sh, command: --gpu, timeout_minutes: 20}
  startup_script: {path: Users/ada/start.sh, timeout_minutes: 5}
identity:
  type: user_assigned
  user_assigned_identities: [{resource_id: ` + identityOne + `}]
` + schedule("18", "enabled") + applications("ghcr.io/r:1")
	const remakes = "DELETE box Delete, PUT box"
	live(t, []life{
		{name: "every field", steps: []step{
			{
				spec: full, warns: "public-ssh", does: "create full", sends: "PUT full",
				shows: `full {"tags":{"team":"ml"},"identity":{"type":"UserAssigned","userAssignedIdentities":{"` + identityOne + `":{}}},"properties":{
				"description":"Ada's","disableLocalAuth":true,"properties":{"vmSize":"STANDARD_DS3_V2","idleTimeBeforeShutdown":"PT1H","state":"Running",
				"sshSettings":{"sshPublicAccess":"Enabled","adminPublicKey":"ssh-ed25519 AAAA me"},"enableNodePublicIp":false,"applicationSharingPolicy":"Personal",
				"enableSSO":false,"subnet":{"id":"` + subnetElsewhere + `"},"computeInstanceAuthorizationType":"personal","setupScripts":{"scripts":{
				"creationScript":{"scriptSource":"workspaceStorage","scriptData":"Users/ada/setup.sh","scriptArguments":"--gpu","timeout":"20m"},
				"startupScript":{"scriptSource":"workspaceStorage","scriptData":"Users/ada/start.sh","timeout":"5m"}}}}}}`,
			},
			{spec: strings.Replace(full, "Ada's", "Eva's", 1), warns: "public-ssh", does: "none full (cannot-change-in-place)"},
			{spec: strings.Replace(full, "team: ml", "team: ai", 1), warns: "public-ssh", does: "none full (cannot-change-in-place)"},
			{spec: strings.Replace(full, identityOne, identityTwo, 1), warns: "public-ssh", does: "none full (cannot-change-in-place)"},
			{spec: strings.Replace(full, "start.sh", "begin.sh", 1), warns: "public-ssh", does: "replace full (cannot-change-in-place)"},
			{spec: full, warns: "public-ssh"},
		}},
		{name: "schedules by their own action", steps: []step{
			{spec: box + schedule("18", "enabled"), does: "create box", sends: "PUT box"},
			{spec: box + schedule("19", "enabled"), does: "update box", sends: "POST box updateSchedules"},
			{spec: box + schedule("18", "disabled"), does: "update box", sends: "POST box updateSchedules"},
			{
				spec: strings.Replace(box, "30", "45", 1) + schedule("19", "enabled"), does: "update box",
				sends: "POST box updateIdleShutdownSetting, POST box updateSchedules",
			},
			{spec: box, does: "update box", sends: "POST box updateIdleShutdownSetting"},
		}},
		{name: "idle shutdown by its own action", steps: []step{
			{spec: strings.Replace(box, "idle_time_before_shutdown_minutes: 30\n", "", 1), warns: "no-idle-shutdown", does: "create box", sends: "PUT box"},
			{spec: box, does: "update box", sends: "POST box updateIdleShutdownSetting", shows: `box {"properties":{"properties":{"idleTimeBeforeShutdown":"PT30M"}}}`},
			{
				spec: strings.Replace(box, "idle_time_before_shutdown_minutes: 30", "idle_time_before_shutdown: PT90M", 1), does: "update box",
				sends: "POST box updateIdleShutdownSetting",
			},
			{
				behind: `box {"properties":{"properties":{"idleTimeBeforeShutdown":"PT1H30M"}}}`,
				spec:   strings.Replace(box, "30", "90", 1), does: "",
			},
			{
				behind: `box {"properties":{"properties":{"idleTimeBeforeShutdown":null}}}`,
				spec:   strings.Replace(box, "30", "90", 1), does: "update box", sends: "POST box updateIdleShutdownSetting",
			},
		}},
		{name: "custom applications by their own action", steps: []step{
			{spec: box, does: "create box", sends: "PUT box"},
			{spec: box + applications("ghcr.io/r:1"), does: "update box", sends: "POST box customServices"},
			{spec: box + applications("ghcr.io/r:2"), does: "update box", sends: "POST box customServices"},
			{
				spec: box + applications("ghcr.io/r:2", "- name: label\n  image: {reference: ghcr.io/l:1}\n  endpoints: [{target: 80, published: 8080}]\n"),
				does: "update box", sends: "POST box customServices",
			},
			{
				spec: strings.Replace(box, "30", "60", 1) + applications("ghcr.io/r:3"), does: "update box",
				sends: "POST box updateIdleShutdownSetting, POST box customServices",
				shows: `box {"properties":{"properties":{"idleTimeBeforeShutdown":"PT1H"}}}`,
			},
			{
				spec: box + "custom_applications: []\n", does: "update box", sends: "POST box updateIdleShutdownSetting, POST box customServices",
				shows: `box {"properties":{"properties":{"idleTimeBeforeShutdown":"PT30M","customServices":[]}}}`,
			},
		}},
		{name: "on behalf of another", steps: []step{
			{spec: box + owner, does: "create box", sends: "PUT box", shows: `box {"properties":{"properties":{"personalComputeInstanceSettings":
				{"assignedUser":{"tenantId":"22222222-1111-1111-1111-111111111111","objectId":"33333333-1111-1111-1111-111111111111"}}}}}`},
			{spec: box + strings.ReplaceAll(owner, "33333333", "44444444"), does: "replace box (cannot-change-in-place)"},
			{spec: box + strings.ReplaceAll(owner, "33333333", "44444444") + allowed, does: "replace box", sends: remakes},
		}},
		{name: "replaced where that is allowed", steps: []step{
			{spec: box, does: "create box", sends: "PUT box"},
			{spec: strings.Replace(box, "DS3", "DS4", 1), does: "replace box (cannot-change-in-place)"},
			{spec: strings.Replace(box, "DS3", "DS4", 1) + allowed, does: "replace box", sends: remakes, shows: `box {"properties":{"properties":{"vmSize":"STANDARD_DS4_V2"}}}`},
			{spec: strings.Replace(box, "DS3", "DS4", 1) + "application_sharing_policy: personal\n" + allowed, does: "replace box", sends: remakes},
			{
				spec: strings.Replace(box, "DS3", "DS4", 1) + "network_settings: {subnet: " + subnetElsewhere + "}\nenable_node_public_ip: false\n" + allowed,
				does: "replace box", sends: remakes,
			},
			{
				spec:  strings.Replace(box, "DS3", "DS4", 1) + "ssh_public_access_enabled: true\nssh_settings: {ssh_key_value: ssh-ed25519 AAAA me}\n" + allowed,
				warns: "public-ssh", does: "replace box", sends: remakes,
			},
			{spec: strings.Replace(box, "DS3", "DS4", 1) + "enable_sso: false\ndisable_local_auth: true\n" + allowed, does: "replace box", sends: remakes},
		}},
	})
}

// TestInstanceState is the rest of that row: running, stopped, and what is
// neither.
func TestInstanceState(t *testing.T) {
	const stopped, running = box + "computesync: {state: stopped}\n", box + "computesync: {state: running}\n"
	in := func(state string) string { return `box {"properties":{"properties":{"state":"` + state + `"}}}` }
	by := func(trigger string) string {
		return `box {"properties":{"properties":{"state":"Stopped","lastOperation":{"operationName":"Stop","operationTrigger":"` + trigger + `"}}}}`
	}
	live(t, []life{
		{name: "made stopped, started, stopped", steps: []step{
			{spec: stopped, does: "create box", sends: "PUT box, POST box stop", shows: in("Stopped")},
			{spec: running, does: "start box", sends: "POST box start", shows: in("Running")},
			{spec: stopped, does: "stop box", sends: "POST box stop", shows: in("Stopped")},
			{spec: box, does: "", shows: in("Stopped")},
			{behind: in("Running"), spec: box, does: "", shows: in("Running")},
			{behind: by("User"), spec: running, does: "start box", sends: "POST box start", shows: in("Running")},
			{behind: by("Schedule"), spec: running, does: "", shows: in("Stopped")},
			{behind: by("IdleShutdown"), spec: running, does: "", shows: in("Stopped")},
			{spec: strings.Replace(stopped, "30", "45", 1), does: "update box", sends: "POST box updateIdleShutdownSetting", shows: in("Stopped")},
			{behind: by("User"), spec: strings.Replace(running, "30", "60", 1), does: "update box", sends: "POST box updateIdleShutdownSetting, POST box start"},
		}},
		{name: "no action from a wrong state", steps: []step{
			{spec: running, does: "create box", sends: "PUT box"},
			{behind: in("JobRunning"), spec: stopped, does: "stop box (busy)"},
			{behind: in("JobRunning"), spec: running, does: ""},
			{behind: in("Starting"), spec: stopped, does: "stop box (transitional)"},
			{behind: in("Starting"), spec: running, does: ""},
			{behind: in("Restarting"), spec: stopped, does: "stop box (transitional)"},
			{behind: in("SettingUp"), spec: stopped, does: "stop box (transitional)"},
			{behind: `box {"properties":{"properties":{"state":"Stopping","lastOperation":{"operationTrigger":"User"}}}}`, spec: running, does: "start box (transitional)"},
			{behind: in("Stopping"), spec: stopped, does: ""},
			{behind: in("CreateFailed"), spec: stopped, does: "none box (failed)"},
			{behind: in("CreateFailed"), spec: running, does: "none box (failed)"},
			{behind: in("Unusable"), spec: running, does: "none box (failed)"},
			{behind: in("Running"), spec: stopped, does: "stop box", sends: "POST box stop"},
		}},
	})
}

// TestInstanceNameIsTaken: names are unique in a region, across workspaces.
func TestInstanceNameIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		if err := s.sim.Patch(ref("other", "box"), []byte(`{"location":"westeurope","properties":{"computeType":"ComputeInstance","properties":{
			"vmSize":"STANDARD_DS3_V2","state":"Running"}}}`)); err != nil {
			t.Fatal(err)
		}
		s.take(step{spec: box, does: "create box", fails: "unique", still: "create box"})
	})
}
