package spec

// hdinsight is an HDInsight cluster that somebody else runs; Azure ML reaches
// it over ssh at <cluster>-ssh.azurehdinsight.net.
var hdinsight = &Kind{
	Name: "hdinsight", ComputeType: "HDInsight", Title: "HDInsight cluster",
	Fields: concat([]Field{
		description(CreateOnly),
		rawProperties(ByReattach, ""),
		tags(CreateOnly),
		{Name: "location", ReadOnly: true},
		resourceID("Microsoft.HDInsight/clusters"),
		{Name: "resource_group", Type: Text, Doc: "Resource group of `cluster_name`, in the workspace's subscription."},
		{Name: "cluster_name", Type: Text, Doc: "Name of the cluster in `resource_group`."},
		{
			Name: "address", Type: Text, ARM: "properties.properties.address", Change: ByReattach,
			Doc: "The cluster's ssh address, <cluster>-ssh.azurehdinsight.net.",
		},
		disableLocalAuth(ByReattach),
	}, sshFields(), readOnly()),
	SDKv1: map[string]string{
		"username": "ssh_settings.admin_username", "password": "ssh_settings.admin_password", "ssh_port": "ssh_settings.ssh_port",
		"private_key_file":       "ssh_settings.ssh_private_key_file",
		"private_key_passphrase": "ssh_settings.private_key_passphrase",
	},
	resource: &resourceRule{
		kinds: []string{"Microsoft.HDInsight/clusters"}, nameKey: "cluster_name", byAddress: true,
		addressSuffix: "-ssh.azurehdinsight.net",
	},
	check: func(c *checker, x *Compute) {
		checkSSH(c, x)
		c.warn("type", "public-ip", "Azure ML reaches the cluster over the internet: it needs a public address")
		warnAddress(c)
	},
}
