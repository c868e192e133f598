package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"net/http"
	"strings"

	"github.com/computesync/computesync/internal/secret"
)

// proof says whether the caller knows the secret.
type proof interface{ holds() bool }

// prove returns the proof that a call offers; nil when it offers none, or one
// that is seen to be wrong without the body. An empty secret proves nothing.
func (k *Kind) prove(h http.Header, key secret.Value) proof {
	plain := []byte(key.Reveal())
	if len(plain) == 0 {
		return nil
	}
	for _, offer := range k.proofs {
		if p := offer(h, plain); p != nil {
			return p
		}
	}
	return nil
}

// signed is an HMAC of the body, which has to be written to it first.
type signed struct {
	hash.Hash
	want []byte
}

func (s signed) holds() bool { return hmac.Equal(s.Sum(nil), s.want) }

// signature reads an HMAC-SHA256 in hex from a header.
func signature(header, prefix string) func(http.Header, []byte) proof {
	return func(h http.Header, key []byte) proof {
		text, ok := strings.CutPrefix(h.Get(header), prefix)
		want, err := hex.DecodeString(text)
		if !ok || err != nil || len(want) != sha256.Size {
			return nil
		}
		return signed{hmac.New(sha256.New, key), want}
	}
}

// known is a secret that was sent along: the body says nothing.
type known struct{}

func (known) holds() bool { return true }

// token reads the secret itself from a header.
func token(header string) func(http.Header, []byte) proof {
	return func(h http.Header, key []byte) proof { return same(h.Get(header), key) }
}

func bearer(h http.Header, key []byte) proof {
	return same(credentials(h, "bearer"), key)
}

// basic reads the secret as the password of basic authentication.
func basic(h http.Header, key []byte) proof {
	plain, err := base64.StdEncoding.DecodeString(credentials(h, "basic"))
	if err != nil {
		return nil
	}
	_, password, _ := strings.Cut(string(plain), ":")
	return same(password, key)
}

// credentials are what follows the scheme in Authorization, "" where it is
// another scheme.
func credentials(h http.Header, scheme string) string {
	name, rest, _ := strings.Cut(h.Get("Authorization"), " ")
	if !strings.EqualFold(name, scheme) {
		return ""
	}
	return strings.TrimSpace(rest)
}

// same compares in a time that tells neither what the secret is nor its length.
func same(got string, key []byte) proof {
	if !secret.NewValue(key).Equal(secret.NewValue(got)) {
		return nil
	}
	return known{}
}
