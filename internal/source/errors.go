package source

import (
	"context"
	"errors"
	"strings"

	"github.com/computesync/computesync/internal/output"
)

// Problem is the stable code of what keeps a source from giving a snapshot.
type Problem string

// The problems a source can have. Each is a state of its own: none of them is
// ever answered with an empty snapshot.
const (
	Unreachable Problem = "unreachable"      // no connection, a dropped one, or a server that answers 429 or 5xx
	Timeout     Problem = "timeout"          // the server did not finish its answer within Config.Timeout
	AuthRefused Problem = "auth-refused"     // the server wants credentials, or does not accept ours
	Redirected  Problem = "redirected"       // the server redirects to another host, which is not followed
	HostKey     Problem = "host-key"         // the ssh server's key is not the one in known_hosts
	NotFound    Problem = "not-found"        // no repository, or no folder, at the address
	Empty       Problem = "empty-repository" // the repository has no commit yet
	NoBranch    Problem = "no-branch"        // the repository has commits, but not this branch
	NoRevision  Problem = "no-revision"      // the repository does not hold this revision
	NoPath      Problem = "no-path"          // the commit has no folder of this name
	Unsupported Problem = "unsupported"      // a repository format that cannot be read
	TooLarge    Problem = "too-large"        // more bytes or files than Config.MaxBytes allows
	Signature   Problem = "signature"        // the commit is not signed by whom Config.Signatures allows
	Descent     Problem = "descent"          // the commit does not descend from the one in effect
	Setup       Problem = "setup"            // a secret, key or certificate of the configuration cannot be read
	Broken      Problem = "broken"           // an answer that is not git's, or objects missing or damaged
)

// ofAnswer says whether the detail of such a problem is what a server said, or how it was reached.
func (p Problem) ofAnswer() bool {
	switch p {
	case Unreachable, AuthRefused, NotFound, Unsupported, Broken:
		return true
	}
	return false
}

var problemText = map[Problem]string{
	Unreachable: "server unreachable",
	Timeout:     "no answer in time",
	AuthRefused: "authentication refused",
	Redirected:  "redirected to another host",
	HostKey:     "host key not accepted",
	NotFound:    "not found",
	Empty:       "repository is empty",
	NoBranch:    "no such branch",
	NoRevision:  "no such revision",
	NoPath:      "no such folder",
	Unsupported: "repository format not supported",
	TooLarge:    "too large",
	Signature:   "signature not accepted",
	Descent:     "commit refused",
	Setup:       "configuration cannot be used",
	Broken:      "unreadable answer",
}

var problemHint = map[Problem]string{
	Unreachable: "check the host name, the network and the proxy settings; the next attempt follows by itself",
	Timeout:     "check the network between here and the server; the next attempt follows by itself",
	AuthRefused: "check auth in the source's configuration: that the credential has not expired and may read this repository (some servers answer so for a repository that does not exist); a new one in the same place is taken up by itself",
	Redirected:  "correct url if the repository has moved",
	HostKey:     "compare the server's key with the one its operator publishes, then put it into known_hosts",
	NotFound:    "check the spelling of the url, and that the credential may see the repository",
	Empty:       "push a first commit",
	NoBranch:    "set branch to one that exists",
	NoRevision:  "git rev-parse must print a commit for it",
	NoPath:      "set path to a folder of this branch, or leave it out for the repository's root",
	Unsupported: "use a repository with SHA-1 objects and files as ref storage (git init --object-format=sha1 --ref-format=files)",
	TooLarge:    "keep the specs in a repository of their own, or raise max_size of the source",
	Signature:   "have the branch's newest commit signed by a key of openpgp_keys or ssh_allowed_signers",
	Descent:     "find out who rewound or rewrote the branch; computesync accept COMMIT permits it",
	Setup:       "correct it in the source's configuration",
	Broken:      "check that the url is that of a git repository (git ls-remote URL)",
}

// Error says why a source gave no snapshot. Its text never holds a credential.
type Error struct {
	Problem Problem
	URL     string // the address as configured
	Detail  string // what exactly was seen; may be empty
	Commit  string // Descent: the commit that was refused
	Err     error  // context.DeadlineExceeded for Timeout, else nil: foreign errors are kept as scrubbed text only
	hint    string
}

// Error returns "fetch URL: problem: detail".
func (e *Error) Error() string {
	text := "fetch " + e.URL + ": " + problemText[e.Problem]
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text
}

// Unwrap lets errors.Is find context.DeadlineExceeded.
func (e *Error) Unwrap() error { return e.Err }

// Hint names a way out.
func (e *Error) Hint() string {
	if e.hint != "" {
		return e.hint
	}
	return problemHint[e.Problem]
}

// Final reports whether the same answer follows until the repository or the
// configuration changes: there is no use in asking again at once.
func (e *Error) Final() bool { return e.Problem == TooLarge }

// ConfigError is a mistake in a Config. Its text never holds a credential.
type ConfigError struct {
	Field string // the key as it stands in the configuration: url, branch, path, auth, ...
	Text  string
	hint  string
}

// Error returns "check source FIELD: text".
func (e *ConfigError) Error() string { return "check source " + e.Field + ": " + e.Text }

// Hint names a way out, or is empty.
func (e *ConfigError) Hint() string { return e.hint }

// hintedError is the reason inside another error, with its own way out.
type hintedError struct{ text, hint string }

func (e *hintedError) Error() string { return e.text }
func (e *hintedError) Hint() string  { return e.hint }

// problem is the mistake as a fetch meets it: in what it reads anew each time.
func (e *ConfigError) problem() *Error {
	return &Error{Problem: Setup, Detail: e.Field + ": " + e.Text, hint: e.hint}
}

// problem starts an Error; Fetch adds the address.
func problem(p Problem, detail string) *Error { return &Error{Problem: p, Detail: detail} }

// finish turns any error of a fetch into the one the caller sees: cancellation as
// it is, a typed problem completed with the address, anything else as Broken.
func finish(ctx context.Context, err error, url string) error {
	if err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	var typed *Error
	var config *ConfigError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		typed = &Error{Problem: Timeout, Err: context.DeadlineExceeded} // whatever was cut off by it
	case errors.As(err, &config):
		typed = config.problem()
	case !errors.As(err, &typed):
		typed = problem(Broken, err.Error())
	}
	out := *typed
	out.URL = url
	out.Detail = oneLine(out.Detail)
	return &out
}

// oneLine keeps a foreign text from breaking lines, moving the cursor or filling the log.
func oneLine(text string) string {
	const most = 300
	text = output.OneLine(text)
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}
