package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	gogit "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/storage/filesystem"
)

// At returns the YAML files below dir as they are at a revision (a branch, a
// tag, a hash, origin/main, HEAD~2, ...) of the git repository that dir is in,
// and the commit that is checked out there, "" where there is none. A revision
// that has no such folder has no files. The errors are *Error.
func At(ctx context.Context, dir, revision string) (snap *Snapshot, head string, err error) {
	snap, head, err = readAt(ctx, dir, revision)
	return snap, head, finish(ctx, err, dir)
}

func readAt(ctx context.Context, dir, revision string) (*Snapshot, string, error) {
	dirs, below, err := enclosing(dir)
	if err != nil {
		return nil, "", err
	}
	store, err := dirs.open(defaultMaxBytes)
	if err != nil {
		return nil, "", err
	}
	defer store.Close()
	repository, err := gogit.Open(store, nil)
	if err != nil {
		return nil, "", fmt.Errorf("open repository: %w", err)
	}
	head := ""
	if ref, err := repository.Head(); err == nil { // a new repository has none
		head = ref.Hash().String()
	}
	hash, err := repository.ResolveRevision(plumbing.Revision(revision))
	if err != nil {
		return nil, "", noRevision(store, revision)
	}
	snap, err := readCommit(ctx, store, *hash, below, newBudget(defaultMaxBytes))
	var typed *Error
	switch {
	case errors.Is(err, plumbing.ErrObjectNotFound):
		return nil, "", noRevision(store, revision)
	case errors.As(err, &typed) && typed.Problem == NoPath:
		return &Snapshot{Commit: hash.String(), Files: tree{newDir(".")}}, head, nil
	}
	return snap, head, err
}

// noRevision tells a revision that is not here from one that cannot be.
func noRevision(store *filesystem.Storage, revision string) *Error {
	e := problem(NoRevision, oneLine(revision))
	e.hint = "git rev-parse " + e.Detail + " must print a commit; git fetch may bring it"
	if cut, err := store.Shallow(); err == nil && len(cut) > 0 {
		e.Detail += ", in a shallow clone"
		e.hint = "fetch all of the history: fetch-depth: 0 in the checkout of a workflow, or git fetch --unshallow"
	}
	return e
}

// enclosing finds the repository that dir is in, and dir's place in it.
func enclosing(dir string) (*gitDirs, string, error) {
	up, below, err := worktree(dir)
	switch {
	case err != nil:
		return nil, "", folderError(err)
	case up == "":
		e := problem(NotFound, "the folder is not in a git repository")
		e.hint = "name a folder in a clone"
		return nil, "", e
	}
	dirs, err := findRepository(up)
	return dirs, below, err
}

// worktree finds the top of the work tree that dir is in, "" where it is in none, and
// dir's place in it.
func worktree(dir string) (top, below string, err error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		abs, err = filepath.EvalSymlinks(abs)
	}
	if err != nil {
		return "", "", err
	}
	for up := abs; ; up = filepath.Dir(up) {
		if _, err := os.Lstat(filepath.Join(up, ".git")); err == nil {
			below, err := filepath.Rel(up, abs)
			return up, filepath.ToSlash(below), err
		}
		if up == filepath.Dir(up) {
			return "", "", nil
		}
	}
}
