package azureml

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

var token = secret.Ref{Scheme: secret.Env, Name: "T"}

// attachBodies are whole documents of what comes from outside, after the
// service's examples, its quick-start templates and the v1 SDK.
var attachBodies = []struct {
	name, kind, want string
	values           map[string]any
}{
	{
		"a Kubernetes cluster", "kubernetes", `{"location":"eastus","identity":{"type":"SystemAssigned"},"properties":{"computeType":"Kubernetes","resourceId":"/k",
		"properties":{"namespace":"default","relayConnectionString":"hunter2hunter2","defaultInstanceType":"gpu","instanceTypes":{"gpu":{
		"nodeSelector":{"pool":"gpu"},"resources":{"limits":{"nvidia.com/gpu":"1"},"requests":{"nvidia.com/gpu":null}}}}}}}`,
		map[string]any{"resource_id": "/k", "identity.type": "system_assigned", "relay_connection_string": token, "properties": map[string]any{
			"defaultInstanceType": "gpu",
			"instanceTypes": map[string]any{"gpu": map[string]any{"nodeSelector": map[string]any{"pool": "gpu"}, "resources": map[string]any{
				"limits": map[string]any{"nvidia.com/gpu": "1"}, "requests": map[string]any{"nvidia.com/gpu": nil},
			}}},
		}},
	},
	{"a Spark pool", "synapsespark", `{"location":"eastus","properties":{"computeType":"SynapseSpark","resourceId":"/s"}}`, map[string]any{"resource_id": "/s"}},
	{
		"an AKS cluster", "aks", `{"location":"eastus","properties":{"computeType":"AKS","resourceId":"/a","properties":{"clusterPurpose":"DevTest",
		"sslConfiguration":{"status":"Enabled","cname":"c","cert":"hunter2hunter2","key":"hunter2hunter2"}}}}`,
		map[string]any{"resource_id": "/a", "cluster_purpose": "dev_test", "ssl.status": "enabled", "ssl.cname": "c", "ssl.cert": token, "ssl.key": token},
	},
	{"an AKS cluster to make", "aks", `{"location":"eastus","properties":{"computeType":"AKS"}}`, nil},
	{
		"an AKS cluster to make, in full", "aks", `{"location":"eastus","properties":{"computeType":"AKS","computeLocation":"westus","properties":{
		"agentVmSize":"Standard_D3_v2","agentCount":3,"clusterPurpose":"FastProd","loadBalancerType":"InternalLoadBalancer","loadBalancerSubnet":"lb",
		"sslConfiguration":{"status":"Auto","leafDomainLabel":"ml","overwriteExistingDomain":true},
		"aksNetworkingConfiguration":{"subnetId":"/sub","serviceCidr":"10.0.0.0/16","dnsServiceIP":"10.0.0.10","dockerBridgeCidr":"172.17.0.1/16"}}}}`,
		map[string]any{
			"location": "westus", "size": "Standard_D3_v2", "agent_count": int64(3), "cluster_purpose": "fast_prod", "load_balancer_type": "internal",
			"load_balancer_subnet": "lb", "ssl.status": "auto", "ssl.leaf_domain_label": "ml", "ssl.overwrite_existing_domain": true,
			"network_settings.subnet": "/sub", "network_settings.service_cidr": "10.0.0.0/16", "network_settings.dns_service_ip": "10.0.0.10",
			"network_settings.docker_bridge_cidr": "172.17.0.1/16",
		},
	},
	{
		"a VM with a passphrase", "virtualmachine", `{"location":"eastus","properties":{"computeType":"VirtualMachine","disableLocalAuth":true,"properties":{"address":"h",
		"sshPort":2222,"notebookServerPort":8888,"isNotebookInstanceCompute":true,
		"administratorAccount":{"username":"u","privateKeyData":"hunter2hunter2","passphrase":"hunter2hunter2"}}}}`,
		map[string]any{
			"address": "h", "ssh_settings.ssh_port": int64(2222), "notebook_server_port": int64(8888), "notebook_instance": true, "disable_local_auth": true,
			"ssh_settings.admin_username": "u", "ssh_settings.ssh_private_key_file": token, "ssh_settings.private_key_passphrase": token,
		},
	},
	{
		"a Databricks workspace", "databricks", `{"location":"eastus","properties":{"computeType":"Databricks","resourceId":"/d",
		"properties":{"databricksAccessToken":"hunter2hunter2","workspaceUrl":"https://adb.example"}}}`,
		map[string]any{"resource_id": "/d", "access_token": token, "workspace_url": "https://adb.example"},
	},
	{
		"a Data Lake Analytics account", "datalakeanalytics", `{"location":"eastus","properties":{"computeType":"DataLakeAnalytics","resourceId":"/l"}}`,
		map[string]any{"resource_id": "/l"},
	},
	{
		"a Batch account", "batch", `{"location":"eastus","tags":{"a":"b"},"properties":{"computeType":"Batch","resourceId":"/b","description":"d"}}`,
		map[string]any{"resource_id": "/b", "description": "d", "tags": map[string]string{"a": "b"}},
	},
	{"a Data Factory", "datafactory", `{"location":"eastus","properties":{"computeType":"DataFactory","resourceId":"/f"}}`, map[string]any{"resource_id": "/f"}},
	{"a Data Factory to make", "datafactory", `{"location":"eastus","properties":{"computeType":"DataFactory"}}`, nil},
	{
		"a Windows cluster", "amlcompute", `{"location":"eastus","properties":{"computeType":"AmlCompute","disableLocalAuth":true,"properties":{
		"vmSize":"STANDARD_DS3_V2","vmPriority":"Dedicated","enableNodePublicIp":true,"osType":"Windows","virtualMachineImage":{"id":"/i"},"isolatedNetwork":true,
		"propertyBag":{"a":1},"scaleSettings":{"minNodeCount":0,"maxNodeCount":1,"nodeIdleTimeBeforeScaleDown":"PT2M"}}}}`,
		map[string]any{
			"os_type": "windows", "virtual_machine_image": "/i", "isolated_network": true, "disable_local_auth": true,
			"properties": map[string]any{"propertyBag": map[string]any{"a": 1.0}},
		},
	},
	{
		"an instance of one's own", "computeinstance", `{"location":"eastus","properties":{"computeType":"ComputeInstance","properties":{
		"vmSize":"STANDARD_DS3_V2","applicationSharingPolicy":"Personal","computeInstanceAuthorizationType":"personal","enableSSO":false,
		"setupScripts":{"scripts":{"startupScript":{"scriptSource":"inline","scriptData":"ZWNobw=="}}}}}}`,
		map[string]any{
			"application_sharing_policy": "personal", "enable_sso": false, "setup_scripts.startup_script.path": "ZWNobw==",
			"setup_scripts.startup_script.source": "inline",
		},
	},
}

func TestBodiesOfEveryKind(t *testing.T) {
	for _, c := range attachBodies {
		t.Run(c.name, func(t *testing.T) {
			if d := cmp.Diff(asJSON(t, json.RawMessage(c.want)), encode(t, computeOf(c.kind, c.values), nil)); d != "" {
				t.Errorf("body (-want +got):\n%s", d)
			}
		})
	}
}

// TestUpdateOfTLS sends of a TLS configuration what goes with its status, over
// whatever lives.
func TestUpdateOfTLS(t *testing.T) {
	off := map[string]any{"ssl.status": "disabled"}
	own := map[string]any{"ssl.status": "enabled", "ssl.cname": "c"}
	auto := map[string]any{"ssl.status": "auto", "ssl.cname": "ml1a2b3c.eastus.cloudapp.azure.com", "ssl.leaf_domain_label": "ml", "ssl.overwrite_existing_domain": false}
	certificate := map[string]any{"ssl.status": "enabled", "ssl.cname": "new", "ssl.cert": token, "ssl.key": token}
	for _, c := range []struct {
		name       string
		want, live map[string]any
		ssl        string
	}{
		{"on", certificate, off, `{"status":"Enabled","cname":"new","cert":"hunter2hunter2","key":"hunter2hunter2"}`},
		{"on in place of a leaf domain", certificate, auto, `{"status":"Enabled","cname":"new","cert":"hunter2hunter2","key":"hunter2hunter2"}`},
		{"off", off, own, `{"status":"Disabled"}`},
		{"left open", nil, own, `{"status":"Enabled","cname":"c"}`},
		{"left open with a leaf domain", nil, auto, `{"status":"Auto","leafDomainLabel":"ml","overwriteExistingDomain":false}`},
		{"off and left open", nil, off, `null`},
	} {
		alive := computeOf("aks", c.live)
		alive.Live = &spec.Live{AttachedKnown: true}
		body := encode(t, computeOf("aks", c.want), alive)
		got, _ := lookup(body, "properties.properties.sslConfiguration")
		var want any
		if err := json.Unmarshal([]byte(c.ssl), &want); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
	}
}

// TestActionBodies has what the instance's own actions take: properties, or a
// list that replaces the live one.
func TestActionBodies(t *testing.T) {
	want := computeOf("computeinstance", map[string]any{"size": "other", "idle_time_before_shutdown_minutes": int64(1800), "custom_applications": []any{
		map[string]any{"name": "a", "type": "docker", "image.reference": "r", "privileged": true},
	}})
	none := computeOf("computeinstance", map[string]any{"custom_applications": []any{}})
	for _, c := range []struct {
		compute      *spec.Compute
		action, body string
	}{
		{want, "updateIdleShutdownSetting", `{"idleTimeBeforeShutdown":"PT30M"}`},
		{want, "customServices", `[{"docker":{"privileged":true},"image":{"reference":"r","type":"docker"},"name":"a"}]`},
		{none, "customServices", `[]`},
	} {
		body, err := ActionBody(c.compute, c.action)
		got, _ := json.Marshal(body)
		if err != nil || string(got) != c.body {
			t.Errorf("%s: %s, %v", c.action, got, err)
		}
	}
}

// TestDecodeAttached reads answers of attached kinds: what is null is not
// known, secrets above all, and what has no field is raw.
func TestDecodeAttached(t *testing.T) {
	for _, c := range []struct {
		name, doc string
		values    map[string]any
	}{
		{
			"kubernetes", `{"name":"x","identity":{"type":"SystemAssigned"},"properties":{"computeType":"Kubernetes","resourceId":"/k","properties":{
			"relayConnectionString":null,"serviceBusConnectionString":null,"extensionInstanceReleaseTrain":"stable","vcName":null,"namespace":"default",
			"defaultInstanceType":"d","instanceTypes":{"d":{"nodeSelector":null,"resources":{"requests":{"cpu":"1"}}}}}}}`,
			map[string]any{
				"resource_id": "/k", "namespace": "default", "identity.type": "system_assigned", "identity.user_assigned_identities": []any{},
				"properties": map[string]any{
					"extensionInstanceReleaseTrain": "stable", "vcName": nil, "defaultInstanceType": "d",
					"instanceTypes": map[string]any{"d": map[string]any{"nodeSelector": nil, "resources": map[string]any{"requests": map[string]any{"cpu": "1"}}}},
				},
			},
		},
		{
			"aks", `{"name":"x","properties":{"computeType":"AKS","resourceId":"/a","properties":{"clusterFqdn":"f","systemServices":[],"agentCount":3,
			"agentVmSize":"STANDARD_D3_V2","clusterPurpose":"FastProd","sslConfiguration":{"status":"Enabled","cert":null,"key":null,"cname":"c","leafDomainLabel":null},
			"aksNetworkingConfiguration":null,"loadBalancerType":"PublicIp","loadBalancerSubnet":null}}}`,
			map[string]any{
				"resource_id": "/a", "agent_count": int64(3), "size": "STANDARD_D3_V2", "cluster_purpose": "fast_prod", "ssl.status": "enabled",
				"ssl.cname": "c", "load_balancer_type": "public_ip",
			},
		},
		{
			"aks without TLS", `{"name":"x","properties":{"computeType":"AKS","properties":{"sslConfiguration":null}}}`,
			map[string]any{"ssl.status": "disabled", "load_balancer_type": "public_ip"},
		},
		{
			"databricks", `{"name":"x","properties":{"computeType":"Databricks","resourceId":"/d","properties":{"databricksAccessToken":null,"workspaceUrl":"u"}}}`,
			map[string]any{"resource_id": "/d", "workspace_url": "u"},
		},
		{
			"synapsespark", `{"name":"x","properties":{"computeType":"SynapseSpark","resourceId":"/s","properties":{"nodeCount":3,"autoScaleProperties":{"enabled":true},
			"autoPauseProperties":null,"sparkVersion":"3.4","poolName":"p"}}}`,
			map[string]any{"resource_id": "/s", "identity.type": "none", "identity.user_assigned_identities": []any{}},
		},
		{"datafactory", `{"name":"x","properties":{"computeType":"DataFactory","resourceId":"/f","properties":null}}`, map[string]any{"resource_id": "/f"}},
		{"batch", `{"name":"x","properties":{"computeType":"batch","resourceId":"/b"}}`, map[string]any{"resource_id": "/b"}},
		{
			"datalakeanalytics", `{"name":"x","properties":{"computeType":"DataLakeAnalytics","resourceId":"/l","properties":{"dataLakeStoreAccountName":"s","more":1}}}`,
			map[string]any{"resource_id": "/l", "data_lake_store_account_name": "s", "properties": map[string]any{"more": 1.0}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Decode([]byte(c.doc))
			if err != nil {
				t.Fatal(err)
			}
			c.values["description"], c.values["tags"] = "", map[string]string{}
			if d := cmp.Diff(c.values, got.Values); d != "" {
				t.Errorf("values (-want +got):\n%s", d)
			}
		})
	}
}

// TestInstanceTypesSurvive re-attaches a cluster: the instance types that the
// spec does not state stay, unless it is another cluster.
func TestInstanceTypesSurvive(t *testing.T) {
	live, err := Decode([]byte(`{"name":"x","properties":{"computeType":"Kubernetes","resourceId":"/K","properties":{"namespace":"old",
		"defaultInstanceType":"cpu","instanceTypes":{"cpu":{"resources":{"limits":{"cpu":"4","memory":"8Gi"}}},"big":{"nodeSelector":{"a":"b"}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	stated := map[string]any{"namespace": "new", "resource_id": "/k", "properties": map[string]any{"instanceTypes": map[string]any{
		"cpu": map[string]any{"resources": map[string]any{"limits": map[string]any{"cpu": "8"}}},
	}}}
	same := `{"namespace":"new","defaultInstanceType":"cpu","instanceTypes":{"cpu":{"resources":{"limits":{"cpu":"8","memory":"8Gi"}}},"big":{"nodeSelector":{"a":"b"}}}}`
	other := `{"namespace":"new","instanceTypes":{"cpu":{"resources":{"limits":{"cpu":"8"}}}}}`
	for id, want := range map[string]string{"/k": same, "/other": other} {
		stated["resource_id"] = id
		full := spec.Carry(computeOf("kubernetes", stated), live)
		for range 2 { // encoding changes neither the spec nor what was kept
			got, _ := lookup(encode(t, full, nil), "properties.properties")
			if d := cmp.Diff(any(asJSON(t, json.RawMessage(want))), got); d != "" {
				t.Errorf("%s (-want +got):\n%s", id, d)
			}
		}
	}
	if got := computeOf("kubernetes", stated).Values["properties"]; !cmp.Equal(got, map[string]any{"instanceTypes": map[string]any{
		"cpu": map[string]any{"resources": map[string]any{"limits": map[string]any{"cpu": "8"}}},
	}}) {
		t.Errorf("the spec became %v", got)
	}
	if !cmp.Equal(live.Kept["properties.properties.instanceTypes"].(map[string]any)["cpu"],
		any(map[string]any{"resources": map[string]any{"limits": map[string]any{"cpu": "4", "memory": "8Gi"}}})) {
		t.Errorf("what was kept became %v", live.Kept)
	}
}

// TestRawBesideFields lays raw properties beside the fields of one map.
func TestRawBesideFields(t *testing.T) {
	raw := map[string]any{"subnet": map[string]any{"more": true}, "scaleSettings": map[string]any{}}
	want := computeOf("amlcompute", map[string]any{"network_settings.subnet": "/sub", "properties": raw})
	got, _ := lookup(encode(t, want, nil), "properties.properties.subnet")
	if d := cmp.Diff(any(map[string]any{"id": "/sub", "more": true}), got); d != "" {
		t.Errorf("subnet (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]any{"subnet": map[string]any{"more": true}, "scaleSettings": map[string]any{}}, raw); d != "" {
		t.Errorf("the spec changed (-want +got):\n%s", d)
	}
}
