package azureml

import (
	"errors"
	"net/http"

	"github.com/computesync/computesync/internal/arm"
)

// Judge tells of an error whether the write may have taken effect all the
// same; whether the same write may succeed in a moment, because another
// operation is in the way or Azure asks to wait; and whether Azure considered
// the write, or its operation, and failed it for good. A lock, a missing
// permission or workspace says nothing about the write and may be mended.
func (w *Workspace) Judge(err error) (maybe, later, final bool) {
	e, ok := errors.AsType[*arm.Error](err)
	switch {
	case arm.Ambiguous(err):
		return true, false, false
	case !ok:
		return false, false, false
	case e.Operation != "":
		return false, false, true
	}
	sense := e.Sense()
	refused := sense == arm.Refused && e.Method != http.MethodGet && e.Status/100 == 4
	return false, sense == arm.Busy, refused
}
