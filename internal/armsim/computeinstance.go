package armsim

import (
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// computeInstance is one virtual machine of one user. A PUT on an existing one is answered like any other and changes
// nothing, not even schedules and idle time (bicep#17617).
var computeInstance = kind{
	computeType: "ComputeInstance",
	instance:    true,
	attached:    notAttached,
	check:       checkInstance,
	echo:        echoInstance,
	made:        makeInstance,
	stages:      []string{"Creating", "SettingUp"},
	fixed: []string{
		"vmSize", "subnet", "sshSettings", "applicationSharingPolicy", "computeInstanceAuthorizationType",
		"personalComputeInstanceSettings", "setupScripts", "schedules", "idleTimeBeforeShutdown", "enableNodePublicIp", "enableSSO", "enableRootAccess",
		"enableOSPatching", "releaseQuotaOnStop", "autologgerSettings", "customServices",
	},
	actions: map[string]func(*Server, *request, *compute) answer{
		"start": (*Server).start, "stop": (*Server).stop, "restart": (*Server).restart,
		"updateidleshutdownsetting": whenFree((*Server).updateIdle), "customservices": whenFree((*Server).replaceServices),
		"updatedatamounts": whenFree((*Server).mount), "updateschedules": whenFree((*Server).updateSchedules),
		"enablesso": whenFree((*Server).enableSSO), "resize": whenFree((*Server).resizeInstance),
		"getallowedvmsizesforresize": (*Server).allowedSizes,
	},
}

func checkInstance(s *Server, rq *request, w *workspace, props *object) *refusal {
	if other := s.instance(w.location, rq.name); other != nil && other.ws != w {
		return refuse(nameTaken)
	}
	in := props.at("properties")
	if r := checkIdle(in.get("idleTimeBeforeShutdown")); r != nil {
		return r
	}
	list, _ := in.get("schedules", "computeStartStop").([]any)
	if r := checkSchedules(list); r != nil {
		return r
	}
	if in.str("vmSize") == "" {
		return refuse("The property 'vmSize' is required.")
	}
	return s.checkSize(rq, w, props, 1)
}

func echoInstance(_ *compute, props *object) *object {
	in := props.at("properties")
	return obj(
		"vmSize", upper(in.get("vmSize")), "imageVersion", nil, "subnet", in.get("subnet"), "sshSettings", nil,
		"autologgerSettings", nil, "errors", nil, "connectivityEndpoints", nil, "applications", nil, "state", nil, "lastOperation", nil,
		"createdBy", obj("userOrgId", tenant, "userId", hashGUID("user")),
		"applicationSharingPolicy", nil, "computeInstanceAuthorizationType", nil, "personalComputeInstanceSettings", nil,
		"setupScripts", nil, "idleTimeBeforeShutdown", nil, "schedules", nil, "enableNodePublicIp", nil, "enableBatchPrivateLink", nil,
		"enableRootAccess", nil, "enableOSPatching", nil, "releaseQuotaOnStop", nil, "enableSSO", nil, "dataMounts", nil, "dataDisks", nil, "containers", nil,
		"updateStatus", nil, "versions", nil, "customServices", nil, "osImageMetadata", nil)
}

func makeInstance(_ *Server, c *compute, rq *request, body *object, at time.Time) {
	in, doc := body.at("properties").at("properties"), c.inner()
	ssh := in.at("sshSettings")
	doc.set("sshSettings", obj("sshPublicAccess", ssh.or("sshPublicAccess", "Disabled"), "adminUserName", "azureuser", "sshPort", 50000,
		"adminPublicKey", ssh.get("adminPublicKey")))
	doc.set("errors", []any{})
	var public any = "13.92.83.21"
	if in.get("enableNodePublicIp") == false {
		public = nil
	}
	doc.set("connectivityEndpoints", obj("publicIpAddress", public, "privateIpAddress", "10.0.0.4"))
	host := "https://" + fold(c.name) + "." + c.ws.location + ".instances.azureml.ms"
	doc.set("applications", []any{
		obj("displayName", "Jupyter", "endpointUri", host+"/tree/"),
		obj("displayName", "Jupyter Lab", "endpointUri", host+"/lab"),
	})
	doc.set("applicationSharingPolicy", in.or("applicationSharingPolicy", "Shared"))
	for _, key := range []string{
		"computeInstanceAuthorizationType", "personalComputeInstanceSettings", "setupScripts", "autologgerSettings",
		"idleTimeBeforeShutdown", "dataMounts", "dataDisks",
	} {
		doc.set(key, in.get(key))
	}
	doc.set("schedules", schedules(c, in.at("schedules")))
	doc.set("enableNodePublicIp", in.or("enableNodePublicIp", true))
	doc.set("enableBatchPrivateLink", false)
	for _, key := range []string{"enableOSPatching", "releaseQuotaOnStop"} {
		doc.set(key, in.or(key, false))
	}
	for _, key := range []string{"enableRootAccess", "enableSSO"} {
		doc.set(key, in.or(key, true))
	}
	doc.set("versions", obj("runtime", "3.0.02755.0006"))
	doc.set("customServices", in.or("customServices", []any{}))
	doc.set("osImageMetadata", obj("currentImageVersion", "24.06.10", "latestImageVersion", "24.06.10",
		"isLatestOsImageVersion", true, "osPatchingStatus", nil))
	doc.set("state", "Running")
	c.lastOperation("Create", "Succeeded", at)
}

// schedules gives each its identifier; an instance without any shows the empty list.
func schedules(c *compute, in *object) *object {
	list := []any{}
	given, _ := in.get("computeStartStop").([]any)
	for _, one := range given {
		if schedule, ok := one.(*object); ok {
			schedule = schedule.clone()
			schedule.set("id", hashGUID(c.id(), string(appendJSON(nil, schedule, 0))))
			schedule.set("provisioningStatus", "Completed")
			list = append(list, schedule)
		}
	}
	return obj("computeStartStop", list)
}

var duration = regexp.MustCompile(`^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)

// checkIdle refuses an idle time that is no ISO 8601 duration from 15 minutes to 3 days; null turns idle shutdown off.
func checkIdle(v any) *refusal {
	s, _ := v.(string)
	seconds := 0
	if m := duration.FindStringSubmatch(s); m != nil {
		for i, unit := range []int{24 * 60 * 60, 60 * 60, 60, 1} {
			n, _ := strconv.Atoi(m[i+1]) // "" where the unit is left out
			seconds += n * unit
		}
	}
	if v == nil || seconds >= 15*60 && seconds <= 3*24*60*60 {
		return nil
	}
	return refuse("The property 'idleTimeBeforeShutdown' must be an ISO 8601 duration between 15 minutes and 3 days.")
}

// updateIdle is the one way to change the idle time of an instance that exists ("Create and manage an Azure Machine
// Learning compute instance"); it works at once, and with every api-version.
func (s *Server) updateIdle(rq *request, c *compute) answer {
	body, err := parseObject(rq.body)
	if err != nil {
		return s.userError(rq, "The request content is invalid: %v", err)
	}
	idle := body.get("idleTimeBeforeShutdown")
	if r := checkIdle(idle); r != nil {
		return s.userError(rq, "%s", r.text)
	}
	c.inner().set("idleTimeBeforeShutdown", idle)
	c.changed(rq.now)
	return answer{status: http.StatusOK}
}
