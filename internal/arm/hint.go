package arm

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Hint is what to do about it, in the imperative; empty where nothing better than the error itself can be said.
func (e *Error) Hint() string {
	if e.Status == http.StatusTooManyRequests {
		return e.hintThrottled()
	}
	if r := e.rule(); r != nil {
		return r.hint(e)
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return "check azure.credential and that azure.cloud is the cloud the identity lives in"
	case http.StatusForbidden:
		return e.hintForbidden()
	case http.StatusPreconditionFailed:
		return "it exists by now: plan again"
	}
	switch {
	case e.Operation != "":
		return "computesync does not know this code: do what the message says, in Azure or in the file; " +
			"computesync plan says whether and when the next try is"
	case e.Status == http.StatusConflict:
		return "computesync does not know this code, and does not repeat the request by itself: do what the message says, then run this again"
	case e.Status >= 500:
		return "the fault is Azure's; try again later, and give the correlation id to Azure's support if it stays"
	case e.Status/100 == 3:
		return "redirects are not followed; check azure.endpoint and whatever proxy stands in front of it"
	}
	return ""
}

var (
	lockedScope = regexp.MustCompile(`/subscriptions/[A-Za-z0-9._()/-]*[A-Za-z0-9_)]`)
	groupOf     = regexp.MustCompile(`(?i)/resourceGroups/([^/]+)`)
)

// hintLocked names the scopes that the message says are locked.
func (e *Error) hintLocked() string {
	_, texts := e.reasons()
	_, after, _ := strings.Cut(strings.Join(texts, " "), "locked:")
	scopes := lockedScope.FindAllString(after, -1)
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	if len(scopes) == 0 {
		return "remove the lock on the compute, its workspace, group or subscription (az lock list shows it), or ask its owner to"
	}
	list := "az lock list"
	if m := groupOf.FindStringSubmatch(scopes[0]); m != nil {
		list += " --resource-group " + m[1]
	}
	return fmt.Sprintf("remove the lock on %s (%s shows it), or ask its owner to", strings.Join(scopes, " and "), list)
}

var namespace = regexp.MustCompile(`namespace '([A-Za-z0-9.]+)'`)

// hintUnregistered names the namespace of the provider, which may be another one than Azure ML's.
func (e *Error) hintUnregistered() string {
	name := "Microsoft.MachineLearningServices"
	_, texts := e.reasons()
	if m := namespace.FindStringSubmatch(strings.Join(texts, " ")); m != nil {
		name = m[1]
	}
	return fmt.Sprintf("register the provider with the subscription: az provider register --namespace %s; that takes some minutes", name)
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
	return fmt.Sprintf("give the identity a role with %s on the workspace, such as AzureML Compute Operator; a new role takes some minutes to work", action)
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
