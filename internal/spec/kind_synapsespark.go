package spec

// synapsespark is a Spark pool of a Synapse workspace. Clients send the
// resource ID and the identity; the service fills in the rest.
var synapsespark = &Kind{
	Name: "synapsespark", ComputeType: "SynapseSpark", Title: "Synapse Spark pool",
	Fields: concat([]Field{
		description(CreateOnly),
		tags(CreateOnly),
		{Name: "location", ReadOnly: true},
		resourceID("Microsoft.Synapse/workspaces/bigDataPools"),
		disableLocalAuth(ByReattach),
		rawProperties(ByReattach, ""),
	}, identityFields(ByReattach),
		readOnly("node_family", "node_size", "node_count", "spark_version", "scale_settings", "auto_pause_settings")),
	readOnly: []string{
		"autoScaleProperties", "autoPauseProperties", "sparkVersion", "nodeCount", "nodeSize", "nodeSizeFamily",
		"subscriptionId", "resourceGroup", "workspaceName", "poolName",
	},
	resource: &resourceRule{kinds: []string{"Microsoft.Synapse/workspaces/bigDataPools"}},
	rules:    identityRules,
	check:    checkIdentity,
}
