package secret

import (
	"strings"
	"sync"

	"golang.org/x/crypto/argon2"
)

const (
	// printForm begins a fingerprint of this form. Those of the form before it
	// are bare hex digits of an HMAC.
	printForm = "2:"
	// long is from how many bytes on a secret is taken for one that cannot be
	// guessed. Those below it are hashed slowly.
	long = 32
	// The cost of a slow hash: 4 MiB and about 3 ms. It is paid once for each
	// value in a process, and one at a time, which bounds the memory.
	slowPasses, slowKiB, slowBytes = 1, 4 << 10, 16
)

// Fingerprints recognize a secret that was sent before, without keeping it. A
// nil one recognizes nothing but versions.
type Fingerprints struct {
	key    []byte
	former []byte // of fingerprints of the form before

	mu    sync.Mutex
	known map[string]string // slow hashes by the quick one; it never leaves the process
}

// NewFingerprints makes fingerprints with a key, without which they reveal
// nothing. former is the key of fingerprints of the form before.
func NewFingerprints(key, former []byte) *Fingerprints {
	return &Fingerprints{key: key, former: former, known: map[string]string{}}
}

// Of is what to remember of a secret that is sent: its version where its keeper
// counts versions, else a fingerprint; "" where there is no key to make one.
func (f *Fingerprints) Of(v Value, version string) string {
	switch {
	case version != "":
		return "version " + version
	case f == nil:
		return ""
	}
	quick := v.Fingerprint(f.key)
	if len(v.Reveal()) >= long {
		return printForm + quick
	}
	return printForm + f.slow(v, quick)
}

// slow hashes a secret that could be guessed, with Argon2id. The quick hash
// finds one that was hashed before.
func (f *Fingerprints) slow(v Value, quick string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known[quick] == "" {
		hash := argon2.IDKey([]byte(v.Reveal()), f.key, slowPasses, slowKiB, 1, slowBytes)
		f.known[quick] = NewValue(hash).Fingerprint(f.key)
	}
	return f.known[quick]
}

// Same reports whether a secret is the one that sent was remembered of. One
// that cannot be compared counts as the same.
func (f *Fingerprints) Same(sent string, v Value, version string) bool {
	switch counted := strings.HasPrefix(sent, "version "); {
	case f == nil && (!counted || version == ""):
		return true
	case version != "" || counted || strings.HasPrefix(sent, printForm):
		return sent == f.Of(v, version)
	}
	return sent == v.Fingerprint(f.former)
}
