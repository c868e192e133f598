package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/strictyaml"
)

// WorkspaceFile is the file that makes a folder a workspace.
const WorkspaceFile = "workspace.yaml"

// Set is what a tree of spec files declares.
type Set struct {
	Workspaces []*Workspace      // by folder
	Errors     strictyaml.Errors // those of no workspace
	Notices    []Notice
}

// Valid reports whether nothing in the whole set is wrong.
func (s *Set) Valid() bool { return len(s.AllErrors()) == 0 }

// AllErrors are the errors of every workspace and of none, by position.
func (s *Set) AllErrors() strictyaml.Errors {
	all := slices.Clone(s.Errors)
	for _, w := range s.Workspaces {
		all = append(all, w.Errors...)
	}
	return all.Sorted()
}

// AllNotices are the notices of every workspace and of none.
func (s *Set) AllNotices() []Notice {
	all := slices.Clone(s.Notices)
	for _, w := range s.Workspaces {
		all = append(all, w.Notices...)
	}
	return all
}

// Options change how Load reads.
type Options struct {
	Prefix     string                         // put before file names in positions
	Owned      func(WorkspaceID, string) bool // whether a compute of that name is ours; nil: none is
	Guards     Guards                         // judge by guard rails; nil: there are none
	Grant      Grant                          // what the tree may name; the zero value is no limit
	Unguarded  bool                           // pass over the guard rails that a workspace.yaml has of its own: for who only reads
	Today      time.Time                      // the day for what is warned of by date; zero: nothing is
	APIVersion string                         // the configured one, for warnings; "": none is given of what it lacks
	Before     *Set                           // of an earlier state of the same tree: what is as it was is taken from it; may be nil
}

// Summed is a tree that knows what its folders come to: where a folder's sum is
// as it was, so is all that is below it.
type Summed interface{ Sum(dir string) string }

// Load reads every workspace of a tree. It never fails as a whole: what is
// wrong stands in the set, all of it at once.
func Load(tree fs.FS, opt Options) *Set {
	w := &loader{
		tree: tree, prefix: opt.Prefix, owned: opt.Owned, guards: opt.Guards, granted: opt.Grant, unguarded: opt.Unguarded,
		apiVersion: opt.APIVersion, today: opt.Today,
		set:   &Set{},
		names: map[*Compute]place{}, workspaces: map[*Workspace]place{},
		suspects: map[*Workspace][]suspect{}, ignored: map[*Workspace]*ignored{},
		unfollowed: map[*Workspace][]string{},
	}
	w.recall(opt.Before)
	w.folder(".", scope{})
	w.noWorkspace()
	if w.kept && w.twins() { // the errors show places in both files: all is read anew
		opt.Before = nil
		return Load(tree, opt)
	}
	w.sameWorkspace()
	for _, ws := range w.set.Workspaces {
		if w.before[ws.Dir] != ws { // else it is finished, and somebody may be using it
			w.finish(ws)
		}
	}
	w.reportOmitted()
	w.reportStrays()
	return w.set
}

// recall makes known what may be taken from an earlier set: good workspaces
// that their files alone decide about.
func (w *loader) recall(before *Set) {
	if before == nil {
		return
	}
	w.before = make(map[string]*Workspace, len(before.Workspaces))
	for _, ws := range before.Workspaces {
		if ws.Sum != "" && len(ws.Errors) == 0 && !ws.unsure {
			w.before[ws.Dir] = ws
		}
	}
}

// keep takes a workspace from the earlier set if its folder is as it was.
func (w *loader) keep(dir string) bool {
	ws := w.before[w.name(dir)]
	if ws == nil || ws.Sum != w.sum(dir) {
		return false
	}
	w.set.Workspaces = append(w.set.Workspaces, ws)
	w.computes += len(ws.Computes)
	w.kept = true
	return true
}

func (w *loader) sum(dir string) string {
	if tree, ok := w.tree.(Summed); ok {
		return tree.Sum(dir)
	}
	return ""
}

// twins reports whether two folders name one workspace.
func (w *loader) twins() bool {
	keys := make(map[string]bool, len(w.set.Workspaces))
	for _, ws := range w.set.Workspaces {
		if ws.ID.Name != "" {
			if keys[ws.ID.Key()] {
				return true
			}
			keys[ws.ID.Key()] = true
		}
	}
	return false
}

type loader struct {
	tree      fs.FS
	prefix    string
	owned     func(WorkspaceID, string) bool
	guards    Guards
	granted   Grant
	unguarded bool

	apiVersion string
	today      time.Time
	set        *Set
	defaults   map[*Kind]*defaults // of the workspace being read
	hasOwner   bool                // the workspace being read states its owner
	buffer     bytes.Buffer        // of the file being read

	computes, reported, omitted int // what the limits count

	before     map[string]*Workspace // what may be taken from an earlier set, by folder
	kept       bool                  // something was
	names      map[*Compute]place    // where each name stands
	workspaces map[*Workspace]place  // where each workspace_name stands

	suspects map[*Workspace][]suspect
	ignored  map[*Workspace]*ignored

	near       string                  // the first file in no workspace whose name is nearly WorkspaceFile
	stray      int                     // folders of computes in no workspace that were found
	unfollowed map[*Workspace][]string // links that lead out of sight; in no workspace, also submodules
}

type defaults struct {
	values map[string]any
	nodes  map[string]place
}

func (w *loader) name(p string) string { return path.Join(w.prefix, p) }

// problem is an error about a whole file or folder.
func (w *loader) problem(p, format string, args ...any) *strictyaml.Error {
	return &strictyaml.Error{Pos: strictyaml.Pos{File: w.name(p), Line: 1, Col: 1}, Msg: fmt.Sprintf(format, args...)}
}

// read takes a file in.
func (w *loader) read(ws *Workspace, p string) *strictyaml.File {
	data, err := w.readBounded(p)
	if err != nil {
		w.report(ws, w.unreadable(p, err))
		return nil
	}
	if bytes.HasPrefix(data, lfsPointer) {
		w.report(ws, w.problem(p, "a Git LFS pointer, not the file itself").
			WithHint("keep YAML out of Git LFS, of which nothing is fetched: git lfs untrack; in a folder, git lfs pull gets the file"))
		return nil
	}
	file, errs := strictyaml.Parse(w.name(p), data)
	w.report(ws, errs...)
	return file
}

// lfsPointer begins what git has in place of a file that is in Git LFS
// (github.com/git-lfs/git-lfs, docs/spec.md).
var lfsPointer = []byte("version https://git-lfs.github.com/spec/")

// readBounded reads one byte more than a file may have, so that the parser
// refuses a huge file and memory is not filled with it.
func (w *loader) readBounded(p string) ([]byte, error) {
	f, err := w.tree.Open(p)
	if err != nil {
		return nil, err
	}
	w.buffer.Reset()
	_, err = w.buffer.ReadFrom(io.LimitReader(f, strictyaml.MaxBytes+1))
	return slices.Clone(w.buffer.Bytes()), errors.Join(err, f.Close())
}

func (w *loader) file(ws *Workspace, p string) {
	if !w.fits(ws, p, 0) {
		return
	}
	file := w.read(ws, p)
	if file == nil || !w.fits(ws, p, len(file.Docs)) {
		return
	}
	for _, doc := range file.Docs {
		if x := w.document(ws, file, doc); x != nil {
			ws.Computes = append(ws.Computes, x)
			w.names[x] = place{file, doc.Root.Pos}
			if n := doc.Root.Get("name"); !n.IsNull() {
				w.names[x] = place{file, n.Pos}
			}
		}
	}
	file.Docs = nil // errors need the text and the masks alone
}

// sameWorkspace reports folders that name one workspace.
func (w *loader) sameWorkspace() {
	first := map[string]*Workspace{}
	for _, ws := range w.set.Workspaces {
		if ws.ID.Name == "" {
			continue
		}
		other := first[ws.ID.Key()]
		if other == nil {
			first[ws.ID.Key()] = ws
			continue
		}
		for _, pair := range [][2]*Workspace{{ws, other}, {other, ws}} {
			at := w.workspaces[pair[0]]
			w.report(pair[0], at.file.Errorf(at.pos, "workspace %s is declared in %s too", ws.ID, pair[1].File).
				WithHint("keep one folder for each workspace"))
		}
	}
}

// finish checks what holds between computes and puts them in order.
func (w *loader) finish(ws *Workspace) {
	slices.SortStableFunc(ws.Computes, func(a, b *Compute) int { return strings.Compare(a.Key(), b.Key()) })
	names, attached := map[string]*Compute{}, ByUnderlying[*Compute]{}
	for _, x := range ws.Computes {
		if other := names[x.Key()]; other != nil && x.Name != "" {
			w.twice(ws, x, other, "two computes are named %s: here and at %s:%d", "rename one, or remove it")
		}
		names[x.Key()] = x
		own := x.Underlying()
		for _, a := range own {
			if others := attached.Overlapping(a); len(others) > 0 {
				what, hint := clash(x, others[0])
				w.twice(ws, x, others[0], "%s attaches what is attached already at %s:%d; a second attachment breaks the first"+what, hint)
				break
			}
		}
		for _, a := range own {
			attached.Add(a, x)
		}
	}
	w.judgeSuspects(ws, names)
	w.reportIgnored(ws)
	w.reportUnfollowed(ws)
	ws.Errors = ws.Errors.Sorted()
}

func (w *loader) twice(ws *Workspace, x, other *Compute, format, hint string) {
	at := w.names[x]
	w.report(ws, at.file.Errorf(at.pos, format, x.Name, other.File, w.names[other].pos.Line).WithHint("%s", hint))
}

// isYAML reports whether a file holds specs, by its name in any case: to rename
// one to .YML must not take its computes away.
func isYAML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

// cause strips the operation and path that fs errors repeat.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
