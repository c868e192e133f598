package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/spec"
	"github.com/google/go-cmp/cmp"
)

var testID = spec.WorkspaceID{Subscription: "11111111-2222-3333-4444-555555555555", ResourceGroup: "rg-ml", Name: "ML-Prod"}

var testScope = Scope("https://management.azure.com", testID)

// testKey is the key of the journals of tests.
var testKey = key(strings.Repeat("5a", keySize))

func key(text string) *Key {
	k, err := ParseKey(text)
	if err != nil {
		panic(err)
	}
	return k
}

// open opens a journal that the test closes at its end, if it has not by then.
func open(t testing.TB, dir string, opts ...Option) *Journal {
	t.Helper()
	j, err := Open(dir, WithKey(testKey), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func cluster(name string) *spec.Record {
	return &spec.Record{Name: name, CreatedOn: "2025-11-20T10:00:00Z", Spec: &spec.Compute{
		Name: name, Kind: spec.KindByName("amlcompute"), Values: map[string]any{"size": "STANDARD_DS3_V2", "max_instances": int64(4)},
	}}
}

func TestOpenCreatesPrivateFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "state")
	j := open(t, dir)
	for path, want := range map[string]fs.FileMode{dir: 0o700 | fs.ModeDir, filepath.Join(dir, fileName): 0o600} {
		info, err := os.Stat(path)
		must(t, err)
		if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
	}
	if j.Recovered() != "" {
		t.Errorf("Recovered() = %q for a new journal", j.Recovered())
	}
}

func TestSecondOpenerIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	for name, opts := range map[string][]Option{"writer": nil, "reader": {ReadOnly()}} {
		_, err := Open(dir, WithKey(testKey), opts...)
		var locked *LockedError
		if !errors.As(err, &locked) {
			t.Errorf("%s: error %v, want a *LockedError", name, err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing")
	j := open(t, dir, ReadOnly())
	records, err := j.Workspace(testScope).Records()
	must(t, err)
	events, err := j.Workspace(testScope).History(5)
	must(t, err)
	scopes, err := j.Workspaces()
	must(t, err)
	if len(records)+len(events)+len(scopes) != 0 {
		t.Error("a missing journal is not empty")
	}
	if err := j.Workspace(testScope).Save(Update{Put: []*spec.Record{cluster("a")}}); !errors.Is(err, errReadOnly) {
		t.Errorf("write: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is there: %v", err)
	}

	writer := open(t, dir)
	must(t, writer.Workspace(testScope).Save(Update{Put: []*spec.Record{cluster("Cpu")}}))
	must(t, writer.Close())
	reader, second := open(t, dir, ReadOnly()), open(t, dir, ReadOnly())
	for _, j := range []*Journal{reader, second} {
		records, err := j.Workspace(testScope).Records()
		must(t, err)
		if diff := cmp.Diff(map[string]*spec.Record{"cpu": cluster("Cpu")}, records, cmp.Comparer(sameKind)); diff != "" {
			t.Error(diff)
		}
		if err := j.Workspace(testScope).Append(Event{}); !errors.Is(err, errReadOnly) {
			t.Errorf("write: %v", err)
		}
	}
}

func sameKind(a, b *spec.Kind) bool { return a == b }
