package source

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/computesync/computesync/internal/secret"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// gitEnv keeps the machine's configuration out of the tests.
func gitEnv() []string {
	return append(os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "HOME=/nonexistent",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_AUTHOR_DATE=2026-01-02T03:04:05Z",
		"GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com", "GIT_COMMITTER_DATE=2026-01-02T03:04:05Z")
}

func git(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = dir, gitEnv()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// write puts files into dir: name, content, name, content, ...
func write(t testing.TB, dir string, files ...string) {
	t.Helper()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// repository makes one with the files in its first commit, on main.
func repository(t testing.TB, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main")
	if len(files) > 0 {
		write(t, dir, files...)
		commit(t, dir, "first")
	}
	return dir
}

func commit(t testing.TB, dir, message string) string {
	t.Helper()
	git(t, dir, "add", "-A")
	git(t, dir, "commit", "-q", "-m", message)
	return git(t, dir, "rev-parse", "HEAD")
}

func bare(t testing.TB, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "fleet.git")
	git(t, from, "clone", "-q", "--bare", from, dir)
	return dir
}

// fixed is a secret that stays as it is.
func fixed(text string) Secret {
	return func(context.Context) (secret.Value, error) { return secret.NewValue(text), nil }
}

func open(t testing.TB, c Config) *Source {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fetch(t testing.TB, s *Source) *Snapshot {
	t.Helper()
	snap, err := s.Fetch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return snap
}

// fails fetches once and wants that problem, with a way out and the address in its text.
func fails(t testing.TB, c Config, want Problem) *Error {
	t.Helper()
	s := open(t, c)
	snap, err := s.Fetch(t.Context())
	if snap != nil {
		t.Fatalf("a failed fetch gave a snapshot")
	}
	return wantProblem(t, err, want)
}

func wantProblem(t testing.TB, err error, want Problem) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v (%T), want %s", err, err, want)
	}
	if e.Problem != want {
		t.Fatalf("problem is %s, want %s: %v", e.Problem, want, e)
	}
	if e.Hint() == "" || e.URL == "" || !strings.Contains(e.Error(), e.URL) || strings.Contains(e.Error(), "%!") {
		t.Fatalf("error has no way out or no address: %#v", e)
	}
	return e
}

// listing is the snapshot as one line per entry: name, and content or kind.
func listing(t testing.TB, files fs.FS) string {
	t.Helper()
	var lines []string
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.Type() == 0:
			data, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			lines = append(lines, name+" = "+strings.TrimSpace(string(data)))
		case !d.IsDir():
			lines = append(lines, name+" is "+d.Type().String())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func wantFiles(t testing.TB, snap *Snapshot, lines ...string) {
	t.Helper()
	if got, want := listing(t, snap.Files), strings.Join(lines, "\n"); got != want {
		t.Fatalf("files are\n%s\nwant\n%s", got, want)
	}
}
