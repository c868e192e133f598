package azureml

import (
	"fmt"
	"io"
	"testing"

	"github.com/computesync/computesync/internal/arm"
)

// TestJudge decides about a write by the code of its answer.
func TestJudge(t *testing.T) {
	type verdict struct{ maybe, later, final bool }
	var (
		sent  = verdict{maybe: true}
		again = verdict{later: true}
		over  = verdict{final: true}
		none  verdict
	)
	for _, c := range []struct {
		err  error
		want verdict
	}{
		{&arm.Error{Method: "PUT", Status: 503}, sent},
		{&arm.TransportError{Method: "DELETE", Sent: true, Err: io.EOF}, sent},
		{&arm.TransportError{Method: "DELETE", Err: io.EOF}, none},
		{&arm.Error{Method: "DELETE", Status: 409, Code: "Conflict"}, again},
		{&arm.Error{Method: "POST", Status: 400, Message: "There is already an active operation submitted"}, again},
		{&arm.Error{Method: "PUT", Status: 429}, again},
		{&arm.Error{Method: "DELETE", Status: 409, Code: "ScopeLocked"}, none},
		{&arm.Error{Method: "DELETE", Status: 409, Code: "Unheard"}, none},
		{&arm.Error{Method: "PUT", Status: 400, Code: "ReadOnlyDisabledSubscription"}, none},
		{&arm.Error{Method: "PUT", Status: 403}, none},
		{&arm.Error{Method: "PUT", Status: 404, Code: "ResourceGroupNotFound"}, none},
		{&arm.Error{Method: "PUT", Status: 409, Code: "InvalidPropertyValue"}, over},
		{&arm.Error{Method: "PUT", Status: 400, Code: "BadRequest"}, over},
		{&arm.Error{Method: "GET", Status: 400, Code: "BadRequest"}, none},
		{&arm.Error{Operation: "guid", Code: "ScopeLocked"}, over},
		{&arm.Error{Operation: "guid", Code: "Conflict"}, over},
	} {
		var got verdict
		got.maybe, got.later, got.final = new(Workspace).Judge(fmt.Errorf("apply: %w", c.err))
		if got != c.want {
			t.Errorf("%v: %+v, want %+v", c.err, got, c.want)
		}
	}
}

// TestDecodeErrors has where Azure says what is wrong with a compute.
func TestDecodeErrors(t *testing.T) {
	for _, c := range []struct{ properties, want string }{
		{`"provisioningErrors":[{"error":{"code":"A","message":"one"}}],"properties":{"errors":[{"error":{"code":"B","message":"two"}}]}`, "[A: one B: two]"},
		{`"provisioningErrors":null,"properties":{"errors":null}`, "[]"},
		{`"properties":null`, "[]"},
		{`"properties":{"lastOperation":{"operationName":"Stop","operationStatus":"StopFailed","operationTrigger":"IdleShutdown"}}`, "[its last operation, Stop, ended as StopFailed (trigger IdleShutdown)]"},
		{`"properties":{"lastOperation":{"operationName":"Stop","operationStatus":"Succeeded"}}`, "[]"},
		{`"properties":{"osImageMetadata":{"osPatchingStatus":{"patchStatus":"Failed","osPatchingErrors":[{"code":"P","message":"no"}]}}}`, "[its operating system could not be patched P: no]"},
		{`"properties":{"osImageMetadata":{"osPatchingStatus":{"patchStatus":"Succeeded"}}}`, "[]"},
	} {
		got, err := Decode([]byte(`{"name":"dev","properties":{"computeType":"ComputeInstance",` + c.properties + `}}`))
		if err != nil || fmt.Sprint(got.Live.Errors) != c.want {
			t.Errorf("%s: %v, %v", c.properties, got.Live.Errors, err)
		}
	}
}
