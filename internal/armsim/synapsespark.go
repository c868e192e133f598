package armsim

// synapseSpark is a Spark pool of a Synapse workspace, attached by its resource ID; clients send nothing else, and all its
// properties are what the service reads from the pool (azure-ai-ml and terraform-provider-azurerm treat them so).
var synapseSpark = kind{
	computeType: "SynapseSpark",
	attached:    always,
	check:       checkResource("Microsoft.Synapse/workspaces/bigDataPools"),
	echo:        echoSynapseSpark,
	made:        madeAttachment,
}

func echoSynapseSpark(c *compute, props *object) *object {
	id := props.str("resourceId")
	if id == "" {
		id = c.props().str("resourceId")
	}
	return obj("autoScaleProperties", obj("minNodeCount", 3, "enabled", true, "maxNodeCount", 10),
		"autoPauseProperties", obj("delayInMinutes", 15, "enabled", true),
		"sparkVersion", "3.4", "nodeCount", 5, "nodeSize", "Medium", "nodeSizeFamily", "MemoryOptimized",
		"subscriptionId", c.ws.subscription, "resourceGroup", c.ws.group, "workspaceName", c.ws.name, "poolName", resourceName(id))
}
