package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/secret"
)

// ownVariables hold what this process itself signs in with, besides AZURE_*: a
// managed identity's header, tokens of the CI job, and passwords of proxies.
var ownVariables = []string{
	"IDENTITY_HEADER", "MSI_SECRET", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_TOKEN", "SYSTEM_ACCESSTOKEN",
	"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy",
}

// ownPaths are the variables that name files with such secrets.
var ownPaths = []string{"AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_CERTIFICATE_PATH"}

// cliFiles are where the Azure CLI keeps its tokens, in its folder
// (learn.microsoft.com/cli/azure/msal-based-azure-cli).
var cliFiles = []string{
	"msal_token_cache.json", "msal_token_cache.bin", "service_principal_entries.json", "service_principal_entries.bin",
	"accessTokens.json",
}

// arcTokens is where Azure Arc puts what its managed identity asks for
// (learn.microsoft.com/azure/azure-arc/servers/managed-identity-authentication).
const arcTokens = "/var/opt/azcmagent/tokens"

// ownSecrets are those of the environment, which specs must not have sent
// anywhere.
func ownSecrets() []secret.Own {
	own := []secret.Own{{Name: "token of Azure Arc", Folder: arcTokens}}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		ref, err := secret.ParseRef("secret://env/" + name)
		if err != nil || !strings.HasPrefix(name, "AZURE_") && !slices.Contains(ownVariables, name) {
			continue
		}
		own = append(own, secret.Own{Name: name, Ref: ref})
		if path, err := filepath.Abs(value); err == nil && slices.Contains(ownPaths, name) {
			own = append(own, secret.OwnFile("file of "+name, path))
		}
	}
	folder := os.Getenv("AZURE_CONFIG_DIR")
	if home, err := os.UserHomeDir(); folder == "" && err == nil {
		folder = filepath.Join(home, ".azure")
	}
	if folder, err := filepath.Abs(folder); err == nil {
		for _, name := range cliFiles {
			own = append(own, secret.OwnFile("token of the Azure CLI", filepath.Join(folder, name)))
		}
	}
	return own
}
