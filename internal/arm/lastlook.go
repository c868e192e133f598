package arm

import (
	"context"
	"errors"
	"net/http"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

type lastLookKey struct{}

// LastLook has look called just before a request of the context goes out, each
// time that it does: after it waited for its turn, which may take long. An
// error keeps the request back; the caller gets it in an *UnsentError.
func LastLook(ctx context.Context, look func(context.Context) error) context.Context {
	return context.WithValue(ctx, lastLookKey{}, look)
}

// UnsentError reports a request that was not sent: its last look kept it back, or its context ended while it waited for
// the end of an outage.
type UnsentError struct{ Err error }

func (e *UnsentError) Error() string { return e.Err.Error() }
func (e *UnsentError) Unwrap() error { return e.Err }

func isUnsent(err error) bool {
	_, ok := errors.AsType[*UnsentError](err)
	return ok
}

// lastLook is the policy behind LastLook. It comes after pacing.
type lastLook struct{}

func (lastLook) Do(req *policy.Request) (*http.Response, error) {
	ctx := req.Raw().Context()
	if look, ok := ctx.Value(lastLookKey{}).(func(context.Context) error); ok {
		if err := look(context.WithValue(ctx, lastLookKey{}, nil)); err != nil {
			return nil, &UnsentError{err}
		}
	}
	return req.Next()
}
