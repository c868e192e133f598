package journal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/computesync/computesync/internal/secret"
)

const (
	keySize  = 32
	sealSize = sha256.Size
)

// Key is the secret of the machine that keeps a journal. It seals what is in
// the journal, hides tokens in it, and makes the fingerprints of secrets. nil
// is no key: nothing is hidden or recognized, and what an earlier process
// wrote is not believed.
type Key struct {
	master  []byte
	sealing []byte
	hiding  cipher.AEAD
	prints  *secret.Fingerprints
}

// ParseKey reads a key as text: 64 hexadecimal digits.
func ParseKey(text string) (*Key, error) {
	master, err := hex.DecodeString(text)
	if err != nil || len(master) != keySize {
		return nil, errors.New("a key is 64 hexadecimal digits") // the text may be part of one
	}
	return newKey(master)
}

// newKey derives from one secret what each use needs by itself.
func newKey(master []byte) (*Key, error) {
	part := func(use string) []byte {
		derived, err := hkdf.Key(sha256.New, master, nil, "computesync journal "+use, keySize)
		if err != nil {
			panic(err) // only for more bytes than the hash allows
		}
		return derived
	}
	block, err := aes.NewCipher(part("hide"))
	if err != nil {
		return nil, err
	}
	hiding, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	prints := secret.NewFingerprints(part("print"), master)
	return &Key{master: master, sealing: part("seal"), hiding: hiding, prints: prints}, nil
}

// randomKey is a new key.
func randomKey() []byte {
	key := make([]byte, keySize)
	rand.Read(key) // never fails
	return key
}

// Format keeps the key out of everything printed.
func (k *Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "<secret>") }

// is reports whether the key has these bytes.
func (k *Key) is(master []byte) bool { return k != nil && hmac.Equal(k.master, master) }

// id names the key in a journal, and reveals nothing of it.
func (k *Key) id() []byte { return k.mark("key", nil, nil) }

// mark is a keyed hash of a value at its place.
func (k *Key) mark(place string, name, value []byte) []byte {
	var key []byte
	if k != nil {
		key = k.sealing
	}
	mac := hmac.New(sha256.New, key)
	for _, part := range [][]byte{[]byte(place), name} {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write(part)
	}
	mac.Write(value)
	return mac.Sum(nil)
}

// seal is a value as it is stored, behind its mark.
func (k *Key) seal(place string, name, value []byte) []byte {
	return append(k.mark(place, name, value), value...)
}

// proves reports whether the key sealed what is stored, at this place.
func (k *Key) proves(place string, name, stored []byte) bool {
	return len(stored) >= sealSize && hmac.Equal(stored[:sealSize], k.mark(place, name, stored[sealSize:]))
}

// hide encrypts a token for its place; "" where there is no key.
func (k *Key) hide(place, token string) string {
	if k == nil || token == "" {
		return ""
	}
	nonce := make([]byte, k.hiding.NonceSize())
	rand.Read(nonce) // never fails
	return base64.StdEncoding.EncodeToString(k.hiding.Seal(nonce, nonce, []byte(token), []byte(place)))
}

// reveal decrypts what hide made; "" where that cannot be done.
func (k *Key) reveal(place, hidden string) string {
	data, err := base64.StdEncoding.DecodeString(hidden)
	if k == nil || err != nil || len(data) < k.hiding.NonceSize() {
		return ""
	}
	nonce, sealed := data[:k.hiding.NonceSize()], data[k.hiding.NonceSize():]
	token, err := k.hiding.Open(nil, nonce, sealed, []byte(place))
	if err != nil {
		return ""
	}
	return string(token)
}
