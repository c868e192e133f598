package spec

import (
	"fmt"
	"regexp"
	"strings"
)

// kubernetes is an AKS or Arc cluster with the Azure ML extension. No client
// updates an attachment; what a second PUT would do is not known.
var kubernetes = &Kind{
	Name: "kubernetes", ComputeType: "Kubernetes", Title: "Kubernetes cluster",
	Fields: concat(attachedFields("AKS or Arc cluster", "cluster_name", "AKS cluster"), []Field{
		{
			Name: "namespace", Type: Text, ARM: "properties.properties.namespace", Change: ByReattach, Form: namespaceForm, Default: "default",
			AtStake: Access,
			Doc:     "Namespace in which workloads run; one cluster may be attached once for each of its namespaces.",
		},
		{
			Name: "relay_connection_string", Type: Secret, ARM: "properties.properties.relayConnectionString", Change: ByReattach,
			Doc: "Reference to the connection string of the Azure Relay that the extension uses.",
		},
		{
			Name: "service_bus_connection_string", Type: Secret, ARM: "properties.properties.serviceBusConnectionString", Change: ByReattach,
			Doc: "Reference to the connection string of the Service Bus that the extension uses.",
		},
		disableLocalAuth(ByReattach),
		rawProperties(ByReattach, "`defaultInstanceType` and `instanceTypes` among them (CLI v2's snake_case is understood)"),
	}, identityFields(ByReattach), readOnly()),
	Keep: []Field{
		raw("defaultInstanceType"), raw("extensionPrincipalId"), raw("extensionInstanceReleaseTrain"), raw("vcName"),
		{Name: "instanceTypes", ARM: armInner + ".instanceTypes", Key: "*", Fields: []Field{raw("nodeSelector"), raw("resources")}},
	},
	rawNames: map[string]string{
		"default_instance_type": "defaultInstanceType", "instance_types": "instanceTypes",
		"instanceTypes.*.node_selector": "nodeSelector",
		"extension_principal_id":        "extensionPrincipalId", "extension_instance_release_train": "extensionInstanceReleaseTrain",
		"vc_name":                 "vcName",
		"relay_connection_string": "relayConnectionString", "service_bus_connection_string": "serviceBusConnectionString",
	},
	rawToo:  []string{"namespace"}, // az ml prints it there as well
	rawText: "instanceTypes",       // of Kubernetes quantities and labels: the service refuses numbers
	SDKv1:   map[string]string{"identity_type": "identity.type", "identity_ids": "identity.user_assigned_identities"},
	resource: &resourceRule{
		kinds:   []string{"Microsoft.ContainerService/managedClusters", "Microsoft.Kubernetes/connectedClusters"},
		nameKey: "cluster_name", part: "namespace",
	},
	rules: identityRules,
	check: func(c *checker, x *Compute) {
		checkIdentity(c, x)
		if n := len(x.identities()); n > 1 {
			c.errorAt("identity.user_assigned_identities", "", "a %s takes one user-assigned identity, not %d", x.Kind.Title, n)
		}
	},
}

// namespacePattern is that of a DNS label, which Kubernetes takes for the name of a namespace.
var namespacePattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

var namespaceForm = &Form{
	normal: func(s string) (string, fault) {
		if namespacePattern.MatchString(s) {
			return s, fault{}
		}
		wrong := fault{problem: fmt.Sprintf(
			"%q is no namespace: it has 1 to 63 lower-case letters, digits and -, and a letter or digit at both ends", clip(s))}
		if lower := strings.ToLower(s); namespacePattern.MatchString(lower) {
			wrong.hint = "write " + lower
		}
		return "", wrong
	},
	Offer: func() []string { return []string{"default", "team-a"} },
}
