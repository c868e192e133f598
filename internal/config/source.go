package config

import (
	"net/url"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/secret"
)

// Source is a repository, or a folder, that specs come from.
type Source struct {
	URL, Branch, Path string
	Interval          time.Duration
	Auth              Auth
}

// Auth is what lets us into a repository.
type Auth struct {
	Username, KnownHosts                string
	Token, Password, SSHKey, Passphrase secret.Ref
}

var sourcesKeys = []Key{{
	Name: "sources", Type: List, Required: true, Hint: "write sources: [{url: …}]", Keys: sourceKeys, Unique: "source",
	Doc: "Where specs come from: each source has its own repository, branch, folder, credential and interval.",
}}

var sourceKeys = []Key{
	{
		Name: "url", Type: Text, Required: true, Hint: "state the url of a repository, or a path", Check: checkURL, Hide: true,
		Doc: "The repository: `https://`, `http://`, `ssh://`, `git://`, `user@host:path`, or a path: a folder, or a local repository, of which the committed branch counts.",
	},
	{Name: "branch", Type: Text, Doc: "The branch; else the repository's `HEAD`."},
	{Name: "path", Type: Text, Doc: "The folder inside the repository; else its root."},
	{Name: "interval", Type: Duration, Default: "1m", Min: int64(time.Second), Doc: "How often the remote is asked for new commits."},
	{Name: "auth.token", Type: Secret, Doc: "Over http: a token, or username and password."},
	{Name: "auth.username", Type: Text, Doc: "Over http the user name that goes with token or password; over ssh instead of the one in the url."},
	{Name: "auth.password", Type: Secret, Doc: "The password of the user."},
	{Name: "auth.ssh_key", Type: Secret, Doc: "Over ssh: the private key itself, PEM or OpenSSH."},
	{Name: "auth.passphrase", Type: Secret, Doc: "What the private key is encrypted with."},
	{Name: "auth.known_hosts", Type: Text, Doc: "Over ssh: the server's public keys, as the absolute path of a file or as its lines."},
}

// checkURL refuses credentials before anything can print them.
func checkURL(text string) (problem, hint string) {
	if text == "" {
		return "url is empty", "state the url of a repository, or a path"
	}
	if !strings.Contains(text, "://") {
		return "", ""
	}
	u, err := url.Parse(text)
	if err != nil {
		return "url is not valid", "write it as https://host/path"
	}
	if _, password := u.User.Password(); password || u.User != nil && u.Scheme != "ssh" {
		return "credentials must not stand in the url", "give them as auth, by reference to a secret"
	}
	return "", ""
}

// String names a source for logs and for the journal: no two sources of a
// configuration have one name.
func (s Source) String() string {
	name := s.URL
	if s.Path != "" {
		name += "//" + s.Path
	}
	if s.Branch != "" {
		name += "?ref=" + s.Branch
	}
	return name
}
