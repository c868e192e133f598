package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/spec"
	bolt "go.etcd.io/bbolt"
)

var otherKey = key(strings.Repeat("a5", keySize))

func TestKeyFileIsMadeOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keys", "key")
	source := KeyFile(path)
	if k, err := source(nil, false); err != nil || k != nil {
		t.Fatalf("a reader of no key: %v, %v", k, err)
	}
	k, err := source(nil, true)
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode() != 0o600 || !k.is(k.master) || bytes.Equal(k.master, make([]byte, keySize)) {
		t.Errorf("mode %v, or the key is no key", info.Mode())
	}
	for _, former := range [][]byte{nil, testKey.master} {
		if again, err := source(former, true); err != nil || !again.is(k.master) {
			t.Errorf("the key changed: %v", err)
		}
	}
	taken, err := KeyFile(filepath.Join(dir, "taken"))(testKey.master, true)
	if err != nil || !taken.is(testKey.master) {
		t.Errorf("the former key was not taken: %v", err)
	}
	for _, text := range []string{"", "hunter2", strings.Repeat("5a", keySize-1), strings.Repeat("zz", keySize)} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := source(nil, true); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("key %q: %v", text, err)
		}
	}
	if printed := fmt.Sprintf("%v %+v %#v", testKey, testKey, testKey); printed != "<secret> <secret> <secret>" {
		t.Errorf("a key prints as %s", printed)
	}
}

// TestForgeryIsNotBelieved: whatever this machine's key did not write, and
// whatever was moved to another place, makes the file worth nothing.
func TestForgeryIsNotBelieved(t *testing.T) {
	records := func(tx *bolt.Tx) *bolt.Bucket {
		return tx.Bucket(bucketWorkspaces).Bucket([]byte(testScope)).Bucket(bucketRecords)
	}
	for name, c := range map[string]struct {
		key   *Key
		forge func(tx *bolt.Tx) error
	}{
		"another key":  {otherKey, func(*bolt.Tx) error { return nil }},
		"no key":       {nil, func(*bolt.Tx) error { return nil }},
		"its own name": {otherKey, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(nameKeyID, testKey.id()) }},
		"a new record": {testKey, func(tx *bolt.Tx) error {
			data, err := json.Marshal(cluster("stolen"))
			return errors.Join(err, records(tx).Put([]byte("stolen"), otherKey.seal(testScope, []byte("stolen"), data)))
		}},
		"no seal": {testKey, func(tx *bolt.Tx) error { return records(tx).Put([]byte("stolen"), []byte("{}")) }},
		"under another name": {testKey, func(tx *bolt.Tx) error {
			return records(tx).Put([]byte("stolen"), bytes.Clone(records(tx).Get([]byte("cpu"))))
		}},
		"in another workspace": {testKey, func(tx *bolt.Tx) error {
			stolen, err := tx.Bucket(bucketWorkspaces).CreateBucket([]byte("elsewhere"))
			must(t, err)
			to, err := stolen.CreateBucket(bucketRecords)
			return errors.Join(err, to.Put([]byte("cpu"), bytes.Clone(records(tx).Get([]byte("cpu")))))
		}},
		"as another thing": {testKey, func(tx *bolt.Tx) error {
			ws := tx.Bucket(bucketWorkspaces).Bucket([]byte(testScope))
			return ws.Put(nameApproval, bytes.Clone(records(tx).Get([]byte("cpu"))))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			j, err := Open(dir, WithKey(c.key))
			must(t, err)
			must(t, j.Workspace(testScope).Save(Update{Put: []*spec.Record{cluster("Cpu")}}))
			must(t, j.db.Update(c.forge))
			must(t, j.Close())

			var corrupt *CorruptError
			if _, err := Open(dir, WithKey(testKey), ReadOnly()); !errors.As(err, &corrupt) {
				t.Errorf("reader: %v, want a *CorruptError", err)
			}
			again := open(t, dir)
			records, err := again.Workspace(testScope).Records()
			must(t, err)
			if !strings.Contains(again.Recovered(), "machine's key; moved to ") || len(records) > 0 {
				t.Errorf("recovered %q, records %v", again.Recovered(), records)
			}
		})
	}
}

// TestNoKeyNoTrust: without a key, a process believes what it wrote itself.
func TestNoKeyNoTrust(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		j, err := Open(dir, NoKey)
		must(t, err)
		w := j.Workspace(testScope)
		records, err := w.Records()
		must(t, err)
		if len(records) > 0 || j.Recovered() != "" || j.Prints() != nil {
			t.Errorf("records %v, recovered %q, prints %v", records, j.Recovered(), j.Prints())
		}
		must(t, w.Save(Update{Put: []*spec.Record{cluster("Cpu")}}))
		must(t, w.Begin(replaceUnit("u")))
		must(t, w.Sent("u", "1", "https://example.net/operations/1?s=sig", ""))
		units, err := w.Unfinished()
		must(t, err)
		if len(units) != 1 || units[0].Steps[0].State != Sent || units[0].Steps[0].Token != "" {
			t.Errorf("%+v, want a step without a token", units)
		}
		must(t, j.Close())
		reader, err := Open(dir, NoKey, ReadOnly())
		must(t, err)
		if records, err := reader.Workspace(testScope).Records(); err != nil || len(records) > 0 {
			t.Errorf("a reader sees %v, %v", records, err)
		}
		must(t, reader.Close())
	}
}

// TestTokensAreEncrypted: neither the signature of an operation nor the key is
// in any byte of the file.
func TestTokensAreEncrypted(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir).Workspace(testScope)
	must(t, w.Begin(replaceUnit("u")))
	must(t, w.Sent("u", "1", "https://example.net/operations/1?s=sig", ""))
	units, err := w.Unfinished()
	must(t, err)
	if units[0].Steps[0].Token != "https://example.net/operations/1?s=sig" {
		t.Errorf("token %q", units[0].Steps[0].Token)
	}
	must(t, w.j.Close())
	data, err := os.ReadFile(filepath.Join(dir, fileName))
	must(t, err)
	if bytes.Contains(data, []byte("s=sig")) || bytes.Contains(data, testKey.master) {
		t.Error("the file has the token or the key")
	}
	if got := testKey.reveal("elsewhere", testKey.hide("here", "token")); got != "" {
		t.Errorf("a token of another place: %q", got)
	}
}
