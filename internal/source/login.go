package source

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/computesync/computesync/internal/secret"
)

// credential lets us in over http. There is one file for each that takes more
// than a secret as it is.
type credential interface {
	// login is what the next conversation sends; whoever has to be asked for it is reached over via.
	login(ctx context.Context, w *wire, via http.RoundTripper) (login, error)
	// forget drops what was kept from an earlier login, since the server did not
	// take it. It says whether there was any: then another attempt makes sense.
	forget() bool
}

// login is what stands in the Authorization header.
type login struct {
	user   string // "" for a bearer token
	secret secret.Value
}

// header writes it, and keeps it out of the errors of this fetch.
func (l login) header(w *wire) string {
	text := l.secret.Reveal()
	scheme := "Bearer "
	if l.user != "" {
		scheme, text = "Basic ", base64.StdEncoding.EncodeToString([]byte(l.user+":"+text))
	}
	w.hide(l.secret, secret.NewValue(text))
	return scheme + text
}

// credential is the way to be let in over http, nil for none.
func (a Auth) credential(at address) credential {
	switch {
	case a.GitHubApp != nil:
		return newAppLogin(*a.GitHubApp, at)
	case a.EntraID != nil:
		return bearer{a.EntraID}
	case a.Token != nil:
		return basic{"auth.token", a.Username, a.Token}
	case a.Password != nil:
		return basic{"auth.password", a.Username, a.Password}
	}
	return nil
}

// basic sends a secret as the password of a user.
type basic struct {
	key, user string
	secret    Secret
}

// tokenUser is the name a token goes with: GitHub, GitLab and Azure DevOps take any.
const tokenUser = "git"

func (b basic) login(ctx context.Context, w *wire, _ http.RoundTripper) (login, error) {
	v, err := w.resolve(ctx, b.key, b.secret)
	user := b.user
	if user == "" {
		user = tokenUser
	}
	return login{user, v}, err
}

func (basic) forget() bool { return false }

// bearer sends a token of Entra ID, which whoever hands it out renews in time.
type bearer struct{ token Secret }

func (b bearer) login(ctx context.Context, _ *wire, _ http.RoundTripper) (login, error) {
	v, err := b.token(ctx)
	if err == nil {
		return login{secret: v}, nil
	}
	e := classify(err)
	if e == nil {
		e = problem(AuthRefused, "")
	}
	e.Detail = "get a token of Entra ID: " + err.Error()
	e.hint = "check auth.entra_id and what it takes from azure and the environment (tenant, client and their proof)"
	return login{}, e
}

func (bearer) forget() bool { return false }

// isAzureDevOps says whether a token for Azure DevOps may go there. Loopback is
// for whoever puts a relay in between.
func isAzureDevOps(host string) bool {
	host = strings.ToLower(host)
	return host == "dev.azure.com" || strings.HasSuffix(host, ".visualstudio.com") || isLoopback(host)
}
