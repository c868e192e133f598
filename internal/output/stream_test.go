package output

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// hostile is text that wants a CI service to obey it, in pieces.
func hostile() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(
			rapid.SampledFrom([]string{
				"::", ":", "#", "##", "##[", "##vso[task.complete]", "##VSO[", "[", "]", "vso", "::error::x", "::add-mask::",
				"error ", "\n", "\r", "\r\n", " ", "\t", "\u0085", "\u2028", "\u00a0", "\u3000", "\u200d", "\u00ad",
				"\ufe0f", "\x1b[1m", "\xff", "\xe2\x80", "\\", "\\u005b", "é", "𝄞", "\U000e0041",
			}),
			rapid.String(),
		), 0, 12).Draw(t, "pieces"), "")
	})
}

// ignored is what the culture of a runner may pass over in comparing.
var ignored = regexp.MustCompile(`[^\x00-\x7f]`)

// obeyed returns the first line that a CI service takes for a command, as the
// runners look for it.
func obeyed(printed string) (line string, found bool) {
	for line := range strings.FieldsFuncSeq(printed, func(r rune) bool { return r == '\n' || r == '\r' }) {
		for _, l := range []string{line, ignored.ReplaceAllString(line, "")} {
			lower := strings.ToLower(l)
			if strings.HasPrefix(strings.TrimSpace(l), "::") || strings.Contains(l, "##[") || strings.Contains(lower, "##vso[") {
				return line, true
			}
		}
	}
	return "", false
}

// TestNoCommand writes hostile text in pieces that part it anywhere.
func TestNoCommand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := hostile().Draw(t, "text")
		whole, parts := printed(t, text), printed(t, parted(t, text)...)
		if line, found := obeyed(whole); found {
			t.Fatalf("%q prints the command %q", text, line)
		}
		if whole != parts {
			t.Fatalf("%q prints %q whole and %q in parts", text, whole, parts)
		}
		for _, r := range whole {
			if Hidden(r) && r != '\n' && r != '\t' {
				t.Fatalf("%q prints %U", text, r)
			}
		}
	})
}

// parted cuts a text into pieces of any number of bytes.
func parted(t *rapid.T, text string) (parts []string) {
	for text != "" {
		n := rapid.IntRange(1, len(text)).Draw(t, "bytes")
		parts, text = append(parts, text[:n]), text[n:]
	}
	return parts
}

// printed is what a stream writes. A line's end comes last, so that no half
// character is left.
func printed(t *rapid.T, parts ...string) string {
	var b strings.Builder
	s := New(&b)
	for _, p := range append(parts, "\n") {
		if n, err := s.Write([]byte(p)); err != nil || n != len(p) {
			t.Fatalf("wrote %d of %d bytes: %v", n, len(p), err)
		}
	}
	return b.String()
}

// TestJSONKeepsItsMeaning reads back what was written of hostile values, as
// lines and indented.
func TestJSONKeepsItsMeaning(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(hostile(), rapid.SliceOf(hostile())).Draw(t, "values")
		indent := rapid.SampledFrom([]string{"", "  "}).Draw(t, "indent")
		var b, plain strings.Builder
		for w, e := range map[*strings.Builder]*json.Encoder{&b: json.NewEncoder(New(&b)), &plain: json.NewEncoder(&plain)} {
			e.SetEscapeHTML(false)
			e.SetIndent("", indent)
			if err := e.Encode(want); err != nil {
				t.Fatalf("%v after %q", err, w)
			}
		}
		if line, found := obeyed(b.String()); found {
			t.Fatalf("the command %q", line)
		}
		var got, same map[string][]string
		if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
			t.Fatalf("%v: %s", err, &b)
		}
		if err := json.Unmarshal([]byte(plain.String()), &same); err != nil {
			t.Fatal(err)
		}
		for k, v := range same {
			if strings.Join(v, "\x00") != strings.Join(got[k], "\x00") {
				t.Fatalf("%q became %q", v, got[k])
			}
		}
		if len(got) != len(same) {
			t.Fatalf("%d keys became %d", len(same), len(got))
		}
	})
}

// TestBreaks pins how commands are broken, and what is left alone.
func TestBreaks(t *testing.T) {
	for text, want := range map[string]string{
		"::error::x\n  ::x\n\t::x":           ":\\:error::x\n  :\\:x\n\t:\\:x",
		"a::b: [c] # ## d ## [e]":            "a::b: [c] # ## d ## [e]",
		"x ##[group] ##vso[a] ###[b ##Vso[c": `x ##\u005bgroup] ##vso\u005ba] ###\u005bb ##Vso\u005bc`,
		"# a\n## Title\n#[x":                 "# a\n## Title\n#[x",
		"\u3000::error::":                    "\u3000:\\:error::",
		"\u200b::x":                          `\u200b::x`,
		"a\r::b":                             `a\u000d::b`,
		"\x1b[1m":                            `\u001b[1m`,
	} {
		var b strings.Builder
		if _, err := New(&b).Write([]byte(text)); err != nil || b.String() != want {
			t.Errorf("%q prints %q, want %q; %v", text, &b, want, err)
		}
	}
}

// TestCommand: one command a line, and no other in it or after it.
func TestCommand(t *testing.T) {
	var b strings.Builder
	s := New(&b)
	for _, c := range []Command{GitHubCommand, AzurePipelinesCommand} {
		if err := s.Command(c, "x]##[y]##vso[z]\n::add-mask::z"); err != nil {
			t.Fatal(err)
		}
	}
	want := "::x]##\\u005by]##vso\\u005bz]\n:\\:add-mask::z\n##vso[x]##\\u005by]##vso\\u005bz]\n:\\:add-mask::z\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
}

// TestColored: colours reach a terminal alone, and nothing else does that way.
func TestColored(t *testing.T) {
	for terminal, want := range map[bool]string{true: "\x1b[1mx\n:\\:y\\u009b", false: "\\u001b[1mx\n:\\:y\\u009b"} {
		var b strings.Builder
		s := New(&b)
		s.Terminal = terminal
		if _, err := s.Colored().Write([]byte("\x1b[1mx\n::y\u009b")); err != nil || b.String() != want {
			t.Errorf("on a terminal (%t): %q, want %q; %v", terminal, &b, want, err)
		}
	}
}
