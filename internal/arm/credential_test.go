package arm

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/computesync/computesync/internal/secret"
)

// environment is an os.LookupEnv over pairs.
func environment(pairs map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := pairs[name]; return v, ok }
}

func TestNoCredential(t *testing.T) {
	for _, cfg := range []CredentialConfig{
		{Kind: "none"},
		{Kind: "default", Endpoint: "http://127.0.0.1:8484"},
		{Kind: "managed_identity", Endpoint: "HTTP://localhost"},
	} {
		cred, err := NewCredential(cfg)
		if cred != nil || err != nil {
			t.Errorf("%+v: got %v, error %v", cfg, cred, err)
		}
	}
}

func TestApplicationCredentials(t *testing.T) {
	certificate := writeCertificate(t)
	who := map[string]string{"AZURE_TENANT_ID": "11111111-2222-3333-4444-555555555555", "AZURE_CLIENT_ID": "client"}
	with := func(more map[string]string) func(string) (string, bool) {
		all := map[string]string{}
		for _, m := range []map[string]string{who, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return environment(all)
	}
	tests := []struct {
		name  string
		cfg   CredentialConfig
		wrong string
	}{
		{"secret", CredentialConfig{Kind: "client_secret", Cloud: "usgov", TenantID: "t", ClientID: "c", ClientSecret: secret.NewValue("hush")}, ""},
		{"secret from the environment", CredentialConfig{Kind: "client_secret", Env: with(map[string]string{"AZURE_CLIENT_SECRET": "hush"})}, ""},
		{"secret lacks it", CredentialConfig{Kind: "client_secret", Env: with(nil)}, "lacks AZURE_CLIENT_SECRET"},
		{"secret lacks everything", CredentialConfig{Kind: "client_secret"}, "lacks AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET"},
		{"secret with a bad tenant", CredentialConfig{Kind: "client_secret", TenantID: "a b", ClientID: "c", ClientSecret: secret.NewValue("hush")}, "tenant"},
		{"certificate", CredentialConfig{Kind: "client_certificate", Env: with(map[string]string{"AZURE_CLIENT_CERTIFICATE_PATH": certificate})}, ""},
		{"certificate lacks it", CredentialConfig{Kind: "client_certificate", Env: with(nil)}, "lacks AZURE_CLIENT_CERTIFICATE_PATH"},
		{"certificate is not there", CredentialConfig{Kind: "client_certificate", CertificatePath: certificate + ".no", Env: with(nil)}, "no such file"},
		{"certificate is none", CredentialConfig{Kind: "client_certificate", CertificatePath: os.DevNull, Env: with(nil)}, "read client certificate"},
		{"unknown kind", CredentialConfig{Kind: "password"}, `unknown credential "password"`},
		{"unknown cloud", CredentialConfig{Kind: "none", Cloud: "mars"}, `unknown cloud "mars"`},
	}
	for _, tt := range tests {
		cred, err := NewCredential(tt.cfg)
		if tt.wrong == "" {
			if cred == nil || err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			continue
		}
		e, ok := errors.AsType[*ConfigError](err)
		if !ok || cred != nil || e.Hint() == "" || !strings.Contains(err.Error(), tt.wrong) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: credential %v, error %v, want %q and a hint", tt.name, cred, err, tt.wrong)
		}
	}
}

// writeCertificate makes a self-signed certificate with its key in one PEM file.
func writeCertificate(t *testing.T) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	data = append(data, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})...)
	name := filepath.Join(t.TempDir(), "client.pem")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// tokens is a credential that makes tokens up.
type tokens struct {
	scopes []string
	err    error
}

func (k *tokens) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	k.scopes = append(k.scopes, o.Scopes...)
	return azcore.AccessToken{Token: "made-up", ExpiresOn: time.Now().Add(time.Hour)}, k.err
}

func TestTokenGoesToTheEndpointWithTheCloudsScope(t *testing.T) {
	for cloud, scope := range map[string]string{
		"public": "https://management.core.windows.net/.default",
		"usgov":  "https://management.core.usgovcloudapi.net/.default",
		"china":  "https://management.core.chinacloudapi.cn/.default",
	} {
		cred := &tokens{}
		var seen []string
		c, err := New(Config{Cloud: cloud, Credential: cred, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
			seen = append(seen, req.Header.Get("Authorization"), req.Header.Get("User-Agent"))
			if len(req.Header.Get("x-ms-client-request-id")) != 36 {
				t.Errorf("client request id %q", req.Header.Get("x-ms-client-request-id"))
			}
			return answer(req, 200, http.Header{}, "{}"), nil
		})})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context(), computes, nil); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(cred.scopes) != "["+scope+"]" || fmt.Sprint(seen) != "[Bearer made-up computesync]" {
			t.Errorf("%s: scopes %v, sent %v", cloud, cred.scopes, seen)
		}
	}
}

func TestPlainHTTPSendsNoToken(t *testing.T) {
	cred := &tokens{}
	c, err := New(Config{Endpoint: "http://127.0.0.1:8484", Credential: cred, Transport: transportFunc(func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("Authorization") != "" {
			t.Error("a token was sent in the clear")
		}
		return answer(req, 200, http.Header{}, "{}"), nil
	})})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Get(t.Context(), computes, nil); err != nil || len(cred.scopes) != 0 {
		t.Errorf("asked for %v, error %v", cred.scopes, err)
	}
}

func TestMissingTokenIsToldApart(t *testing.T) {
	c, err := New(Config{Credential: &tokens{err: errors.New("sign in\nfirst")}, Transport: transportFunc(func(*http.Request) (*http.Response, error) {
		t.Error("something was sent")
		return nil, errors.New("sent")
	})})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), http.MethodPut, computes+"/a", nil, nil)
	if _, ok := errors.AsType[*AuthError](err); !ok || err.Error() != "get a token for azure: sign in first" || Ambiguous(err) {
		t.Errorf("got %v", err)
	}
}

func TestLazyCredentialIsMadeOnceAndLate(t *testing.T) {
	made := 0
	cred := newLazy(func() (azcore.TokenCredential, error) { made++; return &tokens{}, nil })
	if made != 0 {
		t.Error("made before it was needed")
	}
	for range 2 {
		if tk, err := cred.GetToken(t.Context(), policy.TokenRequestOptions{}); err != nil || tk.Token != "made-up" {
			t.Errorf("token %q, error %v", tk.Token, err)
		}
	}
	if made != 1 {
		t.Errorf("made %d times", made)
	}
}

func TestTokenOfAnotherScope(t *testing.T) {
	cred := &tokens{}
	v, err := Token(t.Context(), cred, AzureDevOps)
	if err != nil || v.Reveal() != "made-up" || fmt.Sprint(cred.scopes) != "[499b84ac-1321-427f-aa17-267ca6975798/.default]" {
		t.Errorf("asked for %v, got %q (%v)", cred.scopes, v.Reveal(), err)
	}
}
