package secret

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func fakeEnv(pairs ...string) func(string) (string, bool) {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
}

// realTemp is a temporary folder without links in its path.
func realTemp(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func fileRef(path string) Ref { return Ref{Scheme: File, Name: filepath.ToSlash(path)} }

func TestResolveEnv(t *testing.T) {
	r := NewResolver(DefaultPolicy(), nil, fakeEnv("COMPUTESYNC_SECRET_A", "hunter2", "COMPUTESYNC_SECRET_E", "", "OTHER", "x"))
	v, version, err := r.Resolve(t.Context(), mustRef(t, "secret://env/COMPUTESYNC_SECRET_A"))
	if err != nil || v.Reveal() != "hunter2" || version != "" {
		t.Errorf("got %q, %q, %v", v.Reveal(), version, err)
	}
	_, _, err = r.Resolve(t.Context(), mustRef(t, "secret://env/COMPUTESYNC_SECRET_B"))
	var missing *NotFoundError
	if !errors.As(err, &missing) || missing.Hint() == "" || !strings.Contains(err.Error(), "secret://env/COMPUTESYNC_SECRET_B") {
		t.Errorf("missing variable: %v", err)
	}
	_, _, err = r.Resolve(t.Context(), mustRef(t, "secret://env/OTHER"))
	var refused *NotAllowedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Hint(), "--allow-secret secret://env/OTHER") || !strings.Contains(refused.Hint(), "secrets.allow") {
		t.Errorf("variable outside of the policy: %v", err)
	}
	if _, _, err = r.Resolve(t.Context(), mustRef(t, "secret://env/COMPUTESYNC_SECRET_E")); err == nil || errors.As(err, &missing) && missing.What == "" {
		t.Errorf("empty variable: %v", err)
	}
}

func TestResolveFile(t *testing.T) {
	dir := realTemp(t)
	r := NewResolver(Rules("secret://file"+filepath.ToSlash(dir)+"/*"), nil, fakeEnv())
	for name, tc := range map[string]struct{ text, want string }{
		"plain": {"hunter2", "hunter2"}, "newline": {"hunter2\n", "hunter2"}, "one newline only": {"hunter2\n\n", "hunter2\n"},
		"CRLF": {"hunter2\r\n", "hunter2"}, "bare CR stays": {"hunter2\r", "hunter2\r"}, "blanks stay": {" hunter2 \n", " hunter2 "},
		"largest": {strings.Repeat("x", maxFile), strings.Repeat("x", maxFile)},
	} {
		path := filepath.Join(dir, name)
		write(t, path, tc.text)
		if v, _, err := r.Resolve(t.Context(), fileRef(path)); err != nil || v.Reveal() != tc.want {
			t.Errorf("%s: got %d bytes, %v", name, len(v.Reveal()), err)
		}
	}
}

func TestResolveBadFile(t *testing.T) {
	dir := realTemp(t)
	r := NewResolver(Rules("secret://file"+filepath.ToSlash(dir)+"/*"), nil, fakeEnv())
	write(t, filepath.Join(dir, "large"), strings.Repeat("x", maxFile+1))
	write(t, filepath.Join(dir, "empty"), "\n")
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"large": "larger than 65536 bytes", "empty": "it is empty", "folder": "not a regular file", "pipe": "not a regular file", "absent": "no such file",
	} {
		_, _, err := r.Resolve(t.Context(), fileRef(filepath.Join(dir, name)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
		var missing *NotFoundError
		if errors.As(err, &missing) != (name == "absent") {
			t.Errorf("%s: %T", name, err)
		}
	}
}

// TestSymlinks proves that a link is no way around the policy.
func TestSymlinks(t *testing.T) {
	dir := realTemp(t)
	inside, outside := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for _, d := range []string{inside, outside} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(d, "file"), "hunter2")
	}
	link := func(target, name string) Ref {
		t.Helper()
		path := filepath.Join(inside, name)
		if err := os.Symlink(target, path); err != nil {
			t.Fatal(err)
		}
		return fileRef(path)
	}
	within, escape, dangling := link("file", "within"), link("../out/file", "escape"), link("nowhere", "dangling")
	link("../out", "folder")
	r := NewResolver(Rules("secret://file"+filepath.ToSlash(inside)+"/**"), nil, fakeEnv())

	if v, _, err := r.Resolve(t.Context(), within); err != nil || v.Reveal() != "hunter2" {
		t.Errorf("link within: %v", err)
	}
	for _, ref := range []Ref{escape, fileRef(filepath.Join(inside, "folder", "file"))} {
		_, _, err := r.Resolve(t.Context(), ref)
		var refused *NotAllowedError
		if !errors.As(err, &refused) || refused.Real != fileRef(filepath.Join(outside, "file")) || !strings.Contains(refused.Hint(), refused.Real.String()) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	var missing *NotFoundError
	if _, _, err := r.Resolve(t.Context(), dangling); !errors.As(err, &missing) {
		t.Errorf("dangling link: %v", err)
	}
}

func TestResolveCredential(t *testing.T) {
	dir := realTemp(t)
	write(t, filepath.Join(dir, "git-token"), "hunter2\n")
	r := NewResolver(DefaultPolicy(), nil, fakeEnv("CREDENTIALS_DIRECTORY", dir))
	if v, _, err := r.Resolve(t.Context(), mustRef(t, "secret://credential/git-token")); err != nil || v.Reveal() != "hunter2" {
		t.Errorf("got %v", err)
	}
	var missing *NotFoundError
	if _, _, err := r.Resolve(t.Context(), mustRef(t, "secret://credential/other")); !errors.As(err, &missing) || !strings.Contains(missing.Hint(), "LoadCredential=other:") {
		t.Errorf("unknown credential: %v", err)
	}
	r = NewResolver(DefaultPolicy(), nil, fakeEnv())
	if _, _, err := r.Resolve(t.Context(), mustRef(t, "secret://credential/git-token")); !errors.As(err, &missing) {
		t.Errorf("no credentials directory: %v", err)
	}
}

// vaults is a KeyVault in memory.
type vaults map[string]string

func (m vaults) Secret(_ context.Context, vault, name, version string) (Value, string, error) {
	text, ok := m[vault+"/"+name]
	switch {
	case vault == "broken":
		return Value{}, "", errors.New("read from key vault broken: no answer")
	case !ok:
		return Value{}, "", ErrNoSecret
	case version == "":
		version = "latest"
	}
	return NewValue(text), version, nil
}

func TestResolveKeyVault(t *testing.T) {
	allow := Rules("secret://keyvault/**")
	r := NewResolver(allow, vaults{"kv-prod/pw": "hunter2"}, fakeEnv())
	if v, got, err := r.Resolve(t.Context(), mustRef(t, "secret://keyvault/kv-prod/pw")); err != nil || v.Reveal() != "hunter2" || got != "latest" {
		t.Errorf("got %q, %v", got, err)
	}
	if _, got, err := r.Resolve(t.Context(), mustRef(t, "secret://keyvault/kv-prod/pw/"+version)); err != nil || got != version {
		t.Errorf("got %q, %v", got, err)
	}
	var missing *NotFoundError
	if _, _, err := r.Resolve(t.Context(), mustRef(t, "secret://keyvault/kv-prod/other")); !errors.As(err, &missing) {
		t.Errorf("unknown secret: %v", err)
	}
	if _, _, err := r.Resolve(t.Context(), mustRef(t, "secret://keyvault/broken/pw")); err == nil || errors.As(err, &missing) && missing.Ref.Vault == "broken" {
		t.Errorf("broken vault: %v", err)
	}
	if _, _, err := NewResolver(allow, nil, fakeEnv()).Resolve(t.Context(), mustRef(t, "secret://keyvault/kv-prod/pw")); err == nil || !strings.Contains(err.Error(), "credential") {
		t.Errorf("no key vault: %v", err)
	}
}
