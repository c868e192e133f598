package journal

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/spec"
)

// ways are the ways for a journal to go, each with how it comes back.
var ways = map[string]func(t *testing.T, dir string) (back func()){
	"the folder is moved": func(t *testing.T, dir string) func() {
		must(t, os.Rename(dir, dir+".away"))
		return func() { must(t, os.Rename(dir+".away", dir)) }
	},
	"the file is moved": func(t *testing.T, dir string) func() {
		path := filepath.Join(dir, fileName)
		must(t, os.Rename(path, path+".away"))
		return func() { must(t, os.Rename(path+".away", path)) }
	},
	"the file is replaced by its copy": func(t *testing.T, dir string) func() {
		path := filepath.Join(dir, fileName)
		data, err := os.ReadFile(path)
		must(t, err)
		must(t, os.Rename(path, path+".away"))
		must(t, os.WriteFile(path, data, 0o600))
		return func() { must(t, os.Rename(path+".away", path)) }
	},
	"a link to the folder leads elsewhere": func(t *testing.T, dir string) func() {
		must(t, os.Rename(dir, dir+".away"))
		must(t, os.Mkdir(dir+".other", 0o700))
		must(t, os.Symlink(dir+".other", dir))
		return func() {
			must(t, os.Remove(dir))
			must(t, os.Symlink(dir+".away", dir))
		}
	},
}

// wantGone fails the test unless an error says that the journal is gone, and
// what to do about it.
func wantGone(t *testing.T, what string, err error) {
	t.Helper()
	var gone *GoneError
	if !errors.As(err, &gone) || !strings.Contains(err.Error(), fileName) || gone.Hint() == "" {
		t.Errorf("%s: error %v, want a *GoneError with the path", what, err)
	}
}

func TestNothingIsWrittenToAJournalThatIsGone(t *testing.T) {
	for name, goes := range ways {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			j := open(t, dir)
			w := j.Workspace(testScope)
			must(t, w.Begin(Unit{ID: "first", Steps: []Step{{ID: "1", State: Intent}}}))
			must(t, w.SetPermissions(spec.Permissions{Commit: "a"}))
			must(t, j.Check())

			back := goes(t, dir)
			wantGone(t, "Check", j.Check())
			for what, write := range map[string]func() error{
				"Begin":               func() error { return w.Begin(Unit{ID: "second", Steps: []Step{{ID: "1"}}}) },
				"Intent":              func() error { return w.Intent("first", "1", noon, nil) },
				"Sent":                func() error { return w.Sent("first", "1", "token", "") },
				"Finish":              func() error { return w.Finish("first", Update{}) },
				"nothing that is new": func() error { return w.SetPermissions(spec.Permissions{Commit: "a"}) },
			} {
				wantGone(t, what, write())
			}
			units, err := w.Unfinished() // what is known still is
			must(t, err)
			if len(units) != 1 || units[0].Steps[0].State != Intent {
				t.Errorf("the units are %+v, want the first alone, as it was", units)
			}

			back()
			must(t, j.Check())
			must(t, w.Finish("first", Update{}))
			must(t, j.Close())
			units, err = open(t, dir).Workspace(testScope).Unfinished()
			must(t, err)
			if len(units) != 0 {
				t.Errorf("the units are %+v afterwards, want none", units)
			}
		})
	}
}

// A write is not acknowledged if the journal goes while it is under way.
func TestJournalGoesDuringAWrite(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	j := open(t, dir, AfterWrite(func(int) error { return os.RemoveAll(dir) }))
	wantGone(t, "Begin", j.Workspace(testScope).Begin(Unit{ID: "first", Steps: []Step{{ID: "1", State: Intent}}}))
}

// Who begins a journal where another was removed is alone, though the lock on
// the removed one is still held.
func TestSecondJournalAtTheSamePath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	former := open(t, dir).Workspace(testScope)
	must(t, former.Append(Event{Name: "former"}))
	must(t, os.RemoveAll(dir))
	next := open(t, dir).Workspace(testScope)
	for range 3 {
		wantGone(t, "former", former.Append(Event{Name: "former"}))
		must(t, next.Append(Event{Name: "next"}))
	}
	history, err := next.History(10)
	must(t, err)
	if len(history) != 3 || history[0].Name != "next" {
		t.Errorf("the history is %+v", history)
	}
}

func TestReadOnlyJournalIsNotLookedFor(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	missing := open(t, dir, ReadOnly())
	must(t, missing.Check())
	must(t, open(t, dir).Close())
	j := open(t, dir, ReadOnly())
	must(t, os.RemoveAll(dir))
	must(t, j.Check())
}
