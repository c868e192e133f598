package render

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/computesync/computesync/internal/plan"
)

// JSON writes the plan in its versioned form, computesync.plan/v1, which
// docs/plan.schema.json describes.
func JSON(w io.Writer, p *plan.Plan) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		return fmt.Errorf("write plan as JSON: %w", err)
	}
	return nil
}
