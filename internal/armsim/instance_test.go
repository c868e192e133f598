package armsim

import "testing"

func scheduled(action string) string {
	return `{"location":"eastus","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS3_v2",` +
		`"schedules":{"computeStartStop":[{"action":"` + action + `","triggerType":"Cron"}]}}}}`
}

func TestInstances(t *testing.T) {
	op := []Option{WithOperationTime(ten)}
	other := "/subscriptions/" + sub + "/resourceGroups/ml-test/providers/Microsoft.MachineLearningServices/workspaces/ws2/computes"
	idle := `{"location":"eastus","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS3_v2","idleTimeBeforeShutdown":"PT30M"}}}`
	runScenarios(t, []scenario{
		{"create: Creating, SettingUp, Running (SDK v1; azure-sdk-for-python recording, 2022)", op, []exchange{
			{0, "PUT /box", instance, `201 #Azure-AsyncOperation pp.vmSize="STANDARD_DS3_V2" pp.sshSettings=null pp.state=null pp.lastOperation=null`},
			{0, "GET /box", "", `200 pp.state="Creating"`},
			{ten / 2, "GET /box", "", `200 pp.state="SettingUp" p.provisioningState="Creating"`},
			{ten / 2, "GET /box", "", `200 pp.state="Running" p.provisioningState="Succeeded" tags={} pp.sshSettings.sshPublicAccess="Disabled" pp.sshSettings.adminUserName="azureuser" ` +
				`pp.schedules={"computeStartStop":[]} pp.enableSSO=true pp.lastOperation.operationName="Create" pp.lastOperation.operationStatus="Succeeded" ` +
				`pp.lastOperation.operationTrigger="User" pp.customServices=[] pp.computeInstanceAuthorizationType=null`},
		}},
		{"stop and start: 202 without a body; provisioningState stays Succeeded (azure-powershell recordings)", op, []exchange{
			{0, "PUT /box", instance, "201"},
			{ten, "POST /box/stop", "", "202 #Azure-AsyncOperation !#Location"},
			{0, "GET /box", "", `200 pp.state="Stopping" p.provisioningState="Succeeded" pp.lastOperation.operationName="Stop" pp.lastOperation.operationStatus="InProgress"`},
			{0, "POST /box/start", "", "409 ~There is already an active operation submitted"},
			{ten, "GET /box", "", `200 pp.state="Stopped" p.provisioningState="Succeeded" pp.lastOperation.operationStatus="Succeeded"`},
			{0, "POST /box/start", "", "202"},
			{0, "GET /box", "", `200 pp.state="Starting"`},
			{ten, "GET /box", "", `200 pp.state="Running"`},
			{0, "POST /box/restart", "", "202"},
			{0, "GET /box", "", `200 pp.state="Restarting"`},
			{ten, "GET /box", "", `200 pp.state="Running"`},
		}},
		{"start is possible in Stopped only: the operation fails (vscode-tools-for-ai#2096)", op, []exchange{
			{0, "PUT /box", instance, "201"},
			{ten, "POST /box/start", "", "202"},
			{0, "GET /box", "", `200 pp.state="Running"`},
			{ten, "POLL", "", `200 status="Failed" error.code="StartComputeInstanceOnlyAllowedInStoppedState" ~'stopped' state`},
			{0, "GET /box", "", `200 pp.state="Running" p.provisioningState="Succeeded" pp.lastOperation.operationStatus="StartFailed"`},
		}},
		{"PUT on an instance changes nothing, not even schedules and idle time (bicep#17617)", nil, []exchange{
			{0, "PUT /box", instance, "201"},
			{0, "PUT /box", `{"location":"eastus","tags":{"a":"b"},"properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_NC6","idleTimeBeforeShutdown":"PT30M",` +
				`"schedules":{"computeStartStop":[{"action":"Stop"}]}}}}`, `201 tags={"a":"b"} pp.vmSize="STANDARD_NC6"`},
			{0, "POLL", "", `200 status="Succeeded"`},
			{0, "GET /box", "", `200 pp.vmSize="STANDARD_DS3_V2" tags={} pp.idleTimeBeforeShutdown=null pp.schedules={"computeStartStop":[]} pp.state="Running"`},
		}},
		{"schedules of a new instance get their identifiers; a PUT that repeats them is no change (API description)", []Option{WithIgnoredPUT(PUTRefused)}, []exchange{
			{0, "PUT /box", scheduled("Stop"), "201 pp.schedules=null"},
			{0, "GET /box", "", `200 pp.schedules.computeStartStop.0.action="Stop" pp.schedules.computeStartStop.0.provisioningStatus="Completed"`},
			{0, "PUT /box", scheduled("Stop"), "201"},
			{0, "PUT /box", scheduled("Start"), "400 ~'schedules'"},
		}},
		{"idle time is known from api-version 2025-12-01 and previews on; older ones take it without effect (API descriptions)", nil, []exchange{
			{0, "PUT /box1a", idle, "201"},
			{0, "GET /box1a", "", `200 pp.idleTimeBeforeShutdown="PT30M"`},
			{0, "GET /box1a?api-version=2024-04-01", "", `200 pp.idleTimeBeforeShutdown=absent`},
			{0, "GET ?api-version=2024-04-01", "", `200 value.0.pp.idleTimeBeforeShutdown=absent`},
			{0, "PUT /box1b?api-version=2024-04-01", idle, "201"},
			{0, "GET /box1b", "", `200 pp.idleTimeBeforeShutdown=null`},
			{0, "PUT /box1c?api-version=2022-10-01-preview", idle, "201"},
			{0, "GET /box1c", "", `200 pp.idleTimeBeforeShutdown="PT30M"`},
		}},
		{"root access, patching and quota: what previews show of a creation that is silent, and of one that is not (API descriptions)", nil, []exchange{
			{0, "PUT /box2a?api-version=2023-08-01-preview", instance, "201"},
			{0, "GET /box2a?api-version=2023-08-01-preview", "", `200 pp.enableRootAccess=true pp.enableOSPatching=false pp.releaseQuotaOnStop=false`},
			{0, "PUT /box2b?api-version=2023-08-01-preview", `{"location":"eastus","properties":{"computeType":"ComputeInstance","properties":{"vmSize":"Standard_DS3_v2",` +
				`"enableRootAccess":false,"enableOSPatching":true,"releaseQuotaOnStop":true,"autologgerSettings":{"mlflowAutologger":"Disabled"}}}}`, "201"},
			{0, "GET /box2b?api-version=2023-08-01-preview", "", `200 pp.enableRootAccess=false pp.enableOSPatching=true pp.releaseQuotaOnStop=true ` +
				`pp.autologgerSettings.mlflowAutologger="Disabled"`},
		}},
		{"updateIdleShutdownSetting takes effect, with any api-version (compute instance documentation)", nil, []exchange{
			{0, "PUT /box", instance, "201"},
			{0, "POST /box/updateIdleShutdownSetting?api-version=2021-07-01", `{"idleTimeBeforeShutdown":"PT1H"}`, "200 !#Azure-AsyncOperation"},
			{0, "GET /box", "", `200 pp.idleTimeBeforeShutdown="PT1H"`},
			{0, "POST /box/updateIdleShutdownSetting", `{"idleTimeBeforeShutdown":"PT5M"}`, "400"},
			{0, "POST /box/updateIdleShutdownSetting", `{"idleTimeBeforeShutdown":"P3DT1S"}`, "400"},
			{0, "POST /box/updateIdleShutdownSetting", `{"idleTimeBeforeShutdown":null}`, "200"},
			{0, "GET /box", "", `200 pp.idleTimeBeforeShutdown=null`},
		}},
		{"names of instances are unique in a region, across workspaces (MCW-ML-Ops#28)", op, []exchange{
			{0, "PUT /box", instance, "201"},
			{0, "PUT " + other + "/BOX", instance, `400 ~Compute with this name already exists. Compute name needs to be unique across all existing computes within an Azure region.`},
			{ten, "DELETE /box?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /box", "", `200 pp.state="Deleting"`},
			{0, "PUT " + other + "/box", instance, "400"},
			{ten, "PUT " + other + "/box", instance, "201"},
		}},
		{"checkComputeNameAvailability (SDK v1)", nil, []exchange{
			{0, "PUT /box", instance, "201"},
			{0, "POST " + wsPath + "/checkComputeNameAvailability", `{"Name":"box","Type":"Microsoft.BatchAI/DataScienceInstance"}`, `200 nameAvailable=false reason="AlreadyExists"`},
			{0, "POST " + wsPath + "/checkComputeNameAvailability", `{"Name":"box-1","Type":"Microsoft.BatchAI/DataScienceInstance"}`, `200 nameAvailable=false reason="Invalid"`},
			{0, "POST " + wsPath + "/checkComputeNameAvailability", `{"Name":"box2","Type":"Microsoft.BatchAI/DataScienceInstance"}`, `200 nameAvailable=true`},
		}},
		{"an instance is deleted, never detached (SDK v1)", nil, []exchange{
			{0, "PUT /box", instance, "201"},
			{0, "DELETE /box?underlyingResourceAction=Detach", "", "400"},
			{0, "DELETE /box?underlyingResourceAction=Delete", "", "202"},
			{0, "GET /box", "", "404"},
		}},
		{"actions are an instance's alone", nil, []exchange{
			{0, "PUT /gpu", cluster("Standard_DS3_v2", 0, 8), "201"},
			{0, "POST /gpu/start", "", `400 error.code="UserError"`},
			{0, "POST /gone/start", "", "404"},
		}},
	})
}
