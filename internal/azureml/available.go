package azureml

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/computesync/computesync/internal/spec"
)

// Available asks whether the name of a compute is free. Who may not ask is told
// nothing: the creation tells.
func (w *Workspace) Available(ctx context.Context, want *spec.Compute) error {
	return unlessForbidden(w.NameFree(ctx, want))
}

// NameFree asks whether the name of a compute is free where it must be unique
// in the region, across workspaces and tenants. The action is in no API
// description; the SDK v1 sends it before it creates an instance. Who may not
// ask is refused with 403.
func (w *Workspace) NameFree(ctx context.Context, want *spec.Compute) error {
	body := map[string]string{"Name": want.Name, "Type": want.Kind.Unique}
	res, err := w.arm.PostRead(ctx, w.path+"/checkComputeNameAvailability", body)
	if err != nil {
		return err
	}
	var answer struct {
		Available *bool  `json:"nameAvailable"`
		Message   string `json:"message"`
	}
	if err := json.Unmarshal(res.Body, &answer); err != nil || answer.Available == nil || *answer.Available {
		return nil //nolint:nilerr // an answer of another form tells nothing: the PUT will
	}
	return &NameTakenError{want.Name, answer.Message}
}

// NameTakenError says that a name is not to be had in the region.
type NameTakenError struct{ name, message string }

func (e *NameTakenError) Error() string {
	return fmt.Sprintf("the name %s is not to be had: %s", e.name, e.message)
}

// Hint is the way out.
func (e *NameTakenError) Hint() string { return "choose another name" }
