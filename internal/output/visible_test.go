package output

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestVisible shows what is hidden, and leaves the rest as it is.
func TestVisible(t *testing.T) {
	for value, want := range map[string]string{
		"plain, é 日本 ⚠\ufe0f \ufffd": "plain, é 日本 ⚠\ufe0f \ufffd",
		"\x1b[2J":                    `\u001b[2J`, "a\nb\tc\r": `a\nb\tc\u000d`, "\x7f\x00": `\u007f\u0000`, "\u0085\u009b": `\u0085\u009b`,
		"\u202a\u202e\u2066\u2069\u200e\u200f\u061c": `\u202a\u202e\u2066\u2069\u200e\u200f\u061c`,
		"\u2028\u2029": `\u2028\u2029`, "\u200b\ufeff\u00ad\u3164\u034f": `\u200b\ufeff\u00ad\u3164\u034f`,
		"\U000e0041\U000e0100": `\udb40\udc41\udb40\udd00`,
		"\xff\xc2":             `\xff\xc2`,
	} {
		if got := Visible(value); got != want {
			t.Errorf("%q shows as %s, want %s", value, got, want)
		}
	}
	if got := OneLine(" a\r\n\u2028b \x1b[0m"); got != `a b \u001b[0m` {
		t.Errorf("one line: %q", got)
	}
}

// TestVisibleAsJSON: what was escaped reads back as JSON does, and nothing of
// it is hidden.
func TestVisibleAsJSON(t *testing.T) {
	text := rapid.String().Filter(func(s string) bool { return !strings.ContainsAny(s, `"\`) })
	rapid.Check(t, func(t *rapid.T) {
		s := text.Draw(t, "s")
		shown := Visible(s)
		if strings.ContainsFunc(shown, Hidden) {
			t.Fatalf("%q shows as %q", s, shown)
		}
		var back string
		if err := json.Unmarshal([]byte(`"`+shown+`"`), &back); err != nil || back != s {
			t.Fatalf("%q shows as %q, which reads back as %q, %v", s, shown, back, err)
		}
	})
}
