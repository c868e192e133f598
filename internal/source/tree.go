package source

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

var (
	errSubmodule = &hintedError{
		"a submodule: its files are not in the repository",
		"put the files into this repository, or make the other one a source of its own",
	}
	errNoFile = &hintedError{"not a regular file", "replace it by a file"}
)

// node is one entry of a snapshot: a folder, a YAML file, or something that must be
// seen but cannot be read. It is its own FileInfo and DirEntry, and never changes
// once the snapshot is handed out.
type node struct {
	name     string
	mode     fs.FileMode
	sum      string  // tells contents apart
	data     []byte  // of a regular file
	target   string  // of a symlink
	why      error   // it cannot be read; nil: it can
	children []*node // of a folder, sorted by name
}

func (n *node) Name() string               { return n.name }
func (n *node) Size() int64                { return int64(len(n.data)) }
func (n *node) Mode() fs.FileMode          { return n.mode }
func (n *node) Type() fs.FileMode          { return n.mode.Type() }
func (n *node) ModTime() time.Time         { return time.Time{} }
func (n *node) IsDir() bool                { return n.mode.IsDir() }
func (n *node) Sys() any                   { return nil }
func (n *node) Info() (fs.FileInfo, error) { return n, nil }
func (n *node) String() string             { return fs.FormatDirEntry(n) }

func newDir(name string) *node { return &node{name: name, mode: fs.ModeDir | 0o555} }

func newFile(name string, data []byte, sum string) *node {
	return &node{name: name, mode: 0o444, sum: sum, data: data}
}

// newOther is an entry that is visible, but never readable.
func newOther(name string, kind fs.FileMode, target string, why error) *node {
	return &node{name: name, mode: kind, sum: why.Error() + "\x00" + target, target: target, why: why}
}

// add appends child unless it is a folder without anything to see in it.
func (n *node) add(child *node) {
	if child.IsDir() && len(child.children) == 0 {
		return
	}
	n.children = append(n.children, child)
}

// seal ends a folder: it gets no more children.
func (n *node) seal() {
	slices.SortFunc(n.children, func(a, b *node) int { return strings.Compare(a.name, b.name) })
	h := sha256.New()
	for _, c := range n.children {
		fmt.Fprintf(h, "%q %v %q\n", c.name, c.mode, c.sum)
	}
	n.sum = hex.EncodeToString(h.Sum(nil))
}

func (n *node) child(name string) *node {
	i, ok := slices.BinarySearchFunc(n.children, name, func(c *node, name string) int { return strings.Compare(c.name, name) })
	if !ok {
		return nil
	}
	return n.children[i]
}

// isYAML says whether a file of this name is a spec.
func isYAML(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

// isHidden says whether a folder of this name is left out: those that begin with a dot are.
func isHidden(name string) bool { return strings.HasPrefix(name, ".") }

// tree is the fs.FS over a root node.
type tree struct{ root *node }

func (t tree) find(op, name string) (*node, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	n := t.root
	for rest := name; rest != "." && rest != ""; {
		var first string
		first, rest, _ = strings.Cut(rest, "/")
		if n = n.child(first); n == nil {
			return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
		}
	}
	return n, nil
}

// Sum tells without reading what a folder comes to: of equal sums the names and
// contents below are equal, links as what they lead to. It is empty for what is
// not there.
func (t tree) Sum(dir string) string {
	n, err := t.find("sum", dir)
	if err != nil {
		return ""
	}
	return n.sum
}

// Open opens a file or a folder; what cannot be read is an error that says why, and has a Hint.
func (t tree) Open(name string) (fs.File, error) {
	n, err := t.find("open", name)
	if err != nil {
		return nil, err
	}
	if n.why != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: n.why}
	}
	if n.IsDir() {
		return &openDir{node: n}, nil
	}
	return &openFile{node: n, Reader: bytes.NewReader(n.data)}, nil
}

// ReadFile returns a copy of the file's content.
func (t tree) ReadFile(name string) ([]byte, error) {
	n, err := t.find("read", name)
	if err != nil {
		return nil, err
	}
	if n.why != nil {
		return nil, &fs.PathError{Op: "read", Path: name, Err: n.why}
	}
	if n.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errNoFile}
	}
	return slices.Clone(n.data), nil
}

// ReadDir lists a folder, sorted by name.
func (t tree) ReadDir(name string) ([]fs.DirEntry, error) {
	n, err := t.find("readdir", name)
	if err != nil {
		return nil, err
	}
	if !n.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a folder")}
	}
	return (&openDir{node: n}).ReadDir(-1)
}

// Stat describes an entry; a symlink that is not followed is described as one, so
// that nobody takes it for missing.
func (t tree) Stat(name string) (fs.FileInfo, error) { return t.Lstat(name) }

// Lstat is Stat: links are resolved when the snapshot is made, never after.
func (t tree) Lstat(name string) (fs.FileInfo, error) {
	n, err := t.find("stat", name)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// ReadLink returns where a symlink that is not followed points.
func (t tree) ReadLink(name string) (string, error) {
	n, err := t.find("readlink", name)
	if err != nil {
		return "", err
	}
	if n.Type() != fs.ModeSymlink {
		return "", &fs.PathError{Op: "readlink", Path: name, Err: fs.ErrInvalid}
	}
	return n.target, nil
}

type openFile struct {
	*bytes.Reader
	node *node
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.node, nil }
func (f *openFile) Close() error               { return nil }

type openDir struct {
	node *node
	next int
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.node, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.node.name, Err: errNoFile}
}

func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.node.children[d.next:]
	if n > 0 {
		if len(rest) == 0 {
			return nil, io.EOF
		}
		rest = rest[:min(n, len(rest))]
	}
	d.next += len(rest)
	list := make([]fs.DirEntry, len(rest))
	for i, child := range rest {
		list[i] = child
	}
	return list, nil
}
