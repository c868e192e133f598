package source

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// openPGPKeys are the OpenPGP keys whose signatures count.
type openPGPKeys struct{ ring openpgp.EntityList }

const (
	publicKeyBlock  = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
	privateKeyBlock = "-----BEGIN PGP PRIVATE KEY BLOCK-----"
)

// parse reads all armored blocks of a file, where the library reads the first.
func (k *openPGPKeys) parse(data []byte) error {
	text := string(data)
	if strings.Contains(text, privateKeyBlock) {
		return &hintedError{"it holds a private key", "export the public key alone: gpg --armor --export KEY"}
	}
	blocks := strings.Split(text, publicKeyBlock)[1:]
	if len(blocks) == 0 {
		return &hintedError{"it holds no armored public key", "gpg --armor --export KEY prints one"}
	}
	for i, block := range blocks {
		keys, err := openpgp.ReadArmoredKeyRing(strings.NewReader(publicKeyBlock + block))
		if err != nil {
			return &hintedError{fmt.Sprintf("key block %d cannot be read: %v", i+1, err), "gpg --armor --export KEY prints one"}
		}
		k.ring = append(k.ring, keys...)
	}
	return nil
}

func (k *openPGPKeys) names() (names []string) {
	for _, entity := range k.ring {
		names = append(names, "OpenPGP "+entity.PrimaryKey.KeyIdString())
	}
	return names
}

// judge wants a signature by one of the keys, which neither is revoked nor has expired by now.
func (k *openPGPKeys) judge(c *signedCommit, now time.Time) error {
	block, err := armor.Decode(strings.NewReader(c.signature))
	if err != nil {
		return errorText("has an OpenPGP signature that cannot be read")
	}
	raw, err := io.ReadAll(block.Body)
	if err != nil {
		return errorText("has an OpenPGP signature that cannot be read")
	}
	signature, _, err := openpgp.VerifyDetachedSignature(k.ring, bytes.NewReader(c.payload), bytes.NewReader(raw),
		&packet.Config{Time: func() time.Time { return now }})
	who := "is signed with OpenPGP key " + issuer(raw)
	switch {
	case err == nil && signature.Hash == crypto.SHA1: // the library refuses what is older
		return errorText(who + " over a hash that is broken, SHA-1")
	case err == nil:
		return nil
	case errors.Is(err, pgperrors.ErrUnknownIssuer):
		return errorText(who + ", which is not allowed")
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		return errorText(who + ", which is revoked")
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return errorText(who + ", which has expired")
	case errors.Is(err, pgperrors.ErrSignatureExpired):
		return errorText(who + ", and the signature has expired or is of the future")
	}
	return errorText(fmt.Sprintf("%s, but the signature is not good: %v", who, err))
}

// issuer is who a signature says it is by: a fingerprint, or where it names none the key's id.
func issuer(raw []byte) string {
	p, err := packet.Read(bytes.NewReader(raw))
	signature, ok := p.(*packet.Signature)
	switch {
	case err != nil || !ok:
		return "(none named)"
	case len(signature.IssuerFingerprint) > 0:
		return fmt.Sprintf("%X", signature.IssuerFingerprint)
	case signature.IssuerKeyId != nil:
		return fmt.Sprintf("%016X", *signature.IssuerKeyId)
	}
	return "(none named)"
}
