package arm

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const operationPath = "/subscriptions/s/providers/Microsoft.MachineLearningServices/locations/eastus/computeOperationsStatus/04e136e8-120e-45b1-838b-d52c8e085e92"

func TestOperationOfAnAnswer(t *testing.T) {
	async := "https://management.azure.com" + operationPath + "?s=sig"
	location := "https://management.azure.com/operationresults/77?s=sig"
	tests := []struct {
		name   string
		status int
		header http.Header
		want   string
	}{
		{"created", 201, http.Header{"Azure-Asyncoperation": {async}}, styleAsync + " " + async},
		{"accepted with both", 202, http.Header{"Azure-Asyncoperation": {async}, "Location": {location}}, styleAsync + " " + async},
		{"accepted with location", 202, http.Header{"Location": {location}}, styleLocation + " " + location},
		{"created with the resource's location", 201, http.Header{"Location": {location}}, ""},
		{"accepted without either", 202, http.Header{}, ""},
	}
	for _, tt := range tests {
		op := operationOf(&http.Response{StatusCode: tt.status, Header: tt.header})
		if tt.want == "" {
			if op != nil {
				t.Errorf("%s: got %v, want none", tt.name, op)
			}
			continue
		}
		if op == nil || op.Token() != tt.want {
			t.Errorf("%s: got %v, want %s", tt.name, op, tt.want)
		}
	}
}

func TestOperationPrintsOnlyItsGUID(t *testing.T) {
	op := newOperation(styleAsync, "https://management.azure.com"+operationPath+"?c=cert&s=sig")
	holder := struct {
		exported any
		hidden   Operation
		pointer  *Operation
	}{op, *op, op}
	document, err := json.Marshal(map[string]any{"value": *op, "pointer": op})
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{op.String(), op.GUID(), fmt.Sprint(*op), string(document)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		texts = append(texts, fmt.Sprintf(verb, op), fmt.Sprintf(verb, *op), fmt.Sprintf(verb, holder), fmt.Sprintf(verb, &holder))
	}
	for _, text := range texts {
		if strings.Contains(text, "sig") || strings.Contains(text, "management.azure.com") || strings.Contains(text, fmt.Sprintf("%x", "sig")) {
			t.Errorf("the URL shows in %s", text)
		}
	}
	if op.String() != "04e136e8-120e-45b1-838b-d52c8e085e92" {
		t.Errorf("got %s", op)
	}
	if odd := newOperation(styleAsync, "https://management.azure.com/a b\x1b"); odd.GUID() != "unnamed" {
		t.Errorf("got %q", odd.GUID())
	}
}

func TestOperationResumesByItsToken(t *testing.T) {
	op := newOperation(styleAsync, "https://management.azure.com"+operationPath+"?c=a%2Bb+c&s="+strings.Repeat("x", 4500))
	again, err := ResumeOperation(op.Token())
	if err != nil || again.Token() != op.Token() || again.GUID() != op.GUID() {
		t.Errorf("got %v, error %v", again, err)
	}
	for _, bad := range []string{"", "https://management.azure.com", "azure-async-operation", "azure-async-operation ", "ftp x"} {
		if _, err := ResumeOperation(bad); err == nil {
			t.Errorf("token %q was accepted", bad)
		}
	}
}

func TestPollReadsTheStateOfAnOperation(t *testing.T) {
	type outcome struct {
		done   bool
		status string
		failed string
	}
	tests := []struct {
		name, style string
		status      int
		body        string
		want        outcome
	}{
		{"running", styleAsync, 200, `{"status":"InProgress"}`, outcome{false, "InProgress", ""}},
		{"some other word", styleAsync, 200, `{"status":"Resizing"}`, outcome{false, "Resizing", ""}},
		{"succeeded", styleAsync, 200, `{"status":"Succeeded","percentComplete":100.0}`, outcome{true, "Succeeded", ""}},
		{"in lower case", styleAsync, 200, `{"status":"succeeded"}`, outcome{true, "succeeded", ""}},
		{"canceled", styleAsync, 200, `{"status":"Canceled"}`, outcome{true, "Canceled", "operation 04e136e8-120e-45b1-838b-d52c8e085e92: canceled"}},
		{
			"failed", styleAsync, 200, `{"status":"Failed","error":{"code":"Broken","message":"it broke"}}`,
			outcome{true, "Failed", "operation 04e136e8-120e-45b1-838b-d52c8e085e92: failed: Broken: it broke"},
		},
		{
			"failed, bare error", styleAsync, 200, `{"status":"Failed","statusCode":500,"message":"it broke"}`,
			outcome{true, "Failed", "operation 04e136e8-120e-45b1-838b-d52c8e085e92: failed: it broke"},
		},
		{"provisioningState for status", styleAsync, 200, `{"properties":{"provisioningState":"Succeeded"}}`, outcome{true, "Succeeded", ""}},
		{"accepted", styleAsync, 202, ``, outcome{false, "InProgress", ""}},
		{"no content", styleAsync, 204, ``, outcome{true, "Succeeded", ""}},
		{"location running", styleLocation, 202, ``, outcome{false, "InProgress", ""}},
		{"location done", styleLocation, 200, `{"id":"x"}`, outcome{true, "Succeeded", ""}},
		{"location done without content", styleLocation, 204, ``, outcome{true, "Succeeded", ""}},
		{"location with a state", styleLocation, 200, `{"properties":{"provisioningState":"Updating"}}`, outcome{false, "Updating", ""}},
		{
			"location failed", styleLocation, 409, `{"error":{"code":"Broken","message":"it broke"}}`,
			outcome{true, "Failed", "operation 04e136e8-120e-45b1-838b-d52c8e085e92: failed: Broken: it broke"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(tt.status)
				w.Write([]byte(tt.body))
			})
			p, err := c.Poll(t.Context(), newOperation(tt.style, srv.URL+operationPath))
			if err != nil {
				t.Fatal(err)
			}
			got := outcome{done: p.Done, status: p.Status}
			if p.Failed != nil {
				got.failed = p.Failed.Error()
			}
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if p.Failed == nil && p.RetryAfter != 7*time.Second {
				t.Errorf("retry after %s", p.RetryAfter)
			}
		})
	}
}

func TestPollThatCannotTell(t *testing.T) {
	tests := []struct {
		name   string
		status int
		body   string
		check  func(error) bool
	}{
		{"gone", 404, ``, func(err error) bool { return errors.Is(err, ErrOperationGone) }},
		{"forbidden", 403, ``, func(err error) bool { e, ok := errors.AsType[*Error](err); return ok && e.Status == 403 }},
		{"no status", 200, `{}`, func(err error) bool { _, ok := errors.AsType[*MalformedError](err); return ok }},
		{"no document", 200, `<html>`, func(err error) bool { _, ok := errors.AsType[*MalformedError](err); return ok }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(tt.status)
				w.Write([]byte(tt.body))
			})
			p, err := c.Poll(t.Context(), newOperation(styleAsync, srv.URL+operationPath+"?s=sig"))
			if err == nil || !tt.check(err) || p.Done || strings.Contains(err.Error(), "sig") {
				t.Errorf("progress %+v, error %v", p, err)
			}
		})
	}
}

func TestPollAsksOnlyTheEndpoint(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("something was sent") })
	op, err := ResumeOperation(styleAsync + " https://management.azure.com" + operationPath + "?s=sig")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Poll(t.Context(), op)
	if _, ok := errors.AsType[*HostError](err); !ok || strings.Contains(err.Error(), "sig") {
		t.Errorf("got %v", err)
	}
	if _, err := c.Poll(t.Context(), nil); err == nil {
		t.Error("no operation was polled")
	}
}
