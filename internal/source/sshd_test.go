//go:build servers

package source

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// TestOpenSSH fetches from the sshd that people run, besides the one in this
// package's other tests: key exchange, host key algorithms and the shell that
// gets the command are its own. Only `make check` runs it; there a missing
// sshd is a failure.
func TestOpenSSH(t *testing.T) {
	sshd, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		t.Fatalf("look for sshd: %v", err)
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	f := newFleet(t, "a.yaml", "1")
	dir := t.TempDir()
	host, hostKey := newKey(t)
	mine, userKey := newKey(t)
	write(t, dir, "host", hostKey, "authorized", string(ssh.MarshalAuthorizedKey(mine.PublicKey())))
	for _, name := range []string{"host", "authorized"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if me.Uid == "0" { // sshd as root wants its empty folder
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, port, err := net.SplitHostPort(freePort(t))
	if err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf("ListenAddress 127.0.0.1\nPort %s\nHostKey %s/host\nAuthorizedKeysFile %s/authorized\nStrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n",
		port, dir, dir)
	write(t, dir, "config", config)
	server := exec.CommandContext(t.Context(), sshd, "-D", "-e", "-f", filepath.Join(dir, "config"))
	log, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	said := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(log) // ends with the server
		said <- string(all)
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill() // it may have ended by itself
		text := <-said
		_ = server.Wait() // killed
		if t.Failed() {
			t.Log(text)
		}
	})
	awaitPort(t, port)

	known := fmt.Sprintf("[127.0.0.1]:%s %s", port, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(host.PublicKey()))))
	url := fmt.Sprintf("ssh://%s@127.0.0.1:%s%s/fleet.git", me.Username, port, f.root)
	s := open(t, Config{URL: url, Auth: Auth{SSHKey: fixed(userKey), KnownHosts: known}})
	wantFiles(t, fetch(t, s), "a.yaml = 1")
	want := f.change(t, "2")
	if got := fetch(t, s).Commit; got != want {
		t.Errorf("commit %s, want %s", got, want)
	}
	_, stranger := newKey(t)
	fails(t, Config{URL: url, Auth: Auth{SSHKey: fixed(stranger), KnownHosts: known}}, AuthRefused)
	fails(t, Config{URL: url, Auth: Auth{SSHKey: fixed(userKey), KnownHosts: "[127.0.0.1]:" + port + " " + testHostKey(t)}}, HostKey)
}

// awaitPort waits until somebody listens.
func awaitPort(t *testing.T, port string) {
	t.Helper()
	dialer := net.Dialer{}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		c, err := dialer.DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			c.Close()
			return
		}
		<-time.After(50 * time.Millisecond)
	}
	t.Fatal("sshd does not listen")
}
