package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"

	"github.com/computesync/computesync/internal/clock"
)

// Signatures says whose commits count: those whose head commit one of these
// keys has signed. A commit names its whole tree by hash, so that who signs the
// head vouches for every file of the snapshot, whoever made the commits below.
// The files are read anew for each commit.
type Signatures struct {
	OpenPGPKeys       string // the absolute path of a file of armored public keys
	SSHAllowedSigners string // the absolute path of a file as git's gpg.ssh.allowedSignersFile (ssh-keygen(1), ALLOWED SIGNERS)
}

var errUnsignable = badURL("a plain folder has no commits that could be signed", "give a repository, or remove openpgp_keys and ssh_allowed_signers")

var errNoHistory = badURL("a plain folder has no history", "give a repository, or remove require_descendant")

func (s *Signatures) check() error {
	if s == nil {
		return nil
	}
	if s.OpenPGPKeys == "" && s.SSHAllowedSigners == "" {
		return &ConfigError{Field: "openpgp_keys", Text: "no keys are named, so no commit could count", hint: "set openpgp_keys, ssh_allowed_signers or both"}
	}
	for _, from := range []struct{ key, file string }{{"openpgp_keys", s.OpenPGPKeys}, {"ssh_allowed_signers", s.SSHAllowedSigners}} {
		if from.file != "" && !filepath.IsAbs(from.file) {
			return &ConfigError{Field: from.key, Text: "it is not an absolute path", hint: "write it as /etc/computesync/" + from.key}
		}
	}
	return nil
}

// allowed are the keys that Signatures names.
type allowed struct {
	openPGP openPGPKeys
	ssh     sshSigners
}

func (s *Signatures) read() (allowed, error) {
	var a allowed
	for _, from := range []struct {
		key, file string
		parse     func(data []byte) error
	}{
		{"openpgp_keys", s.OpenPGPKeys, a.openPGP.parse},
		{"ssh_allowed_signers", s.SSHAllowedSigners, a.ssh.parse},
	} {
		if from.file == "" {
			continue
		}
		data, err := os.ReadFile(from.file)
		if err != nil {
			return a, &ConfigError{Field: from.key, Text: fmt.Sprintf("%s: %v", from.file, cause(err)), hint: "make the file, readable for this process"}
		}
		if err := from.parse(data); err != nil {
			return a, &ConfigError{Field: from.key, Text: fmt.Sprintf("%s: %v", from.file, err), hint: hintOf(err)}
		}
	}
	return a, nil
}

// String names the keys, for people.
func (a allowed) String() string {
	const most = 10
	names := append(a.openPGP.names(), a.ssh.names()...)
	text := strings.Join(names[:min(most, len(names))], ", ")
	if len(names) > most {
		text += ", ..."
	}
	return text
}

// verifier lets commits pass that are signed. A nil verifier lets all pass.
type verifier struct {
	from *Signatures
	// refused is the last commit that did not pass: it is judged again without
	// being fetched again, since the keys may have changed.
	refused *signedCommit
}

func newVerifier(from *Signatures) *verifier {
	if from == nil {
		return nil
	}
	return &verifier{from: from}
}

// ready reads the keys, as each check does.
func (v *verifier) ready() error {
	if v == nil {
		return nil
	}
	_, err := v.from.read()
	return err
}

// recheck judges a commit that is known to have been refused.
func (v *verifier) recheck(hash plumbing.Hash) error {
	if v == nil || v.refused == nil || v.refused.hash != hash {
		return nil
	}
	return v.judge(v.refused)
}

// check judges the commit in store.
func (v *verifier) check(store storer.EncodedObjectStorer, hash plumbing.Hash) error {
	if v == nil {
		return nil
	}
	commit, err := readSigned(store, hash)
	if err != nil {
		return err
	}
	if err = v.judge(commit); err != nil {
		v.refused = commit
	}
	return err
}

// armors tell the kinds of signatures apart, by how each begins.
var armors = []struct {
	begin string
	judge func(a allowed, c *signedCommit, now time.Time) error
}{
	{"-----BEGIN PGP SIGNATURE-----", func(a allowed, c *signedCommit, now time.Time) error { return a.openPGP.judge(c, now) }},
	{"-----BEGIN SSH SIGNATURE-----", func(a allowed, c *signedCommit, now time.Time) error { return a.ssh.judge(c, now) }},
	{"-----BEGIN SIGNED MESSAGE-----", func(allowed, *signedCommit, time.Time) error {
		return errorText("is signed with X.509, which is not supported")
	}},
}

func (v *verifier) judge(c *signedCommit) error {
	keys, err := v.from.read()
	if err != nil {
		return err
	}
	err = errorText("is signed in a way that is not known")
	if c.signature == "" {
		err = errorText("is not signed")
	}
	for _, kind := range armors {
		if strings.HasPrefix(c.signature, kind.begin) {
			err = kind.judge(keys, c, clock.Now())
		}
	}
	if err == nil {
		return nil
	}
	e := problem(Signature, fmt.Sprintf("commit %s by %s %v", c.hash.String()[:12], c.committer, err))
	e.hint = "have the branch's newest commit signed by a key that counts, or add its key to openpgp_keys or ssh_allowed_signers; allowed are " + keys.String()
	return e
}

// errorText is why a commit is refused: the end of a sentence that its name begins.
type errorText string

func (e errorText) Error() string { return string(e) }
