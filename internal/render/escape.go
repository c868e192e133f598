package render

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/computesync/computesync/internal/output"
)

// visible writes a value such that it stays in its line and shows whole.
func visible(s string) string { return output.Visible(s) }

// clip shortens what is longer than n characters, and says by how much.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	length, end := 0, len(s)
	for i := range s {
		if length == n {
			end = i
		}
		length++
	}
	if length <= n {
		return s
	}
	return fmt.Sprintf("%s… (%d more characters)", s[:end], length-n)
}

// inert writes text for Markdown outside of a fence, and for the HTML in it:
// every ASCII character that means something in either becomes an entity,
// which both show as that character and neither obeys. A dot and a colon are
// among them: GitHub makes links of what looks like one.
func inert(s string) string {
	s = visible(s)
	var b strings.Builder
	for _, r := range s {
		if plain(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	return b.String()
}

func plain(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r >= utf8.RuneSelf:
		return true
	}
	return strings.ContainsRune(" -/,;()", r)
}

// code is a name or value in Markdown. Inside of <code> GitHub turns nothing
// into a mention, a reference or an emoji.
func code(s string) string { return "<code>" + inert(s) + "</code>" }

// prose is a sentence of ours that may quote somebody's words. What could
// mention a person or an issue goes where nothing does.
func prose(s string) string {
	if strings.ContainsAny(s, "@#") {
		return code(s)
	}
	return inert(s)
}
