package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/computesync/computesync/internal/config"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/source"
)

// sources makes the sources, and wants all that lets us into the repositories
// to be there. The operator's own file may name any reference.
func (s *service) sources(ctx context.Context, cfg *config.Config) (out []daemon.Source, wrong []error) {
	policy, err := secret.ParsePolicy([]string{"secret://env/*", "secret://file/**", "secret://credential/*"})
	if err != nil {
		return nil, []error{err}
	}
	resolver := secret.NewResolver(policy, nil, os.LookupEnv)
	for _, sc := range cfg.Sources {
		src, err := source.New(source.Config{
			URL: sc.URL, Branch: sc.Branch, Path: sc.Path, Interval: sc.Interval,
			Auth: source.Auth{
				Username: sc.Auth.Username, KnownHosts: sc.Auth.KnownHosts,
				Token: resolved(resolver, sc.Auth.Token), Password: resolved(resolver, sc.Auth.Password),
				SSHKey: resolved(resolver, sc.Auth.SSHKey), Passphrase: resolved(resolver, sc.Auth.Passphrase),
			},
		})
		if err == nil {
			err = src.Check(ctx)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", sc, err))
		}
		out = append(out, daemon.Source{Fetcher: src, Name: sc.String(), Prefix: filepath.ToSlash(sc.Path)})
	}
	return out, wrong
}

// resolved is a secret of a source: resolved anew each time it is needed, so
// that a rotated one is taken up. nil where it is not given.
func resolved(from *secret.Resolver, ref secret.Ref) source.Secret {
	if ref.IsZero() {
		return nil
	}
	return func(ctx context.Context) (secret.Value, error) {
		v, _, err := from.Resolve(ctx, ref)
		return v, err
	}
}
