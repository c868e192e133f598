package secret

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// KeyVault reads one secret; an empty version means the latest. The version
// that was read is returned with it. A secret that does not exist is an error
// that wraps ErrNoSecret.
type KeyVault interface {
	Secret(ctx context.Context, vault, name, version string) (Value, string, error)
}

// ErrNoSecret says that a key vault has no such secret.
var ErrNoSecret = errors.New("key vault has no such secret")

// Resolver turns references into values, as far as its policy allows.
type Resolver struct {
	policy   Policy
	own      []Ref // never resolved, whatever the policy says
	keyVault KeyVault
	env      func(string) (string, bool)
}

// NewResolver returns a resolver. keyVault may be nil: its references are then
// an error. env is os.LookupEnv outside of tests.
func NewResolver(policy Policy, keyVault KeyVault, env func(string) (string, bool)) *Resolver {
	return &Resolver{policy: policy, keyVault: keyVault, env: env}
}

// KeepBack takes references from what may be resolved, whatever the policy
// says: those that let us in ourselves, such as the token of a git remote. Who
// may write specs could have them sent elsewhere. It is called before the first
// Resolve.
func (s *Resolver) KeepBack(refs ...Ref) { s.own = append(s.own, refs...) }

// Resolve returns the value r names and, from a key vault, its version. A
// reference that the policy does not allow is a *NotAllowedError, one that
// points at nothing a *NotFoundError. An empty secret is an error too.
func (s *Resolver) Resolve(ctx context.Context, r Ref) (Value, string, error) {
	if slices.Contains(s.own, r) {
		return Value{}, "", &NotAllowedError{Ref: r, Own: true}
	}
	if !s.policy.Allows(r) {
		return Value{}, "", &NotAllowedError{Ref: r}
	}
	v, version, err := s.read(ctx, r)
	if err != nil {
		return Value{}, "", err
	}
	if v.IsZero() {
		return Value{}, "", fmt.Errorf("resolve %s: it is empty", r)
	}
	return v, version, nil
}

func (s *Resolver) read(ctx context.Context, r Ref) (v Value, version string, err error) {
	switch r.Scheme {
	case Env:
		v, err = s.fromEnv(r)
	case File:
		v, err = s.fromFile(r)
	case Credential:
		v, err = s.fromCredential(r)
	case KeyVaults:
		v, version, err = s.fromKeyVault(ctx, r)
	default:
		err = fmt.Errorf("resolve %s: unknown scheme", r)
	}
	return v, version, err
}

func (s *Resolver) fromEnv(r Ref) (Value, error) {
	text, ok := s.env(r.Name)
	if !ok {
		return Value{}, &NotFoundError{r, "environment variable " + r.Name + " is not set", "set it in the environment of this process"}
	}
	return NewValue(text), nil
}

func (s *Resolver) fromKeyVault(ctx context.Context, r Ref) (Value, string, error) {
	if s.keyVault == nil {
		return Value{}, "", fmt.Errorf("resolve %s: key vault needs an Azure credential, and there is none", r)
	}
	v, version, err := s.keyVault.Secret(ctx, r.Vault, r.Name, r.Version)
	if errors.Is(err, ErrNoSecret) {
		return Value{}, "", &NotFoundError{r, ErrNoSecret.Error(), "check the vault's and the secret's name, and that it is neither deleted nor disabled"}
	}
	if err != nil {
		return Value{}, "", fmt.Errorf("resolve %s: %w", r, err)
	}
	return v, version, nil
}
