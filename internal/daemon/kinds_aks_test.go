package daemon_test

import (
	"strings"
	"testing"
)

// TestAKS is the row of the Azure Kubernetes Service, the older kind.
func TestAKS(t *testing.T) {
	const kind = "Microsoft.ContainerService/managedClusters"
	const made, old = "name: infer\ntype: aks\n", "superseded"
	const own = "ssl: {status: enabled, cname: ml.example.org, cert: secret://env/COMPUTESYNC_SECRET_A, key: secret://env/COMPUTESYNC_SECRET_B}\n"
	const renewed = "ssl: {status: enabled, cname: ml.example.org, cert: secret://env/COMPUTESYNC_SECRET_C, key: secret://env/COMPUTESYNC_SECRET_B}\n"
	const auto = "ssl: {status: auto, leaf_domain_label: acme}\n"
	const off = "ssl: {status: disabled}\n"
	const internal = "load_balancer_type: internal\nload_balancer_subnet: models\n"
	const again = "DELETE infer Detach, PUT infer"
	byID, byName := made+"resource_id: "+azure(kind, "k8s")+"\n", made+"resource_group: rg-data\ncluster_name: k8s\n"
	full := made + `description: models
tags: {team: ml}
size: standard_d3_v2
agent_count: 4
cluster_purpose: dense_prod
location: northeurope
network_settings: {subnet: ` + subnetElsewhere + `, service_cidr: 10.0.0.0/16, dns_service_ip: 10.0.0.10, docker_bridge_cidr: 172.17.0.1/16}
`
	ssl := func(status, cname string) string {
		return `infer {"properties":{"properties":{"sslConfiguration":{"status":"` + status + `","cname":` + cname + `,"cert":null,"key":null}}}}`
	}
	live(t, []life{
		{name: "made: TLS and load balancer in place", steps: []step{
			{spec: full, warns: old, does: "create infer", sends: "PUT infer", shows: `infer {"tags":{"team":"ml"},"properties":{"isAttachedCompute":false,
				"computeLocation":"northeurope","description":"models","properties":{"agentCount":4,"agentVmSize":"STANDARD_D3_V2","clusterPurpose":"DenseProd",
				"aksNetworkingConfiguration":{"subnetId":"` + subnetElsewhere + `","serviceCidr":"10.0.0.0/16","dnsServiceIP":"10.0.0.10","dockerBridgeCidr":"172.17.0.1/16"}}}}`},
			{spec: full + own, warns: old, does: "update infer", sends: "PUT infer", shows: ssl("Enabled", `"ml.example.org"`)},
			{
				spec: full + own + internal, warns: old, does: "update infer", sends: "PUT infer",
				shows: `infer {"properties":{"properties":{"loadBalancerType":"InternalLoadBalancer","loadBalancerSubnet":"models","sslConfiguration":{"status":"Enabled"}}}}`,
			},
			{spec: full + internal, warns: old, does: ""},
			{spec: full + renewed, warns: old, does: "update infer", sends: "PUT infer", shows: ssl("Enabled", `"ml.example.org"`)},
			{
				spec: full + auto, warns: old, does: "update infer", sends: "PUT infer",
				shows: `infer {"properties":{"properties":{"loadBalancerType":"InternalLoadBalancer","sslConfiguration":{"status":"Auto","leafDomainLabel":"acme"}}}}`,
			},
			{
				spec: full + auto + "load_balancer_type: public_ip\n", warns: old, does: "update infer", sends: "PUT infer",
				shows: `infer {"properties":{"properties":{"loadBalancerType":"PublicIp","sslConfiguration":{"status":"Auto"}}}}`,
			},
			{spec: full + off, warns: old, does: "update infer", sends: "PUT infer", shows: ssl("Disabled", "null")},
			{spec: strings.Replace(full, "4", "5", 1) + off, warns: old, does: "replace infer (cannot-change-in-place)"},
			{spec: strings.Replace(full, "models", "inference", 1) + off, warns: old, does: "none infer (cannot-change-in-place)"},
			{
				spec: strings.Replace(full, "4", "5", 1) + off + allowed, warns: old, does: "replace infer", sends: "DELETE infer Delete, PUT infer",
				shows: `infer {"properties":{"properties":{"agentCount":5}}}`,
			},
		}},
		{name: "made with its own certificate", steps: []step{
			{spec: made + own, warns: old, does: "create infer", sends: "PUT infer", shows: ssl("Enabled", `"ml.example.org"`)},
			{spec: made + off, warns: old, does: "update infer", sends: "PUT infer", shows: ssl("Disabled", "null")},
			{spec: made + own, warns: old, does: "update infer", sends: "PUT infer", shows: ssl("Enabled", `"ml.example.org"`)},
		}},
		{name: "attached: everything by attaching again", steps: []step{
			{spec: byID, warns: old, does: "attach infer", sends: "PUT infer", shows: `infer {"properties":{"isAttachedCompute":true}}`},
			{spec: byName, warns: old, does: ""},
			{spec: byName + own, warns: old, does: "re-attach infer", sends: again, shows: ssl("Enabled", `"ml.example.org"`)},
			{spec: byName + renewed, warns: old, does: "re-attach infer", sends: again, shows: ssl("Enabled", `"ml.example.org"`)},
			{
				spec: byName + auto, warns: old, does: "re-attach infer", sends: again,
				shows: `infer {"properties":{"properties":{"sslConfiguration":{"status":"Auto","leafDomainLabel":"acme"}}}}`,
			},
			{spec: byName + off, warns: old, does: "re-attach infer", sends: again, shows: ssl("Disabled", "null")},
			{
				spec: byName + off + internal, warns: old, does: "re-attach infer", sends: again,
				shows: `infer {"properties":{"properties":{"loadBalancerType":"InternalLoadBalancer","loadBalancerSubnet":"models"}}}`,
			},
			{
				spec: byName + off + "cluster_purpose: dev_test\n", warns: old, does: "re-attach infer", sends: again,
				shows: `infer {"properties":{"properties":{"clusterPurpose":"DevTest"}}}`,
			},
			{spec: made + "resource_id: " + azure(kind, "other") + "\n", warns: old, does: "re-attach infer", sends: again},
		}},
		{name: "attached with TLS of every way at once", steps: []step{
			{spec: byID + own + internal + "cluster_purpose: dense_prod\n", warns: old, does: "attach infer", sends: "PUT infer", shows: ssl("Enabled", `"ml.example.org"`)},
		}},
		{name: "from the older kind to the newer", steps: []step{
			{spec: byName, warns: old, does: "attach infer", sends: "PUT infer"},
			{spec: strings.Replace(byName, "aks", "kubernetes", 1), does: "re-attach infer", sends: again},
			{spec: "name: newer\ntype: aks\nresource_group: rg-data\ncluster_name: k8s\n", warns: old, does: "takeover newer", sends: "DELETE infer Detach, PUT newer"},
		}},
	})
}
