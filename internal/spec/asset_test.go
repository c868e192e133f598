package spec

import (
	"slices"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/strictyaml"
)

// besideComputes are files as they lie beside computes, without $schema, and what they
// are; "" is not known.
var besideComputes = []struct{ is, text string }{
	{"a conda file", "name: train\nchannels: [conda-forge]\ndependencies:\n  - python=3.10\n  - pip: [azureml-mlflow]\n"},
	{"a conda file", "dependencies: [python=3.10]\n"},
	{"an endpoint", "name: my-endpoint\nauth_mode: key\ntags: {team: ml}\n"},
	{"an endpoint", "name: my-endpoint\ntraffic: {blue: 100}\n"},
	{"an endpoint", "name: llama\nmodel_id: azureml://registries/azureml-meta/models/Llama\n"},
	{"a deployment", "name: blue\nendpoint_name: my-endpoint\nmodel: {path: ../model}\ncode_configuration: {code: ., scoring_script: s.py}\nenvironment: {conda_file: c.yaml, image: i}\ninstance_type: Standard_DS3_v2\ninstance_count: 1\n"},
	{"a deployment", "name: blue\ntype: model\nendpoint_name: batch\ncompute: azureml:cpu-cluster\nresources: {instance_count: 2}\n"},
	{"a deployment", "name: blue\nmodel: azureml:m:1\ninstance_type: Standard_DS3_v2\n"},
	{"a deployment", "name: blue\nmodel: azureml:m:1\ninstance_count: 1\n"},
	{"a deployment", "name: blue\nmodel: azureml:m:1\nenvironment: azureml:e:1\n"},
	{"a deployment", "name: blue\ncode_configuration: {code: .}\n"},
	{"a registry", "name: reg\ntags: {a: b}\nlocation: eastus\ndescription: d\nreplication_locations: [{location: eastus}]\n"},
	{"a workspace", "name: ws\nlocation: eastus\nresource_group: rg\nhbi_workspace: false\n"},
	{"a workspace", "name: ws\nlocation: eastus\nstorage_account: /subscriptions/s\n"},
	{"a workspace", "name: ws\nkey_vault: /subscriptions/s\n"},
	{"a workspace", "name: ws\napplication_insights: /subscriptions/s\n"},
	{"a workspace", "name: ws\ncontainer_registry: /subscriptions/s\n"},
	{"a workspace", "name: ws\ncustomer_managed_key: {key_vault_id: k}\n"},
	{"a workspace", "name: ws\nimage_build_compute: cpu-cluster\n"},
	{"a workspace", "name: ws\nmanaged_network: {isolation_mode: allow_internet_outbound}\n"},
	{"a workspace", "name: p\nhub_id: /subscriptions/s\n"},
	{"a feature store", "name: fs\nlocation: eastus\ncompute_runtime: {spark_runtime_version: '3.3'}\n"},
	{"a feature store", "name: fs\noffline_store: {type: azure_data_lake_gen2}\n"},
	{"a feature store", "name: fs\nonline_store: {type: redis}\n"},
	{"a feature store", "name: fs\nmaterialization_identity: {client_id: c}\n"},
	{"a feature set", "name: transactions\nversion: '1'\nspecification: {path: ./spec}\nentities: [azureml:account:1]\n"},
	{"a feature set", "source: {type: parquet, path: p}\nfeatures: [{name: f, type: string}]\nindex_columns: [{name: i, type: string}]\n"},
	{"a feature store entity", "name: account\nversion: '1'\nindex_columns: [{name: accountID, type: string}]\n"},
	{"an environment", "name: env\nimage: mcr.microsoft.com/azureml/openmpi\nconda_file: conda.yml\n"},
	{"an environment", "name: env\nversion: '2'\nimage: docker.io/pytorch\nos_type: linux\n"},
	{"an environment", "name: env\nbuild: {path: docker-contexts}\n"},
	{"an environment", "name: env\nimage: i\ninference_config: {liveness_route: {port: 5001, path: /}}\n"},
	{"a job or a component", "command: python train.py\nenvironment: azureml:env@latest\ncompute: azureml:cpu-cluster\nexperiment_name: x\n"},
	{"a job or a component", "command: python train.py\ncode: src\n"},
	{"a job or a component", "trial: {command: x}\nsearch_space: {lr: {type: uniform}}\nobjective: {goal: maximize}\n"},
	{"a schedule", "name: nightly\ntrigger: {type: cron, expression: 0 0 * * *}\ncreate_job: azureml:job\n"},
	{"a schedule", "name: drift\ntrigger: {type: cron}\ncreate_monitor: {compute: {}}\n"},
	{"a schedule", "name: pull\ntrigger: {type: cron}\nimport_data: {type: mltable}\n"},
	{"a connection", "name: c\ntarget: https://x\ncredentials: {type: pat, pat: p}\n"},
	{"a model package", "target_environment: e\ninferencing_server: {type: azureml_online}\n"},
	{"an MLTable", "type: mltable\npaths: [{file: ./x.csv}]\ntransformations: []\n"},
	{"a prompt flow", "inputs: {q: {type: string}}\noutputs: {a: {type: string}}\nnodes: []\n"},
	{"a data asset or a model", "name: raw\nversion: 1\npath: azureml://datastores/x\n"},
	{"", "name: cpu\n"},
	{"", "services: {web: {image: nginx}}\n"},
	{"", "on: push\njobs: {build: {runs-on: ubuntu-latest}}\n"},
	{"", "name: app\nimage: nginx\nscript: [make]\n"},
	{"", "apiVersion: v2\nname: chart\ndependencies: [{name: redis}]\n"},
	{"", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"},
}

func rootOf(t *testing.T, text string) *strictyaml.Node {
	t.Helper()
	file, errs := strictyaml.Parse("x.yaml", []byte(text))
	if len(errs) > 0 {
		t.Fatalf("%s: %v", text, errs)
	}
	return file.Docs[0].Root
}

// TestAssets knows each row of the table by a file of its own, and no compute by any.
func TestAssets(t *testing.T) {
	rows := map[string]bool{}
	for _, c := range besideComputes {
		root := rootOf(t, c.text)
		if got := signature(root); got != c.is {
			t.Errorf("%sis %q, want %q", c.text, got, c.is)
		}
		for i := range assets {
			if assets[i].fits(root) {
				rows[assets[i].name+strings.Join(assets[i].keys, " ")] = true
				break
			}
		}
	}
	for i := range assets {
		a := &assets[i]
		if !rows[a.name+strings.Join(a.keys, " ")] {
			t.Errorf("no file is %s by %v", a.name, a.keys)
		}
		for _, k := range kinds {
			if a.only == nil && !slices.ContainsFunc(a.keys, func(key string) bool { return !slices.Contains(k.table.children[""], key) && key != "name" }) {
				t.Errorf("%s may have all of %v", k.Name, a.keys)
			}
		}
	}
	for _, key := range sharedKeys {
		if _, known := computeKeys()[key]; !known {
			t.Errorf("no compute has the key %s", key)
		}
	}
}

// TestFilesBesideComputes skips all that is known, with a notice, and refuses the rest.
func TestFilesBesideComputes(t *testing.T) {
	for _, c := range besideComputes {
		set := load(t, map[string]string{"cpu.yaml": "name: cpu\ntype: amlcompute\n", "x.yml": c.text}, Options{})
		if set.Valid() != (c.is != "") || len(set.Workspaces[0].Computes) != 1 {
			t.Errorf("%svalid: %v\n%s", c.text, set.Valid(), printed(set))
		}
		if c.is == "" {
			if !strings.Contains(printed(set), "under ignore in workspace.yaml") {
				t.Errorf("%sno hint at ignore:\n%s", c.text, printed(set))
			}
			continue
		}
		n := set.AllNotices()
		if len(n) != 1 || n[0].Code != "other-asset" || !strings.Contains(n[0].Text, "skipped: ") || !strings.Contains(n[0].Text, "not a compute") || !n[0].PassedOver() || n[0].Loud() {
			t.Errorf("%snotices: %v", c.text, n)
		}
	}
}

// TestNoComputeIsSkipped mixes computes with what others have: they are computes, right or wrong.
func TestNoComputeIsSkipped(t *testing.T) {
	const served = `name: blue
type: kubernetes
endpoint_name: e
model: {path: m}
code_configuration: {code: ., scoring_script: s.py}
environment: azureml:e:1
instance_type: small
instance_count: 1
environment_variables: {A: b}
properties: {a: b}
tags: {a: b}
description: d
resources: {requests: {cpu: 100m}}
scale_settings: {type: default}
request_settings: {request_timeout_ms: 3000}
liveness_probe: {initial_delay: 1}
`
	const job = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
	for _, c := range besideComputes {
		if strings.Contains(c.text, "type: model\n") || strings.HasPrefix(c.text, "type:") {
			continue
		}
		for _, typ := range []string{"amlcompute", "AmlCompute", "amlcomputer", "kubernetes", "aci"} {
			if a := assetOf(rootOf(t, c.text)); a != nil && a.kind == typ {
				continue
			}
			set := load(t, map[string]string{"x.yml": "type: " + typ + "\n" + c.text}, Options{})
			if set.Valid() && typ != "amlcompute" && typ != "AmlCompute" && typ != "kubernetes" || len(set.AllNotices()) > 0 {
				t.Errorf("type %s: %sis skipped: %v", typ, c.text, set.AllNotices())
			}
		}
		if set := load(t, map[string]string{"x.yml": "size: STANDARD_DS3_V2\n" + c.text}, Options{}); set.Valid() {
			t.Errorf("without a type: %sis skipped: %v", c.text, set.AllNotices())
		}
	}
	for text, computes := range map[string]int{
		job + "name: cpu\ntype: amlcompute\n":     1, // a $schema that was copied
		job + "name: cpu\ntype: command\n":        0,
		job + "name: blue\ncommand: x\ncode: y\n": 0,
		served:                                0,
		served + "app_insights_enabled: true": 0,
		"type: Kubernetes\nname: e\nauth_mode: key\ncompute: azureml:k8s\nidentity: {type: system_assigned}\n":                                          0,
		"type: kubernetes\nname: blue\nmodel: azureml:m:1\ninstance_type: gpu\n":                                                                        0,
		"$schema: http://azureml/sdk-2-0/FeatureSet.json\nname: fs\nversion: 1\n":                                                                       0,
		"$schema: http://azureml/sdk-2-0/AmlCompute.json\nname: cpu\ntype: amlcompute\n":                                                                1,
		"$schema: HTTPS://azuremlsdk2.blob.core.windows.net/latest/x.json\nname: x\n":                                                                   0,
		"$schema: https://azuremlschemas.azureedge.net/latest/kubernetesOnlineDeployment.schema.json\nname: blue\ntype: kubernetes\nendpoint_name: e\n": 0,
	} {
		if got := len(loadValid(t, map[string]string{"x.yml": text}).Computes); got != computes {
			t.Errorf("%s%d computes, want %d", text, got, computes)
		}
	}
}

// TestSkippedNamesOfOurs is an error where nothing else declares the compute.
func TestSkippedNamesOfOurs(t *testing.T) {
	owned := func(_ WorkspaceID, name string) bool { return strings.EqualFold(name, "train") }
	conda := "name: Train\nchannels: [defaults]\ndependencies: [python]\n"
	set := load(t, map[string]string{"conda.yml": conda}, Options{Owned: owned})
	if text := printed(set); len(set.AllErrors()) != 1 || !strings.Contains(text, "conda.yml:1:1: Train is a compute of ours, and this document is now a conda file, not a compute") || len(set.AllNotices()) != 0 {
		t.Errorf("errors:\n%s%v", text, set.AllNotices())
	}
	set = load(t, map[string]string{"conda.yml": conda, "train.yaml": "name: train\ntype: amlcompute\n"}, Options{Owned: owned})
	if !set.Valid() || len(set.AllNotices()) != 1 {
		t.Errorf("with the compute itself:\n%s%v", printed(set), set.AllNotices())
	}
}
