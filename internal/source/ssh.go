package source

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/transport"
	gitssh "github.com/go-git/go-git/v5/plumbing/transport/ssh"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

const (
	sshPort = "22"
	sshUser = "git"
)

// sshConfig prepares the client's side of ssh: our key, and the server's.
func sshConfig(at address, auth Auth) (*ssh.ClientConfig, error) {
	method, err := auth.sshMethod()
	if err != nil {
		return nil, err
	}
	config := &ssh.ClientConfig{User: sshUser, Auth: []ssh.AuthMethod{method}}
	for _, name := range []string{at.user, auth.Username} {
		if name != "" {
			config.User = name
		}
	}
	return config, trust(config, auth.KnownHosts, at.hostPort(sshPort))
}

func (a Auth) sshMethod() (ssh.AuthMethod, error) {
	if a.SSHKey.IsZero() {
		return ssh.Password(a.Password.Reveal()), nil
	}
	refuse := func(text, hint string) error { return &ConfigError{Field: "auth", Text: text, hint: hint} }
	key := []byte(a.SSHKey.Reveal())
	signer, err := ssh.ParsePrivateKey(key)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		if a.Passphrase.IsZero() {
			return nil, refuse("ssh_key is locked by a passphrase", "set passphrase, or use a key without one")
		}
		signer, err = ssh.ParsePrivateKeyWithPassphrase(key, []byte(a.Passphrase.Reveal()))
	}
	if err != nil { // its text may quote the key
		return nil, refuse("ssh_key cannot be read with this passphrase, if it is one at all", "give the private key as ssh-keygen wrote it, with its first and last line")
	}
	return ssh.PublicKeys(signer), nil
}

// trust makes known_hosts decide about the server's key. The algorithms are named too:
// else the server offers a key of a kind that is not listed, and the right one is refused.
func trust(config *ssh.ClientConfig, known, server string) error {
	refuse := func(text string) error {
		return &ConfigError{Field: "auth", Text: "known_hosts " + text, hint: "give the absolute path of the file, or its lines (ssh-keyscan HOST prints them)"}
	}
	file := known
	if !filepath.IsAbs(known) {
		temp, err := writeTemp(known)
		defer os.Remove(temp)
		if err != nil {
			return refuse("cannot be checked: " + err.Error())
		}
		file = temp
	}
	hosts, err := gitssh.NewKnownHostsDb(file)
	if err != nil {
		return refuse("cannot be read: " + strings.ReplaceAll(err.Error(), file, "known_hosts"))
	}
	config.HostKeyCallback = hosts.HostKeyCallback()
	config.HostKeyAlgorithms = hosts.HostKeyAlgorithms(server)
	if len(config.HostKeyAlgorithms) == 0 {
		return refuse("has no key for " + server)
	}
	return nil
}

// writeTemp makes a file of the lines, since the parser only reads files.
func writeTemp(lines string) (string, error) {
	file, err := os.CreateTemp("", "known_hosts")
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(lines)
	return file.Name(), errors.Join(err, file.Close())
}

// openSSH runs git-upload-pack on the server.
func (r *remote) openSSH(ctx, whole context.Context, wire *wire) (session, error) {
	address := r.at.hostPort(sshPort)
	conn, hangUp, err := dial(ctx, whole, address)
	if err != nil {
		return nil, err
	}
	link, channels, requests, err := ssh.NewClientConn(conn, address, r.ssh)
	if err != nil {
		hangUp()
		return nil, sshProblem(err)
	}
	client := ssh.NewClient(link, channels, requests)
	s := &stream{conn: conn, close: func() error {
		hangUp()
		_ = client.Wait() // its goroutines end with the connection
		return nil
	}}
	if err := s.run(client, wire, r.at.path); err != nil {
		_ = s.close()
		return nil, err
	}
	return s, nil
}

// run starts the command and connects the stream to it.
func (s *stream) run(client *ssh.Client, wire *wire, path string) error {
	command, err := client.NewSession()
	if err != nil {
		return err
	}
	if s.in, err = command.StdinPipe(); err != nil {
		return err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	s.out = wire.reader(out)
	said := &firstBytes{}
	command.Stderr = said
	s.complaint = func() string {
		_ = command.Wait() // bounded by the connection's deadline
		return oneLine(said.String())
	}
	return command.Start(transport.UploadPackServiceName + " " + shellQuote(path))
}

// shellQuote is git's own way to quote a path for the shell on the other side.
func shellQuote(path string) string {
	return "'" + strings.NewReplacer(`'`, `'\''`, `!`, `'\!'`).Replace(path) + "'"
}

// firstBytes keeps the beginning of what is written to it.
type firstBytes struct{ bytes.Buffer }

func (b *firstBytes) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), headBytes-b.Len())])
	return len(p), nil
}

// sshProblem sorts what can go wrong before the first command.
func sshProblem(err error) error {
	var key *knownhosts.KeyError
	var revoked *knownhosts.RevokedError
	switch {
	case errors.As(err, &key), errors.As(err, &revoked), strings.Contains(err.Error(), "host key"):
		return problem(HostKey, err.Error())
	case strings.Contains(err.Error(), "unable to authenticate"):
		return problem(AuthRefused, err.Error())
	}
	return err
}
