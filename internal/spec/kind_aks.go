package spec

import "net/netip"

// aks is the older way to use an AKS cluster, for inference: attached, or made
// by Azure ML where no resource is named. The v1 SDK changes TLS and the load
// balancer by GET, change, PUT; for an attached cluster Microsoft's guide says
// to detach and attach.
var aks = &Kind{
	Name: "aks", ComputeType: "AKS", Title: "AKS cluster", Managed: true,
	Fields: concat([]Field{
		description(CreateOnly),
		tags(CreateOnly),
		{
			Name: "location", Type: Region, ARM: "properties.computeLocation", Change: ByReplace,
			Doc: "Region of a cluster that Azure ML makes, where it is not the workspace's.",
		},
		resourceID("Microsoft.ContainerService/managedClusters"),
		{Name: "resource_group", Type: Text, Doc: "Resource group of `cluster_name`, in the workspace's subscription."},
		{Name: "cluster_name", Type: Text, Doc: "Name of the AKS cluster in `resource_group`."},
		{
			Name: "size", Type: Word, ARM: "properties.properties.agentVmSize", Change: ByReplace, AtStake: Money,
			Doc: "VM size of the nodes of a cluster that Azure ML makes.",
		},
		{
			Name: "agent_count", Type: Int, ARM: "properties.properties.agentCount", Change: ByReplace, Min: 1, Max: 1000,
			AtStake: Money,
			Doc:     "Nodes of a cluster that Azure ML makes.",
		},
		{
			Name: "cluster_purpose", Type: Choice, ARM: "properties.properties.clusterPurpose", Change: ByReplace, Reattach: true,
			Enum:   []Enum{{"fast_prod", "FastProd"}, {"dense_prod", "DenseProd"}, {"dev_test", "DevTest"}},
			Filled: "fast_prod",
			Doc:    "Whether the cluster is for production or for tests.",
		},
		{
			Name: "load_balancer_type", Type: Choice, ARM: "properties.properties.loadBalancerType", Change: ByPut, Reattach: true, Absent: "public_ip",
			Enum:    []Enum{{"public_ip", "PublicIp"}, {"internal", "InternalLoadBalancer"}},
			AtStake: Access, Doc: "Address by which models are reached.",
		},
		{
			Name: "load_balancer_subnet", Type: Text, ARM: "properties.properties.loadBalancerSubnet", Change: ByPut, Reattach: true,
			Doc: "Subnet of an internal load balancer.",
		},
		{
			Name: "ssl.status", Type: Choice, ARM: "properties.properties.sslConfiguration.status", Change: ByPut, Reattach: true, Absent: "disabled",
			Enum: []Enum{{"disabled", "Disabled"}, {"enabled", "Enabled"}, {"auto", "Auto"}},
			Doc:  "TLS: none, with the certificate given here, or with Microsoft's for a leaf domain.",
		},
		{
			Name: "ssl.cname", Type: Text, ARM: "properties.properties.sslConfiguration.cname", Change: ByPut, Reattach: true,
			Doc: "Host name of the certificate.",
		},
		{
			Name: "ssl.cert", Type: Secret, ARM: "properties.properties.sslConfiguration.cert", Change: ByPut, Reattach: true,
			Doc: "Reference to the certificate, PEM.",
		},
		{
			Name: "ssl.key", Type: Secret, ARM: "properties.properties.sslConfiguration.key", Change: ByPut, Reattach: true,
			Doc: "Reference to the certificate's private key, PEM.",
		},
		{
			Name: "ssl.leaf_domain_label", Type: Text, ARM: "properties.properties.sslConfiguration.leafDomainLabel", Change: ByPut, Reattach: true,
			Doc: "Label of Microsoft's domain, for `auto`.",
		},
		{
			Name: "ssl.overwrite_existing_domain", Type: Switch, ARM: "properties.properties.sslConfiguration.overwriteExistingDomain",
			Change: ByPut, Reattach: true, Filled: false, Doc: "Whether a label that is in use is taken over.",
		},
		{
			Name: "network_settings.subnet", Type: Resource, ARM: "properties.properties.aksNetworkingConfiguration.subnetId",
			Change: ByReplace, AtStake: Access,
			Doc: "Subnet of a cluster that Azure ML makes: a name in `vnet_name`, or a full resource ID.",
		},
		{Name: "network_settings.vnet_name", Type: Text, Doc: "Virtual network of `subnet`, in the workspace's resource group."},
		aksField("network_settings.service_cidr", Text, "aksNetworkingConfiguration.serviceCidr", ByReplace, "Range of service addresses."),
		aksField("network_settings.dns_service_ip", Text, "aksNetworkingConfiguration.dnsServiceIP", ByReplace, "Address of the cluster's DNS."),
		aksField("network_settings.docker_bridge_cidr", Text, "aksNetworkingConfiguration.dockerBridgeCidr", ByReplace, "Range of the container bridge."),
		disableLocalAuth(CreateOnly),
		rawProperties(CreateOnly, ""),
	}, readOnly()),
	readOnly: []string{"clusterFqdn", "systemServices"},
	SDKv1: map[string]string{
		"vm_size": "size", "ssl_enabled": "ssl.status", "ssl_cert_pem_file": "ssl.cert", "ssl_key_pem_file": "ssl.key", "ssl_cname": "ssl.cname",
		"leaf_domain_label": "ssl.leaf_domain_label", "overwrite_existing_domain": "ssl.overwrite_existing_domain",
		"vnet_name": "network_settings.vnet_name", "subnet_name": "network_settings.subnet", "service_cidr": "network_settings.service_cidr",
		"dns_service_ip": "network_settings.dns_service_ip", "docker_bridge_cidr": "network_settings.docker_bridge_cidr",
		"vnet_resourcegroup_name": "network_settings.subnet (a full resource ID)",
	},
	resource: &resourceRule{kinds: []string{"Microsoft.ContainerService/managedClusters"}, nameKey: "cluster_name"},
	rules:    aksRules(),
	check:    checkAKS,
}

func aksField(name string, t Type, path string, change Change, doc string) Field {
	return Field{Name: name, Type: t, ARM: "properties.properties." + path, Change: change, Doc: doc}
}

// aksRules are what belongs to a cluster that Azure ML makes, to TLS of one kind
// or to an internal load balancer.
func aksRules() []rule {
	rules := []rule{only("load_balancer_subnet", "load_balancer_type", "load_balancer_subnet is for an internal load balancer",
		"add load_balancer_type: internal", func(x *Compute) bool { return x.Text("load_balancer_type") == "internal" })}
	for _, name := range []string{
		"size", "agent_count", "location", "network_settings.subnet", "network_settings.service_cidr",
		"network_settings.dns_service_ip", "network_settings.docker_bridge_cidr",
	} {
		rules = append(rules, only(name, "resource_id", name+" is for a cluster that Azure ML makes",
			"remove it, or name no resource to have a cluster made", func(x *Compute) bool { return !x.Attaches() }))
	}
	for _, tls := range []struct {
		word  string
		names []string
	}{{"enabled", []string{"ssl.cert", "ssl.key", "ssl.cname"}}, {"auto", []string{"ssl.leaf_domain_label"}}} {
		word := tls.word
		has := func(x *Compute) bool { return x.Text("ssl.status") == word }
		for _, name := range tls.names {
			rules = append(rules, only(name, "ssl.status", name+" is for ssl.status "+word, "set ssl.status to "+word+", or remove it", has),
				rule{fields: []string{"ssl.status", name}, broken: func(x *Compute) (string, string) {
					return when(has(x) && !x.has(name), "ssl.status "+word+" needs "+name, "")
				}})
		}
	}
	return rules
}

func checkAKS(c *checker, x *Compute) {
	for _, name := range []string{"network_settings.service_cidr", "network_settings.docker_bridge_cidr"} {
		if _, err := netip.ParsePrefix(x.Text(name)); c.has(name) && err != nil {
			c.errorAt(name, "write it as 10.0.0.0/16", "%s is no range of addresses", name)
		}
	}
	if _, err := netip.ParseAddr(x.Text("network_settings.dns_service_ip")); c.has("network_settings.dns_service_ip") && err != nil {
		c.errorAt("network_settings.dns_service_ip", "", "network_settings.dns_service_ip is no address")
	}
	c.warn("type", "superseded", "kubernetes is the newer way to use an AKS cluster")
}
