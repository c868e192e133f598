package secret

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lab is a folder with a secret of our own in every form, and every way to it
// that a policy which allows everything leaves open.
type lab struct {
	dir, credentials string
	env              func(string) (string, bool)
}

func newLab(t *testing.T) lab {
	t.Helper()
	dir := realTemp(t)
	l := lab{dir: dir, credentials: filepath.Join(dir, "credentials")}
	for _, folder := range []string{"credentials", "state/deep", "mnt/..2026_01_31"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "tls.key"), "hunter2-key\n")
	write(t, filepath.Join(dir, "copy"), "hunter2-key\r\n")
	write(t, filepath.Join(dir, "free"), "swordfish\n")
	write(t, filepath.Join(l.credentials, "git"), "hunter2-git")
	write(t, filepath.Join(dir, "state/journal.db"), "hunter2-state")
	write(t, filepath.Join(dir, "state/deep/state.key"), "hunter2-deep")
	write(t, filepath.Join(dir, "mnt/..2026_01_31/token"), "hunter2-token")
	for _, link := range [][2]string{
		{"tls.key", "symlink"},
		{"state", "folder"},
		{"..2026_01_31", "mnt/..data"},
		{"..data/token", "mnt/token"},
	} {
		if err := os.Symlink(link[0], filepath.Join(dir, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	for _, link := range [][2]string{{"tls.key", "hard"}, {"credentials/git", "hard-git"}, {"state/deep/state.key", "hard-deep"}} {
		if err := os.Link(filepath.Join(dir, link[0]), filepath.Join(dir, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	l.env = fakeEnv("CREDENTIALS_DIRECTORY", l.credentials, "AZURE_CLIENT_SECRET", "hunter2-azure", "COPY", " hunter2-azure\n", "FREE", "swordfish", "EMPTY", "")
	return l
}

// TestOwn reaches for what is ours by name, link, hard link, folder and value.
func TestOwn(t *testing.T) {
	l := newLab(t)
	file := func(name string) Ref { return fileRef(filepath.Join(l.dir, name)) }
	r := NewResolver(Rules("secret://**"), nil, l.env)
	r.KeepBack(
		OwnFile("http.key", filepath.Join(l.dir, ".", "tls.key")),
		OwnFile("token file", filepath.Join(l.dir, "mnt/token")),
		OwnFile("gone", filepath.Join(l.dir, "gone")),
		Own{Name: "git", Ref: mustRef(t, "secret://credential/git")},
		Own{Name: "azure", Ref: mustRef(t, "secret://env/AZURE_CLIENT_SECRET")},
		Own{Name: "nothing", Ref: mustRef(t, "secret://env/EMPTY")},
		Own{Name: "unset", Ref: mustRef(t, "secret://env/UNSET")},
		Own{Name: "state", Folder: filepath.Join(l.dir, "folder")},
	)
	for _, c := range []struct {
		ref Ref
		own string
	}{
		{file("tls.key"), "http.key"},
		{file("symlink"), "http.key"},
		{file("hard"), "http.key"},
		{file("copy"), "http.key"},
		{mustRef(t, "secret://credential/git"), "git"},
		{file("credentials/git"), "git"},
		{file("hard-git"), "git"},
		{mustRef(t, "secret://env/AZURE_CLIENT_SECRET"), "azure"},
		{mustRef(t, "secret://env/COPY"), "azure"},
		{file("mnt/token"), "token file"},
		{file("mnt/..data/token"), "token file"},
		{file("mnt/..2026_01_31/token"), "token file"},
		{file("state/journal.db"), "state"},
		{file("folder/deep/state.key"), "state"},
		{file("hard-deep"), "state"},
	} {
		v, _, err := r.ResolveFor(t.Context(), c.ref, Destination{})
		var refused *NotAllowedError
		if !errors.As(err, &refused) || refused.Own != c.own || !v.IsZero() || strings.Contains(err.Error()+refused.Hint(), "hunter2") {
			t.Errorf("%s: %v", c.ref, err)
		}
	}
	for _, free := range []Ref{file("free"), mustRef(t, "secret://env/FREE")} {
		if v, _, err := r.ResolveFor(t.Context(), free, Destination{}); err != nil || v.Reveal() != "swordfish" {
			t.Errorf("%s: %v", free, err)
		}
	}
	// the hint of what is ours is not to allow it
	closed := NewResolver(nil, nil, l.env)
	closed.KeepBack(Own{Name: "unset", Ref: mustRef(t, "secret://env/UNSET")})
	var refused *NotAllowedError
	if _, _, err := closed.ResolveFor(t.Context(), mustRef(t, "secret://env/UNSET"), Destination{}); !errors.As(err, &refused) || refused.Own != "unset" || strings.Contains(refused.Hint(), "allow") {
		t.Errorf("our own, which is not allowed: %v", err)
	}
	// for ourselves all of it resolves
	if v, _, err := r.Resolve(t.Context(), file("tls.key")); err != nil || v.Reveal() != "hunter2-key" {
		t.Errorf("our own: %v", err)
	}
}

// TestOwnOfVault compares what a vault gives with our own values.
func TestOwnOfVault(t *testing.T) {
	r := NewResolver(Rules("secret://**"), vaults{"kv-ml/copy": "hunter2\n", "kv-ml/free": "swordfish"}, fakeEnv("TOKEN", "hunter2"))
	r.KeepBack(Own{Name: "http.token", Ref: mustRef(t, "secret://env/TOKEN")})
	var refused *NotAllowedError
	if _, _, err := r.ResolveFor(t.Context(), mustRef(t, "secret://keyvault/kv-ml/copy"), Destination{}); !errors.As(err, &refused) || refused.Own != "http.token" {
		t.Errorf("a copy in a vault: %v", err)
	}
	if _, _, err := r.ResolveFor(t.Context(), mustRef(t, "secret://keyvault/kv-ml/free"), Destination{}); err != nil {
		t.Error(err)
	}
}

// TestRotatedOwn takes a value of ours as it is at that moment.
func TestRotatedOwn(t *testing.T) {
	dir := realTemp(t)
	own, copied := filepath.Join(dir, "own"), filepath.Join(dir, "copied")
	write(t, own, "first")
	write(t, copied, "second")
	r := NewResolver(Rules("secret://**"), nil, fakeEnv())
	r.KeepBack(OwnFile("http.key", own))
	if _, _, err := r.ResolveFor(t.Context(), fileRef(copied), Destination{}); err != nil {
		t.Error(err)
	}
	write(t, own, "second")
	if _, _, err := r.ResolveFor(t.Context(), fileRef(copied), Destination{}); err == nil {
		t.Error("a copy of the rotated secret resolves")
	}
}

// TestSwappedFolders reads what Kubernetes mounts by a glob of one segment.
func TestSwappedFolders(t *testing.T) {
	l := newLab(t)
	mount := "secret://file" + filepath.ToSlash(l.dir) + "/mnt/"
	r := NewResolver(Rules(mount+"*"), nil, l.env)
	if v, _, err := r.ResolveFor(t.Context(), mustRef(t, mount+"token"), Destination{}); err != nil || v.Reveal() != "hunter2-token" {
		t.Errorf("got %v", err)
	}
	var refused *NotAllowedError
	if _, _, err := r.ResolveFor(t.Context(), mustRef(t, mount+"..data/token"), Destination{}); !errors.As(err, &refused) {
		t.Errorf("two segments: %v", err)
	}
	if err := os.Symlink("../free", filepath.Join(l.dir, "mnt", "outside")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.ResolveFor(t.Context(), mustRef(t, mount+"outside"), Destination{}); !errors.As(err, &refused) || refused.Real != fileRef(filepath.Join(l.dir, "free")) {
		t.Errorf("a link out of the mount: %v", err)
	}
}

// TestFilesOfTheKernel are no secrets that somebody stored: one of them has every
// variable of the process.
func TestFilesOfTheKernel(t *testing.T) {
	r := NewResolver(Rules("secret://file/**"), nil, fakeEnv())
	for _, ref := range []string{"secret://file/proc/self/environ", "secret://file/proc/self/status", "secret://file/proc/thread-self/environ"} {
		if v, _, err := r.ResolveFor(t.Context(), mustRef(t, ref), Destination{}); err == nil {
			t.Errorf("%s gives %d bytes", ref, len(v.Reveal()))
		}
	}
}

// TestBound sends a secret only where the operator's rule says.
func TestBound(t *testing.T) {
	policy, err := ParsePolicy([]Rule{
		{Ref: "secret://env/VM", Workspaces: []string{"sub/RG-*/ml-dev"}, Kinds: []string{"virtualmachine"}},
		{Ref: "secret://env/NOWHERE", Workspaces: []string{}},
		{Ref: "secret://env/ANY"},
		{Ref: "secret://env/A*", Kinds: []string{"databricks"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	r := NewResolver(policy, nil, fakeEnv("VM", "a", "NOWHERE", "b", "ANY", "c"))
	dev, prod := Destination{"SUB/rg-ml/ML-dev", "virtualmachine"}, Destination{"sub/rg-ml/ml-prod", "virtualmachine"}
	for _, c := range []struct {
		ref  string
		to   Destination
		want bool
	}{
		{"VM", dev, true},
		{"VM", prod, false},
		{"VM", Destination{dev.Workspace, "hdinsight"}, false},
		{"VM", Destination{}, false},
		{"NOWHERE", dev, false},
		{"ANY", prod, true},
		{"ANY", Destination{}, true},
	} {
		_, _, err := r.ResolveFor(t.Context(), mustRef(t, "secret://env/"+c.ref), c.to)
		if (err == nil) != c.want {
			t.Errorf("%s to %s: %v", c.ref, c.to, err)
		}
		var refused *NotAllowedError
		if bound := c.to != (Destination{}); !c.want && bound && (!errors.As(err, &refused) || refused.Bound != c.to || !strings.Contains(err.Error(), "may not go to a compute of kind "+c.to.Kind+" in "+c.to.Workspace)) {
			t.Errorf("%s to %s: %v", c.ref, c.to, err)
		}
	}
}
