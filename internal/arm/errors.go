package arm

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const headerCorrelation = "x-ms-correlation-request-id"

// Error is Azure's refusal of a request, or the failure of a long operation.
type Error struct {
	Status        int      // HTTP status; of a failed operation the statusCode in its error if that is one, else 0
	Code          string   // Azure's code, such as AuthorizationFailed; may be empty
	Message       string   // one line
	Target        string   // what the code is about; mostly empty
	InnerCode     string   // the innermost code of innererror; mostly empty
	Details       []Detail // further reasons
	Method        string   // of the request; empty for a failed operation
	Path          string   // of the request, without query; empty for a failed operation
	Operation     string   // guid of the failed operation; empty for a refused request
	State         string   // Failed or Canceled, of an operation or of a resource; empty for a refused request
	CorrelationID string   // x-ms-correlation-request-id: what Azure's support asks for
	RequestID     string   // x-ms-request-id
	RetryAfter    time.Duration
}

// Detail is one further reason inside an Error.
type Detail struct{ Code, Message, Target string }

// Error is one line: what was asked, what came back, and the correlation id.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Operation != "" {
		fmt.Fprintf(&b, "operation %s: %s", e.Operation, strings.ToLower(e.State))
	} else {
		fmt.Fprintf(&b, "%s %s: %d %s", e.Method, shorten(e.Path), e.Status, http.StatusText(e.Status))
	}
	if reason := e.Reason(); reason != "" {
		b.WriteString(": " + reason)
	}
	if e.CorrelationID != "" {
		fmt.Fprintf(&b, " (correlation id %s)", e.CorrelationID)
	}
	return b.String()
}

// RetryIn is how long Azure wants to be left alone, 0 when it does not say.
func (e *Error) RetryIn() time.Duration { return e.RetryAfter }

// Reason is code, message and details in one line, without what was asked and the ids.
func (e *Error) Reason() string {
	parts := []string{}
	if e.Code != "" && !strings.EqualFold(e.Code, statusCode(e.Status)) && e.Code != "UserError" {
		parts = append(parts, e.Code)
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	reason := strings.Join(parts, ": ")
	for _, d := range e.Details {
		text := d.Message
		if d.Code != "" && d.Code != "UserError" && !strings.Contains(reason, d.Code) {
			text = strings.TrimSuffix(d.Code+": "+text, ": ")
		}
		if text != "" && !strings.Contains(reason, text) {
			reason += "; " + text
		}
	}
	return strings.TrimPrefix(reason, "; ")
}

// TransportError reports a request that got no complete answer: a lost or refused connection, a truncated body, a timeout,
// or the end of the context.
type TransportError struct {
	Method, Path    string
	ClientRequestID string // x-ms-client-request-id, the one name both sides know the request by
	Sent            bool   // the service may have seen it
	Err             error
}

func (e *TransportError) Error() string {
	return fmt.Sprintf("%s %s: no answer: %s (client request id %s)", e.Method, shorten(e.Path), oneLine(e.Err.Error()), e.ClientRequestID)
}

func (e *TransportError) Unwrap() error { return e.Err }

// AuthError reports that no token was to be had. The request was not sent.
type AuthError struct{ Err error }

func (e *AuthError) Error() string { return "get a token for azure: " + oneLine(e.Err.Error()) }

func (e *AuthError) Unwrap() error { return e.Err }

// MalformedError reports a 2xx answer that is not what the API says it is.
type MalformedError struct {
	Method, Path  string
	CorrelationID string
	Err           error
}

func (e *MalformedError) Error() string {
	text := fmt.Sprintf("%s %s: read answer: %s", e.Method, shorten(e.Path), e.Err)
	if e.CorrelationID != "" {
		text += fmt.Sprintf(" (correlation id %s)", e.CorrelationID)
	}
	return text
}

func (e *MalformedError) Unwrap() error { return e.Err }

// IsNotFound tells whether Azure answered 404. The body of a missing compute is not documented, so only the status counts.
func IsNotFound(err error) bool { return status(err) == http.StatusNotFound }

// IsWorkspaceNotFound tells whether a 404 is about what contains the resource: its workspace, group or subscription.
func IsWorkspaceNotFound(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Status != http.StatusNotFound {
		return false
	}
	switch e.Code {
	case "ResourceGroupNotFound", "SubscriptionNotFound", "ParentResourceNotFound":
		return true
	case "ResourceNotFound":
		m := strings.ToLower(e.Message)
		return strings.Contains(m, "/workspaces/") && !strings.Contains(m, "/computes/")
	}
	return false
}

// Ambiguous tells whether a failed write may have taken effect all the same: it was sent and its answer was lost, cut
// short, or came from something that broke on the way (5xx, 408). Look before sending it again. It is false for reads.
func Ambiguous(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Operation == "" && classOf(e.Method) != Reads && unsure(e.Status)
	}
	if e, ok := errors.AsType[*TransportError](err); ok {
		return classOf(e.Method) != Reads && e.Sent
	}
	return false
}

// cancelled tells whether a call ended because its context did.
func cancelled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func unsure(status int) bool {
	return status >= 500 || status == http.StatusRequestTimeout
}

func status(err error) int {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Status
	}
	return 0
}

// shorten keeps the last two segments of a path, which name the resource.
func shorten(path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	if len(segments) <= 2 {
		return path
	}
	return ".../" + strings.Join(segments[len(segments)-2:], "/")
}
