package journal

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeySource returns the key of a journal. former is the key that a former
// version left in the journal's file, nil where there is none. Only where the
// journal is opened to write, save is set, and a key may be made.
type KeySource func(former []byte, save bool) (*Key, error)

// NoKey is for a journal that only the process which writes it believes.
func NoKey([]byte, bool) (*Key, error) { return nil, nil }

// WithKey is for a key that is at hand.
func WithKey(k *Key) KeySource { return func([]byte, bool) (*Key, error) { return k, nil } }

// KeyFile is for a key in a file, which is made where it is missing: of the
// former key, so that the journal stays believed, else of a random one.
func KeyFile(path string) KeySource {
	return func(former []byte, save bool) (*Key, error) {
		k, err := keyFrom(path, former, save)
		if err != nil {
			return nil, &KeyError{err}
		}
		return k, nil
	}
}

func keyFrom(path string, former []byte, save bool) (*Key, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := CheckKeyFile(path, os.Geteuid()); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		k, err := ParseKey(strings.TrimSpace(string(text)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return k, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case former == nil && !save:
		return nil, nil
	case former == nil:
		former = randomKey()
	}
	if !save {
		return newKey(former)
	}
	err = writeKey(path, former)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return keyFrom(path, nil, false) // another process may have been faster
}

// writeKey makes the file, whole or not at all.
func writeKey(path string, key []byte) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, filepath.Base(path)+".new-") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // it has its other name by then, or is of no use
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil { // unlike a rename, never replaces a key
		return err
	}
	return syncDir(dir)
}
