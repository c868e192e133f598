package arm

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// statuses are those that Azure sends one code with, or may.
var statuses = []int{400, 403, 404, 409, 412}

// TestRules walks the table: each code means the same whatever status it comes with, in the answer, in its details, and in
// an operation that failed; and docs/operations.md explains it.
func TestRules(t *testing.T) {
	doc, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for i := range rules {
		r := &rules[i]
		for _, code := range r.codes {
			if r.both {
				for _, text := range r.texts {
					checkRule(t, r, &Error{Status: 409, Method: http.MethodPut, Code: code, Message: "The " + strings.ToUpper(text)})
					checkRule(t, r, &Error{Operation: "guid", Details: []Detail{{Code: code, Message: text}}})
				}
				continue
			}
			if seen[code] {
				t.Errorf("%s has two rules", code)
			}
			seen[code] = true
			if !strings.Contains(string(doc), "`"+code+"`") {
				t.Errorf("docs/operations.md does not explain %s", code)
			}
			for _, status := range statuses {
				checkRule(t, r, &Error{Status: status, Method: http.MethodPut, Code: code})
				if !r.own {
					checkRule(t, r, &Error{Status: status, Method: http.MethodPut, Code: "UserError", Details: []Detail{{Code: "BadRequest"}, {Code: strings.ToUpper(code)}}})
					checkRule(t, r, &Error{Status: status, Method: http.MethodDelete, Code: "Conflict", InnerCode: code})
					checkRule(t, r, &Error{Status: status, Operation: "guid", Details: []Detail{{Code: code}}})
				}
			}
			if got := (&Error{Operation: "guid", Code: code}).rule(); r.own == (got == r) {
				t.Errorf("%s in an operation: %v", code, got)
			}
		}
		for _, text := range r.texts {
			code := "Conflict"
			switch {
			case r.both:
				continue
			case r.own:
				code = "UserError"
			}
			checkRule(t, r, &Error{Status: 409, Method: http.MethodPut, Code: code, Message: "So: " + strings.ToUpper(text) + " it is."})
			checkRule(t, r, &Error{Operation: "guid", Details: []Detail{{Message: text}}})
		}
	}
}

func checkRule(t *testing.T, r *rule, e *Error) {
	t.Helper()
	if got := e.rule(); got != r {
		t.Fatalf("%+v: another rule: %+v", e, got)
	}
	if e.Sense() != r.sense {
		t.Errorf("%+v: sense %d, want %d", e, e.Sense(), r.sense)
	}
	if hint := e.Hint(); hint == "" || strings.HasSuffix(hint, ".") {
		t.Errorf("%+v: hint %q", e, hint)
	}
}

// TestSense has what no rule settles, and which of several reasons counts.
func TestSense(t *testing.T) {
	for _, c := range []struct {
		name string
		err  Error
		want Sense
	}{
		{"409 without a code", Error{Status: 409}, Busy},
		{"409 with its number for a code", Error{Status: 409, Code: "409"}, Busy},
		{"409 with an unknown code", Error{Status: 409, Code: "SomethingElse"}, Blocked},
		{"409 with the provider's code for all", Error{Status: 409, Code: "UserError", Message: "no"}, Blocked},
		{"busy by its text", Error{Status: 409, Code: "UserError", Message: "There is already an active operation submitted"}, Busy},
		{"busy by its text, 400", Error{Status: 400, Code: "UserError", Message: "There is already an active operation submitted"}, Busy},
		{"a lock is not busy, whatever its text", Error{Status: 409, Code: "ScopeLocked", Message: "There is already an active operation submitted"}, Blocked},
		{"a conflict with a reason", Error{Status: 409, Code: "Conflict", Details: []Detail{{Code: "ScopeLocked"}}}, Blocked},
		{"a conflict about a quota", Error{Status: 409, Code: "Conflict", Message: "exceeding quota limits"}, Refused},
		{"a conflict of operations that mentions a quota", Error{Status: 409, Code: "Conflict", Message: "Another update of the quota settings is running."}, Busy},
		{"a 409 without a code that mentions a quota", Error{Status: 409, Message: "An update of the quota is running."}, Busy},
		{"another code that mentions a quota", Error{Status: 409, Code: "UserError", Message: "No quota."}, Refused},
		{"an operation that mentions a quota", Error{Operation: "guid", Details: []Detail{{Code: "Conflict", Message: "No quota."}}}, Refused},
		{"a provider without registration", Error{Status: 409, Code: "NoRegisteredProviderFound", Message: "No registered resource provider found."}, Blocked},
		{
			"an api-version that the provider does not have",
			Error{Status: 409, Code: "NoRegisteredProviderFound", Message: "No registered resource provider found for location 'westeurope' " +
				"and API version '2099-01-01' for type 'workspaces'. The supported api-versions are '2025-06-01'."},
			Refused,
		},
		{"an api-version in another code", Error{Status: 403, Code: "AuthorizationFailed", Message: "api-version 2025-06-01"}, Blocked},
		{"a policy whose name has a word of another rule", Error{Status: 403, Code: "RequestDisallowedByPolicy", Message: "disallowed by policy 'quota-guard'"}, Blocked},
		{"401", Error{Status: 401}, Blocked},
		{"403", Error{Status: 403}, Blocked},
		{"400", Error{Status: 400, Code: "BadRequest"}, Refused},
		{"404 of the workspace", Error{Status: 404, Code: "ResourceNotFound", Message: "The Resource 'Microsoft.MachineLearningServices/workspaces/ws' was not found."}, Blocked},
		{"404 of something else", Error{Status: 404, Code: "NotFound"}, Refused},
		{"412", Error{Status: 412}, Refused},
		{"429", Error{Status: 429, Code: "QuotaExceeded"}, Busy},
		{"a conflict in an operation", Error{Operation: "guid", Details: []Detail{{Code: "Conflict", Message: "SubDeployment"}}}, Refused},
	} {
		if got := c.err.Sense(); got != c.want {
			t.Errorf("%s: sense %d, want %d", c.name, got, c.want)
		}
	}
}

// TestHints has what the hints take from the message.
func TestHints(t *testing.T) {
	group := "/subscriptions/0f1e/resourceGroups/rg-ml"
	for _, c := range []struct {
		err  Error
		want string
	}{
		{
			Error{Status: 409, Code: "ScopeLocked", Message: fmt.Sprintf("The scope '%s/providers/x/computes/cpu' cannot perform delete operation because following scope(s) are locked: '%s'. Please remove the lock and try again.", group, group)},
			"remove the lock on " + group + " (az lock list --resource-group rg-ml shows it), or ask its owner to",
		},
		{
			Error{Operation: "guid", Details: []Detail{{Code: "ScopeLocked", Message: "following scope(s) are locked: '/subscriptions/0f1e,/subscriptions/0f1e/resourceGroups/a.b(c)'."}}},
			"remove the lock on /subscriptions/0f1e and /subscriptions/0f1e/resourceGroups/a.b(c) (az lock list shows it), or ask its owner to",
		},
		{
			Error{Status: 409, Code: "ScopeLocked", Message: "locked"},
			"remove the lock on the compute, its workspace, group or subscription (az lock list shows it), or ask its owner to",
		},
		{
			Error{Status: 409, Code: "MissingSubscriptionRegistration", Message: "The subscription is not registered to use namespace 'Microsoft.Network'."},
			"register the provider with the subscription: az provider register --namespace Microsoft.Network; that takes some minutes",
		},
		{
			Error{Status: 404, Code: "MissingSubscriptionRegistration"},
			"register the provider with the subscription: az provider register --namespace Microsoft.MachineLearningServices; that takes some minutes",
		},
		{
			Error{Status: 409, Code: "SomethingElse", Message: "no"},
			"computesync does not know this code, and does not repeat the request by itself: do what the message says, then run this again",
		},
		{Error{Operation: "guid", Code: "SomethingElse", Status: 409}, "computesync does not know this code: do what the message says, " +
			"in Azure or in the file; computesync plan says whether and when the next try is"},
	} {
		if got := c.err.Hint(); got != c.want {
			t.Errorf("hint of %s:\n got %s\nwant %s", c.err.Code, got, c.want)
		}
	}
}

// TestReasonHasEveryCode shows what is not known whole.
func TestReasonHasEveryCode(t *testing.T) {
	e := Error{Status: 409, Code: "SomethingElse", Message: "No.", Details: []Detail{{Code: "Deep", Message: "It broke."}, {Code: "Bare"}, {Code: "UserError", Message: "Last."}}}
	if got, want := e.Reason(), "SomethingElse: No.; Deep: It broke.; Bare; Last."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, bare := range []string{"Conflict", "UserError"} {
		if e := (Error{Status: 409, Code: bare, Message: "No."}); e.Reason() != "No." {
			t.Errorf("%s: %s", bare, e.Reason())
		}
	}
	if !slices.ContainsFunc(rules, func(r rule) bool { return r.own }) {
		t.Error("no rule is of an answer alone")
	}
}

// TestKeptReason has what Azure keeps with a resource: it has the hint of a known code, and is no answer.
func TestKeptReason(t *testing.T) {
	for body, want := range map[string]string{
		`{"error": {"code": "QuotaExceeded", "message": "No cores."}}`: "QuotaExceeded: No cores; " + moreQuota,
		`{"error": {"code": "UserError", "message": "It failed.", "details": [{"code": "AllocationFailed", "message": "Full."}]}}`: "It failed.; " +
			"AllocationFailed: Full; Azure has no room for that size in the region at present: wait, or choose another size, priority or region",
		`{"error": {"code": "SomethingElse", "message": "No."}}`:               "SomethingElse: No.",
		`{"error": {"code": "Conflict", "statusCode": 409, "message": "No."}}`: "No.",
	} {
		if got := KeptReason([]byte(body)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", body, got, want)
		}
	}
}
