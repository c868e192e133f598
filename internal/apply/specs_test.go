package apply_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

func cluster(name string, more ...string) string {
	doc := "name: " + name + "\ntype: amlcompute\n"
	if !strings.Contains(strings.Join(more, "\n"), "size:") {
		doc += "size: STANDARD_DS3_V2\n"
	}
	return doc + strings.Join(more, "\n") + "\n"
}

func instance(name string, more ...string) string {
	return "name: " + name + "\ntype: computeinstance\nsize: STANDARD_DS3_V2\n" + strings.Join(more, "\n") + "\n"
}

// machine attaches a virtual machine of the user's.
func machine(name, vm string, more ...string) string {
	return fmt.Sprintf("name: %s\ntype: virtualmachine\nresource_id: %s\nssh_settings: {admin_username: ml, admin_password: secret://env/COMPUTESYNC_SECRET_VM}\n%s\n",
		name, machineID(vm), strings.Join(more, "\n"))
}

func machineID(vm string) string {
	return "/subscriptions/" + subscription + "/resourceGroups/rg-vm/providers/Microsoft.Compute/virtualMachines/" + vm
}

// team attaches one namespace of a cluster that others use, too.
func team(name, namespace string) string {
	return fmt.Sprintf("name: %s\ntype: kubernetes\nnamespace: %s\nresource_id: %s\n", name, namespace, sharedID)
}

const sharedID = "/subscriptions/" + subscription + "/resourceGroups/rg-k8s/providers/Microsoft.ContainerService/managedClusters/shared"

func hadoop(name, address string, more ...string) string {
	return fmt.Sprintf("name: %s\ntype: hdinsight\naddress: %s-ssh.azurehdinsight.net\nssh_settings: {admin_username: ml, admin_password: secret://env/COMPUTESYNC_SECRET_VM}\n%s\n",
		name, address, strings.Join(more, "\n"))
}

// randomSpecs are clusters of changing size, an instance that starts and
// stops, and machines and namespaces of one cluster that change their names.
func randomSpecs(rng *rand.Rand) (docs []string) {
	for i := range 4 {
		if rng.IntN(4) > 0 {
			docs = append(docs, cluster(fmt.Sprint("gpu", i), "size: "+[]string{"STANDARD_DS3_V2", "STANDARD_D2_V2"}[rng.IntN(2)],
				fmt.Sprint("max_instances: ", 1+rng.IntN(3))))
		}
	}
	if rng.IntN(4) > 0 {
		docs = append(docs, instance("desk", "computesync: {state: "+[]string{"running", "stopped"}[rng.IntN(2)]+"}"))
	}
	names := rng.Perm(6)
	for i := range 4 {
		if rng.IntN(5) > 0 {
			docs = append(docs, machine(fmt.Sprint("vm", names[i]), fmt.Sprint("m", i)))
		}
	}
	for i := range 3 {
		if rng.IntN(5) > 0 {
			docs = append(docs, team(fmt.Sprint("team", names[i]), fmt.Sprint("ns", i)))
		}
	}
	return docs
}
