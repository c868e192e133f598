package spec

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/strictyaml"
)

// scope is what a folder is in.
type scope struct {
	ws    *Workspace // nil: in none
	root  string     // the workspace's folder in the tree
	near  string     // in none: the file here or above whose name is nearly WorkspaceFile
	stray bool       // in none: that computes lie here or above is reported
}

// folder reads dir and what is below it.
func (w *loader) folder(dir string, in scope) {
	entries, err := fs.ReadDir(w.tree, dir)
	if err != nil {
		w.report(in.ws, w.problem(dir, "read folder: %v", cause(err)))
		return
	}
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == WorkspaceFile }) {
		file := path.Join(dir, WorkspaceFile)
		if in.ws != nil {
			w.report(in.ws, w.problem(file, "a workspace inside the workspace of %s", in.ws.File).
				WithHint("move the folder beside the other, or remove one of the two files"))
		} else if !w.hasRoom(dir) || w.keep(dir) {
			return
		} else {
			in = scope{ws: w.workspace(dir, file), root: dir}
		}
	}
	if in.ws == nil {
		w.strays(dir, entries, &in)
	}
	for _, e := range entries {
		w.entry(e, path.Join(dir, e.Name()), in)
	}
}

// entry reads what a folder has.
func (w *loader) entry(e fs.DirEntry, p string, in scope) {
	isSpec := isYAML(e.Name())
	switch {
	case strings.HasPrefix(e.Name(), "."):
	case (e.IsDir() || isSpec) && hiddenIn(e.Name()) != "":
		const format = "the name %q has the character %s, which can hide or reorder text"
		w.report(in.ws, w.problem(path.Dir(p), format, e.Name(), hiddenIn(e.Name())).WithHint("rename it"))
	case in.ws != nil && e.Name() != WorkspaceFile && w.ignores(e, p, in):
	case e.IsDir():
		w.folder(p, in)
	case e.Name() == "workspace.yml":
		w.report(in.ws, w.problem(p, "%s is the name that makes a folder a workspace", WorkspaceFile).WithHint("rename the file"))
	case e.Name() == WorkspaceFile:
	case !isSpec && e.Type()&(fs.ModeSymlink|fs.ModeIrregular) == 0:
	case in.ws == nil && !isSpec:
		w.unfollowed[nil] = append(w.unfollowed[nil], p)
	case in.ws == nil:
	case !e.Type().IsRegular():
		w.unread(p, in.ws)
	default:
		w.file(in.ws, p)
	}
}

// unread says of what is listed, and cannot be read, what the tree says of it.
func (w *loader) unread(p string, ws *Workspace) {
	err := w.problem(p, "not a regular file")
	if _, reason := w.readBounded(p); reason != nil {
		err = w.unreadable(p, reason)
		var away interface {
			error
			OutOfSight() bool
		}
		if errors.As(reason, &away) && away.OutOfSight() {
			w.unfollowed[ws] = append(w.unfollowed[ws], p)
			return
		}
	}
	w.report(ws, err)
}

// unreadable is why the tree gives no file; some reasons say what to do.
func (w *loader) unreadable(p string, reason error) *strictyaml.Error {
	var hinted interface {
		error
		Hint() string
	}
	if errors.As(reason, &hinted) {
		return w.problem(p, "%s", hinted.Error()).WithHint("%s", hinted.Hint())
	}
	return w.problem(p, "read file: %v", cause(reason))
}

// hiddenIn names the first character of a file's name that does not show; "" is
// none.
func hiddenIn(name string) string {
	for _, r := range name {
		if output.Hidden(r) {
			return fmt.Sprintf("%U", r)
		}
	}
	return ""
}
