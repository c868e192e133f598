package azureml

import "github.com/computesync/computesync/internal/arm"

// Judge tells of a write's error whether it may have taken effect all the
// same, and whether the same write may succeed later: another operation is in
// the way, or Azure asks to wait.
func (w *Workspace) Judge(err error) (maybe, later bool) {
	return arm.Ambiguous(err), arm.IsConflict(err) || arm.IsThrottled(err)
}
