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

// sshConfig prepares the client's side of ssh: who we are, and the server's key.
func (r *remote) sshConfig(ctx context.Context, w *wire) (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{User: sshUser}
	for _, name := range []string{r.at.user, r.auth.Username} {
		if name != "" {
			config.User = name
		}
	}
	method, err := r.auth.sshMethod(ctx, w)
	if err != nil {
		return nil, err
	}
	if method != nil {
		config.Auth = []ssh.AuthMethod{method}
	}
	return config, trust(config, r.auth.KnownHosts, r.at.hostPort(sshPort))
}

// sshMethod returns nil for an agent, which is asked over a connection of its own.
func (a Auth) sshMethod(ctx context.Context, w *wire) (ssh.AuthMethod, error) {
	switch {
	case a.SSHAgent != "":
		return nil, nil
	case a.SSHKey == nil:
		password, err := w.resolve(ctx, "auth.password", a.Password)
		return ssh.Password(password.Reveal()), err
	}
	key, err := w.resolve(ctx, "auth.ssh_key", a.SSHKey)
	if err != nil {
		return nil, err
	}
	passphrase, err := w.resolve(ctx, "auth.passphrase", a.Passphrase)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey([]byte(key.Reveal()))
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		if passphrase.IsZero() {
			return nil, badAuth("ssh_key is locked by a passphrase", "set passphrase, or use a key without one")
		}
		signer, err = ssh.ParsePrivateKeyWithPassphrase([]byte(key.Reveal()), []byte(passphrase.Reveal()))
	}
	if err != nil { // its text may quote the key
		return nil, badAuth("ssh_key cannot be read with this passphrase, if it is one at all", "give the private key as ssh-keygen wrote it, with its first and last line")
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
	config, err := r.sshConfig(ctx, wire)
	if err != nil {
		return nil, err
	}
	if r.auth.SSHAgent != "" {
		keys, err := openAgent(ctx, r.auth.SSHAgent)
		if err != nil {
			return nil, err
		}
		defer keys.Close() // it is asked during the handshake only
		config.Auth = []ssh.AuthMethod{keys.method()}
	}
	conn, hangUp, err := r.dial(ctx, whole, wire, address)
	if err != nil {
		return nil, err
	}
	link, channels, requests, err := ssh.NewClientConn(conn, address, config)
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
