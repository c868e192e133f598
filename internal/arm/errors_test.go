package arm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The bodies are rewritten from answers of the service that were recorded or reported in public.
func TestParseErrorShapes(t *testing.T) {
	tests := []struct {
		name, body string
		want       Error
	}{
		{
			"resource manager",
			`{"error":{"code":"ResourceGroupNotFound","message":"Resource group 'rg' could not be found.","target":"rg",
			  "details":[{"code":"A","message":"first","details":[{"code":"B","message":"deeper"}]}],
			  "additionalInfo":[{"type":"ComponentName","info":{"value":"managementfrontend"}}]}}`,
			Error{
				Code: "ResourceGroupNotFound", Message: "Resource group 'rg' could not be found.", Target: "rg",
				Details: []Detail{{Code: "A", Message: "first"}, {Code: "B", Message: "deeper"}},
			},
		},
		{
			"azure ml",
			`{"error":{"code":"UserError","severity":null,"message":"Compute name is invalid.\n It can include letters.","messageFormat":null,
			  "messageParameters":null,"referenceCode":null,"detailsUri":null,"target":null,"details":[],
			  "innerError":{"code":"BadArgument","innerError":{"code":"NameInvalid","innerError":null}},"debugInfo":null,"additionalInfo":null},
			  "correlation":{"operation":"0fb0","request":"9d33"},"environment":"eastus","location":"eastus",
			  "time":"2025-11-04T09:40:51.9Z","componentName":"machinelearningcompute"}`,
			Error{Code: "UserError", Message: "Compute name is invalid. It can include letters.", InnerCode: "NameInvalid", CorrelationID: "9d33"},
		},
		{
			"bare, with statusCode for code",
			`{"statusCode":500,"message":null,"details":[{"message":"Connection failed to establish within 30000 milliseconds."}]}`,
			Error{Status: 500, Details: []Detail{{Message: "Connection failed to establish within 30000 milliseconds."}}},
		},
		{
			"code OK on a failure",
			`{"status":"Failed","error":{"code":"OK","statusCode":200,"message":"failed with status \"Failed\". Additional Info:\"Operation results in exceeding quota limits of Microsoft.Batchlusters\""}}`,
			Error{Message: `failed with status "Failed". Additional Info:"Operation results in exceeding quota limits of Microsoft.Batchlusters"`},
		},
		{
			"error in error",
			`{"status":"Failed","error":{"error":{"code":"StartComputeInstanceOnlyAllowedInStoppedState","message":"only allowed when stopped"}}}`,
			Error{Code: "StartComputeInstanceOnlyAllowedInStoppedState", Message: "only allowed when stopped"},
		},
		{
			"details that are errors themselves",
			`{"error":{"code":"InternalServerError","statusCode":500,"details":[{"error":{"code":"Conflict","message":"SubDeployment"}}]}}`,
			Error{Status: 500, Code: "InternalServerError", Details: []Detail{{Code: "Conflict", Message: "SubDeployment"}}},
		},
		{
			"sign-in service",
			`{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret"}`,
			Error{Code: "invalid_client", Message: "AADSTS7000215: Invalid client secret"},
		},
		{"code is a number, details an object", `{"error":{"code":409,"message":"busy","details":{"a":1}}}`, Error{Code: "409", Message: "busy"}},
		{"text", "upstream connect error\r\n\x1b[31m", Error{Message: `upstream connect error \u001b[31m`}},
		{"page", "<html><head><title>502 Bad\nGateway</title></head><body><h1>nginx</h1></body></html>", Error{Message: "502 Bad Gateway"}},
		{"page without title", "<p>The <b>gateway</b> is gone</p>", Error{Message: "The gateway is gone"}},
		{"half a document", `{"error":{"code":"Conf`, Error{Message: `{"error":{"code":"Conf`}},
		{"array", `[]`, Error{Message: `[]`}},
		{"nothing", "", Error{}},
		{"long text", strings.Repeat("x", 5000), Error{Message: strings.Repeat("x", 200) + "…"}},
		{"endless nesting", strings.Repeat(`{"error":`, 500) + "1" + strings.Repeat("}", 500), Error{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(&tt.want, ParseError([]byte(tt.body)), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzParseError(f *testing.F) {
	f.Add([]byte(`{"error":{"code":"A","details":[{"error":{}}]}}`))
	f.Add([]byte("<title>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if text := ParseError(body).Error(); strings.ContainsAny(text, "\n\r\x1b") {
			t.Errorf("more than a line of text: %q", text)
		}
	})
}

func TestErrorIsOneLineWithTheCorrelationID(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(headerCorrelation, "aa7388b3")
		w.Header().Set("x-ms-request-id", "bb")
		w.WriteHeader(http.StatusConflict)
		io.WriteString(w, `{"error":{"code":"Conflict","message":"There is already an active operation submitted"}}`)
	})
	_, err := c.Do(t.Context(), http.MethodPut, computes+"/gpu", nil, map[string]string{"a": "b"})
	want := "PUT .../computes/gpu: 409 Conflict: There is already an active operation submitted (correlation id aa7388b3)"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	e, _ := errors.AsType[*Error](fmt.Errorf("wrapped: %w", err))
	if e == nil || e.RequestID != "bb" || e.Path != computes+"/gpu" {
		t.Errorf("got %+v", e)
	}
}

func TestErrorsAreToldApart(t *testing.T) {
	type verdict struct{ notFound, workspace, ambiguous bool }
	tests := []struct {
		name string
		err  error
		want verdict
	}{
		{"missing compute", &Error{Status: 404, Method: "GET"}, verdict{notFound: true}},
		{"missing group", &Error{Status: 404, Code: "ResourceGroupNotFound"}, verdict{notFound: true, workspace: true}},
		{"missing workspace", &Error{Status: 404, Code: "ResourceNotFound", Message: "The Resource 'Microsoft.MachineLearningServices/workspaces/ws' under resource group 'rg' was not found."}, verdict{notFound: true, workspace: true}},
		{"write, 503", &Error{Status: 503, Method: "PUT"}, verdict{ambiguous: true}},
		{"write, 408", &Error{Status: 408, Method: "DELETE"}, verdict{ambiguous: true}},
		{"read, 503", &Error{Status: 503, Method: "GET"}, verdict{}},
		{"failed operation with statusCode 500", &Error{Status: 500, Operation: "guid"}, verdict{}},
		{"write without answer", &TransportError{Method: "PUT", Sent: true, Err: io.ErrUnexpectedEOF}, verdict{ambiguous: true}},
		{"write that never left", &TransportError{Method: "PUT", Err: context.Canceled}, verdict{}},
		{"read without answer", &TransportError{Method: "GET", Sent: true, Err: io.EOF}, verdict{}},
		{"no token", &AuthError{Err: io.EOF}, verdict{}},
		{"none", nil, verdict{}},
	}
	for _, tt := range tests {
		err := tt.err
		if err != nil {
			err = fmt.Errorf("apply: %w", err)
		}
		got := verdict{IsNotFound(err), IsWorkspaceNotFound(err), Ambiguous(err)}
		if got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestHintsNameTheWayOut(t *testing.T) {
	denied := "The client 'x' does not have authorization to perform action 'Microsoft.MachineLearningServices/workspaces/computes/start/action' over scope '/subscriptions/s'"
	tests := []struct {
		err  interface{ Hint() string }
		want string
	}{
		{&Error{Status: 401, Code: "ExpiredAuthenticationToken"}, "expired"},
		{&Error{Status: 401, Code: "InvalidAuthenticationTokenTenant"}, "AZURE_TENANT_ID"},
		{&Error{Status: 401}, "azure.credential"},
		{&Error{Status: 403, Code: "AuthorizationFailed", Message: denied}, "computes/start/action on the workspace"},
		{&Error{Status: 403, Code: "AuthorizationFailed", Method: "DELETE"}, "computes/delete"},
		{&Error{Status: 403, Code: "AuthorizationFailed", Method: "PUT"}, "computes/write"},
		{&Error{Status: 403, Code: "LinkedAuthorizationFailed"}, "the resource the compute refers to"},
		{&Error{Status: 403, Code: "RequestDisallowedByPolicy"}, "Azure Policy"},
		{&Error{Status: 404, Code: "ResourceGroupNotFound"}, "resource_group"},
		{&Error{Status: 404, Code: "ResourceNotFound"}, "workspace_name"},
		{&Error{Status: 404, Code: "SubscriptionNotFound"}, "subscription_id"},
		{&Error{Status: 409}, "wait until"},
		{&Error{Status: 429, RetryAfter: 90e9}, "wait 1m30s"},
		{&Error{Status: 429}, "wait a minute"},
		{&Error{Status: 400, Code: "ClusterMinNodesExceedCoreQuota"}, "quota"},
		{&Error{Status: 503}, "support"},
		{&Error{Status: 307}, "redirects"},
		{&TransportError{Method: "PUT", Sent: true, Err: io.EOF}, "look at the resource"},
		{&TransportError{Method: "GET", Sent: true, Err: io.EOF}, "network"},
		{&AuthError{Err: io.EOF}, "az login"},
		{&MalformedError{Err: io.EOF}, "nothing was concluded"},
	}
	for _, tt := range tests {
		if got := tt.err.Hint(); !strings.Contains(got, tt.want) {
			t.Errorf("hint of %v: %q, want %q in it", tt.err, got, tt.want)
		}
	}
}

func TestLostAnswers(t *testing.T) {
	tests := []struct {
		name string
		h    http.HandlerFunc
	}{
		{"dropped connection", func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) }},
		{"truncated body", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"id":`)
			panic(http.ErrAbortHandler)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var calls atomic.Int64
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { calls.Add(1); tt.h(w, r) })
			_, err := c.Do(t.Context(), http.MethodPut, computes+"/gpu", nil, nil)
			e, ok := errors.AsType[*TransportError](err)
			if !ok || !Ambiguous(err) || calls.Load() != 1 {
				t.Fatalf("%d calls, got %v, want one and an ambiguous error", calls.Load(), err)
			}
			if len(e.ClientRequestID) != 36 || strings.Contains(err.Error(), "http://") {
				t.Errorf("got %v, want an id and no URL", err)
			}
		})
	}
}

func TestRefusedConnectionIsNotAmbiguous(t *testing.T) {
	srv := httptest.NewServer(nil)
	srv.Close()
	c, err := New(Config{Endpoint: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), http.MethodPut, computes+"/gpu", nil, nil)
	if op := (*net.OpError)(nil); !errors.As(err, &op) || Ambiguous(err) {
		t.Errorf("got %v, want a refused connection that proves nothing was done", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/elsewhere" {
			t.Error("the redirect was followed")
		}
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	})
	_, err := c.Do(t.Context(), http.MethodPut, computes+"/gpu", nil, map[string]int{"a": 1})
	if e, ok := errors.AsType[*Error](err); !ok || e.Status != http.StatusTemporaryRedirect {
		t.Errorf("got %v", err)
	}
}

func TestErrorsOfATransportDoNotShowTheURL(t *testing.T) {
	c, err := New(Config{Transport: &http.Client{Transport: roundTripFunc(func(*http.Request) (*http.Response, error) {
		return nil, &tls.CertificateVerificationError{Err: errors.New("not trusted")}
	})}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Poll(t.Context(), newOperation(styleAsync, "https://management.azure.com"+operationPath+"?s=sig"))
	if err == nil || !strings.Contains(err.Error(), "not trusted") || strings.Contains(err.Error(), "sig") {
		t.Errorf("got %v", err)
	}
}

// roundTripFunc is an http.RoundTripper in a function.
type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
