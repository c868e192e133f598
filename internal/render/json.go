package render

import (
	"encoding/json"
	"io"

	"github.com/computesync/computesync/internal/plan"
)

// JSON writes the plan in its versioned form, computesync.plan/v1.
func JSON(w io.Writer, p *plan.Plan) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(p)
}
