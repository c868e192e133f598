package arm

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Sense is what an error says about sending the same request again.
type Sense uint8

// The senses. Refused is the zero value: a request is repeated only where something says that it may help.
const (
	Refused Sense = iota // Azure considered the request and said no
	Blocked              // something other than the request must change first: one try, and it may be planned again
	Busy                 // the same request may succeed in a moment
)

// rule is what is known of some codes of Azure's, or of texts that come without a code of their own.
type rule struct {
	codes []string
	texts []string // parts of messages, in lower case
	both  bool     // a code counts only with a text, and a text only with a code
	own   bool     // code or text say little: they count where nothing else of the error is known, the code as an answer's own
	sense Sense
	hint  func(*Error) string
}

// rules is the table of the codes, for answers and for operations that failed; docs/operations.md has a row for each. The
// first rule with a code of the error counts, else the first with a text of it, else the first that is own. Codes and texts: Microsoft's list of common
// deployment errors, its documentation of locks, and public reports of Azure ML (AML-RP, SDK v1).
var rules = []rule{
	{codes: []string{"ScopeLocked"}, texts: []string{"scope(s) are locked"}, sense: Blocked, hint: (*Error).hintLocked},
	{
		codes: []string{"NoRegisteredProviderFound"}, texts: []string{"api version", "api-version"}, both: true,
		hint: always(otherVersion),
	},
	{
		codes: []string{"InvalidApiVersionParameter", "UnsupportedApiVersion", "InvalidResourceType"},
		hint:  always(otherVersion),
	},
	{
		codes: []string{
			"MissingSubscriptionRegistration", "SubscriptionNotRegistered", "NoRegisteredProviderFound",
			"MissingRegistrationForLocation",
		},
		texts: []string{"not registered to use namespace"}, sense: Blocked, hint: (*Error).hintUnregistered,
	},
	{
		codes: []string{"ReadOnlyDisabledSubscription", "DisabledSubscription"},
		texts: []string{"subscription is disabled", "subscription is not active"}, sense: Blocked,
		hint: always("enable the subscription again (in the Azure portal, under Subscriptions): a disabled one can only be read; " +
			"a spending limit or an unpaid bill is the usual cause"),
	},
	{
		codes: []string{"AccountIsDisabled"}, sense: Blocked,
		hint: always("enable the account that the message names; where its subscription is disabled, enable that first"),
	},
	{
		codes: []string{"ResourceGroupBeingDeleted"}, texts: []string{"is in deprovisioning state"}, sense: Blocked,
		hint: always("the resource group is being deleted, with all that is in it: remove the workspace from git, " +
			"or make group and workspace again once it is gone"),
	},
	{
		codes: []string{"SubscriptionNotFound"}, sense: Blocked,
		hint: always("check subscription_id, and that the identity can see the subscription"),
	},
	{
		codes: []string{"ResourceGroupNotFound"}, sense: Blocked,
		hint: always("check resource_group and subscription_id in workspace.yaml"),
	},
	{
		codes: []string{"RequestDisallowedByPolicy"}, texts: []string{"disallowed by policy"}, sense: Blocked,
		hint: always("an Azure Policy forbids it: change the compute, or ask the policy's owner"),
	},
	{
		codes: []string{"RequestDisallowedByAzure"}, sense: Blocked,
		hint: always("Azure does not offer that to the subscription in the region: choose another region, or ask Azure's support"),
	},
	{
		codes: []string{"LinkedAuthorizationFailed"}, sense: Blocked,
		hint: always("the identity also needs a role on the resource the compute refers to (its VM, cluster or subnet)"),
	},
	{codes: []string{"AuthorizationFailed"}, sense: Blocked, hint: (*Error).hintForbidden},
	{
		codes: []string{"ExpiredAuthenticationToken"}, sense: Blocked,
		hint: always("the token has expired: sign in again (az login) and check this machine's clock"),
	},
	{
		codes: []string{"InvalidAuthenticationTokenTenant"}, sense: Blocked,
		hint: always("the token is of another tenant than the subscription: set AZURE_TENANT_ID, or az login --tenant TENANT"),
	},
	{
		codes: []string{
			"SkuNotAvailable", "AllocationFailed", "ZonalAllocationFailed",
			"OverconstrainedAllocationRequest", "OverconstrainedZonalAllocationRequest",
		},
		hint: always("Azure has no room for that size in the region at present: wait, or choose another size, priority or region"),
	},
	{
		codes: []string{"StartComputeInstanceOnlyAllowedInStoppedState"}, sense: Busy,
		hint: always("the instance has not stopped yet: wait until it has, then run this again"),
	},
	{
		codes: []string{"AnotherOperationInProgress"}, texts: []string{"already an active operation"}, sense: Busy,
		hint: always(wait),
	},
	{
		texts: []string{"compute with this name already exists", "compute name needs to be unique"},
		hint:  always("another compute of the region has that name, perhaps in another workspace: choose another name"),
	},
	{
		texts: []string{"compute name is invalid"},
		hint:  always("use 3 to 24 letters, digits and dashes, beginning with a letter"),
	},
	{
		codes: []string{"InvalidPropertyValue"},
		hint: always("the message names the property: correct its value in the spec; " +
			"of a size, computesync plan names those that the region has"),
	},
	{
		codes: []string{
			"ClusterMinNodesExceedCoreQuota", "ClusterCoreQuotaReached", "QuotaExceeded", "ResourceQuotaExceeded",
		},
		texts: []string{
			"exceeding quota", "exceeds quota", "exceed quota", "exceeds the quota", "exceed the quota", "exceeding approved",
			"quota exceeded", "quota is exceeded", "quota limit", "quota reached", "core quota", "cores quota", "cpu quota",
			"not enough quota", "insufficient quota",
		},
		hint: always(moreQuota),
	},
	{codes: []string{"ParentResourceNotFound"}, own: true, sense: Blocked, hint: always(noWorkspace)},
	{codes: []string{"ResourceNotFound"}, own: true, hint: always(noWorkspace)},
	{codes: []string{"Conflict"}, own: true, sense: Busy, hint: always(wait)},
	{texts: []string{"quota"}, own: true, hint: always(moreQuota)},
}

const otherVersion = "state an api-version that Azure supports there, with --api-version or azure.api_version, " +
	"or remove the field that needs this one (computesync validate names it with [api-version])"

const moreQuota = "ask for more quota of that VM family in the workspace's region, or choose another size, priority or fewer nodes; " +
	"one node must fit even with min_instances 0"

const noWorkspace = "check workspace_name, resource_group and subscription_id in workspace.yaml; workspaces are not created here"

const wait = "another operation is running on it: wait until that has ended, then run this again"

func always(hint string) func(*Error) string { return func(*Error) string { return hint } }

// Sense says whether the same request may be sent again. A code decides, whatever the status; where none is known, the
// status does. A 409 with an unknown code may mean anything, and is not taken for another operation that is under way.
func (e *Error) Sense() Sense {
	if e.Status == http.StatusTooManyRequests {
		return Busy
	}
	if IsWorkspaceNotFound(e) {
		return Blocked
	}
	if r := e.rule(); r != nil {
		return r.sense
	}
	switch e.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict:
		return Blocked
	}
	return Refused
}

// rule is the rule for an error; nil where nothing is known of it.
func (e *Error) rule() *rule {
	codes, texts := e.reasons()
	coded := func(r *rule) bool { return slices.ContainsFunc(codes, r.hasCode) }
	says := func(r *rule) bool { return slices.ContainsFunc(texts, r.hasText) }
	for _, applies := range []func(*rule) bool{
		func(r *rule) bool { return !r.own && coded(r) && (!r.both || says(r)) },
		func(r *rule) bool { return !r.own && !r.both && says(r) },
		func(r *rule) bool { return r.own && (r.hasCode(e.ownCode()) || says(r)) },
	} {
		for i := range rules {
			if applies(&rules[i]) {
				return &rules[i]
			}
		}
	}
	return nil
}

func (r *rule) hasCode(code string) bool {
	return slices.ContainsFunc(r.codes, func(c string) bool { return strings.EqualFold(c, code) })
}

func (r *rule) hasText(text string) bool {
	return slices.ContainsFunc(r.texts, func(t string) bool { return strings.Contains(strings.ToLower(text), t) })
}

// reasons are all codes and messages of an error.
func (e *Error) reasons() (codes, texts []string) {
	codes, texts = []string{e.Code, e.InnerCode}, []string{e.Message}
	for _, d := range e.Details {
		codes, texts = append(codes, d.Code), append(texts, d.Message)
	}
	return codes, texts
}

// ownCode is the code of an answer. One without a code, or with a number for it, says what its status does.
func (e *Error) ownCode() string {
	switch {
	case e.Operation != "" || e.State != "":
		return ""
	case e.Code == "" || e.Code == strconv.Itoa(e.Status):
		return statusCode(e.Status)
	}
	return e.Code
}

// statusCode is a status as Azure writes it as a code: NotFound.
func statusCode(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }
