package armsim

// hdInsight is an HDInsight cluster of the user's, attached over ssh: by its resource ID (Azure's quick start template)
// or by its ssh address (SDK v1). Its answers were not recorded; they are taken to be a virtual machine's.
var hdInsight = kind{
	computeType: "HDInsight",
	attached:    always,
	check:       checkSSH,
	echo:        echoHDInsight,
	made:        madeAttachment,
	fixed:       []string{"address", "sshPort", "administratorAccount"},
}

func echoHDInsight(_ *compute, props *object) *object {
	in := props.at("properties")
	address := in.get("address")
	if name := resourceName(props.str("resourceId")); name != "" && address == nil {
		address = name + "-ssh.azurehdinsight.net"
	}
	return obj("sshPort", in.or("sshPort", 22), "address", address, "administratorAccount", nil)
}
