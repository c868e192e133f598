package source

import (
	"fmt"
	"io/fs"
	"strings"
	"time"
)

// Config says where specs come from.
type Config struct {
	// URL is https://, http://, ssh://, git://, user@host:path, file:// or a path:
	// a folder, or a local repository, bare or not, of which the committed branch counts.
	URL string
	// Branch is the branch's name; "" is the repository's HEAD.
	Branch string
	// Path is the folder inside, relative and with slashes; "" is the root.
	Path string
	// Interval is how often Watch asks a remote; 0 is a minute.
	Interval time.Duration
	// Auth is how to be let in by a remote.
	Auth Auth
	// Network is how to reach a remote.
	Network Network
	// Signatures says whose commits count; nil: everybody's.
	Signatures *Signatures
	// RequireDescendant refuses a head that does not descend from the commit in effect:
	// see Source.SetEffective.
	RequireDescendant bool
	// Timeout bounds each exchange with a remote: the list of refs, and the clone. 0 is a minute.
	Timeout time.Duration
	// MaxBytes bounds what a remote may send, what that unpacks to, and the files
	// of one snapshot, each; 0 is 256 MiB.
	MaxBytes int64
}

const (
	defaultInterval = time.Minute
	defaultTimeout  = time.Minute
)

// New checks c, without touching network or disk. Its errors are *ConfigError.
func New(c Config) (*Source, error) {
	at, err := parseAddress(c.URL)
	if err != nil {
		return nil, err
	}
	if err := c.check(at); err != nil {
		return nil, err
	}
	c.setDefaults()
	s := &Source{url: at.text}
	verifier := newVerifier(c.Signatures)
	if at.scheme == "file" {
		s.from = &local{dir: at.path, branch: c.Branch, below: c.Path, limit: c.MaxBytes, verifier: verifier, descent: descent{required: c.RequireDescendant}}
		return s, nil
	}
	s.from = &remote{
		at: at, branch: c.Branch, below: c.Path, interval: c.Interval, timeout: c.Timeout, limit: c.MaxBytes,
		auth: c.Auth, credential: c.Auth.credential(at), network: c.Network, verifier: verifier,
		descent: descent{required: c.RequireDescendant},
	}
	return s, nil
}

func (c *Config) setDefaults() {
	c.Path = strings.TrimSuffix(c.Path, "/")
	if c.Path == "" {
		c.Path = "."
	}
	if c.Interval == 0 {
		c.Interval = defaultInterval
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
}

func (c *Config) check(at address) error {
	if p := strings.TrimSuffix(c.Path, "/"); p != "" && (!fs.ValidPath(p) || strings.Contains(p, `\`)) {
		return &ConfigError{Field: "path", Text: fmt.Sprintf("%q is not a relative path inside the repository", c.Path), hint: "write it as folder/folder, without .. and without a leading slash"}
	}
	if strings.HasPrefix(c.Branch, "-") || strings.HasPrefix(c.Branch, "refs/") || strings.ContainsAny(c.Branch, " ~^:?*[\\\n") || strings.Contains(c.Branch, "..") {
		return &ConfigError{Field: "branch", Text: fmt.Sprintf("%q is not a branch name", c.Branch), hint: "give the branch alone, such as main"}
	}
	if c.Interval != 0 && c.Interval < time.Second {
		return &ConfigError{Field: "interval", Text: fmt.Sprintf("%v is under a second", c.Interval), hint: "write it as 1m or 30s"}
	}
	if c.Timeout < 0 || c.MaxBytes < 0 {
		return &ConfigError{Field: "timeout", Text: "timeout and size limit cannot be negative"}
	}
	if err := c.Signatures.check(); err != nil {
		return err
	}
	if err := c.Network.check(at); err != nil {
		return err
	}
	return c.Auth.check(at)
}
