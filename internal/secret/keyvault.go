package secret

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// keyVault reads secrets over azsecrets, with one client a vault.
type keyVault struct {
	cred    azcore.TokenCredential
	suffix  string
	options azcore.ClientOptions

	mu      sync.Mutex
	clients map[string]*azsecrets.Client
}

// NewKeyVault reads from the vaults of one cloud. suffix is the cloud's domain:
// vault.azure.net, vault.usgovcloudapi.net or vault.azure.cn.
func NewKeyVault(cred azcore.TokenCredential, suffix string) KeyVault {
	return newKeyVault(cred, suffix, azcore.ClientOptions{})
}

func newKeyVault(cred azcore.TokenCredential, suffix string, options azcore.ClientOptions) *keyVault {
	return &keyVault{cred: cred, suffix: suffix, options: options, clients: make(map[string]*azsecrets.Client)}
}

// Secret reads a secret. The client checks that the vault's challenge names
// its own domain before it sends a token.
func (k *keyVault) Secret(ctx context.Context, vault, name, version string) (Value, string, error) {
	client, err := k.client(vault)
	if err != nil {
		return Value{}, "", fmt.Errorf("reach key vault %s: %w", vault, err)
	}
	answer, err := client.GetSecret(ctx, name, version, nil)
	if err != nil {
		var status *azcore.ResponseError
		if errors.As(err, &status) && status.StatusCode == http.StatusNotFound {
			err = fmt.Errorf("%w (%s)", ErrNoSecret, status.ErrorCode)
		}
		return Value{}, "", fmt.Errorf("read from key vault %s: %w", vault, err)
	}
	if answer.Value == nil {
		return Value{}, "", fmt.Errorf("read from key vault %s: answer has no value", vault)
	}
	if answer.ID != nil {
		version = answer.ID.Version()
	}
	return NewValue(*answer.Value), version, nil
}

func (k *keyVault) client(vault string) (*azsecrets.Client, error) {
	if k.cred == nil {
		return nil, errors.New("there is no Azure credential")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if c := k.clients[vault]; c != nil {
		return c, nil
	}
	c, err := azsecrets.NewClient("https://"+vault+"."+k.suffix, k.cred, &azsecrets.ClientOptions{ClientOptions: k.options})
	if err != nil {
		return nil, err
	}
	k.clients[vault] = c
	return c, nil
}
