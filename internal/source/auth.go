package source

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/secret"
)

// Secret gives a secret as it is now. Each fetch asks anew, so that what was
// rotated is taken up. A nil Secret is not given.
type Secret func(ctx context.Context) (secret.Value, error)

// Auth is how to be let in by a remote: one way, and what belongs to it. git:// knows none.
type Auth struct {
	Token     Secret     // over http: sent as the password of Username, or of "git"
	GitHubApp *GitHubApp // over http: as an installation of an app
	EntraID   Secret     // over http: a token of Entra ID for Azure DevOps
	Password  Secret     // over http with Username, or over ssh
	SSHKey    Secret     // over ssh: the private key itself, PEM or OpenSSH
	SSHAgent  string     // over ssh: the agent's socket, or "SSH_AUTH_SOCK" for the variable that names it

	Username   string // over ssh instead of the one in the url
	Passphrase Secret // of SSHKey
	KnownHosts string // for ssh: the absolute path of a file, or its lines
}

// ways are the ways to be let in, and over which protocols each goes.
var ways = []struct {
	key   string
	over  []string
	given func(a Auth) bool
}{
	{"token", []string{"http"}, func(a Auth) bool { return a.Token != nil }},
	{"github_app", []string{"http"}, func(a Auth) bool { return a.GitHubApp != nil }},
	{"entra_id", []string{"http"}, func(a Auth) bool { return a.EntraID != nil }},
	{"password", []string{"http", "ssh"}, func(a Auth) bool { return a.Password != nil }},
	{"ssh_key", []string{"ssh"}, func(a Auth) bool { return a.SSHKey != nil }},
	{"ssh_agent", []string{"ssh"}, func(a Auth) bool { return a.SSHAgent != "" }},
}

func (a Auth) isZero() bool {
	for _, way := range ways {
		if way.given(a) {
			return false
		}
	}
	return a.Username == "" && a.Passphrase == nil && a.KnownHosts == ""
}

func badAuth(text, hint string) error { return &ConfigError{Field: "auth", Text: text, hint: hint} }

func (a Auth) check(at address) error {
	if at.scheme == "file" || at.scheme == "git" {
		if !a.isZero() {
			return badAuth(at.scheme+" urls take no credentials", "remove auth, or use https:// or ssh://")
		}
		return nil
	}
	if err := a.checkWay(strings.TrimSuffix(at.scheme, "s")); err != nil {
		return err
	}
	if at.scheme == "ssh" {
		return a.checkSSH()
	}
	return a.checkHTTP(at)
}

// checkWay wants at most one way, and one that goes over the protocol.
func (a Auth) checkWay(protocol string) error {
	chosen := ""
	for _, way := range ways {
		switch {
		case !way.given(a):
		case !slices.Contains(way.over, protocol):
			return badAuth(fmt.Sprintf("%s is for %s urls", way.key, way.over[0]), "use one of "+waysOver(protocol))
		case chosen != "":
			return badAuth(fmt.Sprintf("both %s and %s are given", chosen, way.key), "keep one of them")
		default:
			chosen = way.key
		}
	}
	return nil
}

func waysOver(protocol string) string {
	var keys []string
	for _, way := range ways {
		if slices.Contains(way.over, protocol) {
			keys = append(keys, way.key)
		}
	}
	return strings.Join(keys, ", ")
}

func (a Auth) checkHTTP(at address) error {
	switch {
	case a.Passphrase != nil || a.KnownHosts != "":
		return badAuth("passphrase and known_hosts are for ssh urls", "use one of "+waysOver("http"))
	case a.Password != nil && a.Username == "", a.Username != "" && a.Password == nil && a.Token == nil:
		return badAuth("username and password go together", "give both, or a token")
	case at.scheme == "http" && !a.isZero() && !isLoopback(at.host):
		return badAuth("credentials would cross the network unencrypted", "use https://")
	case a.EntraID != nil && !isAzureDevOps(at.host):
		return badAuth("a token of Entra ID goes to Azure DevOps only, and this is another host", "use https://dev.azure.com/ORGANIZATION/PROJECT/_git/REPOSITORY, or another way")
	case a.GitHubApp != nil:
		return a.GitHubApp.check(at)
	}
	return nil
}

func (a Auth) checkSSH() error {
	switch {
	case a.SSHKey == nil && a.Password == nil && a.SSHAgent == "":
		return badAuth("ssh needs either ssh_key, ssh_agent or password", "set ssh_key to the private key of a deploy key")
	case a.Passphrase != nil && a.SSHKey == nil:
		return badAuth("passphrase is given without ssh_key", "remove it, or give the key it belongs to")
	case a.SSHAgent != "" && a.SSHAgent != agentVariable && !filepath.IsAbs(a.SSHAgent):
		return badAuth("ssh_agent is not an absolute path", "give the path of the agent's socket, or "+agentVariable)
	case a.KnownHosts == "":
		return badAuth("ssh needs known_hosts", "put the server's public keys there (ssh-keyscan HOST prints them; compare them with what its operator publishes)")
	}
	return nil
}

// resolve asks for a secret; key is its name in the configuration. What it
// returns is kept out of the errors of this fetch.
func (w *wire) resolve(ctx context.Context, key string, s Secret) (secret.Value, error) {
	if s == nil {
		return secret.Value{}, nil
	}
	v, err := s(ctx)
	if err != nil {
		return secret.Value{}, &ConfigError{Field: key, Text: err.Error(), hint: hintOf(err)}
	}
	w.hide(v)
	return v, nil
}

// hintOf is the way out that an error of another room names.
func hintOf(err error) string {
	if hinter, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		return hinter.Hint()
	}
	return ""
}

// checkSecrets wants every secret to be there, and the app's key to be one.
func (a Auth) checkSecrets(ctx context.Context, w *wire) error {
	for _, s := range []struct {
		key    string
		secret Secret
	}{{"auth.token", a.Token}, {"auth.password", a.Password}} {
		if _, err := w.resolve(ctx, s.key, s.secret); err != nil {
			return err
		}
	}
	if a.GitHubApp == nil {
		return nil
	}
	key, err := w.resolve(ctx, "auth.github_app.private_key", a.GitHubApp.PrivateKey)
	if err != nil {
		return err
	}
	_, err = parseRSA(key)
	return err
}
