package azureml

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/spec"
)

// Act sends the POST action that changes the fields of want which it routes, with
// an api-version; "" is the configured one. Where Azure does not take the action,
// the error is an *UnroutedError.
func (w *Workspace) Act(ctx context.Context, want *spec.Compute, action, version string) (string, error) {
	body, err := ActionBody(want, action)
	if err != nil {
		return "", fmt.Errorf("build the body of %s for %s: %w", action, want.Name, err)
	}
	client := w.arm.At(version)
	token, err := send(ctx, client, http.MethodPost, w.compute(want.Name)+"/"+action, nil, body)
	if e, ok := errors.AsType[*arm.Error](err); ok && e.Sense() == arm.Refused && w.unrouted(ctx, e, want.Name) {
		err = &UnroutedError{action, client.APIVersion(), e}
	}
	return token, err
}

// unrouted reports whether Azure has no such action as far as its answer says. A
// 404 may also mean that the compute is gone.
func (w *Workspace) unrouted(ctx context.Context, e *arm.Error, name string) bool {
	if e.Operation != "" {
		return false
	}
	switch e.Status {
	case http.StatusBadRequest, http.StatusMethodNotAllowed:
		return true
	case http.StatusNotFound:
		if arm.IsWorkspaceNotFound(e) {
			return false
		}
		c, err := w.Get(ctx, name)
		return err == nil && c != nil
	}
	return false
}

// UnroutedError says that Azure did not take an action with an api-version.
type UnroutedError struct {
	Action, Version string
	Err             *arm.Error
}

func (e *UnroutedError) Error() string {
	return fmt.Sprintf("Azure did not accept %s with api-version %s: %v", e.Action, e.Version, e.Err)
}

func (e *UnroutedError) Unwrap() error { return e.Err }

// Unrouted reports whether the api-version does not have the action; otherwise it
// may be what was sent that Azure did not take.
func (e *UnroutedError) Unrouted() bool { return e.Err.Status != http.StatusBadRequest }

// refusesVersion reports whether an error may mean that Azure does not take the
// api-version of the request.
func refusesVersion(err error) bool {
	e, ok := errors.AsType[*arm.Error](err)
	return ok && e.Status == http.StatusBadRequest
}
