//go:build servers

package source

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestGitSigns takes what git itself signs, with the programs that people have
// it sign with. Only `make check` runs it; there a missing program is a failure.
func TestGitSigns(t *testing.T) {
	keys := t.TempDir()
	run := func(name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Env = append(gitEnv(), "GNUPGHOME="+keys)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return string(out)
	}
	t.Setenv("GNUPGHOME", keys)
	t.Cleanup(func() { _ = exec.Command("gpgconf", "--kill", "gpg-agent").Run() }) // gpg starts one of its own
	var signers string
	for name, kind := range map[string][]string{"ed25519": {"-t", "ed25519"}, "rsa": {"-t", "rsa", "-b", "2048"}, "ecdsa": {"-t", "ecdsa"}} {
		file := filepath.Join(keys, name)
		run("ssh-keygen", append(kind, "-q", "-N", "", "-C", "", "-f", file)...)
		signers += `ada@example.com namespaces="git" ` + run("ssh-keygen", "-y", "-f", file)
	}
	var pgp string
	for name, kind := range map[string]string{"ada": "ed25519", "grace": "rsa2048"} {
		run("gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", name+"@example.com", kind, "sign", "0")
		pgp += run("gpg", "--armor", "--export", name+"@example.com")
	}
	f := newSignedFleet(t, pgp, signers)
	s := open(t, f.config)
	for _, config := range [][]string{
		{"gpg.format=ssh", "user.signingkey=" + filepath.Join(keys, "ed25519")},
		{"gpg.format=ssh", "user.signingkey=" + filepath.Join(keys, "rsa")},
		{"gpg.format=ssh", "user.signingkey=" + filepath.Join(keys, "ecdsa")},
		{"user.signingkey=ada@example.com"},
		{"user.signingkey=grace@example.com"},
	} {
		content := strings.Join(config, " ")
		write(t, f.dir, "a.yaml", content)
		git(t, f.dir, "add", "-A")
		var args []string
		for _, c := range config {
			args = append(args, "-c", c)
		}
		git(t, f.dir, append(args, "commit", "-q", "-S", "-m", "signed\n\ngpgsig not one\n")...)
		wantFiles(t, fetch(t, s), "a.yaml = "+content)
	}
	// What git and ssh-keygen say of the same file.
	git(t, f.dir, "reset", "-q", "--hard", "HEAD~2")
	git(t, f.dir, "-c", "gpg.ssh.allowedSignersFile="+f.config.Signatures.SSHAllowedSigners, "verify-commit", "HEAD")
}

// TestOpenSSHAgent asks the agent that people run.
func TestOpenSSHAgent(t *testing.T) {
	f := newFleet(t, "a.yaml", "1")
	s := f.ssh(t)
	dir := t.TempDir()
	socket := filepath.Join(dir, "agent")
	agent := exec.CommandContext(t.Context(), "ssh-agent", "-D", "-a", socket)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = agent.Process.Kill() // the end of the test's context may have been first
		_ = agent.Wait()         // killed
	})
	for end := time.Now().Add(20 * time.Second); !exists(socket); {
		if time.Now().After(end) {
			t.Fatal("ssh-agent does not listen")
		}
		<-time.After(10 * time.Millisecond)
	}
	write(t, dir, "key", s.userKey)
	if err := os.Chmod(filepath.Join(dir, "key"), 0o600); err != nil {
		t.Fatal(err)
	}
	add := exec.Command("ssh-add", "-q", filepath.Join(dir, "key"))
	add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	fetch(t, open(t, Config{URL: s.url(), Auth: Auth{SSHAgent: socket, KnownHosts: s.knownHosts()}}))
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
