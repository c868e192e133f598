package secret

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// fakeCredential hands out one token and counts.
type fakeCredential struct{ asked atomic.Int32 }

func (c *fakeCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	c.asked.Add(1)
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// standIn serves a vault's secrets on loopback, whatever the vault's host is.
// resource is what its challenge asks a token for.
func standIn(t *testing.T, resource string) azcore.ClientOptions {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Header.Get("Authorization") != "Bearer token":
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer authorization="https://login.example/tenant", resource=%q`, resource))
			w.WriteHeader(http.StatusUnauthorized)
		case r.Host != "kv-prod.vault.azure.net":
			http.Error(w, "wrong host", http.StatusBadRequest)
		case r.URL.Path == "/secrets/pw" || r.URL.Path == "/secrets/pw/" || r.URL.Path == "/secrets/pw/"+version:
			fmt.Fprintf(w, `{"value":"hunter2","id":"https://kv-prod.vault.azure.net/secrets/pw/%s"}`, version)
		case r.URL.Path == "/secrets/denied" || r.URL.Path == "/secrets/denied/":
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `{"error":{"code":"Forbidden","message":"no access"}}`)
		default:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"error":{"code":"SecretNotFound","message":"not found"}}`)
		}
	}))
	t.Cleanup(server.Close)
	transport := server.Client().Transport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: transport.TLSClientConfig.RootCAs, ServerName: "example.com"}
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	t.Cleanup(transport.CloseIdleConnections)
	return azcore.ClientOptions{Transport: &http.Client{Transport: transport}, Retry: policy.RetryOptions{MaxRetries: -1}}
}

func TestKeyVault(t *testing.T) {
	cred := &fakeCredential{}
	kv := newKeyVault(cred, "vault.azure.net", standIn(t, "https://vault.azure.net"))
	for _, asked := range []string{"", version} {
		v, got, err := kv.Secret(t.Context(), "kv-prod", "pw", asked)
		if err != nil || v.Reveal() != "hunter2" || got != version {
			t.Errorf("version %q: got %q, %v", asked, got, err)
		}
	}
	if n := cred.asked.Load(); n != 1 {
		t.Errorf("asked for %d tokens", n)
	}
	if _, _, err := kv.Secret(t.Context(), "kv-prod", "absent", ""); !errors.Is(err, ErrNoSecret) {
		t.Errorf("absent secret: %v", err)
	}
	var status *azcore.ResponseError
	if _, _, err := kv.Secret(t.Context(), "kv-prod", "denied", ""); !errors.As(err, &status) || status.StatusCode != http.StatusForbidden {
		t.Errorf("denied secret: %v", err)
	}
}

// TestKeyVaultForeignChallenge proves that a vault cannot ask for a token that
// is good somewhere else.
func TestKeyVaultForeignChallenge(t *testing.T) {
	cred := &fakeCredential{}
	kv := newKeyVault(cred, "vault.azure.net", standIn(t, "https://management.azure.com"))
	if _, _, err := kv.Secret(t.Context(), "kv-prod", "pw", ""); err == nil || cred.asked.Load() != 0 {
		t.Errorf("got %v after %d tokens", err, cred.asked.Load())
	}
}

func TestKeyVaultWithoutCredential(t *testing.T) {
	if _, _, err := NewKeyVault(nil, "vault.azure.net").Secret(t.Context(), "kv-prod", "pw", ""); err == nil {
		t.Error("no error")
	}
}
