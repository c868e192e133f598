package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/strictyaml"
)

// loaded is a folder of specs as the command line sees it: what --workspace
// lets through.
type loaded struct {
	commit     string
	workspaces []*spec.Workspace // all, by folder
	chosen     []*spec.Workspace // the valid ones
	errors     strictyaml.Errors // also those of no workspace
	notices    []spec.Notice
}

// gcPercent lets a command that reads the specs once, and ends, hold more
// garbage than the daemon, which stays: with 10,000 specs a fifth of the CPU
// time goes away and the process hardly grows.
const gcPercent = 200

// load reads the specs at PATH. What is wrong is printed; the valid workspaces
// are gone on with.
func (a *app) load(ctx context.Context, args []string, owned func(spec.WorkspaceID, string) bool) (*loaded, error) {
	debug.SetGCPercent(gcPercent)
	dir := folder(args)
	if err := checkPath(dir); err != nil {
		return nil, err
	}
	snapshot, err := source.Folder(ctx, dir)
	if err != nil {
		return nil, err
	}
	guards, err := a.guards()
	if err != nil {
		return nil, err
	}
	set := spec.Load(snapshot.Files, spec.Options{
		Prefix: filepath.ToSlash(dir), Owned: owned, Guards: guards, Grant: a.granted, Today: clock.Now(),
		APIVersion: a.azure.apiVersion,
	})
	l, err := a.choose(set)
	if err != nil {
		return nil, err
	}
	l.commit = snapshot.Commit
	specErrors(a.err, l.errors)
	return l, nil
}

// folder is PATH, or where we are.
func folder(args []string) string {
	if len(args) > 0 {
		return args[0]
	}
	return "."
}

// tell prints the notices that are meant for the command.
func (a *app) tell(l *loaded, meant func(spec.Notice) bool) {
	for _, n := range l.notices {
		if meant(n) {
			a.notice("%s", n)
		}
	}
}

// forPlan are the notices that plan and apply tell: all else is for validate.
func forPlan(n spec.Notice) bool { return n.PassedOver() || n.Guard }

// choose takes from a set what --workspace lets through. A workspace.yaml that
// does not even tell its name is let through: it may be the one that is meant.
func (a *app) choose(set *spec.Set) (*loaded, error) {
	l := &loaded{errors: set.Errors, notices: set.Notices}
	var names []string
	for _, ws := range set.Workspaces {
		if ws.ID.Name != "" && !a.selects(ws.ID) {
			names = append(names, ws.ID.Name)
			continue
		}
		l.workspaces = append(l.workspaces, ws)
		l.errors = append(l.errors, ws.Errors...)
		l.notices = append(l.notices, ws.Notices...)
		if len(ws.Errors) == 0 {
			l.chosen = append(l.chosen, ws)
		}
	}
	if len(l.workspaces) == 0 && len(names) > 0 {
		return nil, usage(fmt.Sprintf("no workspace matches --workspace %q", a.workspace), "there is "+strings.Join(names, ", "))
	}
	l.errors = l.errors.Sorted()
	return l, nil
}

// code is exitInvalid when anything is wrong.
func (l *loaded) code() int {
	if len(l.errors) == 0 {
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
	return notBelowWorkspace(dir)
}

// notBelowWorkspace refuses a folder below one that is a workspace.
func notBelowWorkspace(dir string) error {
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
