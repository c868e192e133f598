package arm

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Hint is the way out, in the imperative; empty where nothing better than the error itself can be said.
func (e *Error) Hint() string {
	switch {
	case IsQuota(e):
		return "ask for more quota of that VM family in the workspace's region, or choose another size, priority or fewer nodes; one node must fit even with min_instances 0"
	case IsConflict(e):
		return "another operation is running on it: wait until that has ended, then run this again"
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return e.hintUnauthorized()
	case http.StatusForbidden:
		return e.hintForbidden()
	case http.StatusNotFound:
		return e.hintNotFound()
	case http.StatusPreconditionFailed:
		return "it exists by now: plan again"
	case http.StatusTooManyRequests:
		return e.hintThrottled()
	}
	switch {
	case e.Status >= 500 && e.Operation == "":
		return "the fault is Azure's; try again later, and give the correlation id to Azure's support if it stays"
	case e.Status/100 == 3:
		return "redirects are not followed; check azure.endpoint and whatever proxy stands in front of it"
	}
	return ""
}

func (e *Error) hintUnauthorized() string {
	switch {
	case e.Code == "ExpiredAuthenticationToken":
		return "the token has expired: sign in again (az login) and check this machine's clock"
	case strings.HasPrefix(e.Code, "InvalidAuthenticationTokenTenant"):
		return "the token is of another tenant than the subscription: set AZURE_TENANT_ID, or az login --tenant TENANT"
	}
	return "check azure.credential and that azure.cloud is the cloud the identity lives in"
}

var deniedAction = regexp.MustCompile(`perform action '([^']+)'`)

func (e *Error) hintForbidden() string {
	action := "Microsoft.MachineLearningServices/workspaces/computes/" + map[string]string{
		http.MethodGet: "read", http.MethodHead: "read", http.MethodDelete: "delete", http.MethodPost: "action",
	}[e.Method]
	if strings.HasSuffix(action, "/") {
		action += "write"
	}
	if m := deniedAction.FindStringSubmatch(e.Message); m != nil {
		action = m[1]
	}
	switch e.Code {
	case "LinkedAuthorizationFailed":
		return "the identity also needs a role on the resource the compute refers to (its VM, cluster or subnet)"
	case "RequestDisallowedByPolicy":
		return "an Azure Policy forbids it: change the compute, or ask whoever assigns the policy"
	}
	return fmt.Sprintf("give the identity a role with %s on the workspace, such as AzureML Compute Operator; a new role takes some minutes to work", action)
}

func (e *Error) hintNotFound() string {
	switch e.Code {
	case "SubscriptionNotFound":
		return "check subscription_id, and that the identity can see the subscription"
	case "ResourceGroupNotFound":
		return "check resource_group and subscription_id in workspace.yaml"
	case "ResourceNotFound", "ParentResourceNotFound":
		return "check workspace_name, resource_group and subscription_id in workspace.yaml; workspaces are not created here"
	}
	return ""
}

func (e *Error) hintThrottled() string {
	if e.RetryAfter > 0 {
		return fmt.Sprintf("wait %s; somebody else may be using the subscription's request limits too", e.RetryAfter.Round(time.Second))
	}
	return "wait a minute; somebody else may be using the subscription's request limits too"
}

// Hint is the way out.
func (e *TransportError) Hint() string {
	switch {
	case Ambiguous(e):
		return "it may have taken effect: look at the resource before sending it again"
	case cancelled(e.Err):
		return ""
	}
	return "check the network, the proxy and azure.endpoint"
}

// Hint is the way out.
func (e *AuthError) Hint() string {
	return "check azure.credential; for the command line az login is enough"
}

// Hint is the way out.
func (e *MalformedError) Hint() string {
	if errors.Is(e.Err, errTooLarge) {
		return "this limit is fixed: check azure.endpoint, and whether the workspace has tens of thousands of computes"
	}
	return "check azure.endpoint and whatever proxy stands in front of it; nothing was concluded from this answer"
}
