package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/computesync/computesync/internal/arm"
	"github.com/computesync/computesync/internal/config"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/source"
)

// sources makes the sources, and wants all that lets us into the repositories
// to be there.
func (s *service) sources(ctx context.Context, cfg *config.Config) (out []daemon.Source, wrong []error) {
	resolver, err := operatorSecrets()
	if err != nil {
		return nil, []error{err}
	}
	w := wiring{resolver, cfg.Azure}
	for i := range cfg.Sources {
		sc := &cfg.Sources[i]
		src, err := w.source(ctx, sc)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", sc, err))
		}
		out = append(out, daemon.Source{
			Fetcher: src, Name: sc.String(), Prefix: filepath.ToSlash(sc.Path), Grant: sc.Grant(), Descends: sc.Descends(),
		})
	}
	return out, wrong
}

// wiring is where sources get from what lets them in.
type wiring struct {
	resolver *secret.Resolver
	azure    config.Azure
}

func (w wiring) source(ctx context.Context, sc *config.Source) (*source.Source, error) {
	auth, err := w.auth(&sc.Auth)
	if err != nil {
		return nil, err
	}
	c := source.Config{
		URL: sc.URL, Branch: sc.Branch, Path: sc.Path, Interval: sc.Interval, MaxBytes: sc.MaxSize, Auth: auth,
		RequireDescendant: sc.Descends(),
		Network: source.Network{
			CAFile: sc.CAFile, Proxy: sc.Proxy, ProxyUsername: sc.ProxyUsername, ProxyPassword: w.secret(sc.ProxyPassword),
			FollowRedirects: sc.Redirects == "follow",
		},
	}
	if sc.Signed() {
		c.Signatures = &source.Signatures{OpenPGPKeys: sc.OpenPGPKeys, SSHAllowedSigners: sc.SSHAllowedSigners}
	}
	src, err := source.New(c)
	if err != nil {
		return nil, err
	}
	return src, src.Check(ctx)
}

func (w wiring) auth(a *config.Auth) (source.Auth, error) {
	auth := source.Auth{
		Username: a.Username, KnownHosts: a.KnownHosts, SSHAgent: a.SSHAgent,
		Token: w.secret(a.Token), Password: w.secret(a.Password), SSHKey: w.secret(a.SSHKey), Passphrase: w.secret(a.Passphrase),
	}
	if app := a.GitHubApp; app != (config.GitHubApp{}) {
		auth.GitHubApp = &source.GitHubApp{AppID: app.AppID, InstallationID: app.InstallationID, APIURL: app.APIURL, PrivateKey: w.secret(app.PrivateKey)}
	}
	if a.EntraID == "" {
		return auth, nil
	}
	cred, err := arm.NewCredential(arm.CredentialConfig{
		Kind: a.EntraID, Cloud: w.azure.Cloud, TenantID: w.azure.TenantID, ClientID: w.azure.ClientID, Env: os.LookupEnv,
	})
	auth.EntraID = func(ctx context.Context) (secret.Value, error) { return arm.Token(ctx, cred, arm.AzureDevOps) }
	return auth, err
}

// secret is resolved anew each time it is needed, so that a rotated one is
// taken up. nil where it is not given.
func (w wiring) secret(ref secret.Ref) source.Secret {
	if ref.IsZero() {
		return nil
	}
	return func(ctx context.Context) (secret.Value, error) {
		v, _, err := w.resolver.Resolve(ctx, ref)
		return v, err
	}
}
