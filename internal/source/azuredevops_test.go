package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/secret"
)

// azureDevOps stands in for Azure DevOps: it shows people a sign-in page where
// a token is not taken, and refuses a pack that is not asked for as git asks.
type azureDevOps struct {
	*webServer
	mu     sync.Mutex
	pat    string
	bearer string
	// signIn answers who is not let in.
	signIn func(w http.ResponseWriter, r *http.Request)
	// stall stops the answer to a method after so many bytes.
	stall map[string]int
}

func newAzureDevOps(t *testing.T, f *remoteFleet) *azureDevOps {
	t.Helper()
	s := &azureDevOps{webServer: f.web(t), pat: "personal-access-token", bearer: "entra-token", stall: map[string]int{}}
	s.signIn = signInPage
	s.before(s.serve)
	return s
}

// signInPage is what a wrong token gets.
func signInPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNonAuthoritativeInfo)
	_, _ = io.WriteString(w, "<html><title>Azure DevOps Services | Sign In</title>")
}

func (s *azureDevOps) serve(w http.ResponseWriter, r *http.Request, git http.Handler) bool {
	s.mu.Lock()
	_, password, _ := r.BasicAuth()
	ok := password == s.pat || r.Header.Get("Authorization") == "Bearer "+s.bearer
	signIn, stall := s.signIn, s.stall[r.Method]
	s.mu.Unlock()
	if !ok && r.Header.Get("Authorization") == "" {
		w.Header().Add("WWW-Authenticate", "Bearer authorization_uri=https://login.microsoftonline.com/x")
		w.Header().Add("WWW-Authenticate", `Basic realm="https://dev.azure.com/acme"`)
		w.WriteHeader(http.StatusUnauthorized)
		return true
	}
	if !ok {
		signIn(w, r)
		return true
	}
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		if !bytes.Contains(body, []byte("multi_ack")) || bytes.Contains(body, []byte("thin-pack")) {
			w.WriteHeader(http.StatusBadRequest)
			return true
		}
		r.Body = readCloser{bytes.NewReader(body)}
	}
	if stall > 0 {
		git.ServeHTTP(&cutting{ResponseWriter: w, left: stall}, r)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	return false
}

func (s *azureDevOps) with(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func TestAzureDevOpsPAT(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := newAzureDevOps(t, f)
	pat := "personal-access-token"
	src := open(t, Config{URL: s.url(), Auth: Auth{Token: func(context.Context) (secret.Value, error) { return secret.NewValue(pat), nil }}})
	fetch(t, src)
	fetch(t, open(t, Config{URL: s.url(), Auth: Auth{Username: "ada@example.com", Password: fixed(pat)}}))
	fails(t, Config{URL: s.url()}, AuthRefused)

	// It expires; an error with a way out. A new one in the same place is taken up.
	s.with(func() { s.pat = "rotated-access-token" })
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"page": signInPage,
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other(t).URL+"/_signin", http.StatusFound)
		},
		"401": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "TF400813: The user '' is not authorized to access this resource. You sent "+pat, http.StatusUnauthorized)
		},
	} {
		s.with(func() { s.signIn = answer })
		_, err := src.Fetch(t.Context())
		want := AuthRefused
		if name == "redirect" {
			want = Redirected
		}
		e := wantProblem(t, err, want)
		if !strings.Contains(e.Hint(), "auth") || strings.Contains(e.Error(), pat) {
			t.Errorf("%s: %v\nhint: %s", name, e, e.Hint())
		}
	}
	pat = "rotated-access-token"
	f.change(t, "2")
	wantFiles(t, fetch(t, src), "a.yaml = 2")
}

// other is a server that shows a page for people, wherever one comes from.
func other(t *testing.T) *webServer {
	t.Helper()
	s := newFleet(t).web(t)
	s.before(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Header.Get("Authorization") != "" {
			t.Error("the sign-in page was sent a credential")
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<html>")
		return true
	})
	return s
}

func TestAzureDevOpsEntraID(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := newAzureDevOps(t, f)
	token, failure := "entra-token", error(nil)
	c := Config{URL: s.url(), Auth: Auth{EntraID: func(context.Context) (secret.Value, error) { return secret.NewValue(token), failure }}}
	src := open(t, c)
	failure = errors.New("AADSTS7000215: Invalid client secret provided.\nTrace ID: 1")
	if err := src.Check(t.Context()); err != nil {
		t.Errorf("check asked Entra ID: %v", err)
	}
	_, err := src.Fetch(t.Context())
	if e := wantProblem(t, err, AuthRefused); !strings.Contains(e.Error(), "AADSTS7000215") || !strings.Contains(e.Hint(), "entra_id") {
		t.Errorf("%v\nhint: %s", e, e.Hint())
	}
	failure = context.DeadlineExceeded
	_, err = src.Fetch(t.Context())
	wantProblem(t, err, Timeout)
	failure = nil
	fetch(t, src)
	token = "of-a-stranger"
	_, err = src.Fetch(t.Context())
	if e := wantProblem(t, err, AuthRefused); strings.Contains(e.Error(), token) {
		t.Error(e)
	}
	for host, ok := range map[string]bool{"dev.azure.com": true, "Dev.Azure.com": true, "acme.visualstudio.com": true, "dev.azure.com.evil.io": false, "visualstudio.com": false, "evilvisualstudio.com": false, "github.com": false} {
		c.URL = "https://" + host + "/acme/ml/_git/fleet"
		if _, err := New(c); (err == nil) != ok {
			t.Errorf("%s: %v", host, err)
		}
	}
}

// The server falls silent at one point of its answer after another.
func TestAzureDevOpsStalls(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := newAzureDevOps(t, f)
	src := open(t, Config{URL: s.url(), Auth: Auth{Token: fixed("personal-access-token")}, Timeout: 300 * time.Millisecond})
	for method, points := range map[string][]int{http.MethodGet: {1, 40, 100}, http.MethodPost: {1, 30, 60, 120}} {
		for _, n := range points {
			s.with(func() { s.stall = map[string]int{method: n} })
			_, err := src.Fetch(t.Context())
			e := wantProblem(t, err, Timeout)
			if !errors.Is(e, context.DeadlineExceeded) {
				t.Errorf("%s after %d bytes: %v", method, n, e)
			}
		}
	}
	s.with(func() { s.stall = nil })
	fetch(t, open(t, Config{URL: s.url(), Auth: Auth{Token: fixed("personal-access-token")}}))
}
