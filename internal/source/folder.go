package source

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// Folder returns the YAML files below path as they are on disk, committed or not.
// Its Commit is "sha256:" and the hash of their names and contents. The errors are *Error.
func Folder(ctx context.Context, path string) (*Snapshot, error) {
	snap, err := readFolder(ctx, path, ".", defaultMaxBytes)
	if err != nil {
		return nil, finish(ctx, err, path)
	}
	return snap, nil
}

func readFolder(ctx context.Context, dir, below string, limit int64) (*Snapshot, error) {
	root, err := openFolder(dir, below)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	r := folderReader{ctx: ctx, root: root, files: root.FS(), sum: sha256.New(), budget: newBudget(limit)}
	r.links.dir = filepath.Join(dir, below)
	defer r.links.close()
	top := newDir(".")
	if err := r.read(top, "."); err != nil {
		return nil, err
	}
	return &Snapshot{Commit: contentPrefix + hex.EncodeToString(r.sum.Sum(nil)), Files: tree{top}}, nil
}

func openFolder(dir, below string) (*os.Root, error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, folderError(err)
	case !info.IsDir():
		e := problem(NotFound, "it is a file, not a folder")
		e.hint = "give the folder that holds workspace.yaml, or one above it"
		return nil, e
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, folderError(err)
	}
	if below == "." {
		return root, nil
	}
	defer root.Close()
	inner, err := root.OpenRoot(below)
	if err != nil {
		return nil, problem(NoPath, fmt.Sprintf("%s: %s", below, cause(err)))
	}
	return inner, nil
}

func folderError(err error) *Error {
	if errors.Is(err, fs.ErrNotExist) {
		return problem(NotFound, "no such file or folder")
	}
	e := problem(Broken, cause(err).Error())
	e.hint = "check that the folder and its files may be read by this user"
	return e
}

// cause drops the operation and path that package os puts before the reason.
func cause(err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		return pathErr.Err
	}
	return err
}

type folderReader struct {
	ctx    context.Context
	root   *os.Root
	files  fs.FS
	sum    hash.Hash
	budget *budget
	links  disk
}

// read fills dir with the entries of the folder called name.
func (r *folderReader) read(dir *node, name string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := tooDeep(name); err != nil {
		return err
	}
	entries, err := fs.ReadDir(r.files, name)
	if err != nil {
		return r.fail(name, err)
	}
	for _, entry := range entries {
		if err := r.budget.entry(); err != nil {
			return err
		}
		child, err := r.entry(entry, path.Join(name, entry.Name()))
		if err != nil {
			return err
		}
		if child == nil {
			continue
		}
		if err := r.budget.take(costNode); err != nil {
			return err
		}
		dir.add(child)
	}
	dir.seal()
	return nil
}

// entry reads one entry, or returns nil for what is no business of ours.
func (r *folderReader) entry(entry fs.DirEntry, name string) (*node, error) {
	switch kind := entry.Type(); {
	case kind.IsDir():
		if isHidden(entry.Name()) {
			return nil, nil
		}
		child := newDir(entry.Name())
		return child, r.read(child, name)
	case kind == fs.ModeSymlink:
		return r.link(entry.Name(), name)
	case !isYAML(entry.Name()):
		return nil, nil
	case kind == 0:
		return r.file(entry.Name(), name, name)
	default:
		child := newOther(entry.Name(), kind, "", errNoFile)
		r.other(name, child)
		return child, nil
	}
}

// link follows a symlink that leads to a file inside the folder; any other stays visible as one.
func (r *folderReader) link(base, name string) (*node, error) {
	target, err := r.root.Readlink(name)
	if err != nil {
		return nil, r.fail(name, err)
	}
	file, end, err := r.links.ends(r.budget, path.Dir(name), target)
	switch {
	case err != nil:
		return nil, r.fail(name, err)
	case end == toFile && isYAML(base):
		return r.file(base, name, file)
	}
	child := linkNode(base, target, end)
	if child != nil {
		r.other(name, child)
	}
	return child, nil
}

// file reads the file at a path as the entry of that name.
func (r *folderReader) file(base, name, at string) (*node, error) {
	file, err := r.root.Open(at)
	if err != nil {
		return nil, r.fail(name, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, r.budget.bytes+1))
	if err != nil {
		return nil, r.fail(name, err)
	}
	if err := r.budget.take(int64(len(data))); err != nil {
		return nil, err
	}
	fmt.Fprintf(r.sum, "file %q %d\n", name, len(data))
	r.sum.Write(data)
	sum := sha256.Sum256(data)
	return newFile(base, data, hex.EncodeToString(sum[:])), nil
}

// other takes what cannot be read into the sum.
func (r *folderReader) other(name string, n *node) {
	fmt.Fprintf(r.sum, "other %q %v %q\n", name, n.mode, n.sum)
}

// fail reports an entry that cannot be read: a set with a hole in it is not a set.
func (r *folderReader) fail(name string, err error) error {
	if typed := (*Error)(nil); errors.As(err, &typed) {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return problem(Broken, name+": vanished while the folder was read")
	}
	e := folderError(err)
	e.Detail = name + ": " + e.Detail
	return e
}
