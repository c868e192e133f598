package armsim

import "net/http"

// operations are the actions that a role can grant on computes and what they need of a region.
var operations = []struct{ name, resource, text string }{
	{"workspaces/read", "workspaces", "Gets the workspace"},
	{"workspaces/checkComputeNameAvailability/action", "workspaces", "Checks whether the name of a compute is available"},
	{"workspaces/computes/read", "computes", "Gets the computes of the workspace"},
	{"workspaces/computes/write", "computes", "Creates or updates a compute"},
	{"workspaces/computes/delete", "computes", "Deletes a compute"},
	{"workspaces/computes/start/action", "computes", "Starts a compute instance"},
	{"workspaces/computes/stop/action", "computes", "Stops a compute instance"},
	{"workspaces/computes/restart/action", "computes", "Restarts a compute instance"},
	{"workspaces/computes/resize/action", "computes", "Resizes a compute instance"},
	{"workspaces/computes/updateSchedules/action", "computes", "Changes the start and stop schedules of a compute instance"},
	{"workspaces/computes/updateIdleShutdownSetting/action", "computes", "Changes the idle shutdown of a compute instance"},
	{"workspaces/computes/updateDataMounts/action", "computes", "Mounts data on a compute instance"},
	{"workspaces/computes/customServices/action", "computes", "Changes the custom services of a compute instance"},
	{"workspaces/computes/enableSso/action", "computes", "Switches single sign-on of a compute instance"},
	{"workspaces/computes/applicationaccess/action", "computes", "Opens the applications of a compute instance"},
	{"workspaces/computes/listKeys/action", "computes", "Lists the secrets of a compute"},
	{"workspaces/computes/listNodes/action", "computes", "Lists the nodes of a cluster"},
	{"locations/computeoperationsstatus/read", "locations", "Gets the status of an operation on a compute"},
	{"locations/usages/read", "locations", "Lists what is used of the quotas"},
	{"locations/quotas/read", "locations", "Lists the quotas"},
	{"locations/updateQuotas/action", "locations", "Gives workspaces their share of the quotas"},
	{"locations/vmsizes/read", "locations", "Lists the VM sizes"},
}

// listOperations lists what the provider can do; it belongs to no subscription.
func (s *Server) listOperations(*request) answer {
	list := make([]any, len(operations))
	for i, o := range operations {
		list[i] = obj("name", provider+"/"+o.name, "display", obj("provider", "Machine Learning Services", "resource", o.resource,
			"operation", o.text, "description", o.text+"."), "isDataAction", false)
	}
	return jsonAnswer(http.StatusOK, obj("value", list))
}
