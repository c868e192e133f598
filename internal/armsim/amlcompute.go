package armsim

import (
	"fmt"
	"time"
)

// amlCompute is a cluster: made by Azure ML over a Batch pool. Scale settings, tags and identity change in place, nothing
// else is known to (terraform-provider-azurerm's compute cluster, recordings of 2022 and 2025).
var amlCompute = kind{
	computeType: "AmlCompute",
	cluster:     true,
	attached:    notAttached,
	check:       checkCluster,
	echo:        echoCluster,
	made:        makeCluster,
	apply:       applyCluster,
	fixed: []string{
		"vmSize", "vmPriority", "osType", "virtualMachineImage", "isolatedNetwork", "subnet",
		"remoteLoginPortPublicAccess", "enableNodePublicIp",
	},
	updateID: func(c *compute) string {
		return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.BatchAI/workspaces/%s/clusters/%s",
			c.ws.subscription, c.ws.group, c.ws.name, c.name)
	},
	actions: map[string]func(*Server, *request, *compute) answer{"listnodes": (*Server).listNodes},
}

// idleDefault is what the service fills in for nodeIdleTimeBeforeScaleDown.
const idleDefault = "PT2M"

func checkCluster(s *Server, rq *request, w *workspace, props *object) *refusal {
	in := props.at("properties")
	scale := in.at("scaleSettings")
	least, most := scale.num(0, "minNodeCount"), scale.num(-1, "maxNodeCount")
	switch {
	case scale != nil && most < 0:
		return refuse("The property 'maxNodeCount' of 'scaleSettings' is required.")
	case scale != nil && (least < 0 || least > most):
		return refuse("The property 'minNodeCount' must lie between 0 and 'maxNodeCount'.")
	}
	return s.checkSize(rq, w, props, least)
}

func echoCluster(_ *compute, props *object) *object {
	in := props.at("properties")
	return obj(
		"vmSize", upper(in.or("vmSize", clusterSize)), "vmPriority", in.get("vmPriority"),
		"scaleSettings", scaleSettings(in.at("scaleSettings"), nil), "subnet", in.get("subnet"),
		"currentNodeCount", nil, "targetNodeCount", nil, "nodeStateCounts", nil, "allocationState", nil, "errors", nil,
		"remoteLoginPortPublicAccess", in.or("remoteLoginPortPublicAccess", "NotSpecified"),
		"osType", in.or("osType", "Linux"), "virtualMachineImage", in.get("virtualMachineImage"),
		"isolatedNetwork", in.or("isolatedNetwork", false), "enableNodePublicIp", in.or("enableNodePublicIp", true),
		"enableBatchPrivateLink", false)
}

// clusterSize is the VM size of a cluster that names none (SDK v1).
const clusterSize = "STANDARD_NC6"

func scaleSettings(in *object, idle any) *object {
	return obj("maxNodeCount", in.or("maxNodeCount", 4), "minNodeCount", in.or("minNodeCount", 0),
		"nodeIdleTimeBeforeScaleDown", in.or("nodeIdleTimeBeforeScaleDown", idle))
}

func makeCluster(s *Server, c *compute, _ *request, body *object, at time.Time) {
	in, doc := body.at("properties").at("properties"), c.inner()
	doc.set("vmPriority", doc.or("vmPriority", "Dedicated"))
	doc.set("scaleSettings", scaleSettings(in.at("scaleSettings"), idleDefault))
	if doc.str("remoteLoginPortPublicAccess") == "NotSpecified" { // open on nodes outside a virtual network, else closed
		doc.set("remoteLoginPortPublicAccess", map[bool]string{true: "Enabled", false: "Disabled"}[doc.get("subnet") == nil])
	}
	if account := in.at("userAccountCredentials"); account != nil { // the public key comes back in clear, the password never
		doc.setAfter("errors", "userAccountCredentials", obj("adminUserName", account.get("adminUserName"),
			"adminUserSshPublicKey", account.get("adminUserSshPublicKey"), "adminUserPassword", nil))
	}
	if size, ok := c.ws.ghosts[fold(c.name)]; ok { // azure-rest-api-specs#18889: the cluster that Detach left behind is back
		doc.set("vmSize", size)
		delete(c.ws.ghosts, fold(c.name))
	}
	doc.set("propertyBag", obj())
	c.setNodes(Nodes{})
	doc.setAfter("allocationState", "allocationStateTransitionTime", milliStamp(at))
	c.resize(s, at)
}

func applyCluster(s *Server, c *compute, body *object, at time.Time) {
	if scale := body.at("properties").at("properties").at("scaleSettings"); scale != nil {
		c.inner().set("scaleSettings", scaleSettings(scale, idleDefault))
	}
	tags, _ := cloneValue(body.or("tags", obj())).(*object)
	c.doc.set("tags", tags)
	c.identify(body.at("identity"))
	c.resize(s, at)
}

// resize lets the nodes follow the scale settings: Resizing, and Steady when an operation's time has passed.
func (c *compute) resize(s *Server, at time.Time) {
	doc := c.inner()
	scale := doc.at("scaleSettings")
	current := doc.num(0, "currentNodeCount")
	target := min(max(current, scale.num(0, "minNodeCount")), scale.num(0, "maxNodeCount"))
	if target == current && doc.str("allocationState") == "Steady" {
		return
	}
	doc.set("targetNodeCount", target)
	doc.set("allocationState", "Resizing")
	doc.set("allocationStateTransitionTime", milliStamp(at))
	s.at(at.Add(s.operationTime), c, nil, func(at time.Time) {
		c.setNodes(c.nodes().scaled(doc.num(0, "targetNodeCount")))
		doc.set("allocationState", "Steady")
		doc.set("allocationStateTransitionTime", milliStamp(at))
	})
}
