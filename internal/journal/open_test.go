package journal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/spec"
	bolt "go.etcd.io/bbolt"
)

// filled makes a journal of some dozens of pages and returns its file.
func filled(t *testing.T, dir string) (path string) {
	t.Helper()
	j := open(t, dir)
	for n := range 20 {
		var u Update
		for i := range 20 {
			u.Put = append(u.Put, cluster(fmt.Sprintf("cpu-%d-%d", n, i)))
			u.Events = append(u.Events, Event{Name: "cpu", Text: strings.Repeat("x", 100)})
		}
		must(t, j.Workspace(testScope).Save(u))
	}
	must(t, j.Close())
	return filepath.Join(dir, fileName)
}

func TestDamagedFileIsMovedAside(t *testing.T) {
	garbage := func(n int) []byte { return bytes.Repeat([]byte("no journal "), n) }
	for name, damage := range map[string]func(data []byte) []byte{
		"one byte":          func([]byte) []byte { return []byte("x") },
		"one page":          func(data []byte) []byte { return data[:pageSize] },
		"two pages":         func(data []byte) []byte { return data[:2*pageSize] },
		"four pages":        func(data []byte) []byte { return data[:4*pageSize] },
		"half":              func(data []byte) []byte { return data[:len(data)/2/pageSize*pageSize] },
		"half and a bit":    func(data []byte) []byte { return data[:len(data)/2+77] },
		"garbage, short":    func([]byte) []byte { return garbage(3) },
		"garbage, long":     func([]byte) []byte { return garbage(10_000) },
		"garbage metas":     func(data []byte) []byte { copy(data, garbage(600)); return data },
		"garbage behind":    func(data []byte) []byte { copy(data[2*pageSize:], garbage(10_000)); return data },
		"zeroes behind":     func(data []byte) []byte { clear(data[2*pageSize:]); return data },
		"zeroes everywhere": func(data []byte) []byte { clear(data); return data },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filled(t, dir)
			data, err := os.ReadFile(path)
			must(t, err)
			data = damage(data)
			must(t, os.WriteFile(path, data, 0o600))

			var corrupt *CorruptError
			if _, err := Open(dir, WithKey(testKey), ReadOnly()); !errors.As(err, &corrupt) || corrupt.Moved != "" {
				t.Errorf("reader: error %v, want a *CorruptError that moved nothing", err)
			}

			j := open(t, dir)
			aside := soleAside(t, dir)
			if !strings.Contains(j.Recovered(), aside) {
				t.Errorf("Recovered() = %q, does not name %s", j.Recovered(), aside)
			}
			kept, err := os.ReadFile(aside)
			must(t, err)
			if !bytes.Equal(kept, data) {
				t.Error("the file moved aside is not the damaged one")
			}
			records, err := j.Workspace(testScope).Records()
			must(t, err)
			if len(records) != 0 {
				t.Error("the new journal is not empty")
			}
			must(t, j.Close())
			if again := open(t, dir); again.Recovered() != "" {
				t.Errorf("opened again: Recovered() = %q", again.Recovered())
			}
		})
	}
}

func soleAside(t *testing.T, dir string) string {
	t.Helper()
	aside, err := filepath.Glob(filepath.Join(dir, fileName+".corrupt-*"))
	must(t, err)
	if len(aside) != 1 {
		t.Fatalf("moved aside: %q, want one file", aside)
	}
	return aside[0]
}

func TestEmptyFileIsTold(t *testing.T) {
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, fileName), nil, 0o600))
	var corrupt *CorruptError
	if _, err := Open(dir, WithKey(testKey), ReadOnly()); !errors.As(err, &corrupt) {
		t.Errorf("reader: error %v, want a *CorruptError", err)
	}
	j := open(t, dir)
	if !strings.Contains(j.Recovered(), "empty") {
		t.Errorf("Recovered() = %q", j.Recovered())
	}
	must(t, j.Workspace(testScope).Save(Update{Put: []*spec.Record{cluster("a")}}))
	must(t, j.Close())
	if again := open(t, dir); again.Recovered() != "" {
		t.Errorf("opened again: Recovered() = %q", again.Recovered())
	}
}

func TestFormerDamageIsKept(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		must(t, os.WriteFile(filepath.Join(dir, fileName), []byte("garbage"), 0o600))
		must(t, open(t, dir).Close())
	}
	aside, err := filepath.Glob(filepath.Join(dir, fileName+".corrupt-*"))
	must(t, err)
	if len(aside) != 3 {
		t.Errorf("moved aside: %q, want three files", aside)
	}
}

// Whatever stands in the file, opening it neither crashes nor fails, and what
// it gives can be written to.
func TestRandomDamageNeverCrashes(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	path := filled(t, dir)
	good, err := os.ReadFile(path)
	must(t, err)
	for range 150 {
		data := bytes.Clone(good)
		for range 1 + r.IntN(4) {
			at := r.IntN(len(data))
			for i := at; i < min(at+1+r.IntN(600), len(data)); i++ {
				data[i] = byte(r.Uint32())
			}
		}
		must(t, os.WriteFile(path, data, 0o600))
		j, err := Open(dir, WithKey(testKey))
		if err != nil {
			t.Fatal(err)
		}
		_, recordsErr := j.Workspace(testScope).Records()
		_, historyErr := j.Workspace(testScope).History(keepEvents)
		for _, err := range []error{recordsErr, historyErr} {
			if err != nil && !errors.Is(err, errUnreadable) {
				t.Error(err)
			}
		}
		must(t, j.Workspace(testScope).Append(Event{Text: "usable"}))
		must(t, j.Close())
	}
}

func TestUnreadableFileIsNotMoved(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Mkdir(filepath.Join(dir, fileName), 0o700))
	_, err := Open(dir, WithKey(testKey))
	var corrupt *CorruptError
	if err == nil || errors.As(err, &corrupt) {
		t.Errorf("error %v, want one that is no *CorruptError", err)
	}
}

func TestOtherVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	must(t, j.db.Update(func(t *bolt.Tx) error {
		return t.Bucket(bucketMeta).Put(nameFormat, []byte("computesync.journal/v9"))
	}))
	must(t, j.Close())
	for range 2 { // the second time shows that the lock was let go
		_, err := Open(dir, WithKey(testKey))
		if err == nil || !strings.Contains(err.Error(), "another version") {
			t.Errorf("error %v", err)
		}
	}
}
