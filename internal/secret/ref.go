package secret

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/computesync/computesync/internal/output"
)

const prefix = "secret://"

// Scheme says where a reference points.
type Scheme string

// The places a secret may come from.
const (
	Env        Scheme = "env"        // secret://env/NAME: an environment variable of this process
	File       Scheme = "file"       // secret://file/ABSOLUTE/PATH: a file's content
	Credential Scheme = "credential" // secret://credential/NAME: a systemd credential ($CREDENTIALS_DIRECTORY/NAME)
	KeyVaults  Scheme = "keyvault"   // secret://keyvault/VAULT/NAME[/VERSION]: an Azure Key Vault secret
)

// Ref names a secret; it is none itself and may be printed. Refs are
// comparable. Make them with ParseRef.
type Ref struct {
	Scheme  Scheme
	Vault   string // of a KeyVaults reference, folded to lower case as the service compares it
	Name    string // variable, absolute path, credential, or secret name (folded too)
	Version string // of a KeyVaults reference; empty is the latest
}

// ErrLiteral says that a literal stands where a reference must. Its text never
// carries the literal.
var ErrLiteral = errors.New("a literal secret must not stand here: use a reference such as secret://credential/NAME or secret://env/NAME")

// IsRef reports whether text is meant as a reference, well-formed or not.
func IsRef(text string) bool { return strings.HasPrefix(text, prefix) }

// ParseRef reads a reference. Text that is not meant as one gives ErrLiteral;
// no error repeats the text, because it may hold a secret by mistake.
func ParseRef(text string) (Ref, error) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok {
		return Ref{}, ErrLiteral
	}
	scheme, rest, _ := strings.Cut(rest, "/")
	switch Scheme(scheme) {
	case Env:
		return parseEnv(rest)
	case File:
		return parseFile(rest)
	case Credential:
		return parseCredential(rest)
	case KeyVaults:
		return parseKeyVault(rest)
	}
	return Ref{}, errors.New("secret reference has an unknown scheme: known are secret://env, secret://file, secret://credential and secret://keyvault")
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func parseEnv(name string) (Ref, error) {
	if !envName.MatchString(name) {
		return Ref{}, errors.New("secret://env/NAME needs the name of an environment variable: letters, digits and _, not beginning with a digit")
	}
	return Ref{Scheme: Env, Name: name}, nil
}

func parseFile(rest string) (Ref, error) {
	p := "/" + rest
	if p == "/" || path.Clean(p) != p || strings.ContainsFunc(p, output.Hidden) {
		return Ref{}, errors.New("secret://file/ABSOLUTE/PATH needs the clean absolute path of a file: no .., no . and no empty parts")
	}
	return Ref{Scheme: File, Name: p}, nil
}

func parseCredential(name string) (Ref, error) {
	if name == "" || name == "." || name == ".." || strings.Contains(name, "/") ||
		strings.ContainsFunc(name, output.Hidden) {
		return Ref{}, errors.New("secret://credential/NAME needs the name of one systemd credential, without slashes")
	}
	return Ref{Scheme: Credential, Name: name}, nil
}

// Names as Key Vault's "objects, identifiers, and versioning" allows them.
var (
	vaultName     = regexp.MustCompile(`^[a-z][a-z0-9-]{1,22}[a-z0-9]$`)
	secretName    = regexp.MustCompile(`^[a-z0-9-]{1,127}$`)
	secretVersion = regexp.MustCompile(`^[0-9a-f]{32}$`)
)

func parseKeyVault(rest string) (Ref, error) {
	parts := strings.Split(strings.ToLower(rest), "/")
	if len(parts) != 2 && len(parts) != 3 {
		return Ref{}, errors.New("secret://keyvault/VAULT/NAME[/VERSION] needs a vault and a name, and may have a version")
	}
	if !vaultName.MatchString(parts[0]) || strings.Contains(parts[0], "--") {
		return Ref{}, errors.New("key vault name must be 3 to 24 letters, digits and single hyphens, beginning with a letter (the name only, no host)")
	}
	if !secretName.MatchString(parts[1]) {
		return Ref{}, errors.New("key vault secret name must be 1 to 127 letters, digits and hyphens")
	}
	r := Ref{Scheme: KeyVaults, Vault: parts[0], Name: parts[1]}
	if len(parts) == 3 {
		if !secretVersion.MatchString(parts[2]) {
			return Ref{}, errors.New("key vault secret version must be 32 hex digits")
		}
		r.Version = parts[2]
	}
	return r, nil
}

// String is the reference's text; ParseRef reads it back.
func (r Ref) String() string {
	switch r.Scheme {
	case File:
		return prefix + string(File) + r.Name
	case KeyVaults:
		s := fmt.Sprintf("%s%s/%s/%s", prefix, KeyVaults, r.Vault, r.Name)
		if r.Version != "" {
			s += "/" + r.Version
		}
		return s
	case "":
		return ""
	}
	return prefix + string(r.Scheme) + "/" + r.Name
}

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r == Ref{} }

// MarshalText writes the reference's text.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a reference's text; empty text is the zero Ref.
func (r *Ref) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*r = Ref{}
		return nil
	}
	*r, err = ParseRef(string(text))
	return err
}
