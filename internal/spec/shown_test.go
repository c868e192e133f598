package spec

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// shown are documents that state every key which az ml reads, by kind, but for
// the common ones that are added below.
var shown = map[string]string{
	"amlcompute": `{"size":"STANDARD_DS3_V2","tier":"dedicated","min_instances":0,"max_instances":2,"idle_time_before_scale_down":120,
		"ssh_public_access_enabled":true,"ssh_settings":{"admin_username":"u","admin_password":"secret://env/P","ssh_key_value":"k"},
		"enable_node_public_ip":true,"network_settings":{"vnet_name":"v","subnet":"s"},"resource_id":"",
		"identity":{"type":"user_assigned","user_assigned_identities":[{"resource_id":"ID"}]}}`,
	"computeinstance": `{"size":"STANDARD_DS3_V2","create_on_behalf_of":{"user_tenant_id":"t","user_object_id":"o"},"resource_id":"",
		"ssh_public_access_enabled":true,"ssh_settings":{"ssh_key_value":"k"},"idle_time_before_shutdown":"PT30M",
		"idle_time_before_shutdown_minutes":30,"enable_node_public_ip":true,"enable_sso":true,"enable_root_access":true,
		"release_quota_on_stop":false,"enable_os_patching":false,"schedules":{"compute_start_stop":[
			{"action":"stop","state":"enabled","trigger":{"type":"cron","start_time":"2026-01-01T00:00:00","time_zone":"UTC","expression":"0 18 * * *"}},
			{"action":"start","trigger":{"type":"recurrence","start_time":"2026-01-01T00:00:00","time_zone":"UTC","frequency":"week","interval":1,
				"schedule":{"week_days":["monday"],"hours":[8],"minutes":[0]}}}]},
		"setup_scripts":{"creation_script":{"path":"a","command":"b","timeout_minutes":20},"startup_script":{"path":"a","command":"b","timeout_minutes":20}},
		"custom_applications":[{"name":"a","type":"docker","image":{"reference":"r"},"endpoints":[{"target":80,"published":8080}],
			"environment_variables":{"A":"1"},"bind_mounts":[{"source":"/a","target":"/b"}]}],
		"network_settings":{"vnet_name":"v","subnet":"s"},"identity":{"type":"user_assigned","user_assigned_identities":[{"resource_id":"ID"}]}}`,
	"kubernetes": `{"resource_id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/k","namespace":"ml",
		"properties":{"namespace":"ml","default_instance_type":"cpu"},"identity":{"type":"user_assigned","user_assigned_identities":[{"resource_id":"ID"}]}}`,
	"synapsespark": `{"resource_id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Synapse/workspaces/w/bigDataPools/p",
		"identity":{"type":"user_assigned","user_assigned_identities":[{"resource_id":"ID"}]}}`,
	"virtualmachine": `{"resource_id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v",
		"ssh_settings":{"admin_username":"u","admin_password":"secret://env/P","ssh_port":22}}`,
}

// TestShownByAz loads what `az ml compute show` prints of every kind that it
// knows: each key that it has, and those that it drops on input filled as well.
func TestShownByAz(t *testing.T) {
	list := readKeys(t, "azure-ai-ml.json")
	for kind := range list.Kinds {
		if kind == "*" {
			continue
		}
		t.Run(kind, func(t *testing.T) {
			identity := inGroup + "Microsoft.ManagedIdentity/userAssignedIdentities/one"
			doc := map[string]any{"name": "target", "type": kind, "location": "westeurope", "description": "d", "tags": map[string]any{"a": "b"}}
			var own map[string]any
			if err := json.Unmarshal([]byte(strings.ReplaceAll(shown[kind], "ID", identity)), &own); err != nil {
				t.Fatal(err)
			}
			maps.Copy(doc, own)
			stated := map[string]bool{}
			keysOf(doc, "", stated)
			for key, facts := range list.of(kind) {
				if facts.ReadOnly {
					fill(doc, key)
				} else if !stated[key] && !stated[key+".A"] && !stated[key+".a"] && key != "properties" && key != "ssh_settings.ssh_private_key_file" {
					t.Errorf("the document does not state %s", key)
				}
			}
			text, err := json.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			one(t, string(text))
		})
	}
}

// keysOf collects the dotted keys of a document, those of items behind [].
func keysOf(v any, at string, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, below := range v {
			keysOf(below, join(at, key), into)
		}
	case []any:
		for _, item := range v {
			if _, plain := item.(map[string]any); !plain {
				into[at] = true
			}
			keysOf(item, at+"[]", into)
		}
	default:
		into[at] = true
	}
}

// fill puts some text at a key of a document, in each item of a list.
func fill(doc map[string]any, key string) {
	head, rest, more := strings.Cut(key, ".")
	name, isList := strings.CutSuffix(head, "[]")
	switch below := doc[name].(type) {
	case []any:
		for _, item := range below {
			fill(item.(map[string]any), rest)
		}
	case map[string]any:
		fill(below, rest)
	default:
		if isList || more {
			below := map[string]any{}
			fill(below, rest)
			doc[name] = below
			return
		}
		doc[name] = "as az ml prints it"
	}
}

// TestNullsOfAz loads the same with null in place of every value: az ml prints
// that of what it does not know.
func TestNullsOfAz(t *testing.T) {
	list := readKeys(t, "azure-ai-ml.json")
	for _, kind := range []string{"amlcompute", "computeinstance"} {
		doc := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(list.of(kind))) {
			head, _, _ := strings.Cut(strings.ReplaceAll(key, "[]", ""), ".")
			doc[head] = nil
		}
		doc["name"], doc["type"] = "target", kind
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		one(t, string(text))
	}
}
