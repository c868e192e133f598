package armsim

import "testing"

func TestOtherAttachments(t *testing.T) {
	op := []Option{WithOperationTime(ten)}
	spark, pool := resource("Microsoft.Synapse/workspaces", "syn")+"/bigDataPools/pool1", `pp.poolName="pool1"`
	bricks, lake := resource("Microsoft.Databricks/workspaces", "dbx"), resource("Microsoft.DataLakeAnalytics/accounts", "adla")
	factory, account := resource("Microsoft.DataFactory/factories", "adf"), resource("Microsoft.Batch/batchAccounts", "jobs")
	runScenarios(t, []scenario{
		{"SynapseSpark: a resourceId and an identity, the service reads the rest from the pool (terraform-provider-azurerm)", op, []exchange{
			{
				0, "PUT /spark", `{"identity":{"type":"SystemAssigned"},"tags":{"a":"b"},` + computeBody("SynapseSpark", spark, "")[1:],
				`201 p.isAttachedCompute=true identity.type="SystemAssigned" tags={"a":"b"} ` + pool,
			},
			{ten, "GET /spark", "", `200 p.provisioningState="Succeeded" identity.type="SystemAssigned" tags={"a":"b"} p.resourceId="` + spark + `" pp.nodeSize="Medium" ` +
				`pp.nodeSizeFamily="MemoryOptimized" pp.sparkVersion="3.4" pp.nodeCount=5 pp.autoScaleProperties.enabled=true pp.autoPauseProperties.delayInMinutes=15 ` +
				`pp.workspaceName="ws1" pp.resourceGroup="ml-test" ` + pool},
			{0, "PUT /spark", computeBody("SynapseSpark", spark, `{"nodeCount":9}`), "201 pp.nodeCount=5"},
			{ten, "GET /spark", "", `200 pp.nodeCount=5 tags={"a":"b"} identity.type="SystemAssigned"`},
			{0, "POST /spark/listKeys", "", "400"},
			{0, "DELETE /spark?underlyingResourceAction=Detach", "", "202"},
			{ten, "GET /spark", "", "404"},
			{0, "GET /_sim/snapshot", "", "200 destroyedResources=[]"},
			{0, "PUT /spark", computeBody("SynapseSpark", resource("Microsoft.Synapse/workspaces", "syn"), ""), "400 ~bigDataPools"},
		}},
		{"Databricks: the token goes in and only listKeys shows it (API description)", op, []exchange{
			{
				0, "PUT /dbx", computeBody("Databricks", bricks, `{"databricksAccessToken":"hunter2-token"}`),
				`201 pp.databricksAccessToken=null pp.workspaceUrl="` + databricksURL(bricks) + `"`,
			},
			{ten, "GET /dbx", "", `200 p.provisioningState="Succeeded" p.isAttachedCompute=true pp.databricksAccessToken=null pp.workspaceUrl="` + databricksURL(bricks) + `"`},
			{0, "POST /dbx/listKeys", "", `200 computeType="Databricks" databricksAccessToken="hunter2-token"`},
			{0, "PUT /dbx", computeBody("Databricks", bricks, `{"databricksAccessToken":"other"}`), "201"},
			{ten, "POST /dbx/listKeys", "", `200 databricksAccessToken="hunter2-token"`},
			{0, "DELETE /dbx?underlyingResourceAction=Detach", "", "202"},
			{ten, "PUT /dbx", computeBody("Databricks", bricks, `{"databricksAccessToken":"other"}`), "201"},
			{ten, "POST /dbx/listKeys", "", `200 databricksAccessToken="other"`},
			{0, "DELETE /dbx?underlyingResourceAction=Delete", "", "202"},
			{ten, "GET /_sim/snapshot", "", `200 destroyedResources=["` + bricks + `"]`},
			{0, "PUT /dbx", computeBody("Databricks", bricks, ""), "400 ~databricksAccessToken"},
			{0, "PUT /dbx", computeBody("Databricks", lake, `{"databricksAccessToken":"x"}`), "400 ~Microsoft.Databricks/workspaces"},
		}},
		{"a new Databricks token in place may be refused instead", []Option{WithIgnoredPUT(PUTRefused)}, []exchange{
			{0, "PUT /dbx", computeBody("Databricks", bricks, `{"databricksAccessToken":"x"}`), "201"},
			{0, "PUT /dbx", computeBody("Databricks", bricks, `{"databricksAccessToken":"y"}`), "400 ~'databricksAccessToken'"},
		}},
		{"DataLakeAnalytics: a resourceId; the store is looked up (SDK v1)", nil, []exchange{
			{0, "PUT /adla", computeBody("DataLakeAnalytics", lake, ""), `201 p.isAttachedCompute=true pp.dataLakeStoreAccountName="adlastore"`},
			{0, "GET /adla", "", `200 p.provisioningState="Succeeded" p.properties={"dataLakeStoreAccountName":"adlastore"}`},
			{0, "PUT /adla", computeBody("DataLakeAnalytics", lake, `{"dataLakeStoreAccountName":"x"}`), `201 pp.dataLakeStoreAccountName="x"`},
			{0, "GET /adla", "", `200 pp.dataLakeStoreAccountName="adlastore"`},
			{0, "POST /adla/listKeys", "", "400"},
			{0, "DELETE /adla?underlyingResourceAction=detach", "", "202"},
			{0, "GET /adla", "", "404"},
			{0, "PUT /adla", computeBody("DataLakeAnalytics", lake, ""), "201"},
			{0, "DELETE /adla?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /_sim/snapshot", "", `200 destroyedResources=["` + lake + `"]`},
			{0, "PUT /adla", computeBody("DataLakeAnalytics", "", ""), "400 ~Microsoft.DataLakeAnalytics/accounts"},
		}},
		{"DataFactory, attached: it has no properties (SDK v1)", nil, []exchange{
			{0, "PUT /adf", computeBody("DataFactory", factory, ""), `201 p.isAttachedCompute=true p.properties=null`},
			{0, "GET /adf", "", `200 p.provisioningState="Succeeded" p.properties=null tags=null p.resourceId="` + factory + `"`},
			{0, "PUT /adf", computeBody("DataFactory", factory+"2", ""), `201 p.resourceId="` + factory + `2"`},
			{0, "GET /adf", "", `200 p.resourceId="` + factory + `"`},
			{0, "DELETE /adf", "", "202"},
			{0, "GET /_sim/snapshot", "", "200 destroyedResources=[] orphanedResources=[]"},
			{0, "PUT /adf", computeBody("DataFactory", factory, ""), "201"},
			{0, "DELETE /adf?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /_sim/snapshot", "", `200 destroyedResources=["` + factory + `"]`},
			{0, "PUT /adf", computeBody("DataFactory", lake, ""), "400 ~Microsoft.DataFactory/factories"},
		}},
		{"DataFactory, made by Azure ML: Delete takes it along, Detach leaves it (SDK v1)", op, []exchange{
			{0, "PUT /adf", computeBody("DataFactory", "", ""), `201 p.isAttachedCompute=false p.properties=null p.resourceId=null`},
			{ten, "GET /adf", "", `200 p.provisioningState="Succeeded" p.properties=null tags={} p.isAttachedCompute=false ` +
				`p.resourceId="/subscriptions/` + sub + `/resourceGroups/ml-test/providers/Microsoft.DataFactory/factories/adf"`},
			{0, "DELETE /adf?underlyingResourceAction=Delete", "", "202"},
			{ten, "GET /_sim/snapshot", "", "200 destroyedResources=[] orphanedResources=[]"},
			{0, "PUT /adf", computeBody("DataFactory", "", ""), "201"},
			{ten, "DELETE /adf?underlyingResourceAction=Detach", "", "202"},
			{ten, "GET /_sim/snapshot", "", `200 orphanedResources=["/subscriptions/` + sub + `/resourceGroups/ml-test/providers/Microsoft.DataFactory/factories/adf"]`},
		}},
		{"Batch: a resourceId and nothing else (SDK v1)", nil, []exchange{
			{0, "PUT /jobs", computeBody("Batch", account, ""), `201 p.computeType="Batch" p.isAttachedCompute=true p.properties=null`},
			{0, "GET /jobs", "", `200 p.provisioningState="Succeeded" p.properties=null p.resourceId="` + account + `"`},
			{0, "PUT /other", computeBody("Batch", account, ""), "201"},
			{0, "GET /other", "", `200 p.provisioningState="Succeeded"`},
			{0, "GET /jobs", "", `200 p.provisioningState="Failed"`},
			{0, "PUT /jobs", computeBody("Batch", account, ""), "201"},
			{0, "DELETE /jobs?underlyingResourceAction=Detach", "", "202"},
			{0, "DELETE /other?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /_sim/snapshot", "", `200 destroyedResources=["` + account + `"]`},
			{0, "PUT /jobs", computeBody("Batch", factory, ""), "400 ~Microsoft.Batch/batchAccounts"},
		}},
		{"or Batch is not known any more", []Option{WithoutBatch()}, []exchange{
			{0, "PUT /jobs", computeBody("Batch", account, ""), `400 error.code="UserError" ~'Batch' is not supported`},
			{0, "GET ", "", "200 value=[]"},
		}},
		{"VirtualMachine and HDInsight: a machine has keys, a cluster has none (azure-powershell recording)", nil, []exchange{
			{0, "PUT /vmx", vm, "201"},
			{0, "GET /vmx", "", "200"},
			{0, "POST /vmx/listKeys", "", `200 computeType="VirtualMachine" ` +
				`administratorAccount={"username":"azureuser","password":"hunter2-secret","publicKeyData":null,"privateKeyData":null}`},
			{0, "PUT /hdi", hdi, "201"},
			{0, "POST /hdi/listKeys", "", `400 error.code="UserError"`},
		}},
		{"an operation that fails leaves its attachment Failed, in the way of the next (machinelearning-modelbuilder#540)", nil, []exchange{
			{0, "POST /_sim/faults", `{"match":{"kind":"put"},"times":1,"operation":{"shape":"a","code":"Conflict","message":"SubDeployment"}}`, "204"},
			{0, "PUT /aks", computeBody("AKS", "", ""), "201"},
			{0, "POLL", "", `200 status="Failed" error.code="Conflict"`},
			{0, "GET /aks", "", `200 p.provisioningState="Failed" p.provisioningErrors.0.error.code="Conflict"`},
			{0, "PUT /aks", computeBody("AKS", "", ""), "400"},
			{0, "DELETE /aks?underlyingResourceAction=Delete", "", "202"},
			{0, "PUT /aks", computeBody("AKS", "", ""), "201"},
			{0, "GET /aks", "", `200 p.provisioningState="Succeeded"`},
		}},
		{"each kind can be put there behind the client's back", nil, []exchange{
			{0, "PUT /_sim/workspaces/" + sub + "/ml-test/ws1/computes/adf", computeBody("DataFactory", factory, ""), "204"},
			{0, "PUT /_sim/workspaces/" + sub + "/ml-test/ws1/computes/adf", `{"properties":{"description":"x"}}`, "204"},
			{0, "GET /adf", "", `200 p.properties=null p.description="x" p.isAttachedCompute=true`},
			{0, "PUT /_sim/workspaces/" + sub + "/ml-test/ws1/computes/aks", computeBody("AKS", "", ""), "204"},
			{0, "GET /aks", "", `200 pp.agentCount=3 p.isAttachedCompute=false pp.systemServices.len=1`},
			{0, "PUT /_sim/workspaces/" + sub + "/ml-test/ws1/computes/spark", computeBody("SynapseSpark", spark, `{"nodeCount":7}`), "204"},
			{0, "GET /spark", "", `200 pp.nodeCount=7 pp.poolName="pool1"`},
		}},
	})
}
