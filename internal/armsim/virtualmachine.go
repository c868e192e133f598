package armsim

import (
	"fmt"
	"time"
)

// virtualMachine is a machine of the user's, attached over ssh. GET right after the PUT differs from the end only in
// provisioningState and modifiedOn; the account is null in both (azure-service-operator's recordings of 2022 and 2025).
var virtualMachine = kind{
	computeType: "VirtualMachine",
	attached:    always,
	check:       checkSSH,
	echo:        echoMachine,
	made:        makeMachine,
	fixed:       []string{"address", "sshPort", "administratorAccount", "notebookServerPort"},
	actions:     map[string]func(*Server, *request, *compute) answer{"listkeys": (*Server).listKeys},
}

// checkSSH wants something to attach and a way to log on to it.
func checkSSH(_ *Server, _ *request, _ *workspace, props *object) *refusal {
	in := props.at("properties")
	account := in.at("administratorAccount")
	switch {
	case props.str("resourceId") == "" && in.str("address") == "":
		return refuse("Either 'resourceId' or 'address' is required.")
	case account.str("username") == "":
		return refuse("The property 'administratorAccount.username' is required.")
	case account.str("password") == "" && account.str("privateKeyData") == "":
		return refuse("Either 'administratorAccount.password' or 'administratorAccount.privateKeyData' is required.")
	}
	return nil
}

func echoMachine(_ *compute, props *object) *object {
	in := props.at("properties")
	var size, address any = nil, in.get("address")
	if id := props.str("resourceId"); id != "" { // the service asks the machine
		size, address = "STANDARD_D2S_V3", publicAddress(id)
	}
	return obj("virtualMachineSize", size, "sshPort", in.or("sshPort", 22), "notebookServerPort", in.get("notebookServerPort"),
		"address", address, "ipAddress", address, "administratorAccount", nil, "imageVersion", nil, "applicationUris", nil, "createdBy", nil)
}

// publicAddress is the address at which the machine of a resource ID is found.
func publicAddress(resourceID string) string {
	h := hash(fold(resourceID))
	return fmt.Sprintf("20.%d.%d.%d", h[0], h[1], h[2])
}

func makeMachine(s *Server, c *compute, rq *request, body *object, at time.Time) {
	account := body.at("properties").at("properties").at("administratorAccount")
	c.keys = obj("administratorAccount", obj("username", account.get("username"), "password", account.get("password"),
		"publicKeyData", account.get("publicKeyData"), "privateKeyData", account.get("privateKeyData")))
	madeAttachment(s, c, rq, body, at)
}
