package secret

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Redact replaces every occurrence of the values in s by "<secret>", also as
// JSON or a query string would write them. It is for texts that come back from
// a service and may echo what was sent. Values under 4 bytes are left: they
// would turn up in any text.
func Redact(s string, values ...Value) string {
	const shortest = 4
	var texts []string
	for _, v := range values {
		if text := v.Reveal(); len(text) >= shortest {
			texts = append(texts, text, url.QueryEscape(text), url.PathEscape(text), inJSON(text, true), inJSON(text, false))
		}
	}
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) })
	for _, text := range texts {
		s = strings.ReplaceAll(s, text, printed)
	}
	return s
}

// inJSON is text as it stands between the quotes of a JSON string. Encoders
// differ in whether they escape <, > and &.
func inJSON(text string, escapeHTML bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(escapeHTML)
	_ = e.Encode(text) // a string always encodes
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSuffix(b.String(), "\n"), `"`), `"`)
}
