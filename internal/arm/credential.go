package arm

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/computesync/computesync/internal/secret"
)

// CredentialConfig says who we are to Azure. What a kind needs and is empty here is taken from the environment variables
// that all Azure SDKs share: AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH and
// AZURE_CLIENT_CERTIFICATE_PASSWORD.
type CredentialConfig struct {
	Kind     string // default, managed_identity, workload_identity, client_secret, client_certificate, cli or none; empty is default
	Cloud    string // as in Config
	Endpoint string // as in Config: plain http means no credential, whatever the kind

	TenantID            string
	ClientID            string // of managed_identity: a user-assigned one
	ClientSecret        secret.Value
	CertificatePath     string // PEM or PKCS#12 with certificate and private key
	CertificatePassword secret.Value

	Env func(name string) (string, bool) // os.LookupEnv; nil: no environment
}

// NewCredential makes the credential; nil means that none is to be used. Nothing is asked of the network before the first
// token is. Errors are *ConfigError.
func NewCredential(cfg CredentialConfig) (azcore.TokenCredential, error) {
	conf, err := clouds(cfg.Cloud)
	if err != nil {
		return nil, err
	}
	if isPlainHTTP(cfg.Endpoint) {
		return nil, nil
	}
	cfg = cfg.withEnv()
	options := azcore.ClientOptions{Cloud: conf}
	switch cfg.Kind {
	case "none":
		return nil, nil
	case "", "default":
		return newLazy(func() (azcore.TokenCredential, error) {
			return azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: options, TenantID: cfg.TenantID})
		}), nil
	case "managed_identity":
		return newLazy(func() (azcore.TokenCredential, error) { return managedIdentity(cfg, options) }), nil
	case "workload_identity":
		cred, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
			ClientOptions: options, TenantID: cfg.TenantID, ClientID: cfg.ClientID,
		})
		return checked(cfg, cred, err)
	case "cli":
		cred, err := azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: cfg.TenantID})
		return checked(cfg, cred, err)
	case "client_secret":
		return clientSecret(cfg, options)
	case "client_certificate":
		return clientCertificate(cfg, options)
	}
	return nil, &ConfigError{
		Text: fmt.Sprintf("unknown credential %q", cfg.Kind),
		Way:  "use default, managed_identity, workload_identity, client_secret, client_certificate, cli or none",
	}
}

func managedIdentity(cfg CredentialConfig, options azcore.ClientOptions) (azcore.TokenCredential, error) {
	o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
	if cfg.ClientID != "" {
		o.ID = azidentity.ClientID(cfg.ClientID)
	}
	return azidentity.NewManagedIdentityCredential(o)
}

func clientSecret(cfg CredentialConfig, options azcore.ClientOptions) (azcore.TokenCredential, error) {
	if err := cfg.need("AZURE_CLIENT_SECRET", !cfg.ClientSecret.IsZero()); err != nil {
		return nil, err
	}
	cred, err := azidentity.NewClientSecretCredential(cfg.TenantID, cfg.ClientID, cfg.ClientSecret.Reveal(),
		&azidentity.ClientSecretCredentialOptions{ClientOptions: options})
	return checked(cfg, cred, err)
}

func clientCertificate(cfg CredentialConfig, options azcore.ClientOptions) (azcore.TokenCredential, error) {
	if err := cfg.need("AZURE_CLIENT_CERTIFICATE_PATH", cfg.CertificatePath != ""); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(cfg.CertificatePath)
	if err != nil {
		return nil, &ConfigError{Text: "read client certificate: " + err.Error(), Way: "check AZURE_CLIENT_CERTIFICATE_PATH and who may read the file"}
	}
	var password []byte
	if !cfg.CertificatePassword.IsZero() {
		password = []byte(cfg.CertificatePassword.Reveal())
	}
	certs, key, err := azidentity.ParseCertificates(data, password)
	if err != nil {
		return nil, &ConfigError{
			Text: fmt.Sprintf("read client certificate %s: %s", cfg.CertificatePath, oneLine(err.Error())),
			Way:  "give a PEM file with certificate and unencrypted key, or PKCS#12 with its password in AZURE_CLIENT_CERTIFICATE_PASSWORD",
		}
	}
	cred, err := azidentity.NewClientCertificateCredential(cfg.TenantID, cfg.ClientID, certs, key,
		&azidentity.ClientCertificateCredentialOptions{ClientOptions: options})
	return checked(cfg, cred, err)
}

// need reports all that an application's credential lacks at once; proof is the variable that proves who it is.
func (cfg CredentialConfig) need(proof string, proven bool) error {
	var missing []string
	if cfg.TenantID == "" {
		missing = append(missing, "AZURE_TENANT_ID")
	}
	if cfg.ClientID == "" {
		missing = append(missing, "AZURE_CLIENT_ID")
	}
	if !proven {
		missing = append(missing, proof)
	}
	if missing == nil {
		return nil
	}
	names := strings.Join(missing, ", ")
	return &ConfigError{Text: fmt.Sprintf("credential %s lacks %s", cfg.Kind, names), Way: "set " + names + " in the environment"}
}

// checked turns a constructor's complaint into ours, and keeps a typed nil from becoming a credential.
func checked[C azcore.TokenCredential](cfg CredentialConfig, cred C, err error) (azcore.TokenCredential, error) {
	if err != nil {
		return nil, &ConfigError{
			Text: fmt.Sprintf("credential %s: %s", cfg.Kind, oneLine(err.Error())),
			Way:  "check the AZURE_ variables in the environment, or choose another azure.credential",
		}
	}
	return cred, nil
}

func (cfg CredentialConfig) withEnv() CredentialConfig {
	if cfg.Env == nil {
		return cfg
	}
	text := func(have, name string) string {
		if have == "" {
			have, _ = cfg.Env(name)
		}
		return have
	}
	value := func(have secret.Value, name string) secret.Value {
		if v, ok := cfg.Env(name); ok && have.IsZero() {
			return secret.NewValue(v)
		}
		return have
	}
	cfg.TenantID = text(cfg.TenantID, "AZURE_TENANT_ID")
	cfg.ClientID = text(cfg.ClientID, "AZURE_CLIENT_ID")
	cfg.CertificatePath = text(cfg.CertificatePath, "AZURE_CLIENT_CERTIFICATE_PATH")
	cfg.ClientSecret = value(cfg.ClientSecret, "AZURE_CLIENT_SECRET")
	cfg.CertificatePassword = value(cfg.CertificatePassword, "AZURE_CLIENT_CERTIFICATE_PASSWORD")
	return cfg
}

// lazy makes a credential when the first token is asked for: the chain and managed identities look around at the machine
// they run on, which a command that never speaks to Azure should not do.
type lazy struct {
	make func() (azcore.TokenCredential, error)
}

func newLazy(build func() (azcore.TokenCredential, error)) lazy {
	return lazy{sync.OnceValues(build)}
}

// GetToken makes the credential once and asks it.
func (l lazy) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	cred, err := l.make()
	if err != nil {
		return azcore.AccessToken{}, err
	}
	return cred.GetToken(ctx, options)
}

// AzureDevOps is the scope of a token for Azure DevOps: its own id in every tenant.
const AzureDevOps = "499b84ac-1321-427f-aa17-267ca6975798/.default"

// Token asks a credential for a token of one scope. The credential keeps it,
// and gives another in time.
func Token(ctx context.Context, cred azcore.TokenCredential, scope string) (secret.Value, error) {
	token, err := cred.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	return secret.NewValue(token.Token), err
}
