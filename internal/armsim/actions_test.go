package armsim

import "testing"

func TestInstanceLists(t *testing.T) {
	withApp := `{"location":"eastus","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS3_v2","customServices":[{"name":"rstudio"}]}}}`
	mount := func(name, action, path string) string {
		return `{"source":"azureml:data:1","sourceType":"URI","mountName":"` + name + `","mountAction":"` + action + `","mountPath":"` + path + `"}`
	}
	runScenarios(t, []scenario{
		{"custom services are set at creation; later only their own POST replaces them, all at once (preview API description)", nil, []exchange{
			{0, "PUT /box", withApp, "201"},
			{0, "GET /box", "", `200 pp.customServices=[{"name":"rstudio"}]`},
			{0, "PUT /box", instance[:len(instance)-3] + `,"customServices":[{"name":"other"}]}}}`, "201"},
			{0, "GET /box", "", `200 pp.customServices=[{"name":"rstudio"}]`},
			{0, "POST /box/customServices", `[{"name":"a","image":{"type":"docker","reference":"x"}},{"name":"b"}]`, "200 !#Azure-AsyncOperation"},
			{0, "GET /box", "", `200 pp.customServices.len=2 pp.customServices.0.image.reference="x"`},
			{0, "POST /box/customServices", `[{"name":"c"}]`, "200"},
			{0, "GET /box", "", `200 pp.customServices=[{"name":"c"}]`},
			{0, "POST /box/customServices", `[]`, "200"},
			{0, "GET /box", "", `200 pp.customServices=[]`},
			{0, "POST /box/customServices", `{"customServices":[]}`, "400"},
			{0, "POST /box/customServices", `[{"name":"c"},{"name":"c"}]`, "400"},
			{0, "POST /box/customServices", `["c"]`, "400"},
		}},
		{"data mounts change one by one (preview API description)", nil, []exchange{
			{0, "PUT /box", instance, "201"},
			{0, "GET /box", "", `200 pp.dataMounts=null`},
			{0, "POST /box/updateDataMounts", `[` + mount("one", "Mount", "/a") + `,` + mount("two", "Mount", "/b") + `]`, "200"},
			{0, "GET /box", "", `200 pp.dataMounts.len=2 pp.dataMounts.0.mountState="Mounted" pp.dataMounts.0.mountPath="/a" pp.dataMounts.0.error=null`},
			{0, "POST /box/updateDataMounts", `[` + mount("one", "Unmount", "/a") + `]`, "200"},
			{0, "GET /box", "", `200 pp.dataMounts.len=2 pp.dataMounts.0.mountState="Unmounted" pp.dataMounts.1.mountState="Mounted"`},
			{0, "POST /box/updateDataMounts", `[` + mount("one", "Move", "/a") + `]`, "400"},
			{0, "POST /box/updateDataMounts", `[` + mount("", "Mount", "/a") + `]`, "400"},
			{0, "POST /box/updateDataMounts", `1`, "400"},
		}},
		{"they wait for an operation like any other change (aml-compute#21)", []Option{WithOperationTime(ten)}, []exchange{
			{0, "PUT /box", instance, "201"},
			{0, "POST /box/customServices", `[{"name":"c"}]`, `409 error.code="Conflict"`},
			{0, "POST /box/updateDataMounts", `[]`, "409"},
			{0, "POST /box/updateIdleShutdownSetting", `{"idleTimeBeforeShutdown":"PT1H"}`, "409"},
			{ten, "POST /box/customServices", `[{"name":"c"}]`, "200"},
		}},
		{"these actions are an instance's alone", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "POST /gpu/customServices", `[]`, "400"},
			{0, "POST /gpu/updateDataMounts", `[]`, "400"},
			{0, "POST /gpu/listKeys", ``, `400 error.code="UserError"`},
			{0, "PUT /box", instance, "201"},
			{0, "POST /box/listKeys", ``, `400 error.code="UserError"`},
			{0, "POST /box/listNodes", ``, `400 error.code="UserError"`},
		}},
	})
}

func TestIdentityByPatch(t *testing.T) {
	runScenarios(t, []scenario{
		{"the SDK v1 adds and takes an identity so", []Option{WithPatchAnswer(PatchOK), WithOperationTime(ten)}, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{ten, "PATCH /gpu", `{"location":"eastus","properties":{},"identity":{"type":"SystemAssigned"}}`, "202 identity=absent"},
			{ten, "GET /gpu", "", `200 identity.type="SystemAssigned" pp.scaleSettings.maxNodeCount=8 pp.scaleSettings.nodeIdleTimeBeforeScaleDown="PT2M"`},
			{0, "PATCH /gpu", `{"properties":{"properties":{"scaleSettings":{"maxNodeCount":9}}}}`, "202"},
			{ten, "GET /gpu", "", `200 identity.type="SystemAssigned" pp.scaleSettings.maxNodeCount=9`},
			{0, "PATCH /gpu", `{"properties":{},"identity":{"type":"None"}}`, "202"},
			{ten, "GET /gpu", "", `200 identity=absent`},
		}},
	})
}

func TestListQuotas(t *testing.T) {
	runScenarios(t, []scenario{
		{"quotas: the region's key is location, and null (azure-powershell recording)", nil, []exchange{
			{0, "PUT /_sim/quotas/standardDFamily", `{"limit":6,"used":2}`, "204"},
			{0, "GET " + located("quotas"), "", `200 nextLink=absent value.0.limit=6 value.0.location=null value.0.name.value="standardDFamily" value.0.unit="Count" ` +
				`value.0.type="Microsoft.MachineLearningServices/vmFamily/dedicatedCores/quotas" value.0.id="/subscriptions/` + sub + `/quotas/standardDFamily"`},
		}},
	})
}

func TestUpdateQuotas(t *testing.T) {
	entry := func(id string, limit string) string {
		return `{"location":"eastus","value":[{"id":"` + id + `","limit":` + limit + `,"type":"` + workspaceQuota + `","unit":"Count"}]}`
	}
	id := wsPath + "/quotas/standardDSv2Family"
	update := "POST " + located("updateQuotas")
	runScenarios(t, []scenario{{"a workspace's share of a quota is between its use and the subscription's (quota documentation)", nil, []exchange{
		{0, "PUT /_sim/quotas/standardDSv2Family", `{"limit":24}`, "204"},
		{0, "PUT /gpu", cluster("Standard_DS3_v2", 1, 1), "201"},
		{0, update, entry(id, "25"), `200 value.0.status="InvalidQuotaExceedsSubscriptionLimit"`},
		{0, update, entry(id, "3"), `200 value.0.status="InvalidQuotaBelowClusterMinimum"`},
		{0, update, entry(id, "-1"), `200 value.0.status="InvalidQuotaBelowClusterMinimum"`},
		{0, update, entry(wsPath+"/quotas/nope", "1"), `200 value.0.status="InvalidVMFamilyName"`},
		{0, update, entry(wsPath, "1"), `200 value.0.status="Failure"`},
		{0, update, entry(id, "8"), `200 value.0.status="Success" value.0.limit=8`},
		{0, update, `{}`, "400"},
		{0, "GET " + located("quotas"), "", `200 ~"id": "` + id + `"`},
		{0, "PUT /cpu", cluster("Standard_DS3_v2", 2, 2), `400 error.code="ClusterMinNodesExceedCoreQuota" ~quota of 8`},
		{0, "PUT /cpu", cluster("Standard_DS3_v2", 1, 2), "201"},
	}}})
}

func TestOperations(t *testing.T) {
	runScenarios(t, []scenario{{"the provider's operations belong to no subscription", nil, []exchange{
		{0, "GET /providers/Microsoft.MachineLearningServices/operations", "", `200 value.2.name="Microsoft.MachineLearningServices/workspaces/computes/read"`},
	}}})
	known := map[string]bool{}
	for _, o := range operations {
		known[fold(o.name)] = true
	}
	for _, k := range kinds() {
		for action := range k.actions {
			if !known["workspaces/computes/"+action+"/action"] && action != "getallowedvmsizesforresize" {
				t.Errorf("%s of %s is no operation", action, k.computeType)
			}
		}
	}
}
