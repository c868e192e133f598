package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/computesync/computesync/internal/config"
)

// configuredSources fetches once from each source of a configuration, in which
// DIR is a folder of what they name.
func configuredSources(t *testing.T, dir, text string) ([]string, error) {
	t.Helper()
	cfg, errs := config.Parse("config.yaml", []byte(strings.ReplaceAll(text, "DIR", dir)))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	sources, wrong := (&service{}).sources(t.Context(), cfg)
	if len(wrong) > 0 {
		return nil, wrong[0]
	}
	var failures []string
	for _, s := range sources {
		_, err := s.Fetch(t.Context())
		failures = append(failures, fmt.Sprint(err))
	}
	return failures, nil
}

func rsaKey(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

// What the configuration says of a source arrives where it has its effect.
func TestSourcesAreWired(t *testing.T) {
	for _, name := range []string{"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_CERTIFICATE_PATH"} {
		t.Setenv(name, "")
	}
	dir := t.TempDir()
	key := rsaKey(t)
	signer, err := ssh.ParsePrivateKey([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	public := string(ssh.MarshalAuthorizedKey(signer.PublicKey()))
	for name, content := range map[string]string{
		"key": key, "hosts": "127.0.0.1 " + public, "signers": "ada@example.com " + public, "password": "hunter2-password", "empty.pem": "none",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.String(), r.Header.Get("Authorization"), r.Header.Get("Proxy-Authorization"))
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"message":"no such permission"}`)
	}))
	defer server.Close()
	for _, test := range []struct{ source, want string }{
		{`{url: https://127.0.0.1:1/a/b, auth: {github_app: {app_id: 42, installation_id: 77, private_key: "secret://file/DIR/key", api_url: SERVER/api}}}`, "no such permission"},
		{`{url: "http://localhost:1/a", proxy: SERVER, proxy_username: ada, proxy_password: "secret://file/DIR/password"}`, "the server answered 422"},
		{`{url: "ssh://127.0.0.1/a", auth: {ssh_agent: DIR/agent, known_hosts: DIR/hosts}}`, "ssh_agent: dial unix"},
		{`{url: "/", ssh_allowed_signers: DIR/signers}`, "plain folder"},
		{`{url: "https://127.0.0.1:1/a", openpgp_keys: DIR/signers}`, "no armored public key"},
		{`{url: "https://127.0.0.1:1/a", ca_file: DIR/empty.pem}`, "holds no certificate"},
		{`{url: "https://127.0.0.1:1/a", auth: {entra_id: client_certificate}}`, "credential client_certificate lacks"},
	} {
		text := strings.NewReplacer("SERVER", server.URL, "secret://file/DIR", "secret://fileDIR").Replace(test.source)
		got, err := configuredSources(t, dir, "sources: ["+text+"]")
		if all := fmt.Sprint(got, err); !strings.Contains(all, test.want) || strings.Contains(all, "hunter2") {
			t.Errorf("%s: %s", test.source, all)
		}
	}
	seen := strings.Join(asked, "\n")
	if !strings.Contains(seen, "POST /api/app/installations/77/access_tokens\nBearer ") || !strings.Contains(seen, base64.StdEncoding.EncodeToString([]byte("ada:hunter2-password"))) {
		t.Errorf("asked\n%s", seen)
	}
	if parts := strings.Split(seen, "."); len(parts) < 2 || !strings.Contains(decoded(t, parts[1]), `"iss":"42"`) {
		t.Errorf("asked\n%s", seen)
	}
}

func decoded(t *testing.T, text string) string {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
