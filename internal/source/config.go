package source

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/secret"
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
	// Timeout bounds each exchange with a remote: the list of refs, and the clone. 0 is a minute.
	Timeout time.Duration
	// MaxBytes bounds what a remote may send, what that unpacks to, and the files
	// of one snapshot, each; 0 is 256 MiB.
	MaxBytes int64
}

// Auth is a credential for a remote. Over http it is a token, or a user name and a password; over
// ssh a key or a password, and in any case known_hosts. git:// knows none.
type Auth struct {
	Token      secret.Value // sent as the password of Username, or of "git"
	Username   string       // over ssh instead of the one in the url
	Password   secret.Value
	SSHKey     secret.Value // the private key itself, PEM or OpenSSH
	Passphrase secret.Value // of the key
	KnownHosts string       // the absolute path of a file, or its lines
}

func (a Auth) isZero() bool {
	return a.Token.IsZero() && a.Password.IsZero() && a.SSHKey.IsZero() && a.Passphrase.IsZero() && a.Username == "" && a.KnownHosts == ""
}

// tokenUser is the name a token goes with: GitHub, GitLab and Azure DevOps take any.
const tokenUser = "git"

// basic returns the user name and password for http.
func (a Auth) basic() (user string, password secret.Value) {
	switch {
	case a.Token.IsZero():
		return a.Username, a.Password
	case a.Username != "":
		return a.Username, a.Token
	}
	return tokenUser, a.Token
}

// secrets are the texts that must not come back in an error: also as the header
// of basic authentication writes them.
func (a Auth) secrets() []secret.Value {
	user, password := a.basic()
	header := base64.StdEncoding.EncodeToString([]byte(user + ":" + password.Reveal()))
	return []secret.Value{a.Token, a.Password, a.Passphrase, a.SSHKey, secret.NewValue(header)}
}

const (
	defaultInterval = time.Minute
	defaultTimeout  = time.Minute
)

// New checks c, without touching network or disk, except for known_hosts. Its errors are *ConfigError.
func New(c Config) (*Source, error) {
	at, err := parseAddress(c.URL)
	if err != nil {
		return nil, err
	}
	if err := c.check(at); err != nil {
		return nil, err
	}
	c.setDefaults()
	s := &Source{url: at.text, secrets: c.Auth.secrets()}
	if at.scheme == "file" {
		s.from = &local{dir: at.path, branch: c.Branch, below: c.Path, limit: c.MaxBytes}
		return s, nil
	}
	remote := &remote{at: at, branch: c.Branch, below: c.Path, interval: c.Interval, timeout: c.Timeout, limit: c.MaxBytes, auth: c.Auth}
	if at.scheme == "ssh" {
		if remote.ssh, err = sshConfig(at, c.Auth); err != nil {
			return nil, err
		}
	}
	s.from = remote
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
	return c.Auth.check(at)
}

func (a Auth) check(at address) error {
	refuse := func(text, hint string) error { return &ConfigError{Field: "auth", Text: text, hint: hint} }
	switch at.scheme {
	case "file", "git":
		if !a.isZero() {
			return refuse(at.scheme+" urls take no credentials", "remove auth, or use https:// or ssh://")
		}
	case "http", "https":
		switch {
		case !a.SSHKey.IsZero() || !a.Passphrase.IsZero() || a.KnownHosts != "":
			return refuse("ssh_key, passphrase and known_hosts are for ssh urls", "use token, or username and password")
		case !a.Token.IsZero() && !a.Password.IsZero():
			return refuse("both token and password are given", "keep one of them")
		case a.Token.IsZero() && (a.Username == "") != a.Password.IsZero():
			return refuse("username and password go together", "give both, or a token")
		case at.scheme == "http" && !a.isZero() && !isLoopback(at.host):
			return refuse("credentials would cross the network unencrypted", "use https://")
		}
	case "ssh":
		switch {
		case !a.Token.IsZero():
			return refuse("a token is for http urls", "use ssh_key and known_hosts")
		case a.SSHKey.IsZero() == a.Password.IsZero():
			return refuse("ssh needs either ssh_key or password", "set ssh_key to the private key of a deploy key")
		case a.KnownHosts == "":
			return refuse("ssh needs known_hosts", "put the server's public keys there (ssh-keyscan HOST prints them; compare them with what its operator publishes)")
		}
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// address is where a source is. Its text holds no credential.
type address struct {
	text       string // as configured
	scheme     string // file, http, https, ssh or git
	user       string // ssh only
	host, port string
	path       string // for http escaped, as in the url
}

func badURL(text, hint string) error { return &ConfigError{Field: "url", Text: text, hint: hint} }

// parseAddress never puts the url into an error's text: what is wrong with it may be a password.
func parseAddress(text string) (address, error) {
	if text == "" {
		return address{}, badURL("it is missing", "give the repository's url, or a path")
	}
	if strings.Contains(text, "://") {
		return parseURL(text)
	}
	first, rest, isSCP := strings.Cut(text, ":")
	if isSCP && !strings.Contains(first, "/") {
		return parseSCP(text, first, rest)
	}
	dir, err := filepath.Abs(text)
	if err != nil {
		return address{}, badURL("its absolute path cannot be found", "give an absolute path")
	}
	return address{text: text, scheme: "file", path: dir}, nil
}

// parseSCP reads user@host:path, the short form of ssh://.
func parseSCP(text, first, path string) (address, error) {
	user, host, hasUser := strings.Cut(first, "@")
	if !hasUser {
		user, host = "", first
	}
	beforeSlash, _, _ := strings.Cut(path, "/")
	switch {
	case strings.Contains(beforeSlash, "@"):
		return address{}, errCredentials
	case host == "" || path == "" || strings.HasPrefix(host, "-"):
		return address{}, badURL("it is neither a url, nor user@host:path, nor a path", "begin a path that holds a colon with ./")
	}
	return address{text: text, scheme: "ssh", user: user, host: host, path: path}, nil
}

var errCredentials = badURL("credentials must not stand in it", "remove them from the url, and give them as auth, by reference to a secret")

func parseURL(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil {
		return address{}, badURL("it is not a valid url", "write it as https://host/path")
	}
	at := address{text: text, scheme: u.Scheme, host: u.Hostname(), port: u.Port(), path: u.Path}
	_, hasPassword := u.User.Password()
	switch {
	case hasPassword || u.User != nil && u.Scheme != "ssh":
		return address{}, errCredentials
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return address{}, badURL("it has a query or a fragment", "end it with the repository's path")
	}
	switch u.Scheme {
	case "file":
		if u.Host != "" && u.Host != "localhost" {
			return address{}, badURL("a file url names another host", "write file:///path")
		}
		at.path = filepath.Clean(u.Path)
		return at, nil
	case "http", "https":
		at.path = u.EscapedPath()
	case "ssh":
		at.user = u.User.Username()
	case "git":
	default:
		return address{}, badURL("its scheme is not supported", "use https, http, ssh, git or file")
	}
	if at.host == "" || strings.Trim(at.path, "/") == "" {
		return address{}, badURL("it names no host or no repository", "write it as "+u.Scheme+"://host/path")
	}
	return at, nil
}
