package secret

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

const (
	shortest     = 4   // bytes of what is looked for: less would turn up in any text
	shortestLine = 8   // bytes of one line of a longer secret
	cut          = "…" // stands where the rest of a text was left out
)

// Redact replaces every occurrence of the values in s by "<secret>", also as
// JSON or a query string would write them, made one line, line by line, or cut
// short. It is for texts that come back from a service and may echo what was
// sent. Values under 4 bytes are left.
func Redact(s string, values ...Value) string {
	var texts []string
	for _, v := range values {
		if text := v.Reveal(); len(text) >= shortest {
			texts = append(texts, text, url.QueryEscape(text), url.PathEscape(text), inJSON(text, true), inJSON(text, false))
			texts = append(texts, inOneLine(text)...)
		}
	}
	slices.SortFunc(texts, func(a, b string) int { return len(b) - len(a) })
	for _, text := range texts {
		s = strings.ReplaceAll(s, text, printed)
	}
	if strings.Contains(s, cut) {
		for _, text := range texts {
			s = redactCut(s, text)
		}
	}
	return s
}

// inOneLine is what a text of many lines, or with much space in it, turns into
// where somebody made it one line: that line, and each of its own.
func inOneLine(text string) (texts []string) {
	if words := strings.Fields(text); len(words) > 1 {
		texts = append(texts, strings.Join(words, " "))
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); len(line) >= shortestLine {
			texts = append(texts, line)
		}
	}
	return texts
}

// redactCut replaces the beginning of a text that s ends with, or breaks off.
func redactCut(s, text string) string {
	for n := min(len(text), len(s)); n >= shortest; n-- {
		s = strings.ReplaceAll(s, text[:n]+cut, printed+cut)
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
