package armsim

import (
	"strings"
	"testing"
)

// resource is the ID of a resource of a type like Microsoft.Batch/batchAccounts.
func resource(kind, name string) string {
	return "/subscriptions/" + sub + "/resourceGroups/rg/providers/" + kind + "/" + name
}

// compute is the body of a PUT; resourceID and inner may be empty.
func computeBody(kind, resourceID, inner string) string {
	props := `"computeType":"` + kind + `"`
	if resourceID != "" {
		props += `,"resourceId":"` + resourceID + `"`
	}
	if inner != "" {
		props += `,"properties":` + inner
	}
	return `{"location":"eastus","properties":{` + props + `}}`
}

func tlsBody(resourceID, tls string) string {
	return computeBody("AKS", resourceID, `{"sslConfiguration":`+tls+`}`)
}

const (
	ownCertificate = `{"status":"Enabled","cname":"ml.example.com","cert":"hunter2-cert","key":"hunter2-key"}`
	ownShown       = `{"status":"Enabled","cert":null,"key":null,"cname":"ml.example.com","leafDomainLabel":null,"overwriteExistingDomain":false}`
)

func TestAKS(t *testing.T) {
	op := []Option{WithOperationTime(ten)}
	id := resource(managedCluster, "k8s")
	made := `/subscriptions/` + sub + `/resourceGroups/ml-test/providers/Microsoft.ContainerService/managedClusters/`
	runScenarios(t, []scenario{
		{"create, without a resourceId: defaults of the SDK v1, and the cluster's own facts when it is done (API description's example)", op, []exchange{
			{0, "PUT /aks1a", computeBody("AKS", "", ""), `201 #Azure-AsyncOperation p.isAttachedCompute=false p.resourceId=null pp.clusterFqdn=null pp.systemServices=null ` +
				`pp.agentCount=3 pp.agentVmSize="STANDARD_D3_V2" pp.clusterPurpose="FastProd" tags=null`},
			{ten, "GET /aks1a", "", `200 p.provisioningState="Succeeded" p.isAttachedCompute=false p.computeLocation="eastus" tags={} pp.sslConfiguration=null ` +
				`pp.loadBalancerType="PublicIp" pp.loadBalancerSubnet=null pp.aksNetworkingConfiguration=null pp.systemServices.len=1 ` +
				`pp.systemServices.0.systemServiceType="ScoringFrontEnd" ~"resourceId": "` + made + `aks1a-`},
			{0, "GET /aks1a", "", `200 ~.hcp.eastus.azmk8s.io`},
		}},
		{"one agent where it is for tests; what is stated stands (SDK v1)", nil, []exchange{
			{0, "PUT /aks1a", computeBody("AKS", "", `{"clusterPurpose":"DevTest"}`), "201"},
			{0, "GET /aks1a", "", `200 pp.agentCount=1 pp.clusterPurpose="DevTest"`},
			{0, "PUT /aks1b", computeBody("AKS", "", `{"agentCount":5,"agentVmSize":"Standard_DS3_v2","loadBalancerType":"InternalLoadBalancer",`+
				`"aksNetworkingConfiguration":{"serviceCidr":"10.0.0.0/16"}}`), "201"},
			{0, "GET /aks1b", "", `200 pp.agentCount=5 pp.agentVmSize="STANDARD_DS3_V2" pp.loadBalancerSubnet="aks-subnet" ` +
				`pp.systemServices.0.publicIpAddress=null pp.aksNetworkingConfiguration={"serviceCidr":"10.0.0.0/16"}`},
			{0, "PUT /aks1c", computeBody("AKS", "", `{"agentCount":-1}`), "400 ~agentCount"},
		}},
		{"attach, with a resourceId (attach documentation)", op, []exchange{
			{0, "PUT /aks1a", computeBody("AKS", id, ""), `201 p.isAttachedCompute=true p.resourceId="` + id + `"`},
			{ten, "GET /aks1a", "", `200 p.isAttachedCompute=true p.resourceId="` + id + `" tags=null p.provisioningState="Succeeded"`},
			{0, "PUT /aks1b", computeBody("AKS", vmID, ""), "400 ~managedClusters"},
		}},
		{"PUT applies TLS and the load balancer, and ignores the rest; certificate and key never come back (SDK v1)", op, []exchange{
			{0, "PUT /aks1a", tlsBody(id, `{"status":"Disabled"}`), "201"},
			{ten, "GET /aks1a", "", `200 pp.sslConfiguration.status="Disabled"`},
			{
				0, "PUT /aks1a", computeBody("AKS", id, `{"agentCount":9,"sslConfiguration":`+ownCertificate+`,"loadBalancerType":"InternalLoadBalancer","loadBalancerSubnet":"ml"}`),
				`201 pp.agentCount=9 pp.sslConfiguration=` + ownShown,
			},
			{0, "GET /aks1a", "", `200 p.provisioningState="Creating" pp.sslConfiguration.status="Disabled" pp.loadBalancerType="PublicIp"`},
			{ten, "GET /aks1a", "", `200 p.provisioningState="Succeeded" pp.agentCount=3 pp.sslConfiguration=` + ownShown +
				` pp.loadBalancerType="InternalLoadBalancer" pp.loadBalancerSubnet="ml" pp.systemServices.0.publicIpAddress=null`},
		}},
		{"what was read may be sent back, and keeps the certificate; what is left out is off (assumed)", nil, []exchange{
			{0, "PUT /aks1a", tlsBody(id, ownCertificate), "201"},
			{0, "PUT /aks1a", tlsBody(id, ownShown), "201"},
			{0, "GET /aks1a", "", `200 pp.sslConfiguration=` + ownShown},
			{0, "PUT /aks1a", tlsBody(id, strings.Replace(ownShown, "ml.", "other.", 1)), "400 ~sslConfiguration.cert"},
			{0, "PUT /aks1a", computeBody("AKS", id, ""), "201"},
			{0, "GET /aks1a", "", `200 pp.sslConfiguration=null`},
			{0, "PUT /aks1a", tlsBody(id, ownShown), "400 ~sslConfiguration.cert"},
			{0, "PUT /aks1a", tlsBody(id, strings.Replace(ownShown, "Enabled", "Disabled", 1)), "201"},
			{0, "PUT /aks1a", tlsBody(id, ownShown), "400 ~sslConfiguration.cert"},
		}},
		{"under a leaf domain label Microsoft gives the name (TLS documentation)", nil, []exchange{
			{0, "PUT /aks1a", tlsBody(id, `{"status":"Auto","leafDomainLabel":"scoring","overwriteExistingDomain":true}`), "201"},
			{0, "GET /aks1a", "", `200 pp.sslConfiguration.status="Auto" pp.sslConfiguration.leafDomainLabel="scoring" pp.sslConfiguration.overwriteExistingDomain=true ` +
				`pp.sslConfiguration.cname="scoring` + hash(computes + "/aks1a")[:6] + `.eastus.cloudapp.azure.com"`},
			{0, "PUT /aks1a", tlsBody(id, `{"status":"Auto","renew":true}`), "201"},
			{0, "GET /aks1a", "", `200 pp.sslConfiguration.leafDomainLabel="scoring" pp.sslConfiguration.renew=absent`},
		}},
		{"half a TLS configuration is refused", nil, []exchange{
			{0, "PUT /aks1a", tlsBody(id, `{"status":"Enabled","cert":"c","key":"k"}`), "400 ~cname"},
			{0, "PUT /aks1a", tlsBody(id, `{"status":"Enabled","cname":"a.b","cert":"c"}`), "400 ~sslConfiguration.key"},
			{0, "PUT /aks1a", tlsBody(id, `{"status":"Auto"}`), "400 ~leafDomainLabel"},
			{0, "PUT /aks1a", tlsBody(id, `{"status":"On"}`), "400 ~status"},
		}},
		{"PUT of what cannot change may be refused, TLS not", []Option{WithIgnoredPUT(PUTRefused)}, []exchange{
			{0, "PUT /aks1a", computeBody("AKS", id, ""), "201"},
			{0, "PUT /aks1a", tlsBody(id, ownCertificate), "201"},
			{0, "PUT /aks1a", computeBody("AKS", id, `{"agentCount":9}`), "400 ~'agentCount'"},
			{0, "PUT /aks1a", computeBody("AKS", id+"2", ""), "400 ~'resourceId'"},
		}},
		{"the example that updates one that Azure ML made names its cluster, and does not attach it (API description)", nil, []exchange{
			{0, "PUT /aks1a", computeBody("AKS", "", ""), "201"},
			{0, "PUT /aks1a", computeBody("AKS", id, ""), `201 p.isAttachedCompute=false`},
			{0, "GET /aks1a", "", `200 p.isAttachedCompute=false ~` + made},
		}},
		{"Delete takes away what Azure ML made, Detach leaves it (SDK v1)", nil, []exchange{
			{0, "PUT /aks1a", computeBody("AKS", "", ""), "201"},
			{0, "DELETE /aks1a", "", "400"},
			{0, "DELETE /aks1a?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /aks1a", "", "404"},
			{0, "GET /_sim/snapshot", "", "200 destroyedResources=[] orphanedResources=[]"},
			{0, "PUT /aks1b", computeBody("AKS", "", ""), "201"},
			{0, "DELETE /aks1b?underlyingResourceAction=Detach", "", "202"},
			{0, "GET /_sim/snapshot", "", `200 destroyedResources=[] orphanedResources.len=1 ~` + made + `aks1b-`},
		}},
		{"Detach leaves what was attached, Delete does not", nil, []exchange{
			{0, "PUT /aks1a", computeBody("AKS", id, ""), "201"},
			{0, "DELETE /aks1a?underlyingResourceAction=Detach", "", "202"},
			{0, "GET /_sim/snapshot", "", "200 destroyedResources=[] orphanedResources=[]"},
			{0, "PUT /aks1a", computeBody("AKS", id, ""), "201"},
			{0, "DELETE /aks1a?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /_sim/snapshot", "", `200 destroyedResources=["` + id + `"]`},
		}},
		{"listKeys (API description)", op, []exchange{
			{0, "PUT /aks1a", computeBody("AKS", id, ""), "201"},
			{0, "POST /aks1a/listKeys", "", `400 error.code="UserError"`},
			{ten, "GET /aks1a", "", "200"},
			{0, "POST /aks1a/listKeys", "", `200 computeType="AKS" imagePullSecretName="aks1a-pull-secret" ~.hcp.eastus.azmk8s.io:443`},
		}},
	})
}

func TestKubernetes(t *testing.T) {
	op := []Option{WithOperationTime(ten)}
	id, arc := resource(managedCluster, "k8s"), resource(connectedCluster, "edge")
	types := `{"gpu":{"nodeSelector":{"pool":"gpu"},"resources":{"requests":{"cpu":"1"},"limits":{"nvidia.com/gpu":null}}}}`
	full := `{"namespace":"ml","defaultInstanceType":"gpu","instanceTypes":` + types + `,"relayConnectionString":"hunter2-relay","serviceBusConnectionString":"hunter2-bus"}`
	runScenarios(t, []scenario{
		{"attach: the namespace and the extension's instance type are filled in (instance type documentation)", op, []exchange{
			{0, "PUT /k8s", computeBody("Kubernetes", id, ""), `201 #Azure-AsyncOperation p.isAttachedCompute=true pp.namespace="default" tags=null p.computeLocation="eastus"`},
			{ten, "GET /k8s", "", `200 p.provisioningState="Succeeded" tags=null pp.defaultInstanceType="defaultinstancetype" pp.vcName=null ` +
				`pp.instanceTypes.defaultinstancetype.resources.limits={"cpu":"2","memory":"2Gi","nvidia.com/gpu":null} pp.relayConnectionString=null`},
		}},
		{"of Azure Arc too, with an identity; connection strings never come back (API description)", nil, []exchange{
			{
				0, "PUT /k8s", `{"identity":{"type":"SystemAssigned"},` + computeBody("Kubernetes", arc, full)[1:],
				`201 identity.type="SystemAssigned" p.resourceId="` + arc + `" pp.namespace="ml" pp.defaultInstanceType="gpu" pp.instanceTypes=` + types,
			},
			{0, "GET /k8s", "", `200 identity.type="SystemAssigned" pp.relayConnectionString=null pp.serviceBusConnectionString=null pp.instanceTypes=` + types},
		}},
		{"it needs a cluster, and strings for quantities (API description)", nil, []exchange{
			{0, "PUT /k8s", computeBody("Kubernetes", "", full), "400 ~resourceId"},
			{0, "PUT /k8s", computeBody("Kubernetes", vmID, full), "400 ~connectedClusters"},
			{0, "PUT /k8s", computeBody("Kubernetes", id, strings.Replace(full, `"1"`, `1`, 1)), "400 ~'gpu'"},
		}},
		{"PUT is echoed and ignored (nobody has shown what it does)", nil, []exchange{
			{0, "PUT /k8s", computeBody("Kubernetes", id, ""), "201"},
			{0, "PUT /k8s", computeBody("Kubernetes", id, full), `201 pp.namespace="ml"`},
			{0, "GET /k8s", "", `200 pp.namespace="default" pp.defaultInstanceType="defaultinstancetype"`},
		}},
		{"or refused", []Option{WithIgnoredPUT(PUTRefused)}, []exchange{
			{0, "PUT /k8s", computeBody("Kubernetes", id, ""), "201"},
			{0, "PUT /k8s", computeBody("Kubernetes", id, `{"namespace":"default"}`), "201"},
			{0, "PUT /k8s", computeBody("Kubernetes", id, full), "400 ~'namespace'"},
		}},
		{"it has no keys; Detach leaves the cluster, Delete is on record", nil, []exchange{
			{0, "PUT /k8s", computeBody("Kubernetes", id, ""), "201"},
			{0, "POST /k8s/listKeys", "", `400 error.code="UserError"`},
			{0, "DELETE /k8s?underlyingResourceAction=Detach", "", "202"},
			{0, "GET /k8s", "", "404"},
			{0, "GET /_sim/snapshot", "", "200 destroyedResources=[]"},
			{0, "PUT /k8s", computeBody("Kubernetes", id, ""), "201"},
			{0, "DELETE /k8s?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /_sim/snapshot", "", `200 destroyedResources=["` + id + `"]`},
		}},
		{"AKS and Kubernetes on one cluster: the second breaks the first, and a PUT does not mend it (attach documentation)", op, []exchange{
			{0, "PUT /old", computeBody("AKS", id, ""), "201"},
			{ten, "PUT /new", computeBody("Kubernetes", strings.ToUpper(id), ""), "201"},
			{0, "PUT /old", tlsBody(id, ownCertificate), "201"},
			{ten, "GET /new", "", `200 p.provisioningState="Succeeded"`},
			{0, "GET /old", "", `200 p.provisioningState="Failed" p.provisioningErrors.len=1 pp.sslConfiguration=null`},
			{0, "PUT /old", tlsBody(id, ownCertificate), "201"},
			{ten, "GET /old", "", `200 p.provisioningState="Failed" p.provisioningErrors.len=1`},
		}},
		{"each namespace is an attachment of its own (attach documentation); AKS breaks them all", nil, []exchange{
			{0, "PUT /team1", computeBody("Kubernetes", id, `{"namespace":"team1"}`), "201"},
			{0, "PUT /team2", computeBody("Kubernetes", strings.ToUpper(id), `{"namespace":"team2"}`), "201"},
			{0, "PUT /team0", computeBody("Kubernetes", id, ""), "201"},
			{0, "GET /team1", "", `200 p.provisioningState="Succeeded"`},
			{0, "PUT /again", computeBody("Kubernetes", id, `{"namespace":"Default"}`), "201"},
			{0, "GET /team0", "", `200 p.provisioningState="Failed"`},
			{0, "GET /team1", "", `200 p.provisioningState="Succeeded"`},
			{0, "GET /team2", "", `200 p.provisioningState="Succeeded"`},
			{0, "DELETE /team2?underlyingResourceAction=Detach", "", "202"},
			{0, "PUT /legacy", computeBody("AKS", id, ""), "201"},
			{0, "GET /again", "", `200 p.provisioningState="Failed"`},
			{0, "GET /team1", "", `200 p.provisioningState="Failed"`},
			{0, "PUT /team3", computeBody("Kubernetes", id, `{"namespace":"team3"}`), "201"},
			{0, "GET /legacy", "", `200 p.provisioningState="Failed"`},
			{0, "GET /team3", "", `200 p.provisioningState="Succeeded"`},
		}},
		{"so does attaching the cluster that Azure ML made", nil, []exchange{
			{0, "PUT /old", computeBody("AKS", "", ""), "201"},
			{0, "PUT /new", computeBody("Kubernetes", `/subscriptions/`+sub+`/resourceGroups/ml-test/providers/Microsoft.ContainerService/managedClusters/old-`+
				hash(computes+"/old", "2025-11-04T09:40:51.9013157+00:00")[:5]+"-"+hash(computes+"/old", "2025-11-04T09:40:51.9013157+00:00")[5:18], ""), "201"},
			{0, "GET /new", "", `200 p.provisioningState="Succeeded"`},
			{0, "GET /old", "", `200 p.provisioningState="Failed"`},
		}},
	})
}
