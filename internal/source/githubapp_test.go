package source

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/secret"
)

const appPath = "/api/v3/app/installations/77/access_tokens"

// github stands in for GitHub's API: it makes tokens for whoever proves to be
// the app, and knows which are good.
type github struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu     sync.Mutex
	made   int
	good   string // the token that is let in
	asked  []string
	answer func(w http.ResponseWriter, r *http.Request) bool // may answer instead
}

func newGitHub(t *testing.T) *github {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	g := &github{key: key}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.serve(t, w, r) }))
	t.Cleanup(g.Close)
	return g
}

func (g *github) serve(t *testing.T, w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, r.Method+" "+r.URL.Path)
	if g.answer != nil && g.answer(w, r) {
		return
	}
	body, _ := io.ReadAll(r.Body)
	if err := wantJWT(&g.key.PublicKey, r.Header.Get("Authorization"), time.Now()); err != nil {
		t.Error(err)
	}
	if string(body) != `{"permissions":{"contents":"read"},"repositories":["fleet"]}` {
		t.Errorf("asked for %s", body)
	}
	g.made++
	g.good = fmt.Sprintf("ghs_installation_%d", g.made)
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"token":%q,"expires_at":%q}`, g.good, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
}

// wantJWT checks what GitHub checks.
func wantJWT(key *rsa.PublicKey, header string, now time.Time) error {
	token, ok := strings.CutPrefix(header, "Bearer ")
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 {
		return fmt.Errorf("Authorization is %q", header)
	}
	var raw [3][]byte
	for i := range parts {
		data, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			return err
		}
		raw[i] = data
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], raw[2]); err != nil {
		return err
	}
	var claims struct {
		ISS      string
		IAT, EXP int64
	}
	if err := json.Unmarshal(raw[1], &claims); err != nil {
		return err
	}
	issued, expires := time.Unix(claims.IAT, 0), time.Unix(claims.EXP, 0)
	switch {
	case string(raw[0]) != `{"alg":"RS256","typ":"JWT"}` || claims.ISS != "Iv1.app":
		return fmt.Errorf("JWT is %s.%s", raw[0], raw[1])
	case now.Sub(issued) < 59*time.Second || now.Sub(issued) > 65*time.Second:
		return fmt.Errorf("issued %v ago, want a minute", now.Sub(issued))
	case expires.Sub(now) > 9*time.Minute+30*time.Second || expires.Sub(issued) > 10*time.Minute:
		return fmt.Errorf("ends in %v", expires.Sub(now))
	}
	return nil
}

func (g *github) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(g.key)}))
}

func (g *github) app() *GitHubApp {
	return &GitHubApp{AppID: "Iv1.app", InstallationID: "77", PrivateKey: fixed(g.pem()), APIURL: g.URL + "/api/v3"}
}

func (g *github) requests() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := len(g.asked)
	g.asked = nil
	return n
}

func (g *github) with(change func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change()
}

// guarded is a git server that lets the good token in, and nothing else.
func (g *github) guarded(t *testing.T, f *remoteFleet) *webServer {
	t.Helper()
	s := f.web(t)
	s.before(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		user, password, _ := r.BasicAuth()
		if user == "x-access-token" && password == g.good && g.good != "" {
			return false
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="GitHub"`)
		http.Error(w, "no: "+password, http.StatusUnauthorized)
		return true
	})
	return s
}

// repository is where GitHub's repositories are: below an owner.
func ownersURL(t *testing.T, f *remoteFleet, s *webServer) string {
	t.Helper()
	git(t, f.root, "clone", "-q", "--bare", f.dir, "acme/fleet.git")
	git(t, f.dir, "remote", "set-url", "origin", f.root+"/acme/fleet.git")
	return s.URL + "/acme/fleet.git"
}

func TestGitHubApp(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	g := newGitHub(t)
	s := g.guarded(t, f)
	c := Config{URL: ownersURL(t, f, s), Auth: Auth{GitHubApp: g.app()}}
	src := open(t, c)
	if err := src.Check(t.Context()); err != nil || g.requests() != 0 {
		t.Errorf("check asked the network, or said %v", err)
	}
	fetch(t, src)
	for i := range 3 {
		f.change(t, fmt.Sprint("change ", i))
		fetch(t, src)
	}
	if n := g.requests(); n != 1 {
		t.Errorf("%d tokens for four fetches", n)
	}
	// Somebody revokes it: another is made, and nobody has to look.
	g.with(func() { g.good = "" })
	f.change(t, "after revocation")
	wantFiles(t, fetch(t, src), "a.yaml = after revocation")
	if n := g.requests(); n != 1 {
		t.Errorf("%d tokens after one was revoked", n)
	}
	// The installation itself may not read: one attempt with a new token, then an error.
	s.before(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		_, password, _ := r.BasicAuth()
		http.Error(w, "not with "+password, http.StatusForbidden)
		return true
	})
	_, err := src.Fetch(t.Context())
	if e := wantProblem(t, err, AuthRefused); strings.Contains(e.Error(), "ghs_") || g.requests() != 1 || len(s.requests()) == 0 {
		t.Error(e)
	}
}

func TestGitHubAppTokensStayAtHome(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	g := newGitHub(t)
	home, other := g.guarded(t, f), f.web(t)
	var leaked []string
	other.before(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		leaked = append(leaked, r.Header.Get("Authorization"))
		return false
	})
	url := ownersURL(t, f, home)
	src := open(t, Config{URL: url, Auth: Auth{GitHubApp: g.app()}, Network: Network{FollowRedirects: true}})
	home.before(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if header := r.Header.Get("Authorization"); !strings.HasPrefix(header, "Basic ") {
			t.Errorf("the repository's host was sent %q", header)
		}
		http.Redirect(w, r, other.URL+r.URL.RequestURI(), http.StatusMovedPermanently)
		return true
	})
	fetch(t, src)
	if len(leaked) == 0 || strings.Join(leaked, "") != "" {
		t.Errorf("another host was sent %q", leaked)
	}
	// The API's host may not send the JWT on either.
	elsewhere := newGitHub(t)
	g.with(func() {
		g.answer = func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusTemporaryRedirect)
			return true
		}
	})
	fails(t, Config{URL: url, Auth: Auth{GitHubApp: g.app()}}, Broken)
	if n := elsewhere.requests(); n != 0 {
		t.Error("the JWT followed a redirect")
	}
}

func TestGitHubAppRefused(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	g := newGitHub(t)
	url := ownersURL(t, f, g.guarded(t, f))
	for name, test := range map[string]struct {
		status    int
		body      string
		header    string
		want      Problem
		says, way string
	}{
		"bad key":      {401, `{"message":"A JSON web token could not be decoded"}`, "", AuthRefused, "could not be decoded", "clock"},
		"suspended":    {403, `{"message":"This installation has been suspended"}`, "", AuthRefused, "suspended", "suspended"},
		"installation": {404, `{"message":"Not Found"}`, "", AuthRefused, "Not Found", "installation_id"},
		"repository":   {422, `{"message":"There is at least one repository that does not exist"}`, "", AuthRefused, "at least one", "Contents"},
		"budget":       {403, `{"message":"API rate limit exceeded"}`, "0", Unreachable, "rate limit", "next attempt"},
		"down":         {502, `<h1>Unicorn!</h1>`, "", Unreachable, "502", "next attempt"},
		"not GitHub":   {200, `<html>`, "", Broken, "200", "api_url"},
		"no token":     {201, `{}`, "", Broken, "holds none", ""},
		"echo":         {401, `{"message":"you sent %s"}`, "", AuthRefused, "you sent <secret>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			g.with(func() {
				g.answer = func(w http.ResponseWriter, r *http.Request) bool {
					if test.header != "" {
						w.Header().Set("X-RateLimit-Remaining", test.header)
					}
					w.WriteHeader(test.status)
					if strings.Contains(test.body, "%s") {
						test.body = fmt.Sprintf(test.body, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
					}
					fmt.Fprint(w, test.body)
					return true
				}
			})
			e := fails(t, Config{URL: url, Auth: Auth{GitHubApp: g.app()}}, test.want)
			if !strings.Contains(e.Error(), test.says) || !strings.Contains(e.Hint(), test.way) {
				t.Errorf("%v\nhint: %s", e, e.Hint())
			}
		})
	}
	t.Run("stall", func(t *testing.T) {
		g.with(func() {
			g.answer = func(w http.ResponseWriter, r *http.Request) bool {
				w.WriteHeader(http.StatusCreated)
				fmt.Fprint(w, `{"token":"ghs`)
				_ = http.NewResponseController(w).Flush()
				_, _ = io.Copy(io.Discard, r.Body)
				<-r.Context().Done()
				return true
			}
		})
		e := fails(t, Config{URL: url, Auth: Auth{GitHubApp: g.app()}, Timeout: 200 * time.Millisecond}, Timeout)
		if !strings.Contains(e.Error(), "for a token") {
			t.Error(e)
		}
	})
}

// A token is used until shortly before its end, and then replaced before anybody refuses it.
func TestGitHubAppTokenEnds(t *testing.T) {
	g := newGitHub(t)
	at, err := parseAddress("https://ghe.example.com/acme/fleet.git")
	if err != nil {
		t.Fatal(err)
	}
	app := g.app()
	app.APIURL = ""
	synctest.Test(t, func(t *testing.T) {
		made := 0
		api := roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.URL.String() != "https://ghe.example.com:443"+appPath {
				t.Errorf("asked %s", req.URL)
			}
			if err := wantJWT(&g.key.PublicKey, req.Header.Get("Authorization"), time.Now()); err != nil {
				t.Error(err)
			}
			made++
			body := fmt.Sprintf(`{"token":"t%d","expires_at":%q}`, made, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
			return &http.Response{StatusCode: 201, Body: io.NopCloser(strings.NewReader(body))}, nil
		})
		l := newAppLogin(*app, at)
		want := func(token string) {
			t.Helper()
			got, err := l.login(t.Context(), &wire{}, api)
			if err != nil || got.secret.Reveal() != token || got.user != "x-access-token" {
				t.Fatalf("login is %q (%v), want %s", got.secret.Reveal(), err, token)
			}
		}
		want("t1")
		<-time.After(54 * time.Minute)
		want("t1")
		<-time.After(time.Minute)
		want("t2")
		<-time.After(24 * time.Hour)
		want("t3")
		api = func(*http.Request) (*http.Response, error) { return nil, errors.New("down") }
		<-time.After(time.Hour)
		if _, err := l.login(t.Context(), &wire{}, api); err == nil {
			t.Error("an old token was used when no new one could be had")
		}
	})
}

type roundTrip func(req *http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestGitHubAppConfig(t *testing.T) {
	for url, api := range map[string]string{
		"https://github.com/acme/fleet.git":      "https://api.github.com",
		"https://GitHub.com/acme/fleet":          "https://api.github.com",
		"https://acme.ghe.com/acme/fleet.git":    "https://api.acme.ghe.com",
		"https://git.example.com:8443/acme/f":    "https://git.example.com:8443/api/v3",
		"https://notgithub.com/acme/fleet.git":   "https://notgithub.com:443/api/v3",
		"https://github.com.evil.io/acme/f.git/": "https://github.com.evil.io:443/api/v3",
	} {
		at, err := parseAddress(url)
		if err != nil {
			t.Fatal(err)
		}
		if got := (GitHubApp{}).api(at); got != api {
			t.Errorf("api of %s is %s", url, got)
		}
	}
	key := fixed("hidden")
	for name, test := range map[string]struct {
		url   string
		app   GitHubApp
		words string
	}{
		"no key":         {"https://github.com/a/b", GitHubApp{AppID: "1", InstallationID: "2"}, "needs app_id"},
		"installation":   {"https://github.com/a/b", GitHubApp{AppID: "1", InstallationID: "2/../3", PrivateKey: key}, "not a number"},
		"path too long":  {"https://github.com/a/b/c", GitHubApp{AppID: "1", InstallationID: "2", PrivateKey: key}, "OWNER/REPOSITORY"},
		"path too short": {"https://github.com/a", GitHubApp{AppID: "1", InstallationID: "2", PrivateKey: key}, "OWNER/REPOSITORY"},
		"plain api":      {"https://github.com/a/b", GitHubApp{AppID: "1", InstallationID: "2", PrivateKey: key, APIURL: "http://api.example.com"}, "api_url"},
		"password":       {"https://github.com/a/b", GitHubApp{AppID: "1", InstallationID: "2", PrivateKey: key, APIURL: "https://a:b@api.example.com"}, "api_url"},
		"no pem":         {"https://github.com/a/b", GitHubApp{AppID: "1", InstallationID: "2", PrivateKey: key}, "not an RSA key"},
	} {
		err := configured(t, Config{URL: test.url, Auth: Auth{GitHubApp: &test.app}})
		var e *ConfigError
		if !errors.As(err, &e) || !strings.Contains(e.Error(), test.words) || e.Hint() == "" || strings.Contains(e.Error(), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := parseRSA(secret.NewValue(pkcs8(t))); err != nil {
		t.Error(err)
	}
}

func pkcs8(t *testing.T) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(newGitHub(t).key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
