package export

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"github.com/computesync/computesync/internal/spec"
)

// script is a setup script of an instance as text, where Azure keeps the script
// itself, in base64, and it is text. key is what stands above its path.
func (s *sheet) script(key string) (text string, inline bool) {
	coded := s.c.Text(key + ".path")
	if s.c.Text(key+".source") != "inline" || coded == "" {
		return "", false
	}
	data, err := base64.StdEncoding.DecodeString(coded)
	return string(data), err == nil && utf8.Valid(data)
}

// readable is the key under which a field is written, and its value: a script
// stands in the file as itself, and a plain mount as CLI v2 has it.
func (s *sheet) readable(f *spec.Field, v any) (name string, value any) {
	if key, isPath := strings.CutSuffix(f.Name, ".path"); isPath {
		if text, inline := s.script(key); inline {
			return key + ".script", text
		}
	}
	if f.Name == "custom_applications" {
		return f.Name, spec.Unfold(v)
	}
	return f.Name, v
}
