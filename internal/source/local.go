package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-billy/v5/osfs"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/cache"
	"github.com/go-git/go-git/v5/plumbing/storer"
	"github.com/go-git/go-git/v5/storage/filesystem"
	"github.com/go-git/go-git/v5/storage/filesystem/dotgit"
)

// local is a folder on this machine: a repository, of which the committed branch is
// read straight from the object store, or a plain folder, read as it is.
type local struct {
	dir    string
	branch string // "" is HEAD
	below  string
	limit  int64
	// verifier says whose commits count; nil: everybody's.
	verifier *verifier
	descent  descent
	// wasRepository stays true once it was: a repository whose .git went away must
	// not turn its uncommitted files into the desired state.
	wasRepository bool
}

func (l *local) fetch(ctx context.Context, last *Snapshot) (*Snapshot, error) {
	git, err := findRepository(l.dir)
	if err != nil {
		return nil, err
	}
	if git == nil {
		return l.fetchFolder(ctx, last)
	}
	l.wasRepository = true
	const attempts = 3 // git gc may move an object between two looks at the store
	for attempt := 1; ; attempt++ {
		snap, err := l.fetchCommit(ctx, git, last)
		switch {
		case !errors.Is(err, plumbing.ErrObjectNotFound):
			return snap, err
		case attempt == attempts:
			e := problem(Broken, err.Error())
			e.hint = "run git fsck there; a partial clone does not hold all it needs"
			return nil, e
		}
	}
}

func (l *local) fetchFolder(ctx context.Context, last *Snapshot) (*Snapshot, error) {
	if err := l.wantsHistory(); err != nil {
		return nil, err
	}
	if _, err := os.Stat(l.dir); err == nil && (l.wasRepository || l.branch != "") {
		return nil, problem(NotFound, "the folder is not a git repository")
	}
	snap, err := readFolder(ctx, l.dir, l.below, l.limit)
	if err != nil {
		return nil, err
	}
	if last != nil && last.Commit == snap.Commit {
		return last, nil
	}
	return snap, nil
}

func (l *local) fetchCommit(ctx context.Context, git *gitDirs, last *Snapshot) (*Snapshot, error) {
	store, err := git.open(l.limit)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	hash, err := l.head(store)
	if err != nil {
		return nil, err
	}
	if last != nil && last.Commit == hash.String() {
		return last, nil
	}
	budget := newBudget(l.limit)
	var objects storer.EncodedObjectStorer = store
	if l.verifier != nil || l.descent.required {
		objects = rehashed{store, budget}
	}
	if err := l.verifier.check(objects, hash); err != nil {
		return nil, err
	}
	seen, err := l.checkDescent(objects, hash)
	if err != nil {
		return nil, err
	}
	snap, err := readCommit(ctx, objects, hash, l.below, budget)
	if err != nil {
		return nil, err
	}
	l.descent.mark(snap, seen)
	return snap, nil
}

// checkDescent compares a head with the commit in effect.
func (l *local) checkDescent(objects storer.EncodedObjectStorer, head plumbing.Hash) (w walk, err error) {
	if err := l.descent.recheck(head); err != nil || l.descent.from.IsZero() {
		return walk{}, err
	}
	w, err = descends(objects, head, l.descent.from)
	if err != nil {
		return walk{}, err
	}
	return w, l.descent.judge(head, w)
}

// wantsHistory is why a plain folder will not do; nil where it will.
func (l *local) wantsHistory() error {
	switch {
	case l.verifier != nil:
		return errUnsignable
	case l.descent.required:
		return errNoHistory
	}
	return nil
}

// check wants a repository where commits must be signed, or descend from each other.
func (l *local) check(context.Context) error {
	if git, err := findRepository(l.dir); err == nil && git == nil {
		return l.wantsHistory()
	}
	return l.verifier.ready()
}

// head returns the commit of the branch.
func (l *local) head(store *filesystem.Storage) (plumbing.Hash, error) {
	name := plumbing.HEAD
	if l.branch != "" {
		name = plumbing.NewBranchReferenceName(l.branch)
	}
	ref, err := store.Reference(name)
	if err == nil && ref.Type() == plumbing.SymbolicReference {
		name = ref.Target()
		ref, err = store.Reference(name)
	}
	switch {
	case err == nil:
		return ref.Hash(), nil
	case !errors.Is(err, plumbing.ErrReferenceNotFound):
		return plumbing.ZeroHash, fmt.Errorf("read %s: %w", name, err)
	}
	refs, err := store.IterReferences()
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("read references: %w", err)
	}
	var have branches
	err = refs.ForEach(func(ref *plumbing.Reference) error {
		have.add(ref.Name())
		return nil
	})
	if err != nil {
		return plumbing.ZeroHash, fmt.Errorf("read references: %w", err)
	}
	return plumbing.ZeroHash, have.missing(name)
}

// branches are the branch names a repository has, for the text of an error.
type branches []string

func (b *branches) add(name plumbing.ReferenceName) {
	if name.IsBranch() {
		*b = append(*b, name.Short())
	}
}

// missing is the problem of a branch that is not among them.
func (b branches) missing(name plumbing.ReferenceName) *Error {
	if len(b) == 0 {
		return problem(Empty, "")
	}
	slices.Sort(b)
	const most = 10
	e := problem(NoBranch, name.Short())
	e.hint = "set branch to one that exists: " + oneLine(strings.Join(b[:min(most, len(b))], ", "))
	if len(b) > most {
		e.hint += ", ..."
	}
	return e
}

// gitDirs are the folders of a repository: of a linked worktree HEAD is in dir and
// all else in common; otherwise they are the same.
type gitDirs struct{ dir, common string }

// findRepository looks at dir itself, not above it. It returns nil for a plain folder.
func findRepository(dir string) (*gitDirs, error) {
	git := filepath.Join(dir, ".git")
	info, err := os.Stat(git)
	switch {
	case err == nil && !info.IsDir():
		if git, err = gitFile(git); err != nil {
			return nil, err
		}
	case err == nil:
	case !errors.Is(err, fs.ErrNotExist):
		return nil, folderError(err)
	case isGitDir(dir):
		git = dir
	default:
		return nil, nil
	}
	common, err := os.ReadFile(filepath.Join(git, "commondir"))
	if errors.Is(err, fs.ErrNotExist) {
		return &gitDirs{dir: git, common: git}, nil
	}
	if err != nil {
		return nil, folderError(err)
	}
	return &gitDirs{dir: git, common: absolute(strings.TrimSpace(string(common)), git)}, nil
}

// gitFile follows the .git file of a worktree or submodule.
func gitFile(name string) (string, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return "", folderError(err)
	}
	target, ok := strings.CutPrefix(strings.TrimSpace(string(data)), "gitdir: ")
	if !ok {
		return "", problem(Broken, ".git is a file, but not one that git wrote")
	}
	return absolute(target, filepath.Dir(name)), nil
}

func absolute(name, from string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(from, name)
}

// isGitDir says whether dir looks like a bare repository, as git itself decides.
func isGitDir(dir string) bool {
	for _, name := range []string{"HEAD", "objects", "refs"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// open returns the object and reference store, after a look at whether it can be read. What was read lately it keeps
// in a quarter of limit.
func (g *gitDirs) open(limit int64) (*filesystem.Storage, error) {
	if _, err := os.Stat(filepath.Join(g.common, "objects")); err != nil {
		return nil, problem(NotFound, "the folder is not a whole git repository: it has no objects")
	}
	dot := dotgit.NewRepositoryFilesystem(osfs.New(g.dir), osfs.New(g.common))
	store := filesystem.NewStorageWithOptions(dot, cache.NewObjectLRU(cache.FileSize(limit/4)), filesystem.Options{
		AlternatesFS:         osfs.New("/"), // where absolute paths begin
		KeepDescriptors:      true,          // else each object opens its pack again; fetchCommit closes them
		LargeObjectThreshold: 1 << 20,       // larger ones are only read when asked for
	})
	config, err := store.Config()
	if err != nil {
		return nil, fmt.Errorf("read repository's config: %w", err)
	}
	for _, option := range config.Raw.Section("extensions").Options {
		key, value := strings.ToLower(option.Key), strings.ToLower(option.Value)
		if (key == "objectformat" && value != "sha1") || (key == "refstorage" && value != "files") {
			return nil, problem(Unsupported, key+" "+value)
		}
	}
	return store, nil
}
