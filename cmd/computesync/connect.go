package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/azureml"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// azureFlags say which Azure to speak to, and as whom.
type azureFlags struct {
	cloud        string
	endpoint     string
	credential   string
	apiVersion   string
	tenantID     string
	clientID     string
	parallelism  int
	allowSecrets []string      // of a command
	allowed      []secret.Rule // of a configuration; nil: those of the command
	budget       *arm.Budget   // what is left of the principal's requests; nil: nothing was sent yet
}

// principal is who speaks to which Azure: whoever shares a budget of requests.
type principal struct{ cloud, endpoint, credential, tenantID, clientID string }

func (f azureFlags) principal() principal {
	return principal{f.cloud, f.endpoint, f.credential, f.tenantID, f.clientID}
}

func (a *app) azureFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&a.azure.cloud, "cloud", "public", "Azure `cloud`: public, usgov or china")
	f.StringVar(&a.azure.endpoint, "endpoint", os.Getenv("COMPUTESYNC_ENDPOINT"), "`URL` of a simulator or another Resource Manager (COMPUTESYNC_ENDPOINT)")
	f.StringVar(&a.azure.credential, "credential", "default", "credential `kind`: default, managed_identity, workload_identity, client_secret, client_certificate, cli or none")
	a.apiVersionFlag(cmd)
	f.StringArrayVar(&a.azure.allowSecrets, "allow-secret", nil, "`glob` of references that specs may name; may be repeated")
}

func (a *app) apiVersionFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.azure.apiVersion, "api-version", arm.DefaultAPIVersion,
		"api-`version` of requests, where a spec needs no other")
}

// azure is a connection: one client for all workspaces.
type azure struct {
	client   *arm.Client
	endpoint string
	secrets  *secret.Resolver
}

func connect(f azureFlags) (*azure, error) {
	cred, err := arm.NewCredential(arm.CredentialConfig{
		Kind: f.credential, Cloud: f.cloud, Endpoint: f.endpoint,
		TenantID: f.tenantID, ClientID: f.clientID, Env: os.LookupEnv,
	})
	if err != nil {
		return nil, err
	}
	client, err := arm.New(arm.Config{
		Cloud: f.cloud, Endpoint: f.endpoint, APIVersion: f.apiVersion, Credential: cred,
		Parallelism: f.parallelism, Budget: f.budget, UserAgent: "computesync/" + version,
	})
	if err != nil {
		return nil, err
	}
	policy, err := f.policy()
	if err != nil {
		return nil, err
	}
	var vault secret.KeyVault
	if cred != nil {
		vault = secret.NewKeyVault(cred, vaultSuffix(f.cloud))
	}
	secrets := secret.NewResolver(policy, vault, os.LookupEnv)
	secrets.KeepBack(ownSecrets()...)
	return &azure{client, f.scope(), secrets}, nil
}

// policy is what references in specs may name.
func (f azureFlags) policy() (secret.Policy, error) {
	rules := f.allowed
	if rules == nil && f.allowSecrets != nil {
		rules = secret.Rules(f.allowSecrets...)
	}
	if rules == nil {
		return secret.DefaultPolicy(), nil
	}
	policy, err := secret.ParsePolicy(rules)
	if err != nil {
		return nil, usage("references that specs may name: "+err.Error(), "write a glob such as secret://env/TEAM_*")
	}
	return policy, nil
}

// scope tells in the journal one Resource Manager from another.
func (f azureFlags) scope() string {
	if f.endpoint != "" {
		return f.endpoint
	}
	return f.cloud
}

// vaultSuffix is where a cloud's key vaults are.
func vaultSuffix(cloud string) string {
	switch cloud {
	case "usgov":
		return "vault.usgovcloudapi.net"
	case "china":
		return "vault.azure.cn"
	}
	return "vault.azure.net"
}

func (z *azure) target(ws *spec.Workspace) apply.Target { return azureml.NewWorkspace(z.client, ws) }

// ResolveFor makes azure an apply.Resolver.
func (z *azure) ResolveFor(ctx context.Context, ref secret.Ref, to secret.Destination) (secret.Value, string, error) {
	return z.secrets.ResolveFor(ctx, ref, to)
}
