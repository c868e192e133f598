package source

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// authority makes certificates for 127.0.0.1.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pem  string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ours"}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{key, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
}

func (a *authority) certificate(t *testing.T, until time.Time) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// secure is the fleet's web server behind TLS; its certificate can change.
type secure struct {
	*httptest.Server
	mu   sync.Mutex
	cert *tls.Certificate
}

func newSecure(t *testing.T, f *remoteFleet, cert *tls.Certificate) *secure {
	t.Helper()
	s := &secure{cert: cert}
	s.Server = httptest.NewUnstartedServer(f.web(t).Config.Handler)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return &tls.Config{Certificates: []tls.Certificate{*s.cert}}, nil
	}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *secure) serve(cert *tls.Certificate) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cert = cert
}

func TestCAFile(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	ours, theirs := newAuthority(t), newAuthority(t)
	s := newSecure(t, f, ours.certificate(t, time.Now().Add(time.Hour)))
	file := filepath.Join(t.TempDir(), "ca.pem")
	write(t, filepath.Dir(file), "ca.pem", theirs.pem+ours.pem)
	src := open(t, Config{URL: s.URL + "/fleet.git", Network: Network{CAFile: file}})
	if err := src.Check(t.Context()); err != nil {
		t.Error(err)
	}
	fetch(t, src)

	// The server's certificate expires, and is renewed.
	s.serve(ours.certificate(t, time.Now().Add(-time.Hour)))
	_, err := src.Fetch(t.Context())
	if e := wantProblem(t, err, Unreachable); !strings.Contains(e.Error(), "expired") || !strings.Contains(e.Hint(), "renewed") {
		t.Errorf("%v\nhint: %s", e, e.Hint())
	}
	s.serve(ours.certificate(t, time.Now().Add(time.Hour)))
	fetch(t, src)

	// The authority is another one, and the file follows.
	s.serve(theirs.certificate(t, time.Now().Add(time.Hour)))
	write(t, filepath.Dir(file), "ca.pem", ours.pem)
	_, err = src.Fetch(t.Context())
	if e := wantProblem(t, err, Unreachable); !strings.Contains(e.Hint(), "ca_file") {
		t.Errorf("%v\nhint: %s", e, e.Hint())
	}
	write(t, filepath.Dir(file), "ca.pem", theirs.pem)
	fetch(t, src)

	for content, words := range map[string]string{"nonsense": "holds no certificate", "": "no such file"} {
		if content == "" {
			os.Remove(file)
		} else {
			write(t, filepath.Dir(file), "ca.pem", content)
		}
		_, err = src.Fetch(t.Context())
		if e := wantProblem(t, err, Setup); !strings.Contains(e.Error(), words) {
			t.Error(e)
		}
		if err := src.Check(t.Context()); err == nil || !strings.Contains(err.Error(), words) {
			t.Error(err)
		}
	}
}

// This machine's authorities do not count beside a file.
func TestCAFileReplacesTheSystems(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	pem := newAuthority(t).pem
	write(t, filepath.Dir(file), "ca.pem", pem)
	transport, err := Network{CAFile: file}.transport(t.Context(), &wire{})
	if err != nil {
		t.Fatal(err)
	}
	want := x509.NewCertPool()
	want.AppendCertsFromPEM([]byte(pem))
	if roots := transport.TLSClientConfig.RootCAs; roots == nil || !roots.Equal(want) {
		t.Error("the pool is not the file's")
	}
}

// httpProxy lets a user through: requests of http, and tunnels.
func httpProxy(t *testing.T, user, password string) (address string, used func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Authorization", r.Header.Get("Proxy-Authorization"))
		if u, p, _ := r.BasicAuth(); u != user || p != password {
			w.WriteHeader(http.StatusProxyAuthRequired)
			return
		}
		mu.Lock()
		n++
		mu.Unlock()
		if r.Method != http.MethodConnect {
			forward(w, r)
			return
		}
		server, err := net.Dial("tcp", r.Host)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		client, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_, _ = io.WriteString(client, "HTTP/1.1 200 OK\r\n\r\n")
		splice(client, server)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() int {
		mu.Lock()
		defer mu.Unlock()
		return n
	}
}

func forward(w http.ResponseWriter, r *http.Request) {
	r.RequestURI = ""
	r.Header.Del("Authorization")
	r.Header.Del("Proxy-Authorization")
	pool := &http.Transport{}
	defer pool.CloseIdleConnections()
	res, err := pool.RoundTrip(r)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
	w.WriteHeader(res.StatusCode)
	_, _ = io.Copy(w, res.Body)
}

// splice joins two connections until either ends.
func splice(a, b net.Conn) {
	var both sync.WaitGroup
	for _, pair := range [][2]net.Conn{{a, b}, {b, a}} {
		both.Go(func() {
			_, _ = io.Copy(pair[0], pair[1])
			a.Close()
			b.Close()
		})
	}
	both.Wait()
}

func TestHTTPProxy(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	ours := newAuthority(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	write(t, filepath.Dir(file), "ca.pem", ours.pem)
	proxy, used := httpProxy(t, "ada", "proxy-password")
	for name, c := range map[string]Config{
		"http":  {URL: f.web(t).url()},
		"https": {URL: newSecure(t, f, ours.certificate(t, time.Now().Add(time.Hour))).URL + "/fleet.git", Network: Network{CAFile: file}},
	} {
		t.Run(name, func(t *testing.T) {
			c.Network.Proxy, c.Network.ProxyUsername, c.Network.ProxyPassword = proxy, "ada", fixed("proxy-password")
			before := used()
			fetch(t, open(t, c))
			if used() == before {
				t.Error("it went around the proxy")
			}
			c.Network.ProxyPassword = fixed("wrong-password")
			if e := fails(t, c, AuthRefused); !strings.Contains(e.Error(), "proxy") || !strings.Contains(e.Hint(), "proxy") || strings.Contains(e.Error(), "wrong-password") {
				t.Errorf("%v\nhint: %s", e, e.Hint())
			}
			c.Network.Proxy, c.Network.ProxyUsername, c.Network.ProxyPassword = "http://"+freePort(t), "", nil
			fails(t, c, Unreachable)
		})
	}
}

// socksProxy speaks as much of RFC 1928 and 1929 as a client needs.
func socksProxy(t *testing.T, user, password string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				if server, err := socks(conn, user, password); err == nil {
					splice(conn, server)
				}
			})
		}
	})
	t.Cleanup(func() { listener.Close(); all.Wait() })
	return listener.Addr().String()
}

func socks(conn net.Conn, user, password string) (net.Conn, error) {
	in := bufio.NewReader(conn)
	text := func() (string, error) {
		n, err := in.ReadByte()
		if err != nil {
			return "", err
		}
		data := make([]byte, n)
		_, err = io.ReadFull(in, data)
		return string(data), err
	}
	if _, err := in.Discard(1); err != nil {
		return nil, err
	}
	if _, err := text(); err != nil { // methods
		return nil, err
	}
	if _, err := conn.Write([]byte{5, 2}); err != nil {
		return nil, err
	}
	if _, err := in.Discard(1); err != nil {
		return nil, err
	}
	u, err1 := text()
	p, err2 := text()
	if errors.Join(err1, err2) != nil || u != user || p != password {
		_, _ = conn.Write([]byte{1, 1})
		return nil, errors.New("not let in")
	}
	if _, err := conn.Write([]byte{1, 0}); err != nil {
		return nil, err
	}
	request := make([]byte, 4+4+2) // an IPv4 address
	if _, err := io.ReadFull(in, request); err != nil {
		return nil, err
	}
	to := net.TCPAddr{IP: request[4:8], Port: int(binary.BigEndian.Uint16(request[8:]))}
	server, err := net.Dial("tcp", to.String())
	if err != nil {
		return nil, err
	}
	_, err = conn.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	return server, err
}

func TestSOCKSProxy(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	proxy := socksProxy(t, "ada", "proxy-password")
	for name, c := range places(t, f) {
		t.Run(name, func(t *testing.T) {
			c.Network = Network{Proxy: "socks5://" + proxy, ProxyUsername: "ada", ProxyPassword: fixed("proxy-password")}
			fetch(t, open(t, c))
			c.Network.ProxyPassword = fixed("wrong-password")
			if e := fails(t, c, Unreachable); strings.Contains(e.Error(), "wrong-password") {
				t.Error(e)
			}
		})
	}
}

func TestNetworkConfig(t *testing.T) {
	for name, test := range map[string]struct {
		c     Config
		words string
	}{
		"ca for ssh":        {Config{URL: "git@host:x", Network: Network{CAFile: "/ca"}}, "for https"},
		"relative ca":       {Config{URL: "https://host/x", Network: Network{CAFile: "ca.pem"}}, "absolute"},
		"proxy for a path":  {Config{URL: "/x", Network: Network{Proxy: "http://host"}}, "path"},
		"proxy password":    {Config{URL: "https://host/x", Network: Network{Proxy: "http://ada:hidden@host:1"}}, "credentials"},
		"proxy scheme":      {Config{URL: "https://host/x", Network: Network{Proxy: "ftp://host:1"}}, "scheme"},
		"proxy nonsense":    {Config{URL: "https://host/x", Network: Network{Proxy: "hidden"}}, "not valid"},
		"http for ssh":      {Config{URL: "git@host:x", Network: Network{Proxy: "http://host:1"}}, "socks5"},
		"name alone":        {Config{URL: "https://host/x", Network: Network{Proxy: "http://host:1", ProxyUsername: "ada"}}, "together"},
		"password, no url":  {Config{URL: "https://host/x", Network: Network{ProxyPassword: fixed("hidden")}}, "without it"},
		"agent for https":   {Config{URL: "https://host/x", Auth: Auth{SSHAgent: "SSH_AUTH_SOCK"}}, "ssh_agent is for ssh"},
		"relative agent":    {Config{URL: "git@host:x", Auth: Auth{SSHAgent: "agent.sock"}}, "absolute"},
		"app and token":     {Config{URL: "https://host/a/b", Auth: Auth{GitHubApp: &GitHubApp{}, Token: fixed("hidden")}}, "both token and github_app"},
		"key and agent":     {Config{URL: "git@host:x", Auth: Auth{SSHAgent: "/s", SSHKey: fixed("hidden")}}, "both ssh_key and ssh_agent"},
		"passphrase":        {Config{URL: "git@host:x", Auth: Auth{SSHAgent: "/s", Passphrase: fixed("hidden")}}, "without ssh_key"},
		"entra for another": {Config{URL: "https://github.com/a/b", Auth: Auth{EntraID: fixed("hidden")}}, "Azure DevOps only"},
		"signatures":        {Config{URL: "https://host/x", Signatures: &Signatures{}}, "no keys"},
		"relative keys":     {Config{URL: "https://host/x", Signatures: &Signatures{OpenPGPKeys: "keys.asc"}}, "absolute"},
	} {
		_, err := New(test.c)
		var e *ConfigError
		if !errors.As(err, &e) || !strings.Contains(e.Error(), test.words) || e.Hint() == "" || strings.Contains(e.Error()+e.Hint(), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
