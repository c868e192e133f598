package source

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"
)

// sshSigners are the lines of an allowed signers file.
type sshSigners struct{ signers []sshSigner }

// sshSigner is one of them: ssh-keygen(1), ALLOWED SIGNERS.
type sshSigner struct {
	principals    string
	key           ssh.PublicKey
	namespaces    string // patterns; "" is any
	after, before time.Time
}

// gitNamespace is what git has signed.
const gitNamespace = "git"

func (s *sshSigners) parse(data []byte) error {
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		signer, err := parseSigner(line)
		if err != nil {
			return &hintedError{fmt.Sprintf("line %d %v", number, err), "write PRINCIPAL [namespaces=\"git\"] [valid-after=\"20260101\"] [valid-before=\"20270101\"] KEYTYPE KEY, as in ssh-keygen(1), ALLOWED SIGNERS"}
		}
		s.signers = append(s.signers, signer)
	}
	if len(s.signers) == 0 {
		return &hintedError{"it names nobody", "write a line for each who may sign: PRINCIPAL KEYTYPE KEY"}
	}
	return nil
}

func parseSigner(line string) (s sshSigner, err error) {
	principals, rest := cutWord(line)
	s.principals = strings.Trim(principals, `"`)
	// What is left is a line of authorized_keys, options and all.
	key, _, options, _, err := ssh.ParseAuthorizedKey([]byte(rest))
	if err != nil {
		return s, errorText("holds no public key")
	}
	if _, certificate := key.(*ssh.Certificate); certificate {
		return s, errorText("holds a certificate, not a public key")
	}
	s.key = key
	for _, option := range options {
		if err := s.option(option); err != nil {
			return s, err
		}
	}
	return s, nil
}

// cutWord cuts at the first space outside of double quotes.
func cutWord(line string) (word, rest string) {
	quoted := false
	for i, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case (c == ' ' || c == '\t') && !quoted:
			return line[:i], strings.TrimSpace(line[i:])
		}
	}
	return line, ""
}

func (s *sshSigner) option(text string) (err error) {
	name, value, _ := strings.Cut(text, "=")
	value = strings.Trim(value, `"`)
	switch strings.ToLower(name) {
	case "namespaces":
		s.namespaces = value
	case "valid-after":
		s.after, err = parseSignerTime(value)
	case "valid-before":
		s.before, err = parseSignerTime(value)
	case "cert-authority":
		err = errorText("is a cert-authority, and certificates are not supported: name the keys themselves")
	default:
		err = errorText(fmt.Sprintf("has the option %q, which is not known", name))
	}
	return err
}

// parseSignerTime reads YYYYMMDD[HHMM[SS]][Z]; without the Z it is this machine's time.
func parseSignerTime(text string) (time.Time, error) {
	digits, utc := strings.CutSuffix(text, "Z")
	zone := time.Local
	if utc {
		zone = time.UTC
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(digits) == len(layout) {
			if t, err := time.ParseInLocation(layout, digits, zone); err == nil {
				return t, nil
			}
		}
	}
	return time.Time{}, errorText(fmt.Sprintf("has the time %q, which is not of the form 20260131 or 202601311530Z", text))
}

func (s *sshSigners) names() (names []string) {
	for _, signer := range s.signers {
		names = append(names, fmt.Sprintf("SSH %s (%s)", ssh.FingerprintSHA256(signer.key), signer.principals))
	}
	return names
}

// judge wants a signature by one of the keys, made for git, at a time when the
// key counts. As any time can be written into a commit, it has to count now, too.
func (s *sshSigners) judge(c *signedCommit, now time.Time) error {
	signature, err := sshsig.Unarmor([]byte(c.signature))
	if err != nil {
		return errorText("has an SSH signature that cannot be read")
	}
	who := "is signed with SSH key " + ssh.FingerprintSHA256(signature.PublicKey)
	err = errorText(who + ", which is not allowed")
	for _, signer := range s.signers {
		if !bytes.Equal(signer.key.Marshal(), signature.PublicKey.Marshal()) {
			continue
		}
		if why := signer.refuses(c.when, now); why != "" {
			err = errorText(who + ", " + why)
			continue
		}
		if sshsig.Verify(bytes.NewReader(c.payload), signature, signer.key, signature.HashAlgorithm, gitNamespace) != nil {
			return errorText(who + ", but the signature is not good")
		}
		return nil
	}
	return err
}

// refuses says why a line does not count for a commit; "" that it does.
func (s *sshSigner) refuses(when, now time.Time) string {
	switch {
	case s.namespaces != "" && !matchPatterns(s.namespaces, gitNamespace):
		return "which is not allowed in the namespace git"
	case !s.after.IsZero() && (when.Before(s.after) || now.Before(s.after)):
		return "which counts from " + s.after.UTC().Format(time.RFC3339) + " only"
	case !s.before.IsZero() && (!when.Before(s.before) || !now.Before(s.before)):
		return "which counted until " + s.before.UTC().Format(time.RFC3339) + " only"
	}
	return ""
}

// matchPatterns is ssh's list of patterns: one must match, and none that begins with "!".
func matchPatterns(list, name string) bool {
	matched := false
	for pattern := range strings.SplitSeq(list, ",") {
		pattern, negated := strings.CutPrefix(pattern, "!")
		if ok, err := path.Match(pattern, name); err != nil || !ok {
			continue
		}
		if negated {
			return false
		}
		matched = true
	}
	return matched
}
