package source

import (
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// serveAgent is an ssh agent at a socket of its own.
func serveAgent(t *testing.T) (keys agent.Agent, socket string) {
	t.Helper()
	keys = agent.NewKeyring()
	socket = filepath.Join(t.TempDir(), "agent")
	listener, err := net.Listen("unix", socket)
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
				_ = agent.ServeAgent(keys, conn)
			})
		}
	})
	t.Cleanup(func() { listener.Close(); all.Wait() })
	return keys, socket
}

func TestSSHAgent(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := f.ssh(t)
	keys, socket := serveAgent(t)
	auth := Auth{SSHAgent: socket, KnownHosts: s.knownHosts()}
	src := open(t, Config{URL: s.url(), Auth: auth})
	if err := src.Check(t.Context()); err != nil {
		t.Error(err)
	}
	_, err := src.Fetch(t.Context())
	if e := wantProblem(t, err, Setup); !strings.Contains(e.Hint(), "ssh-add") {
		t.Errorf("%v\nhint: %s", e, e.Hint())
	}
	_, stranger := newKey(t)
	addKey(t, keys, stranger)
	_, err = src.Fetch(t.Context())
	wantProblem(t, err, AuthRefused)
	addKey(t, keys, s.userKey)
	fetch(t, src)

	t.Setenv("SSH_AUTH_SOCK", socket)
	auth.SSHAgent = "SSH_AUTH_SOCK"
	fetch(t, open(t, Config{URL: s.url(), Auth: auth}))
	t.Setenv("SSH_AUTH_SOCK", "")
	fails(t, Config{URL: s.url(), Auth: auth}, Setup)
	auth.SSHAgent = socket + ".gone"
	fails(t, Config{URL: s.url(), Auth: auth}, Setup)
}

func addKey(t *testing.T, keys agent.Agent, private string) {
	t.Helper()
	key, err := ssh.ParseRawPrivateKey([]byte(private))
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		t.Fatal(err)
	}
}

// An agent that says nothing does not hold the fetch up for longer than a server may.
func TestSSHAgentThatStalls(t *testing.T) {
	listener, err := net.Listen("unix", filepath.Join(t.TempDir(), "agent"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	s := newFleet(t).ssh(t)
	fails(t, Config{URL: s.url(), Timeout: 100 * time.Millisecond, Auth: Auth{SSHAgent: listener.Addr().String(), KnownHosts: s.knownHosts()}}, Setup)
}
