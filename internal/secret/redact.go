package secret

import (
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
			quoted, _ := json.Marshal(text) // a string always encodes
			texts = append(texts, text, strings.Trim(string(quoted), `"`), url.QueryEscape(text))
		}
	}
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) })
	for _, text := range texts {
		s = strings.ReplaceAll(s, text, printed)
	}
	return s
}
