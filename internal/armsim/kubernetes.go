package armsim

// kubernetes is a Kubernetes cluster with Azure ML's extension, attached by its resource ID: of AKS, or of one that Azure
// Arc connects. A cluster can be attached once for each namespace ("Attach a Kubernetes cluster to Azure Machine Learning
// workspace"). The kind aks may name the same cluster, and is one attachment too many then.
var kubernetes = kind{
	computeType: "Kubernetes",
	attached:    always,
	check:       checkKubernetes,
	echo:        echoKubernetes,
	made:        madeAttachment,
	apart:       "namespace",
	fixed: []string{
		"namespace", "defaultInstanceType", "instanceTypes", "vcName", "extensionPrincipalId", "extensionInstanceReleaseTrain",
		"relayConnectionString", "serviceBusConnectionString",
	},
}

const (
	managedCluster   = "Microsoft.ContainerService/managedClusters"
	connectedCluster = "Microsoft.Kubernetes/connectedClusters"
)

func checkKubernetes(_ *Server, _ *request, _ *workspace, props *object) *refusal {
	types := props.at("properties").at("instanceTypes")
	if types == nil {
		types = obj()
	}
	for _, one := range types.members {
		resources, _ := one.value.(*object)
		if !quantities(resources.at("resources").at("requests")) || !quantities(resources.at("resources").at("limits")) {
			return refuse("The resources of the instance type '" + one.key + "' must be strings.")
		}
	}
	return needResource(props, managedCluster, connectedCluster)
}

// quantities says whether all values are strings or null, as the API description has them: a number is none.
func quantities(o *object) bool {
	if o == nil {
		return true
	}
	for _, m := range o.members {
		if _, ok := m.value.(string); !ok && m.value != nil {
			return false
		}
	}
	return true
}

// defaultType is the instance type that the extension brings along ("Create and manage instance types for efficient
// utilization of compute resources").
const defaultType = "defaultinstancetype"

func echoKubernetes(_ *compute, props *object) *object {
	in := props.at("properties")
	return obj("relayConnectionString", nil, "serviceBusConnectionString", nil,
		"extensionPrincipalId", in.or("extensionPrincipalId", hashGUID(fold(props.str("resourceId")), "extension")),
		"extensionInstanceReleaseTrain", in.or("extensionInstanceReleaseTrain", "stable"), "vcName", in.get("vcName"),
		"namespace", in.or("namespace", "default"), "defaultInstanceType", in.or("defaultInstanceType", defaultType),
		"instanceTypes", in.or("instanceTypes", obj(defaultType, obj("nodeSelector", nil, "resources", obj(
			"requests", obj("cpu", "100m", "memory", "2Gi"),
			"limits", obj("cpu", "2", "memory", "2Gi", "nvidia.com/gpu", nil))))))
}
