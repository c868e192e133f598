package config

import (
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// Source is a repository, or a folder, that specs come from.
type Source struct {
	URL, Branch, Path string
	Interval          time.Duration
	MaxSize           int64 // bytes
	// What it may name; nil: anything.
	Workspaces, Owners []string
	Auth               Auth
	// Network.
	CAFile, Proxy, ProxyUsername string
	ProxyPassword                secret.Ref
	Redirects                    string
	// Whose commits count: files of keys; everybody's where neither is stated.
	OpenPGPKeys, SSHAllowedSigners string
	RequireDescendant              *bool
}

// Descends reports whether a commit counts only if it descends from the one in effect.
func (s *Source) Descends() bool {
	if s.RequireDescendant != nil {
		return *s.RequireDescendant
	}
	return s.Signed()
}

// Signed reports whether a commit counts only if one of the source's keys signed it.
func (s *Source) Signed() bool { return s.OpenPGPKeys != "" || s.SSHAllowedSigners != "" }

// Auth is what lets us into a repository.
type Auth struct {
	Username, KnownHosts, EntraID, SSHAgent string
	Token, Password, SSHKey, Passphrase     secret.Ref
	GitHubApp                               GitHubApp
}

// GitHubApp is an installation of an app; its zero value is none.
type GitHubApp struct {
	AppID, InstallationID, APIURL string
	PrivateKey                    secret.Ref
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
	{
		Name: "max_size", Type: Size, Default: "256MiB", Min: 1 << 20, Max: 16 << 30,
		Doc: "What one fetch may take: the bytes that the server sends, and the memory for what they unpack to. See [What a fetch may take](operations.md#what-a-fetch-may-take).",
	},
	{
		Name: "workspaces", Type: Texts, Check: checked(spec.CheckWorkspaceGlob), Pattern: spec.WorkspaceGlobPattern,
		Doc: "The workspaces that its specs may name, as globs of `subscription/group/workspace` such as `11111111-2222-3333-4444-555555555555/rg-ml/*`, in which case does not count. Required where there is more than one source; else it may name any.",
	},
	{
		Name: "owners", Type: Texts, Check: checked(spec.CheckOwner), Pattern: spec.OwnerPattern,
		Doc: "The owners that its specs may name; a `workspace.yaml` that names none has the owner `computesync`. Required where there is more than one source; else it may name any.",
	},
	{Name: "auth.token", Type: Secret, Doc: "Over http: a token, such as a personal access token of GitHub, GitLab or Azure DevOps; or username and password."},
	{Name: "auth.github_app.app_id", Type: Text, Required: true, Hint: "the app's settings show it", Doc: "Over https, to GitHub: the id of an app, or its client id. Fetches are made with tokens of its installation, which may read this repository and nothing else."},
	{Name: "auth.github_app.installation_id", Type: Text, Required: true, Hint: "it ends the address of the installation's page", Doc: "The installation of the app."},
	{Name: "auth.github_app.private_key", Type: Secret, Required: true, Hint: "the app's settings make one", Doc: "A private key of the app, PEM."},
	{Name: "auth.github_app.api_url", Type: Text, Doc: "GitHub's API; else the one that belongs to the repository's host: `https://api.github.com`, or `https://HOST/api/v3` of GitHub Enterprise Server."},
	{
		Name: "auth.entra_id", Type: Word, Words: []string{"default", "managed_identity", "workload_identity", "client_secret", "client_certificate", "cli"},
		Doc: "Over https, to Azure DevOps: how to get a token of Entra ID, as in `azure.credential`, with the same tenant and client.",
	},
	{Name: "auth.username", Type: Text, Doc: "Over http the user name that goes with token or password; over ssh instead of the one in the url."},
	{Name: "auth.password", Type: Secret, Doc: "The password of the user."},
	{Name: "auth.ssh_key", Type: Secret, Doc: "Over ssh: the private key itself, PEM or OpenSSH."},
	{Name: "auth.passphrase", Type: Secret, Doc: "What the private key is encrypted with."},
	{Name: "auth.ssh_agent", Type: Text, Doc: "Over ssh: the absolute path of the socket of an agent that holds the key, or `SSH_AUTH_SOCK` for the one that this variable names."},
	{Name: "auth.known_hosts", Type: Text, Own: true, Doc: "Over ssh: the server's public keys, as the absolute path of a file or as its lines."},
	{
		Name: "ca_file", Type: Text, Own: true, Check: must(filepath.IsAbs, "ca_file must be an absolute path"), Pattern: "^/",
		Doc: "Over https: a PEM file of certificate authorities, which are trusted instead of this machine's.",
	},
	{
		Name: "proxy", Type: Text, Check: checkProxy, Hide: true,
		Doc: "The proxy to go through, `http://`, `https://` or, for ssh and git the only one, `socks5://`; else what `HTTPS_PROXY` and `NO_PROXY` say, for ssh and git `ALL_PROXY`.",
	},
	{Name: "proxy_username", Type: Text, Doc: "The user name that the proxy wants."},
	{Name: "proxy_password", Type: Secret, Doc: "The password that goes with it."},
	{
		Name: "redirects", Type: Word, Words: []string{"refuse", "follow"}, Default: "refuse",
		Doc: "Over http: whether a redirect to another host is followed. What that host answers appears in no error, and a credential is not sent to it.",
	},
	{
		Name: "openpgp_keys", Type: Text, Own: true, Check: must(filepath.IsAbs, "openpgp_keys must be an absolute path"), Pattern: "^/",
		Doc: "A file of armored OpenPGP public keys. Where this key or `ssh_allowed_signers` stands, a commit counts only if one of those keys signed it.",
	},
	{
		Name: "ssh_allowed_signers", Type: Text, Own: true, Check: must(filepath.IsAbs, "ssh_allowed_signers must be an absolute path"), Pattern: "^/",
		Doc: "A file of SSH keys whose signatures count, as git's `gpg.ssh.allowedSignersFile`.",
	},
	{
		Name: "require_descendant", Type: Override,
		Doc: "A commit counts only if it descends from the one in effect; any other is refused until `computesync accept`. Where the key is not stated: true for a source that wants signatures, else false.",
	},
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

// checkProxy refuses credentials before anything can print them.
func checkProxy(text string) (problem, hint string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return "proxy is not valid", "write it as http://host:port"
	case u.User != nil:
		return "credentials must not stand in the proxy's url", "give proxy_username, and proxy_password by reference to a secret"
	}
	return "", ""
}

// Grant is what the source may name.
func (s Source) Grant() spec.Grant { return spec.Grant{Workspaces: s.Workspaces, Owners: s.Owners} }

// Ungranted are the sources that must say what they may name and do not: where
// there are several, none may speak for another.
func (c *Config) Ungranted() (all []Source) {
	if len(c.Sources) < 2 {
		return nil
	}
	for _, s := range c.Sources {
		if s.Workspaces == nil || s.Owners == nil {
			all = append(all, s)
		}
	}
	return all
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
