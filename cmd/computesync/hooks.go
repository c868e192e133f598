package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/computesync/computesync/internal/config"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/webhook"
)

// operatorSecrets resolves what the operator's own file refers to: it may name
// any reference but those to vaults, which need a credential first.
func operatorSecrets() (*secret.Resolver, error) {
	policy, err := secret.ParsePolicy(secret.Rules("secret://env/*", "secret://file/**", "secret://credential/*"))
	if err != nil {
		return nil, err
	}
	return secret.NewResolver(policy, nil, os.LookupEnv), nil
}

// hooks are the calls of git hosts that are listened for, by their pattern. A
// secret must be there now, and is read again with each call.
func (s *service) hooks(ctx context.Context, cfg *config.Config) (map[string]http.Handler, error) {
	resolver, err := operatorSecrets()
	if err != nil {
		return nil, err
	}
	hooks := map[string]http.Handler{}
	for name, ref := range cfg.Webhooks.ByKind() {
		key := func(ctx context.Context) (secret.Value, error) {
			v, _, err := resolver.Resolve(ctx, ref)
			return v, err
		}
		if _, err := key(ctx); err != nil {
			return nil, fmt.Errorf("webhooks.%s: %w", name, err)
		}
		hooks["/hooks/"+name] = webhook.New(webhook.KindByName(name), key, s.bell.Ring, func(o webhook.Outcome) { s.metrics.Called(name, string(o)) })
	}
	if len(hooks) > 0 && cfg.Listen == "" {
		return nil, &coded{code: exitError, text: "webhooks are set, and listen is off: nobody could call them", hint: "set listen, or remove webhooks"}
	}
	return hooks, nil
}
