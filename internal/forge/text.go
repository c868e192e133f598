package forge

import (
	"crypto/sha256"
	"fmt"
	"unicode/utf8"
)

const (
	maxDescription = 140 // characters: GitHub refuses more
	maxContext     = 100 // characters: GitHub takes 255, and shows fewer
	maxText        = 300 // characters of what a host says in an error
)

// clip cuts a text to so many characters.
func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// bounded cuts a context. What was cut off is there as a hash: a status of
// another context must not take this one's place.
func bounded(context string) string {
	if utf8.RuneCountInString(context) <= maxContext {
		return context
	}
	hash := fmt.Sprintf("%.4x", sha256.Sum256([]byte(context)))
	return clip(context, maxContext-1-len(hash)) + " " + hash
}
