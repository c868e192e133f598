package spec

// kubernetes is an AKS or Arc cluster with the Azure ML extension. No client
// updates an attachment; what a second PUT would do is not known.
var kubernetes = &Kind{
	Name: "kubernetes", ComputeType: "Kubernetes", Title: "Kubernetes cluster",
	Fields: concat([]Field{
		description(CreateOnly),
		tags(CreateOnly),
		{Name: "location", ReadOnly: true},
		resourceID("AKS or Arc cluster"),
		{Name: "resource_group", Type: Text, Doc: "Resource group of `cluster_name`, in the workspace's subscription."},
		{Name: "cluster_name", Type: Text, Doc: "Name of the AKS cluster in `resource_group`."},
		{Name: "namespace", Type: Text, ARM: "properties.properties.namespace", Change: ByReattach, Default: "default",
			Doc: "Namespace in which workloads run."},
		{Name: "relay_connection_string", Type: Secret, ARM: "properties.properties.relayConnectionString", Change: ByReattach,
			Doc: "Reference to the connection string of the Azure Relay that the extension uses."},
		{Name: "service_bus_connection_string", Type: Secret, ARM: "properties.properties.serviceBusConnectionString", Change: ByReattach,
			Doc: "Reference to the connection string of the Service Bus that the extension uses."},
		disableLocalAuth(ByReattach),
		rawProperties(ByReattach, "defaultInstanceType and instanceTypes among them"),
	}, identityFields(ByReattach), readOnly()),
	resource: &resourceRule{kinds: []string{"Microsoft.ContainerService/managedClusters", "Microsoft.Kubernetes/connectedClusters"},
		nameKey: "cluster_name"},
	check: checkIdentity,
}
