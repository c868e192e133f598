package secret

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Suspect reports whether a value, kept under a name that people chose, looks
// like a secret: by its name or by its shape. It is a guess, on the safe side.
func Suspect(name, value string) bool {
	return suspectName(name) && !harmless(value) || suspectShape(value)
}

// SuspectsIn names what looks like a secret in a text such as a script: the
// variable or option that is set to it, or the line that it is in.
func SuspectsIn(text string) []string {
	var names []string
	number := 0
	for line := range strings.Lines(text) {
		number++
		name := suspectSetting(line)
		if name == "" && suspectShape(line) {
			name = fmt.Sprintf("line %d", number)
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// settings match NAME=VALUE and NAME: VALUE, and --name VALUE.
var settings = []*regexp.Regexp{
	regexp.MustCompile(`([A-Za-z_][\w.-]*)\s*[=:]\s*["']?([^\s"';]+)`),
	regexp.MustCompile(`--([A-Za-z][\w-]*)\s+["']?([^\s"';]+)`),
}

// suspectSetting names the first variable or option that a line sets to what
// looks like a secret by its name; "" is none.
func suspectSetting(line string) string {
	for _, form := range settings {
		for _, m := range form.FindAllStringSubmatch(line, -1) {
			if suspectName(m[1]) && !harmless(m[2]) {
				return strings.TrimLeft(m[1], "-")
			}
		}
	}
	return ""
}

// harmless reports whether a value cannot be a secret, whatever its name: a
// switch, or a place that the secret is taken from.
func harmless(value string) bool {
	return slices.Contains([]string{"", "true", "false"}, strings.ToLower(value)) ||
		strings.HasPrefix(value, "$") || strings.HasPrefix(value, "@Microsoft.KeyVault(") || IsRef(value)
}

// names matches the names of secrets. Where a word may be part of another that
// is none, it must be a word of its own, alone or behind what goes with it.
var names = regexp.MustCompile(`passw(or)?d|passphrase|pwd|secret|credential|conn(ection)?_?str|shared_access` +
	`|(^|_)(creds?|jwt|id_(rsa|dsa|ecdsa|ed25519))($|_)` +
	`|(^|_)(pat|sas|(access|account|api|auth|bearer|master|primary|private|refresh|sas|secondary|shared|storage)?` +
	`_?(key|token))($|_)`)

func suspectName(name string) bool {
	name = words(name)
	return names.MatchString(name) && !strings.Contains(name, "public")
}

// words writes accountKey and Account-Key as account_key.
func words(name string) string {
	var b strings.Builder
	lower := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			r = '_'
		case lower && unicode.IsUpper(r):
			b.WriteByte('_')
		}
		lower = unicode.IsLower(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// shapes are the forms of well-known secrets: a private key, a JSON Web Token, a
// shared access signature, a connection string, a client secret of Entra ID, what
// Databricks, GitHub, GitLab, Hugging Face, npm and Slack issue, keys of AWS, Google
// and OpenAI, a bearer's header, credentials inside a URL, and a long number in
// hexadecimal.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY`),
	regexp.MustCompile(`\beyJ[\w-]{10,}\.[\w-]{10,}\.`),
	regexp.MustCompile(`(?i)\bsig=[\w%+/]{16,}`),
	regexp.MustCompile(`(?i)\b(AccountKey|SharedAccessKey|SharedAccessSignature|Password|Pwd)=[^\s;"'$<{]+`),
	regexp.MustCompile(`[\w~.-]{3}[0-9]Q~[\w~.-]{31,34}`),
	regexp.MustCompile(`\b(dapi|gh[opsu]_|github_pat_|glpat-|hf_|npm_|sk-|xox[abp]-)[\w-]{16,}`),
	regexp.MustCompile(`\b(A[KS]IA[0-9A-Z]{16}|AIza[\w-]{30,})`),
	regexp.MustCompile(`\bBearer [\w.~+/-]{16,}`),
	regexp.MustCompile(`://[^/\s@]+@`),
	regexp.MustCompile(`\b[0-9a-fA-F]{32,}\b`),
}

var base64Run = regexp.MustCompile(`[A-Za-z0-9+/]{40,}`)

func suspectShape(value string) bool {
	if slices.ContainsFunc(shapes, func(shape *regexp.Regexp) bool { return shape.MatchString(value) }) {
		return true
	}
	if strings.Contains(value, "/subscriptions/") || strings.HasPrefix(value, "ssh-") {
		return false // a long path, or a public key
	}
	return slices.ContainsFunc(base64Run.FindAllString(value, -1), mixed)
}

// mixed reports whether a text has what random bytes have in base64, and words
// seldom have: capitals, small letters and digits.
func mixed(s string) bool {
	return strings.ContainsFunc(s, unicode.IsUpper) && strings.ContainsFunc(s, unicode.IsLower) &&
		strings.ContainsFunc(s, unicode.IsDigit)
}
