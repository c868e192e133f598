package secret

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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
	own      []Own // never for specs, whatever the policy says
	keyVault KeyVault
	env      func(string) (string, bool)
}

// NewResolver returns a resolver. keyVault may be nil: its references are then
// an error. env is os.LookupEnv outside of tests.
func NewResolver(policy Policy, keyVault KeyVault, env func(string) (string, bool)) *Resolver {
	return &Resolver{policy: policy, keyVault: keyVault, env: env}
}

// Resolve returns the value r names, for this program itself, and from a key
// vault its version. A reference that the policy does not allow is a
// *NotAllowedError, one that points at nothing a *NotFoundError. An empty secret
// is an error too.
func (s *Resolver) Resolve(ctx context.Context, r Ref) (Value, string, error) {
	here := Destination{}
	return s.resolve(ctx, r, here, func(real string, _ fs.FileInfo) error { return s.checkLink(r, here, real) })
}

// ResolveFor does the same for what a spec names, to be sent there. What
// KeepBack was given is a *NotAllowedError.
func (s *Resolver) ResolveFor(ctx context.Context, r Ref, to Destination) (Value, string, error) {
	if own := s.ownRef(r); own != nil {
		return Value{}, "", &NotAllowedError{Ref: r, Own: own.Name}
	}
	v, version, err := s.resolve(ctx, r, to, func(real string, file fs.FileInfo) error {
		if own := s.ownFile(file); own != nil {
			return &NotAllowedError{Ref: r, Own: own.Name}
		}
		return s.checkLink(r, to, real)
	})
	if err != nil {
		return Value{}, "", err
	}
	if own := s.ownValue(ctx, v); own != nil {
		return Value{}, "", &NotAllowedError{Ref: r, Own: own.Name}
	}
	return v, version, nil
}

func (s *Resolver) resolve(ctx context.Context, r Ref, to Destination, check fileCheck) (Value, string, error) {
	if !s.policy.Allows(r, to) {
		if s.policy.names(r) {
			return Value{}, "", &NotAllowedError{Ref: r, Bound: to}
		}
		return Value{}, "", &NotAllowedError{Ref: r}
	}
	v, version, err := s.read(ctx, r, check)
	if err != nil {
		return Value{}, "", err
	}
	if v.IsZero() {
		return Value{}, "", fmt.Errorf("resolve %s: it is empty", r)
	}
	return v, version, nil
}

// read reads what a reference names, whoever may. check sees an open file before
// it is read.
func (s *Resolver) read(ctx context.Context, r Ref, check fileCheck) (v Value, version string, err error) {
	switch r.Scheme {
	case Env:
		v, err = s.fromEnv(r)
	case File, Credential:
		v, err = s.fromFile(r, check)
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
