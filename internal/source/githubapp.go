package source

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/secret"
)

// GitHubApp is an app and its installation, as which we fetch.
type GitHubApp struct {
	AppID          string // or its client id
	InstallationID string
	PrivateKey     Secret // RSA, PEM
	APIURL         string // "" is the one that belongs to the repository's host
}

func (g GitHubApp) check(at address) error {
	owner, name := ownerAndName(at)
	api, err := url.Parse(g.api(at))
	switch {
	case g.AppID == "" || g.InstallationID == "" || g.PrivateKey == nil:
		return badAuth("github_app needs app_id, installation_id and private_key", "the app's settings show its id and make keys; the installation's page has its id at the end of its address")
	case strings.Trim(g.InstallationID, "0123456789") != "":
		return badAuth("github_app.installation_id is not a number", "take it from the end of the address of the installation's page")
	case owner == "" || name == "":
		return badAuth("github_app needs a url of the form https://HOST/OWNER/REPOSITORY", "correct the url")
	case err != nil || api.Host == "" || api.User != nil || api.Scheme != "https" && (api.Scheme != "http" || !isLoopback(api.Hostname())):
		return badAuth("github_app.api_url is not an https url without credentials", "leave it out, or write https://HOST/api/v3")
	}
	return nil
}

// api is where the installation's tokens are made: of github.com, of GitHub
// Enterprise Cloud with data residency, and of GitHub Enterprise Server.
func (g GitHubApp) api(at address) string {
	host := strings.ToLower(at.host)
	switch {
	case g.APIURL != "":
		return strings.TrimSuffix(g.APIURL, "/")
	case host == "github.com", strings.HasSuffix(host, ".ghe.com"):
		return "https://api." + host
	}
	return "https://" + at.hostPort("443") + "/api/v3"
}

func ownerAndName(at address) (owner, name string) {
	path := strings.TrimSuffix(strings.Trim(at.path, "/"), ".git")
	owner, name, _ = strings.Cut(path, "/")
	if strings.Contains(name, "/") {
		return "", ""
	}
	return owner, name
}

// appLogin is a GitHubApp at work. The fetches of a source take turns, so that
// its token needs no lock.
type appLogin struct {
	app        GitHubApp
	api        string
	repository string

	token   secret.Value
	renewAt time.Time
}

func newAppLogin(app GitHubApp, at address) *appLogin {
	_, name := ownerAndName(at)
	return &appLogin{app: app, api: app.api(at), repository: name}
}

// installationUser is the name that GitHub wants with an installation's token.
const installationUser = "x-access-token"

// early is how long before its end a token is replaced: a clone must not outlive it, and clocks differ.
const early = 5 * time.Minute

func (l *appLogin) login(ctx context.Context, w *wire, via http.RoundTripper) (login, error) {
	if l.token.IsZero() || !clock.Now().Before(l.renewAt) {
		if err := l.renew(ctx, w, via); err != nil {
			return login{}, err
		}
	}
	return login{installationUser, l.token}, nil
}

func (l *appLogin) forget() bool {
	had := !l.token.IsZero()
	l.token = secret.Value{}
	return had
}

// renew asks for a token that can do no more than read this one repository.
// https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app
func (l *appLogin) renew(ctx context.Context, w *wire, via http.RoundTripper) error {
	l.token = secret.Value{}
	pemKey, err := w.resolve(ctx, "auth.github_app.private_key", l.app.PrivateKey)
	if err != nil {
		return err
	}
	jwt, err := l.jwt(pemKey, clock.Now())
	if err != nil {
		return err
	}
	w.hide(jwt)
	body, err := json.Marshal(map[string]any{"repositories": []string{l.repository}, "permissions": map[string]string{"contents": "read"}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.api+"/app/installations/"+l.app.InstallationID+"/access_tokens", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = http.Header{
		"Authorization": {"Bearer " + jwt.Reveal()}, "Accept": {"application/vnd.github+json"}, "User-Agent": {"computesync"},
		"Content-Type": {"application/json"}, "X-GitHub-Api-Version": {"2022-11-28"},
	}
	answer, err := ask(via, req)
	if err != nil {
		return err
	}
	l.token, l.renewAt = secret.NewValue(answer.Token), answer.ExpiresAt.Add(-early)
	w.hide(l.token)
	return nil
}

// jwt says that we are the app. It counts from a minute ago, for clocks that
// are behind, and ends before the ten minutes that GitHub allows at most. RS256
// of three fields needs no library.
func (l *appLogin) jwt(pemKey secret.Value, now time.Time) (secret.Value, error) {
	key, err := parseRSA(pemKey)
	if err != nil {
		return secret.Value{}, err
	}
	claims, err := json.Marshal(map[string]any{"iss": l.app.AppID, "iat": now.Add(-time.Minute).Unix(), "exp": now.Add(8 * time.Minute).Unix()})
	if err != nil {
		return secret.Value{}, err
	}
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"RS256","typ":"JWT"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	if err != nil {
		return secret.Value{}, badAuth("github_app.private_key cannot sign", "make a new key on the app's page")
	}
	return secret.NewValue(text + "." + encode(signature)), nil
}

// parseRSA reads a key as GitHub hands it out, or as openssl rewrites it. Its errors do not quote it.
func parseRSA(text secret.Value) (*rsa.PrivateKey, error) {
	if block, _ := pem.Decode([]byte(text.Reveal())); block != nil {
		if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
			return key, nil
		}
		if any, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if key, ok := any.(*rsa.PrivateKey); ok {
				return key, nil
			}
		}
	}
	return nil, badAuth("github_app.private_key is not an RSA key in PEM", "give the .pem file that GitHub made, with its first and last line")
}

// installationToken is what we need of the answer.
type installationToken struct {
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expires_at"`
	Message   string    `json:"message"` // of a refusal
}

// ask sends the request once, and follows no redirect: the JWT is for this host alone.
func ask(via http.RoundTripper, req *http.Request) (answer installationToken, err error) {
	fail := func(e *Error, what string) (installationToken, error) {
		e.Detail = "ask " + req.URL.Host + " for a token: " + strings.TrimSuffix(what+": "+e.Detail, ": ")
		return installationToken{}, e
	}
	res, err := via.RoundTrip(req)
	if err != nil {
		e := classify(err)
		if e == nil {
			e = problem(Unreachable, withoutURL(err).Error())
		}
		return fail(e, "no answer")
	}
	defer res.Body.Close()
	const most = 64 << 10
	data, err := io.ReadAll(io.LimitReader(res.Body, most))
	if err != nil {
		e := classify(err)
		if e == nil {
			e = problem(Unreachable, err.Error())
		}
		return fail(e, "half an answer")
	}
	malformed := json.Unmarshal(data, &answer)
	switch {
	case res.StatusCode != http.StatusCreated:
		return fail(refusedApp(res, answer.Message), "it answered "+res.Status)
	case malformed != nil || answer.Token == "" || answer.ExpiresAt.IsZero():
		return fail(problem(Broken, ""), "its answer holds none")
	}
	return answer, nil
}

// appHints say what each refusal of GitHub means.
var appHints = map[int]string{
	http.StatusUnauthorized:        "check github_app's app_id and private_key, and this machine's clock: GitHub takes a key that was not deleted on the app's page, and no JWT from the future or of more than ten minutes",
	http.StatusForbidden:           "the installation may be suspended: look at it in the settings of who owns the repository",
	http.StatusNotFound:            "check github_app's installation_id, and api_url if there is one: this app has no such installation",
	http.StatusUnprocessableEntity: "give the installation access to this repository, and the app the permission Contents: read-only",
}

func refusedApp(res *http.Response, message string) *Error {
	e := problem(Broken, message)
	switch hint, known := appHints[res.StatusCode]; {
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= 500, res.Header.Get("X-RateLimit-Remaining") == "0":
		e.Problem = Unreachable
	case known:
		e.Problem, e.hint = AuthRefused, hint
	default:
		e.hint = "check github_app's api_url: this does not answer like GitHub's API"
	}
	return e
}
