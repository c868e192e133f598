package source

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// remoteFleet is a working repository and the bare one that servers offer.
type remoteFleet struct {
	dir  string // commit here, then push
	root string // the servers' root
}

func newFleet(t testing.TB, files ...string) *remoteFleet {
	t.Helper()
	f := &remoteFleet{dir: repository(t, files...), root: t.TempDir()}
	git(t, f.root, "init", "-q", "--bare", "-b", "main", "fleet.git")
	write(t, f.root, "fleet.git/git-daemon-export-ok", "")
	git(t, f.dir, "remote", "add", "origin", filepath.Join(f.root, "fleet.git"))
	if len(files) > 0 {
		f.push(t)
	}
	return f
}

func (f *remoteFleet) push(t testing.TB) {
	t.Helper()
	git(t, f.dir, "push", "-q", "--force", "--all", "origin")
}

func (f *remoteFleet) change(t testing.TB, content string) string {
	t.Helper()
	write(t, f.dir, "a.yaml", content)
	hash := commit(t, f.dir, content)
	f.push(t)
	return hash
}

func execPath(t testing.TB) string { return git(t, ".", "--exec-path") }

// webServer is git http-backend, with a hook before it and a record of requests.
type webServer struct {
	*httptest.Server
	mu    sync.Mutex
	lines []string
	// hook may answer itself, and then returns true.
	hook func(w http.ResponseWriter, r *http.Request, git http.Handler) bool
}

func (f *remoteFleet) web(t testing.TB) *webServer {
	t.Helper()
	backend := &cgi.Handler{
		Path: filepath.Join(execPath(t), "git-http-backend"), Root: "/",
		Env:    []string{"GIT_PROJECT_ROOT=" + f.root, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"},
		Stderr: io.Discard, Logger: log.New(io.Discard, "", 0),
	}
	s := &webServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.lines = append(s.lines, r.Method+" "+r.URL.Path)
		hook := s.hook
		s.mu.Unlock()
		if hook == nil || !hook(w, r, backend) {
			backend.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *webServer) url() string { return s.URL + "/fleet.git" }

// requests returns what was asked since the last time.
func (s *webServer) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.lines
	s.lines = nil
	return lines
}

func (s *webServer) before(hook func(w http.ResponseWriter, r *http.Request, git http.Handler) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = hook
}

// daemon runs git daemon on a port that was free a moment ago, and returns its url.
func (f *remoteFleet) daemon(t testing.TB) string {
	t.Helper()
	for range 10 {
		address := freePort(t)
		_, port, _ := net.SplitHostPort(address)
		cmd := exec.Command(filepath.Join(execPath(t), "git-daemon"), "--verbose", "--listen=127.0.0.1", "--port="+port, "--base-path="+f.root, "--informative-errors", f.root)
		cmd.Env = gitEnv()
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(stderr)
		ready := lines.Scan() && strings.Contains(lines.Text(), "Ready to rumble")
		drained := make(chan struct{})
		go func() {
			defer close(drained)
			_, _ = io.Copy(io.Discard, stderr)
		}()
		stop := func() {
			_ = cmd.Process.Kill()
			<-drained
			_ = cmd.Wait()
		}
		if ready {
			t.Cleanup(stop)
			return "git://" + address + "/fleet.git"
		}
		stop()
	}
	t.Fatal("git daemon found no free port")
	return ""
}

// freePort returns an address where nobody listens.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// sshServer runs git-upload-pack for whoever has the right key or password.
type sshServer struct {
	fleet   *remoteFleet
	addr    string
	hostKey ssh.PublicKey
	// userKey is the private key that is let in, PEM.
	userKey string
	private ed25519.PrivateKey
	wg      sync.WaitGroup
}

const sshTestPassword = "correct horse"

func (f *remoteFleet) ssh(t testing.TB) *sshServer {
	t.Helper()
	userKey, userPEM := newKey(t)
	private, err := ssh.ParseRawPrivateKey([]byte(userPEM))
	if err != nil {
		t.Fatal(err)
	}
	s := &sshServer{fleet: f, userKey: userPEM, private: *private.(*ed25519.PrivateKey)}
	config := &ssh.ServerConfig{
		PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			if string(key.Marshal()) != string(userKey.PublicKey().Marshal()) {
				return nil, errors.New("unknown key")
			}
			return nil, nil
		},
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if string(password) != sshTestPassword {
				return nil, errors.New("wrong password")
			}
			return nil, nil
		},
	}
	// Two host keys, of which known_hosts has the one that a client does not ask for first.
	ecdsaKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ssh.NewSignerFromKey(ecdsaKey)
	if err != nil {
		t.Fatal(err)
	}
	signer, _ := newKey(t)
	config.AddHostKey(other)
	config.AddHostKey(signer)
	s.hostKey = signer.PublicKey()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.wg.Add(1)
			go func() {
				defer s.wg.Done()
				s.serve(conn, config)
			}()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		s.wg.Wait()
	})
	return s
}

func newKey(t testing.TB) (ssh.Signer, string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	return signer, string(pem.EncodeToMemory(block))
}

func (s *sshServer) serve(raw net.Conn, config *ssh.ServerConfig) {
	defer raw.Close()
	conn, channels, requests, err := ssh.NewServerConn(raw, config)
	if err != nil {
		return
	}
	defer conn.Close()
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		for request := range requests {
			if request.Type != "exec" {
				_ = request.Reply(false, nil)
				continue
			}
			_ = request.Reply(true, nil)
			s.exec(channel, string(request.Payload[4:]))
			channel.Close()
		}
	}
}

// exec runs the command as sshd would: through the shell.
func (s *sshServer) exec(channel ssh.Channel, command string) {
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = s.fleet.root, gitEnv()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, channel, channel.Stderr()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(stdin, channel)
		stdin.Close()
	}()
	status := struct{ Status uint32 }{0}
	if err := cmd.Run(); err != nil {
		status.Status = 128
	}
	_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(status))
}

// locked is the user's key behind a passphrase.
func (s *sshServer) locked(t testing.TB, passphrase string) string {
	t.Helper()
	block, err := ssh.MarshalPrivateKeyWithPassphrase(s.private, "", []byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(block))
}

func (s *sshServer) url() string {
	return "ssh://git@" + s.addr + filepath.Join(s.fleet.root, "fleet.git")
}

func (s *sshServer) knownHosts() string {
	host, port, _ := net.SplitHostPort(s.addr)
	return "[" + host + "]:" + port + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(s.hostKey))) + "\n"
}

func (s *sshServer) knownHostsFile(t testing.TB) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(name, []byte(s.knownHosts()), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// testHostKey is a key that no server has, as known_hosts writes it.
func testHostKey(t testing.TB) string {
	t.Helper()
	signer, _ := newKey(t)
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey())))
}

func decode64(t testing.TB, text string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

type readCloser struct{ io.Reader }

func (readCloser) Close() error { return nil }
