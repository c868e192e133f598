package armsim

import "testing"

func TestClusters(t *testing.T) {
	op := []Option{WithOperationTime(ten)}
	live := `{"location":"eastus","tags":{"team":"ml"},"identity":{"type":"SystemAssigned"},"properties":{"computeType":"AmlCompute","properties":` +
		`{"vmSize":"standard_ds3_v2","scaleSettings":{"minNodeCount":0,"maxNodeCount":4,"nodeIdleTimeBeforeScaleDown":"PT1M40S"}}}}`
	runScenarios(t, []scenario{
		{"create: 201 with Azure-AsyncOperation alone, and nulls until it is done (azure-powershell recording, Nov 2025)", op, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), `201 #Azure-AsyncOperation !#Location !#Retry-After !#ETag p.provisioningState="Creating" ` +
				`tags=null p.computeLocation=absent p.isAttachedCompute=false pp.vmSize="STANDARD_DS3_V2" pp.vmPriority=null ` +
				`pp.scaleSettings.nodeIdleTimeBeforeScaleDown=null pp.currentNodeCount=null pp.allocationState=null identity=absent`},
			{0, "POLL", "", `200 status="InProgress" percentComplete=absent !#Retry-After`},
			{0, "GET /gpu", "", `200 p.provisioningState="Creating"`},
			{ten, "POLL", "", `200 status="Succeeded" percentComplete=100.0`},
			{0, "GET /gpu", "", `200 p.provisioningState="Succeeded" tags={} p.computeLocation="eastus" p.provisioningWarnings={} pp.vmPriority="Dedicated" ` +
				`pp.scaleSettings.nodeIdleTimeBeforeScaleDown="PT2M" pp.remoteLoginPortPublicAccess="Enabled" pp.allocationState="Resizing" pp.propertyBag={}`},
			{ten, "GET /gpu", "", `200 pp.allocationState="Steady" pp.currentNodeCount=0`},
		}},
		{"without an operation time the operation is done at the first poll", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 2, 8), `201 p.provisioningState="Creating"`},
			{0, "POLL", "", `200 status="Succeeded"`},
			{0, "GET /gpu", "", `200 pp.allocationState="Steady" pp.currentNodeCount=2 pp.targetNodeCount=2 pp.nodeStateCounts.idleNodeCount=2`},
		}},
		{"in a virtual network NotSpecified becomes Disabled (compute cluster documentation)", nil, []exchange{
			{
				0, "PUT /gpu", `{"properties":{"computeType":"amlcompute","properties":{"vmSize":"Standard_DS3_v2","subnet":{"id":"/subnet"}}}}`,
				`201 p.computeType="AmlCompute" pp.remoteLoginPortPublicAccess="NotSpecified"`,
			},
			{0, "GET /gpu", "", `200 pp.remoteLoginPortPublicAccess="Disabled" pp.subnet.id="/subnet"`},
		}},
		{"the ssh key comes back in clear, the password as null (azure-sdk-for-python recording, 2022)", nil, []exchange{
			{0, "PUT /gpu", `{"properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2","userAccountCredentials":` +
				`{"adminUserName":"u","adminUserPassword":"hunter2-secret","adminUserSshPublicKey":"ssh-rsa_AAA"}}}}`, `201 pp.userAccountCredentials=absent`},
			{0, "GET /gpu", "", `200 pp.userAccountCredentials={"adminUserName":"u","adminUserSshPublicKey":"ssh-rsa_AAA","adminUserPassword":null}`},
		}},
		{"PUT on a cluster replaces scale, tags and identity, ignores its size, echoes everything (azure-rest-api-specs#18889, terraform#26404)", op, []exchange{
			{0, "PUT /gpu", live, `201 tags={"team":"ml"} identity.type="SystemAssigned"`},
			{ten, "GET /gpu", "", `200 tags={"team":"ml"} pp.scaleSettings.nodeIdleTimeBeforeScaleDown="PT1M40S"`},
			{0, "PUT /gpu", cluster("Standard_NC6", 1, 9), `201 #Azure-AsyncOperation p.provisioningState="Creating" pp.vmSize="STANDARD_NC6" tags={} ` +
				`p.resourceId="/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/ml-test/providers/Microsoft.BatchAI/workspaces/ws1/clusters/gpu"`},
			{0, "GET /gpu", "", `200 p.provisioningState="Creating" pp.scaleSettings.maxNodeCount=4 p.resourceId=null`},
			{ten, "GET /gpu", "", `200 p.provisioningState="Succeeded" pp.vmSize="STANDARD_DS3_V2" tags={} identity=absent p.resourceId=null ` +
				`pp.scaleSettings={"maxNodeCount":9,"minNodeCount":1,"nodeIdleTimeBeforeScaleDown":"PT2M"} pp.targetNodeCount=1 pp.allocationState="Resizing"`},
		}},
		{"user-assigned identities come back with their principals; type None is none (terraform#26404)", nil, []exchange{
			{0, "PUT /gpu", `{"identity":{"type":"UserAssigned","userAssignedIdentities":{"/id/A":{}}},"properties":{"computeType":"AmlCompute"}}`, "201"},
			{0, "GET /gpu", "", `200 identity.type="UserAssigned" identity.principalId=absent identity.userAssignedIdentities./id/A.clientId="` + hashGUID("/id/a", "client") + `"`},
			{0, "PUT /gpu", `{"identity":{"type":"None"},"properties":{"computeType":"AmlCompute"}}`, "201"},
			{0, "GET /gpu", "", `200 identity=absent pp.vmSize="STANDARD_NC6" pp.scaleSettings.maxNodeCount=4`},
		}},
		{"PUT of another size may be refused instead (nobody has shown which)", []Option{WithIgnoredPUT(PUTRefused)}, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "PUT /gpu", cluster("STANDARD_DS3_V2", 0, 9), "201"},
			{0, "PUT /gpu", cluster("Standard_NC6", 0, 9), `400 error.code="UserError" ~'vmSize'`},
		}},
		{"PATCH: 202, merges counts, and an idle time left out falls back to PT2M (azure-powershell recording, 2022-05-01)", op, []exchange{
			{0, "PUT /gpu", live, "201"},
			{
				ten, "PATCH /gpu", `{"properties":{"properties":{"vmSize":"Standard_NC6","scaleSettings":{"maxNodeCount":8}}},"tags":{"x":"y"}}`,
				`202 #Azure-AsyncOperation p.provisioningState="Updating" pp.scaleSettings={"maxNodeCount":8,"minNodeCount":0,"nodeIdleTimeBeforeScaleDown":null}`,
			},
			{ten, "GET /gpu", "", `200 p.provisioningState="Succeeded" pp.vmSize="STANDARD_DS3_V2" tags={"team":"ml"} ` +
				`pp.scaleSettings={"maxNodeCount":8,"minNodeCount":0,"nodeIdleTimeBeforeScaleDown":"PT2M"}`},
			{0, "PATCH /gone", `{}`, "404"},
		}},
		{"PATCH that changes nothing: still an operation (the same recording)", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "PATCH /gpu", `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":8}}}}`, "202 #Azure-AsyncOperation"},
		}},
		{"PATCH that changes nothing: no operation (SDK v1 expects it)", []Option{WithPatchAnswer(PatchNoHeader)}, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "PATCH /gpu", `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":8}}}}`, "202 !#Azure-AsyncOperation"},
			{0, "PATCH /gpu", `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":9}}}}`, "202 #Azure-AsyncOperation"},
		}},
		{"PATCH that changes nothing: 200 (API description)", []Option{WithPatchAnswer(PatchOK)}, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "PATCH /gpu", `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":8}}}}`, "200 !#Azure-AsyncOperation"},
		}},
		{"a second operation while one runs: 409 (aml-compute#21, SDK v1)", op, []exchange{
			{0, "PUT /gpu", live, "201"},
			{0, "PUT /gpu", live, `409 error.code="Conflict" ~There is already an active operation submitted`},
			{0, "PATCH /gpu", `{}`, "409"},
			{0, "DELETE /gpu?underlyingResourceAction=Delete", "", "409"},
			{ten, "PUT /gpu", live, "201"},
		}},
		{"DELETE: 202 and no body, Deleting, then gone; 204 for what is not there (azure-powershell recording; API description)", op, []exchange{
			{0, "DELETE /gpu?underlyingResourceAction=Delete", "", "204"},
			{0, "PUT /gpu", live, "201"},
			{ten, "DELETE /gpu?underlyingResourceAction=delete", "", "202 #Azure-AsyncOperation !#Location"},
			{0, "GET /gpu", "", `200 p.provisioningState="Deleting"`},
			{0, "POLL", "", `200 status="InProgress"`},
			{ten, "GET /gpu", "", "404"},
			{0, "POLL", "", `200 status="Succeeded"`},
		}},
		{"DELETE of a cluster must say which (API description: required)", nil, []exchange{
			{0, "PUT /gpu", live, "201"},
			{0, "DELETE /gpu", "", `400 error.code="UserError"`},
			{0, "DELETE /gpu?underlyingResourceAction=Destroy", "", `400 error.code="UserError"`},
		}},
		{"Detach leaves a ghost: the same name comes back with the old size, only Delete ends it (azure-rest-api-specs#18889)", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "DELETE /gpu?underlyingResourceAction=Detach", "", "202"},
			{0, "GET /gpu", "", "404"},
			{0, "PUT /GPU", cluster("Standard_NC6", 0, 8), `201 pp.vmSize="STANDARD_NC6"`},
			{0, "GET /gpu", "", `200 pp.vmSize="STANDARD_DS3_V2"`},
			{0, "DELETE /gpu?underlyingResourceAction=Delete", "", "202"},
			{0, "PUT /gpu", cluster("Standard_NC6", 0, 8), "201"},
			{0, "GET /gpu", "", `200 pp.vmSize="STANDARD_NC6"`},
		}},
		{"listNodes is a POST (API description; computeType recorded)", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "POST /_sim/workspaces/" + sub + "/ml-test/ws1/computes/gpu/nodes", `{"running":1,"idle":2}`, "204"},
			{0, "POST /gpu/listNodes", "", `200 computeType="AmlCompute" nodes.len=3 nodes.2.nodeState="running" nodes.2.runId="run_0002"`},
			{0, "GET /gpu", "", `200 pp.currentNodeCount=3 pp.nodeStateCounts.runningNodeCount=1`},
		}},
		{"scale settings are checked", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 9, 8), "400"},
			{0, "PUT /gpu", `{"properties":{"computeType":"AmlCompute","properties":{"vmSize":"Standard_DS3_v2","scaleSettings":{"minNodeCount":1}}}}`, "400 ~maxNodeCount"},
		}},
	})
}
