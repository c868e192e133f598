package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
)

// loaded is a folder of specs as the command line sees it.
type loaded struct {
	set    *spec.Set
	commit string
	chosen []*spec.Workspace // valid, and let through by --workspace
}

// load reads the specs at PATH. What is wrong is printed; the valid workspaces
// are gone on with.
func (a *app) load(ctx context.Context, args []string, owned func(spec.WorkspaceID, string) bool) (*loaded, error) {
	dir := "."
	if len(args) > 0 {
		dir = args[0]
	}
	if err := checkPath(dir); err != nil {
		return nil, err
	}
	snapshot, err := source.Folder(ctx, dir)
	if err != nil {
		return nil, err
	}
	l := &loaded{commit: snapshot.Commit, set: spec.Load(snapshot.Files, spec.Options{Prefix: filepath.ToSlash(dir), Owned: owned})}
	specErrors(a.err, l.set.AllErrors())
	notices(a.err, l.set.AllNotices())
	for _, ws := range l.set.Workspaces {
		if len(ws.Errors) == 0 && a.selects(ws.ID) {
			l.chosen = append(l.chosen, ws)
		}
	}
	return l, nil
}

// code is exitInvalid when anything in the set is wrong.
func (l *loaded) code() int {
	if l.set.Valid() {
		return exitOK
	}
	return exitInvalid
}

// checkPath refuses a path below a workspace.yaml: the set would be partial,
// and everything outside of it would look undeclared.
func checkPath(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return usage(dir+" does not exist", "name a folder at or above a "+spec.WorkspaceFile)
	case err != nil:
		return err
	case !info.IsDir():
		return usage(dir+" is a file", "name a folder at or above a "+spec.WorkspaceFile)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for up := filepath.Dir(abs); ; up = filepath.Dir(up) {
		file := filepath.Join(up, spec.WorkspaceFile)
		if _, err := os.Stat(file); err == nil {
			return usage(dir+" is only a part of the workspace of "+file, "name "+up+" instead")
		}
		if up == filepath.Dir(up) {
			return nil
		}
	}
}
