package journal

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
	"github.com/google/go-cmp/cmp"
)

// formerState is a state folder with testdata/former, which the version before
// the key left the file wrote; and the key that is in it.
func formerState(t *testing.T) (dir string, former []byte) {
	t.Helper()
	dir = t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS("testdata/former")))
	must(t, os.Chmod(filepath.Join(dir, fileName), 0o600))
	text, err := os.ReadFile(filepath.Join(dir, "key.hex"))
	must(t, err)
	former, err = hex.DecodeString(strings.TrimSpace(string(text)))
	must(t, err)
	must(t, os.Remove(filepath.Join(dir, "key.hex")))
	return dir, former
}

const formerToken = "https://example.net/operations/1?s=sig"

func TestUpgrade(t *testing.T) {
	dir, former := formerState(t)
	keys := KeyFile(filepath.Join(t.TempDir(), "key"))
	reader, err := Open(dir, keys, ReadOnly())
	must(t, err)
	checkFormer(t, reader)
	must(t, reader.Close())

	for range 2 {
		j, err := Open(dir, keys)
		must(t, err)
		if j.Recovered() != "" || !j.key.is(former) {
			t.Errorf("recovered %q, or another key", j.Recovered())
		}
		checkFormer(t, j)
		must(t, j.Workspace("elsewhere").Append(Event{}))
		must(t, j.Close())
	}
	data, err := os.ReadFile(filepath.Join(dir, fileName))
	must(t, err)
	if bytes.Contains(data, former) || bytes.Contains(data, []byte("s=sig")) {
		t.Error("the file still has the key or the token")
	}
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	must(t, err)
	if len(left) != 1 {
		t.Errorf("in the folder: %q", left)
	}
}

// checkFormer compares a journal with what was written to testdata/former.
func checkFormer(t *testing.T, j *Journal) {
	t.Helper()
	w := j.Workspace(testScope)
	same := func(what string, err error, want, got any) {
		t.Helper()
		must(t, err)
		if diff := cmp.Diff(want, got, cmp.Comparer(sameKind)); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	records, err := w.Records()
	must(t, err)
	same("record", nil, cluster("Cpu"), records["cpu"])
	prints := records["lab"].Secrets
	v := secret.NewValue("hunter2")
	if p := j.Prints(); !p.Same(prints["ssh_settings.admin_password"], v, "") || p.Same(prints["ssh_settings.admin_password"], secret.NewValue("x"), "") ||
		!p.Same(prints["versioned"], v, "1") || p.Same(prints["versioned"], v, "2") {
		t.Error("a secret that was sent is not known")
	}
	units, err := w.Unfinished()
	replace := replaceUnit("u")
	first := &replace.Steps[0]
	first.State, first.First, first.Begun, first.Body, first.Token = Sent, noon, noon, json.RawMessage(`{"action":"Delete"}`), formerToken
	same("units", err, []Unit{replace, {ID: "v", Steps: []Step{{ID: "1", Verb: "create", Name: "new"}}}}, units)
	disowned, err := w.Disowned()
	same("disowned", err, map[string]*spec.Disowned{"gone": {Name: "gone", CreatedOn: "2025-11-20T10:00:00Z", At: noon}}, disowned)
	current, before, err := w.Permissions()
	same("permissions", err, []*spec.Permissions{{Commit: "2", Settings: spec.Settings{Prune: true}}, {Commit: "1"}}, []*spec.Permissions{current, before})
	good, err := w.LastGood()
	same("last good", err, &LastGood{Commit: "1", Dir: "fleet", ID: testID, Files: map[string][]byte{"a.yaml": []byte("a")}}, good)
	busy, err := w.BusySince()
	same("busy", err, map[string]time.Time{"update cpu": noon}, busy)
	suspended, err := w.Suspensions()
	same("suspensions", err, []spec.Suspension{{Computes: "gpu-*", Reason: "incident"}}, suspended)
	approval, err := w.Approval()
	same("approval", err, &Approval{Plan: "77", By: "ann", At: noon}, approval)
	history, err := w.History(5)
	same("history", err, []Event{{At: noon, Outcome: "suspended"}, {At: noon, Name: "cpu", Outcome: "done"}}, history)
}

// TestFormerFileOfAnotherKey: where the machine has a key, a file of the former
// format with another one in it may be a forgery, and is not touched.
func TestFormerFileOfAnotherKey(t *testing.T) {
	for name, keys := range map[string]KeySource{"another": WithKey(otherKey), "none": NoKey} {
		dir, _ := formerState(t)
		before, err := os.ReadFile(filepath.Join(dir, fileName))
		must(t, err)
		for kind, opts := range map[string][]Option{"reader": {ReadOnly()}, "writer": nil} {
			_, err := Open(dir, keys, opts...)
			var refused *FormerKeyError
			if !errors.As(err, &refused) || refused.Hint() == "" {
				t.Errorf("%s with key %s: %v", kind, name, err)
			}
		}
		after, err := os.ReadFile(filepath.Join(dir, fileName))
		must(t, err)
		if !bytes.Equal(before, after) {
			t.Error("the file was changed")
		}
	}
}

// TestUpgradeThatWasCutOff goes on where the key was moved and the file not
// replaced, or a process died while it wrote the new one.
func TestUpgradeThatWasCutOff(t *testing.T) {
	dir, former := formerState(t)
	keys := KeyFile(filepath.Join(t.TempDir(), "key"))
	_, err := keys(former, true)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, fileName+".new"), []byte("half"), 0o600))
	j, err := Open(dir, keys)
	must(t, err)
	checkFormer(t, j)
	must(t, j.Close())
}
