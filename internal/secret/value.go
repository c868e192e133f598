package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
)

// printed is every printed form of a Value.
const printed = "<secret>"

// Value is a secret. Every way to print, log or encode it gives "<secret>";
// only Reveal gives the text. The zero Value is empty.
//
// The text is held behind a pointer: fmt calls no methods on a Value in an
// unexported field of a struct, and then prints an address.
type Value struct{ text *string }

// NewValue wraps a secret text.
func NewValue[T string | []byte](text T) Value {
	s := string(text)
	return Value{&s}
}

// Reveal returns the secret text, for the one place that sends it.
func (v Value) Reveal() string {
	if v.text == nil {
		return ""
	}
	return *v.text
}

// IsZero reports whether the text is empty.
func (v Value) IsZero() bool { return v.Reveal() == "" }

// Equal compares the texts, in time that tells neither where they differ nor how
// long they are.
func (v Value) Equal(o Value) bool {
	a, b := sha256.Sum256([]byte(v.Reveal())), sha256.Sum256([]byte(o.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// Fingerprint is a keyed hash (HMAC-SHA256, 32 hex digits). Without the key it
// reveals nothing; with it, a secret that can be guessed is found quickly, so
// what is stored comes from Fingerprints.
func (v Value) Fingerprint(key []byte) string {
	const digits = 32
	mac := hmac.New(sha256.New, key)
	_, _ = io.WriteString(mac, v.Reveal()) // a hash never returns an error
	return hex.EncodeToString(mac.Sum(nil))[:digits]
}

// String returns "<secret>".
func (v Value) String() string { return printed }

// GoString returns "<secret>".
func (v Value) GoString() string { return printed }

// Format prints "<secret>" for every verb and flag.
func (v Value) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, printed) }

// MarshalText returns "<secret>"; encoders of JSON map keys, XML and YAML ask for it.
func (v Value) MarshalText() ([]byte, error) { return []byte(printed), nil }

// MarshalJSON returns "<secret>" as a JSON string; zerolog's Interface and Any use it.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + printed + `"`), nil }

// LogValue is what slog writes.
func (v Value) LogValue() slog.Value { return slog.StringValue(printed) }
