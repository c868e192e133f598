// Package output is what everything printed goes through: text that others
// wrote shows itself and does nothing else, neither to a terminal nor to the
// CI service that reads the log.
package output

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Hidden reports whether a character moves, colours, reorders or hides text
// instead of showing itself: control characters, Unicode's format characters
// (bidirectional controls, joiners, tags), line separators, and what is drawn
// as nothing. The two selectors that choose between text and emoji (U+FE0E and
// U+FE0F) are none: they change how the character before them looks, no more.
func Hidden(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' || r == '\x7f'
	}
	return r != '\ufe0e' && r != '\ufe0f' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp,
		unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Visible returns a value such that it stays in its line and shows whole: what
// is hidden is escaped as in JSON, and a byte that is no UTF-8 as \xff.
func Visible(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, Hidden) {
		return s
	}
	var b []byte
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			b = fmt.Appendf(b, `\x%02x`, s[0])
		case Hidden(r):
			b = appendEscape(b, r)
		default:
			b = append(b, s[:size]...)
		}
		s = s[size:]
	}
	return string(b)
}

// OneLine returns somebody's words as one visible line.
func OneLine(s string) string { return Visible(strings.Join(strings.Fields(s), " ")) }

// appendEscape appends a character as JSON escapes it.
func appendEscape(b []byte, r rune) []byte {
	switch r {
	case '\n':
		return append(b, `\n`...)
	case '\t':
		return append(b, `\t`...)
	}
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return fmt.Appendf(b, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(b, `\u%04x`, r)
}
