package armsim

import (
	"slices"
	"strings"
	"testing"
)

func TestAttachments(t *testing.T) {
	op := []Option{WithOperationTime(ten)}
	byAddress := `{"properties":{"computeType":"VirtualMachine","properties":{"address":"` + publicAddress(vmID) + `",` +
		`"administratorAccount":{"username":"u","privateKeyData":"k"}}}}`
	runScenarios(t, []scenario{
		{"attach a VM: the answer is complete but for its state; the account is null, tags stay null (azure-service-operator recordings)", op, []exchange{
			{0, "PUT /vmx", vm, `201 #Azure-AsyncOperation tags=null p.isAttachedCompute=true p.resourceId="` + vmID + `" p.computeLocation="eastus" ` +
				`pp.administratorAccount=null pp.virtualMachineSize="STANDARD_D2S_V3" pp.sshPort=22 pp.notebookServerPort=null p.provisioningState="Creating"`},
			{ten, "GET /vmx", "", `200 tags=null pp.administratorAccount=null p.provisioningState="Succeeded"`},
		}},
		{"an attachment needs a target and credentials (attach documentation)", nil, []exchange{
			{0, "PUT /vmx", strings.Replace(vm, "resourceId", "other", 1), "400 ~'resourceId' or 'address'"},
			{0, "PUT /vmx", strings.Replace(vm, "password", "other", 1), "400 ~privateKeyData"},
			{0, "PUT /vmx", strings.Replace(vm, "username", "other", 1), "400 ~username"},
		}},
		{"PUT on an attachment is echoed and ignored (nobody has shown what it does)", nil, []exchange{
			{0, "PUT /vmx", vm, "201"},
			{0, "PUT /vmx", strings.Replace(vm, `"sshPort":22`, `"sshPort":2222`, 1), "201 pp.sshPort=2222"},
			{0, "GET /vmx", "", `200 pp.sshPort=22 p.provisioningState="Succeeded"`},
		}},
		{"or refused", []Option{WithIgnoredPUT(PUTRefused)}, []exchange{
			{0, "PUT /vmx", vm, "201"},
			{0, "PUT /vmx", vm, "400 ~administratorAccount"},
		}},
		{"attached a second time, the first attachment breaks (attach documentation, azure-docs#41778)", nil, []exchange{
			{0, "PUT /vm-a", vm, "201"},
			{0, "PUT /vm-b", strings.Replace(vm, "virtualMachines/vm1", "VIRTUALMACHINES/VM1", 1), "201"},
			{0, "GET /vm-b", "", `200 p.provisioningState="Succeeded"`},
			{0, "GET /vm-a", "", `200 p.provisioningState="Failed" p.provisioningErrors.len=1`},
			{0, "PUT /vm-a", vm, "201"},
			{0, "GET /vm-a", "", `200 p.provisioningState="Failed"`},
			{0, "GET /vm-b", "", `200 p.provisioningState="Succeeded"`},
		}},
		{"by address too", nil, []exchange{
			{0, "PUT /vm-a", vm, "201"},
			{0, "GET /vm-a", "", "200"},
			{0, "PUT /vm-b", byAddress, "201"},
			{0, "GET /vm-b", "", "200"},
			{0, "GET /vm-a", "", `200 p.provisioningState="Failed"`},
		}},
		{"not so after a detach; a DELETE that does not say which detaches (azure-service-operator recordings)", op, []exchange{
			{0, "PUT /vm-a", vm, "201"},
			{ten, "DELETE /vm-a", "", "202"},
			{ten, "PUT /vm-b", vm, "201"},
			{ten, "GET /vm-b", "", `200 p.provisioningState="Succeeded"`},
			{0, "DELETE /vm-b?underlyingResourceAction=Detach", "", "202"},
			{ten, "GET /vm-b", "", "404"},
			{0, "GET /_sim/snapshot", "", "200 destroyedResources=[]"},
		}},
		{"HDInsight by address, or by its resource ID (SDK v1, quick start template)", nil, []exchange{
			{0, "PUT /hdi-a", hdi, `201 p.computeType="HDInsight" pp.address="spark-ssh.azurehdinsight.net" pp.administratorAccount=null`},
			{0, "GET /hdi-a", "", "200"},
			{
				0, "PUT /hdi-b", strings.Replace(hdi, `"properties":{"address":"spark-ssh.azurehdinsight.net"`, `"resourceId":"/x/clusters/spark","properties":{"y":1`, 1),
				`201 pp.address="spark-ssh.azurehdinsight.net" p.resourceId="/x/clusters/spark"`,
			},
			{0, "GET /hdi-b", "", `200 p.provisioningState="Succeeded"`},
			{0, "GET /hdi-a", "", `200 p.provisioningState="Failed"`},
		}},
		{"Delete takes the cluster with it", nil, []exchange{
			{0, "PUT /hdi", hdi, "201"},
			{0, "DELETE /hdi?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /_sim/snapshot", "", `200 destroyedResources=["spark-ssh.azurehdinsight.net"]`},
		}},
		{"Delete takes the machine with it", nil, []exchange{
			{0, "PUT /vmx", vm, "201"},
			{0, "DELETE /vmx?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /_sim/snapshot", "", `200 destroyedResources=["` + vmID + `"]`},
		}},
	})
}

func TestSecretsStayOutOfAnswers(t *testing.T) {
	s := newSim(t)
	var seen []string
	for _, x := range []exchange{
		{0, "PUT /vmx", vm, ""},
		{0, "PUT /vmx", vm, ""},
		{0, "PUT /hdi", hdi, ""},
		{0, "PUT /aks", tlsBody("", ownCertificate), ""},
		{0, "PUT /aks", tlsBody("", ownCertificate), ""},
		{0, "PUT /dbx", computeBody("Databricks", resource("Microsoft.Databricks/workspaces", "dbx"), `{"databricksAccessToken":"hunter2"}`), ""},
		{0, "PUT /k8s", computeBody("Kubernetes", resource(connectedCluster, "edge"), `{"relayConnectionString":"hunter2","serviceBusConnectionString":"hunter2"}`), ""},
		{0, "GET /vmx", "", ""},
		{0, "GET /hdi", "", ""},
		{0, "GET /aks", "", ""},
		{0, "GET /dbx", "", ""},
		{0, "GET /k8s", "", ""},
		{0, "GET ", "", ""},
		{0, "GET /_sim/snapshot", "", ""},
	} {
		out := s.exchange(x, nil)
		if out.status >= 300 {
			t.Fatalf("%s: got %d: %s", x.do, out.status, out.text)
		}
		seen = append(seen, out.text)
	}
	if i := slices.IndexFunc(seen, func(text string) bool { return strings.Contains(text, "hunter2") }); i >= 0 {
		t.Errorf("secret in answer %d: %s", i+1, seen[i])
	}
}
