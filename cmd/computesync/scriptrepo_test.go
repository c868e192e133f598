package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hiddeco/sshsig"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/ssh"
)

// repoCommand is the script's command repo:
//
//	repo serve DIR FILE   serve the repository DIR over http, as $REPO, to who has the password that stands in FILE
//	repo signer NAME FILE add NAME to a file of allowed signers
//	repo sign DIR NAME    have NAME sign the newest commit of DIR
//	repo extend DIR N     add N empty commits to DIR
func repoCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: repo serve|signer|sign|extend")
	}
	switch args[0] {
	case "serve":
		serveRepo(ts, ts.MkAbs(args[1]), ts.MkAbs(args[2]))
	case "signer":
		file, err := os.OpenFile(ts.MkAbs(args[2]), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		ts.Check(err)
		_, err = io.WriteString(file, args[1]+"@example.com "+string(ssh.MarshalAuthorizedKey(signerCalled(ts, args[1]).PublicKey())))
		ts.Check(err)
		ts.Check(file.Close())
	case "sign":
		signHead(ts, ts.MkAbs(args[1]), signerCalled(ts, args[2]))
	case "extend":
		for range number(ts, neg, args, 3, "repo extend DIR N") {
			ts.Check(ts.Exec("git", "-C", ts.MkAbs(args[1]), "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-q", "--allow-empty", "-m", "empty"))
		}
	}
}

// signerCalled has the same key for the same name.
func signerCalled(ts *testscript.TestScript, name string) ssh.Signer {
	seed := sha256.Sum256([]byte(name))
	signer, err := ssh.NewSignerFromKey(ed25519.NewKeyFromSeed(seed[:]))
	ts.Check(err)
	return signer
}

// signHead puts a signature into the newest commit, as git commit -S does.
func signHead(ts *testscript.TestScript, dir string, signer ssh.Signer) {
	raw := gitOutput(ts, dir, "", "cat-file", "commit", "HEAD")
	signature, err := sshsig.Sign(strings.NewReader(raw), signer, sshsig.HashSHA512, "git")
	ts.Check(err)
	header, body, _ := strings.Cut(raw, "\n\n")
	armored := strings.ReplaceAll(strings.TrimSpace(string(sshsig.Armor(signature))), "\n", "\n ")
	hash := gitOutput(ts, dir, header+"\ngpgsig "+armored+"\n\n"+body, "hash-object", "-t", "commit", "-w", "--stdin")
	gitOutput(ts, dir, "", "update-ref", "HEAD", strings.TrimSpace(hash))
}

func gitOutput(ts *testscript.TestScript, dir, stdin string, args ...string) string {
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
	out, err := cmd.Output()
	ts.Check(err)
	return string(out)
}

// serveRepo is git http-backend behind basic authentication.
func serveRepo(ts *testscript.TestScript, dir, passwordFile string) {
	execPath := strings.TrimSpace(gitOutput(ts, dir, "", "--exec-path"))
	backend := &cgi.Handler{
		Path: filepath.Join(execPath, "git-http-backend"), Root: "/",
		Env:    []string{"GIT_PROJECT_ROOT=" + dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1"},
		Stderr: io.Discard, Logger: log.New(io.Discard, "", 0),
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		want, _ := os.ReadFile(passwordFile) // without one nobody is let in
		_, password, _ := r.BasicAuth()
		if password == "" || password != strings.TrimSpace(string(want)) {
			w.Header().Set("WWW-Authenticate", "Basic")
			http.Error(w, "no entry with "+password, http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	ts.Defer(server.Close)
	ts.Setenv("REPO", server.URL+"/.git")
}
