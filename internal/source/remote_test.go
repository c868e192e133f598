package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// places are the ways to reach one repository over a network.
func places(t *testing.T, f *remoteFleet) map[string]Config {
	t.Helper()
	server := f.ssh(t)
	return map[string]Config{
		"http": {URL: f.web(t).url()},
		"git":  {URL: f.daemon(t)},
		"ssh":  {URL: server.url(), Auth: Auth{SSHKey: fixed(server.userKey), KnownHosts: server.knownHosts()}},
	}
}

func TestRemote(t *testing.T) {
	f := newFleet(t, "a.yaml", "1", "fleet/b.yaml", "b", "README.md", "no")
	first := git(t, f.dir, "rev-parse", "HEAD")
	git(t, f.dir, "branch", "team/prod")
	f.push(t)
	for name, c := range places(t, f) {
		t.Run(name, func(t *testing.T) {
			git(t, f.dir, "reset", "-q", "--hard", first)
			f.push(t)
			s := open(t, c)
			snap := fetch(t, s)
			wantFiles(t, snap, "a.yaml = 1", "fleet/b.yaml = b")
			if snap.Commit != first || snap.Subject != "first" {
				t.Errorf("snapshot is %+v", snap)
			}
			if fetch(t, s) != snap {
				t.Error("same commit, other snapshot")
			}
			second := f.change(t, name)
			if got := fetch(t, s); got.Commit != second {
				t.Errorf("commit is %s", got.Commit)
			}
			git(t, f.dir, "commit", "-q", "--amend", "--allow-empty", "-m", "rewritten")
			f.push(t)
			rewritten := fetch(t, s)
			if rewritten.Commit == second || rewritten.Subject != "rewritten" {
				t.Errorf("after a force push: %+v", rewritten)
			}
			c.Branch, c.Path = "team/prod", "fleet"
			wantFiles(t, fetch(t, open(t, c)), "b.yaml = b")
			c.Branch = "prod"
			if e := fails(t, c, NoBranch); !strings.Contains(e.Hint(), "team/prod") {
				t.Error(e.Hint())
			}
			c.Branch, c.Path = "", "none"
			fails(t, c, NoPath)
			c.Path = ""
			c.URL = strings.Replace(c.URL, "fleet.git", "ghost.git", 1)
			fails(t, c, NotFound)
		})
	}
}

func TestRemoteThatIsEmpty(t *testing.T) {
	for name, c := range places(t, newFleet(t)) {
		t.Run(name, func(t *testing.T) { fails(t, c, Empty) })
	}
}

func TestRemoteWithSHA256(t *testing.T) {
	f := newFleet(t)
	dir := t.TempDir()
	git(t, dir, "init", "-q", "--object-format=sha256", "-b", "main")
	write(t, dir, "a.yaml", "1")
	commit(t, dir, "first")
	git(t, f.root, "clone", "-q", "--bare", dir, "other.git")
	write(t, f.root, "other.git/git-daemon-export-ok", "")
	for name, c := range places(t, f) {
		t.Run(name, func(t *testing.T) {
			c.URL = strings.Replace(c.URL, "fleet.git", "other.git", 1)
			fails(t, c, Unsupported)
		})
	}
}

func TestRemoteUnreachable(t *testing.T) {
	address := freePort(t)
	_, key := newKey(t)
	for _, c := range []Config{
		{URL: "http://" + address + "/fleet.git"},
		{URL: "git://" + address + "/fleet.git"},
		{URL: "ssh://" + address + "/fleet.git", Auth: Auth{SSHKey: fixed(key), KnownHosts: "[127.0.0.1]:" + strings.Split(address, ":")[1] + " " + testHostKey(t)}},
	} {
		if e := fails(t, c, Unreachable); !strings.Contains(e.Error(), "connection refused") {
			t.Error(e)
		}
	}
}

// A server that takes the connection and says nothing more.
func TestRemoteThatStalls(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var held []net.Conn
		for {
			conn, err := listener.Accept()
			if err != nil {
				for _, c := range held {
					c.Close()
				}
				return
			}
			held = append(held, conn)
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	address := listener.Addr().String()
	_, key := newKey(t)
	for _, c := range []Config{
		{URL: "http://" + address + "/fleet.git"},
		{URL: "https://" + address + "/fleet.git"},
		{URL: "git://" + address + "/fleet.git"},
		{URL: "ssh://" + address + "/fleet.git", Auth: Auth{SSHKey: fixed(key), KnownHosts: "[127.0.0.1]:" + strings.Split(address, ":")[1] + " " + testHostKey(t)}},
	} {
		c.Timeout = 50 * time.Millisecond
		if e := fails(t, c, Timeout); !errors.Is(e, context.DeadlineExceeded) {
			t.Errorf("%v does not wrap the deadline", e)
		}
		c.Timeout = time.Hour
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := open(t, c).Fetch(ctx)
		wantProblem(t, err, Timeout)
		cancel()
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		if _, err := open(t, c).Fetch(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s cancelled: %v", c.URL, err)
		}
	}
}

func TestTooLargeAClone(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	c := Config{MaxBytes: 64 << 10}
	for name, place := range places(t, f) {
		t.Run(name, func(t *testing.T) {
			c.URL, c.Auth = place.URL, place.Auth
			git(t, f.dir, "reset", "-q", "--hard")
			fetch(t, open(t, c))

			noise := make([]byte, 100<<10)
			for i, x := 0, uint32(1); i < len(noise); i++ {
				x ^= x << 13
				x ^= x >> 17
				x ^= x << 5
				noise[i] = byte(x)
			}
			write(t, f.dir, "noise.bin", string(noise))
			commit(t, f.dir, "noise")
			f.push(t)
			fails(t, c, TooLarge)

			git(t, f.dir, "reset", "-q", "--hard", "HEAD^")
			write(t, f.dir, "zeros.bin", string(bytes.Repeat([]byte{0}, 8<<20))) // 8 KiB packed
			commit(t, f.dir, "zeros")
			f.push(t)
			if e := fails(t, c, TooLarge); !strings.HasSuffix(e.Error(), "more than 65536 bytes (max_size)") || !strings.Contains(e.Hint(), "raise max_size") {
				t.Errorf("%v\nhint: %s", e, e.Hint())
			}
			git(t, f.dir, "reset", "-q", "--hard", "HEAD^")
			f.push(t)
		})
	}
}

func TestPackLimitsCoverDeltas(t *testing.T) {
	dir := repository(t)
	line := strings.Repeat("0123456789abcdef", 4096)
	write(t, dir, "a.yaml", line, "b.yaml", line+"b", "c.yaml", line+"c")
	head := commit(t, dir, "similar")
	list := filepath.Join(t.TempDir(), "list")
	write(t, filepath.Dir(list), "list", head+"\n")
	pack := git(t, dir, "-c", "alias.pk=!git pack-objects --revs --stdout -q <"+list+" | base64 -w0", "pk")
	raw := decode64(t, pack)
	if len(raw) > 10<<10 {
		t.Fatalf("the pack has no deltas: %d bytes", len(raw))
	}
	if _, err := unpack(bytes.NewReader(raw), newBudget(100<<10)); err == nil {
		t.Error("64 KiB and two deltas of 64 KiB fit into 100")
	}
	if _, err := unpack(bytes.NewReader(raw), newBudget(300<<10)); err != nil {
		t.Error(err)
	}
	for _, cut := range []int{0, 3, 11, 20, len(raw) / 2, len(raw) - 1} {
		if _, err := unpack(bytes.NewReader(raw[:cut]), newBudget(1<<20)); err == nil {
			t.Errorf("a pack cut to %d bytes was taken", cut)
		}
	}
}

func TestSSH(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := f.ssh(t)
	key := fixed(s.userKey)
	t.Run("known_hosts as a file", func(t *testing.T) {
		fetch(t, open(t, Config{URL: s.url(), Auth: Auth{SSHKey: key, KnownHosts: s.knownHostsFile(t)}}))
	})
	t.Run("password", func(t *testing.T) {
		auth := Auth{Password: fixed(sshTestPassword), KnownHosts: s.knownHosts()}
		fetch(t, open(t, Config{URL: s.url(), Auth: auth}))
		auth.Password = fixed("swordfish")
		if e := fails(t, Config{URL: s.url(), Auth: auth}, AuthRefused); strings.Contains(e.Error(), "swordfish") {
			t.Error(e)
		}
	})
	t.Run("other key", func(t *testing.T) {
		_, stranger := newKey(t)
		fails(t, Config{URL: s.url(), Auth: Auth{SSHKey: fixed(stranger), KnownHosts: s.knownHosts()}}, AuthRefused)
	})
	t.Run("other host key", func(t *testing.T) {
		host, _, _ := strings.Cut(s.knownHosts(), " ")
		fails(t, Config{URL: s.url(), Auth: Auth{SSHKey: key, KnownHosts: host + " " + testHostKey(t)}}, HostKey)
	})
	t.Run("quoted path", func(t *testing.T) {
		git(t, f.root, "clone", "-q", "--bare", "fleet.git", "it's a !fleet.git")
		fetch(t, open(t, Config{URL: strings.Replace(s.url(), "fleet.git", "it's%20a%20!fleet.git", 1), Auth: Auth{SSHKey: key, KnownHosts: s.knownHosts()}}))
	})
}

func TestHTTPAuth(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := f.web(t)
	const token = "ghp_topsecrettoken"
	s.before(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		user, password, _ := r.BasicAuth()
		switch {
		case password == token && user == "git", user == "ada" && password == token:
			return false
		case password == "expired":
			http.Error(w, "token "+password+" has expired; you sent "+r.Header.Get("Authorization"), http.StatusForbidden)
		default:
			w.Header().Set("WWW-Authenticate", `Basic realm="git"`)
			http.Error(w, "who are you", http.StatusUnauthorized)
		}
		return true
	})
	fetch(t, open(t, Config{URL: s.url(), Auth: Auth{Token: fixed(token)}}))
	fetch(t, open(t, Config{URL: s.url(), Auth: Auth{Username: "ada", Password: fixed(token)}}))
	if e := fails(t, Config{URL: s.url()}, AuthRefused); !strings.Contains(e.Hint(), "not public") {
		t.Error(e.Hint())
	}
	fails(t, Config{URL: s.url(), Auth: Auth{Token: fixed("wrong-token")}}, AuthRefused)
	e := fails(t, Config{URL: s.url(), Auth: Auth{Token: fixed("expired")}}, AuthRefused)
	if text := e.Error(); strings.Contains(text, "expired;") || strings.Contains(text, "token expired") || !strings.Contains(text, "<secret>") || strings.Contains(text, "Z2l0OmV4cGlyZWQ") {
		t.Errorf("the server's echo came through: %s", text)
	}
}

func TestHTTPUnchangedCommitIsOneRequest(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	web := f.web(t)
	s := open(t, Config{URL: web.url()})
	fetch(t, s)
	if got := strings.Join(web.requests(), ", "); got != "GET /fleet.git/info/refs, POST /fleet.git/git-upload-pack" {
		t.Errorf("first fetch asked %s", got)
	}
	for range 3 {
		fetch(t, s)
	}
	if got := strings.Join(web.requests(), ", "); got != strings.Repeat("GET /fleet.git/info/refs, ", 2)+"GET /fleet.git/info/refs" {
		t.Errorf("idle fetches asked %s", got)
	}
}

func TestHTTPAnswersThatAreNoGood(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := f.web(t)
	answer := func(status int, kind, body string) func(http.ResponseWriter, *http.Request, http.Handler) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}
	}
	const refs, result = "application/x-git-upload-pack-advertisement", "application/x-git-upload-pack-result"
	for name, test := range map[string]struct {
		hook func(http.ResponseWriter, *http.Request, http.Handler) bool
		want Problem
	}{
		"404":            {answer(404, "text/plain", "no"), NotFound},
		"400":            {answer(400, "text/plain", "no"), Broken},
		"429":            {answer(429, "text/plain", "slow down"), Unreachable},
		"502":            {answer(502, "text/html", "<h1>no</h1>"), Unreachable},
		"sign-in 203":    {answer(203, "text/html", "<form>"), AuthRefused},
		"sign-in 200":    {answer(200, "text/html", "<form>"), Broken},
		"dumb server":    {answer(200, "text/plain", strings.Repeat("0", 40)+"\trefs/heads/main\n"), Broken},
		"nothing":        {answer(200, refs, ""), Broken},
		"garbage":        {answer(200, refs, "zzzz not a packet line"), Broken},
		"half refs":      {cutAfter(60, http.MethodGet), Unreachable},
		"half a pack":    {cutAfter(100, http.MethodPost), Unreachable},
		"no pack at all": {onPost(answer(200, result, "")), Broken},
		"pack of noise":  {onPost(answer(200, result, "0008NAK\n0006\x01x0000")), Broken},
		"refused pack":   {onPost(answer(200, result, "0008NAK\n000e\x03no \x1b[2Jway0000")), Broken},
		"pack 500":       {onPost(answer(500, "text/plain", "no")), Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			s.before(test.hook)
			e := fails(t, Config{URL: s.url()}, test.want)
			if strings.ContainsAny(e.Error(), "\n\x1b") {
				t.Errorf("%q", e.Error())
			}
		})
	}
	t.Run("pack stalls", func(t *testing.T) {
		hash := git(t, f.dir, "rev-parse", "HEAD")
		list := answer(200, refs, fmt.Sprintf("001e# service=git-upload-pack\n0000%04x%s HEAD\x00shallow side-band-64k\n0000", 4+40+len(" HEAD\x00shallow side-band-64k\n"), hash))
		s.before(func(w http.ResponseWriter, r *http.Request, git http.Handler) bool {
			if r.Method == http.MethodGet {
				return list(w, r, git)
			}
			w.Header().Set("Content-Type", result)
			_, _ = w.Write([]byte("0008NAK\n"))
			_ = http.NewResponseController(w).Flush()
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
			return true
		})
		fails(t, Config{URL: s.url(), Timeout: 300 * time.Millisecond}, Timeout)
	})
	t.Run("endless refs", func(t *testing.T) {
		s.before(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			w.Header().Set("Content-Type", refs)
			_, _ = io.WriteString(w, "001e# service=git-upload-pack\n0000")
			for i := range 1 << 20 {
				line := fmt.Sprintf("%040x refs/heads/b%d\n", i+1, i)
				if i == 0 {
					line = fmt.Sprintf("%040x HEAD\x00shallow\n", 1)
				}
				if _, err := fmt.Fprintf(w, "%04x%s", 4+len(line), line); err != nil {
					return true
				}
			}
			t.Error("the client took it all")
			return true
		})
		fails(t, Config{URL: s.url(), MaxBytes: 1 << 20}, TooLarge)
	})
	t.Run("and then it is well", func(t *testing.T) {
		s.before(nil)
		fetch(t, open(t, Config{URL: s.url()}))
	})
}

func TestForcePushBetweenListAndClone(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := f.web(t)
	var once sync.Once
	var second string
	s.before(onPost(func(http.ResponseWriter, *http.Request, http.Handler) bool {
		once.Do(func() {
			git(t, f.dir, "commit", "-q", "--amend", "-m", "rewritten")
			second = f.change(t, "2")
		})
		return false
	}))
	if snap := fetch(t, open(t, Config{URL: s.url()})); snap.Commit != second {
		t.Errorf("commit is %s, want %s", snap.Commit, second)
	}
}

func TestHTTPSWithUnknownAuthority(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	if e := fails(t, Config{URL: s.URL + "/fleet.git"}, Unreachable); !strings.Contains(e.Hint(), "SSL_CERT_FILE") {
		t.Errorf("%v; %s", e, e.Hint())
	}
	fails(t, Config{URL: strings.Replace(s.URL, "https", "http", 1) + "/fleet.git"}, Broken)
	fails(t, Config{URL: "https://" + newFleet(t).web(t).Listener.Addr().String() + "/fleet.git"}, Unreachable)
}

func onPost(hook func(http.ResponseWriter, *http.Request, http.Handler) bool) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	return func(w http.ResponseWriter, r *http.Request, git http.Handler) bool {
		return r.Method == http.MethodPost && hook(w, r, git)
	}
}

// cutAfter lets n bytes of the true answer through, and drops the connection.
func cutAfter(n int, method string) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	return func(w http.ResponseWriter, r *http.Request, git http.Handler) bool {
		if r.Method != method {
			return false
		}
		git.ServeHTTP(&cutting{ResponseWriter: w, left: n}, r)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	part := p[:min(len(p), c.left)]
	c.left -= len(part)
	if _, err := c.ResponseWriter.Write(part); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Azure DevOps refuses a request for a pack that does not ask for multi_ack.
func TestAzureDevOpsWantsMultiACK(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := f.web(t)
	s.before(onPost(func(w http.ResponseWriter, r *http.Request, git http.Handler) bool {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		if !bytes.Contains(body.Bytes(), []byte("multi_ack")) || bytes.Contains(body.Bytes(), []byte("thin-pack")) {
			http.Error(w, "", http.StatusBadRequest)
			return true
		}
		r.Body = readCloser{&body}
		return false
	}))
	fetch(t, open(t, Config{URL: s.url()}))
}

func TestRedirectKeepsCredentialsHome(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	home, other := f.web(t), f.web(t)
	var leaked []string
	other.before(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if header := r.Header.Get("Authorization"); header != "" {
			leaked = append(leaked, header)
		}
		return false
	})
	home.before(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		http.Redirect(w, r, other.URL+r.URL.RequestURI(), http.StatusMovedPermanently)
		return true
	})
	c := Config{URL: home.url(), Auth: Auth{Token: fixed("home-token")}}
	if e := fails(t, c, Redirected); !strings.Contains(e.Error(), other.Listener.Addr().String()) || !strings.Contains(e.Hint(), "redirects: follow") {
		t.Errorf("%v\nhint: %s", e, e.Hint())
	}
	if got := other.requests(); len(got) > 0 {
		t.Errorf("another host was asked: %q", got)
	}
	c.Network.FollowRedirects = true
	fetch(t, open(t, c))
	if len(leaked) > 0 || len(other.requests()) == 0 {
		t.Errorf("credentials went to another server: %q", leaked)
	}
	// Of the pack itself no redirect is followed.
	home.before(onPost(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		http.Redirect(w, r, other.URL+r.URL.RequestURI(), http.StatusTemporaryRedirect)
		return true
	}))
	fails(t, c, Broken)
}

// Whatever a host answers that a redirect led to: no error repeats it.
func TestRedirectedAnswersAreNotRepeated(t *testing.T) {
	const private = "the-private-thing"
	home := newFleet(t, "a.yaml", "1").web(t)
	for name, answer := range map[string]func(w http.ResponseWriter){
		"refused": func(w http.ResponseWriter) { http.Error(w, private, http.StatusUnauthorized) },
		"a page": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, private)
		},
		"a kind": func(w http.ResponseWriter) { w.Header().Set("Content-Type", "application/"+private) },
		"absent": func(w http.ResponseWriter) { http.Error(w, private, http.StatusNotFound) },
		"broken": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
			_, _ = io.WriteString(w, "0020ERR "+private)
		},
		"not git's": func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
			_, _ = io.WriteString(w, private)
		},
		"cut": func(http.ResponseWriter) { panic(http.ErrAbortHandler) },
	} {
		inner := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w) }))
		inner.Config.ErrorLog = log.New(io.Discard, "", 0)
		inner.Start()
		home.before(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			http.Redirect(w, r, inner.URL+"/x.git/info/refs?service=git-upload-pack", http.StatusFound)
			return true
		})
		_, err := open(t, Config{URL: home.url(), Network: Network{FollowRedirects: true}}).Fetch(t.Context())
		var e *Error
		if !errors.As(err, &e) || strings.Contains(e.Error()+e.Hint(), private) || !strings.Contains(e.Error(), inner.Listener.Addr().String()+", where the server redirects to") {
			t.Errorf("%s: %v", name, err)
		}
		inner.Close()
	}
}
