package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/computesync/computesync/internal/plan"
)

// JSON writes the plan in its versioned form, computesync.plan/v1, which
// docs/plan.schema.json describes. What a terminal would obey is escaped.
func JSON(w io.Writer, p *plan.Plan) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(p); err != nil {
		return fmt.Errorf("write plan as JSON: %w", err)
	}
	_, err := w.Write(escapeHidden(b.Bytes()))
	return err
}

// escapeHidden writes what package json leaves as it is and a terminal may
// obey (U+009B begins an ANSI code) as \u escapes. Outside of strings JSON has
// no such character but the end of a line.
func escapeHidden(doc []byte) []byte {
	var out []byte
	for {
		i := bytes.IndexFunc(doc, func(r rune) bool { return r != '\n' && hidden(r) })
		if i < 0 && out == nil {
			return doc
		}
		if i < 0 {
			return append(out, doc...)
		}
		r, n := utf8.DecodeRune(doc[i:])
		out = append(out, doc[:i]...)
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		} else {
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		doc = doc[i+n:]
	}
}
