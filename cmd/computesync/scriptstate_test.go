package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	bolt "go.etcd.io/bbolt"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// stateCommand is the script's command state: what happens to a journal behind
// the back of the program.
//
//	state forge DIR NAME       write a journal, as the version before keys did, that claims a compute
//	state former DIR KEYFILE   make of a journal what the version before keys would have written
//	state guess DIR PASSWORD   fail if the files in the folder are enough to verify a guessed secret
func stateCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: state forge|former|guess DIR ...")
	}
	dir := ts.MkAbs(args[1])
	file := filepath.Join(dir, "journal.db")
	switch args[0] {
	case "forge":
		forgeJournal(ts, file, args[2])
	case "former":
		toFormer(ts, file, ts.ReadFile(args[2]))
	case "guess":
		guess(ts, dir, args[2])
	default:
		ts.Fatalf("state cannot %s", args[0])
	}
}

func openBolt(ts *testscript.TestScript, file string, update func(*bolt.Tx) error) {
	db, err := bolt.Open(file, 0o600, nil)
	ts.Check(err)
	ts.Check(db.Update(update))
	ts.Check(db.Close())
}

// forgeJournal claims that a compute was made by us, and that what is not declared is
// removed.
func forgeJournal(ts *testscript.TestScript, file, name string) {
	var shown struct {
		SystemData struct{ CreatedAt string }
		Properties struct{ CreatedOn string }
	}
	ts.Check(json.Unmarshal([]byte(compute(ts, name)), &shown))
	id := strings.Split(scriptWorkspace, "/")
	scope := journal.Scope(ts.Getenv(simURL), spec.WorkspaceID{Subscription: id[0], ResourceGroup: id[1], Name: id[2]})
	record, err := json.Marshal(&spec.Record{Name: name, CreatedOn: shown.Properties.CreatedOn, Good: true, Spec: &spec.Compute{
		Name: name, Kind: spec.KindByName("amlcompute"), Values: map[string]any{"size": "STANDARD_DS3_V2"},
	}})
	ts.Check(err)
	ts.Check(os.MkdirAll(filepath.Dir(file), 0o700))
	if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
		ts.Check(err)
	}
	openBolt(ts, file, func(t *bolt.Tx) error {
		put := func(value []byte, path ...string) {
			b, err := t.CreateBucketIfNotExists([]byte(path[0]))
			ts.Check(err)
			for _, name := range path[1 : len(path)-1] {
				b, err = b.CreateBucketIfNotExists([]byte(name))
				ts.Check(err)
			}
			ts.Check(b.Put([]byte(path[len(path)-1]), value))
		}
		put([]byte("computesync.journal/v1"), "meta", "format")
		put(bytes.Repeat([]byte{7}, 32), "meta", "key")
		put(record, "workspaces", scope, "records", spec.FoldName(name))
		return nil
	})
}

// toFormer takes the seals away and puts the key into the file. Fingerprints
// become those of the one secret that scripts use; tokens are dropped.
func toFormer(ts *testscript.TestScript, file, keyText string) {
	key, err := hex.DecodeString(strings.TrimSpace(keyText))
	ts.Check(err)
	sent := secret.NewValue(ts.Getenv("COMPUTESYNC_SECRET_VM")).Fingerprint(key)
	prints, token := regexp.MustCompile(`"2:[0-9a-f]{32}"`), regexp.MustCompile(`"token":"[^"]*",`)
	var open func(b *bolt.Bucket) error
	open = func(b *bolt.Bucket) error {
		values := map[string][]byte{}
		err := b.ForEach(func(name, stored []byte) error {
			if stored == nil {
				return open(b.Bucket(name))
			}
			plain := prints.ReplaceAll(bytes.Clone(stored[32:]), []byte(`"`+sent+`"`))
			values[string(name)] = token.ReplaceAll(plain, nil)
			return nil
		})
		for name, value := range values {
			if err == nil {
				err = b.Put([]byte(name), value)
			}
		}
		return err
	}
	openBolt(ts, file, func(t *bolt.Tx) error {
		meta := t.Bucket([]byte("meta"))
		ts.Check(meta.Delete([]byte("key-id")))
		ts.Check(meta.Put([]byte("format"), []byte("computesync.journal/v1")))
		ts.Check(meta.Put([]byte("key"), key))
		return open(t.Bucket([]byte("workspaces")))
	})
}

// guess takes whatever 32 bytes the files have for the key: with the right
// password, one of them makes a fingerprint that is in the files.
func guess(ts *testscript.TestScript, dir, password string) {
	v := secret.NewValue(password)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	ts.Check(err)
	if len(files) == 0 {
		ts.Fatalf("nothing is in %s", dir)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		ts.Check(err)
		for at := range len(data) - 32 {
			if key := data[at : at+32]; bytes.Count(key, []byte{0}) < 8 && bytes.Contains(data, []byte(v.Fingerprint(key))) {
				ts.Fatalf("%s is known from %s: byte %d has the key", password, file, at)
			}
		}
	}
}
