package export

import (
	"bytes"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// tree is a folder as it would be: what is there, and our files over it. Only
// what package spec asks of a tree is there for our files.
type tree struct {
	under fs.FS // nil for nothing
	files map[string][]byte
}

// has returns the content of a file at the top of the tree.
func (t tree) has(name string) ([]byte, bool) {
	data, err := t.ReadFile(name)
	return data, err == nil
}

// ReadFile returns our file, or the one below it.
func (t tree) ReadFile(name string) ([]byte, error) {
	if data, ok := t.files[name]; ok {
		return data, nil
	}
	if t.under == nil {
		return nil, missing("open", name)
	}
	return fs.ReadFile(t.under, name)
}

// Stat describes a file or folder.
func (t tree) Stat(name string) (fs.FileInfo, error) {
	if data, ok := t.files[name]; ok {
		return fileInfo{name, int64(len(data))}, nil
	}
	if t.under == nil {
		return nil, missing("stat", name)
	}
	return fs.Stat(t.under, name)
}

// ReadDir lists a folder; ours are all at the top.
func (t tree) ReadDir(name string) ([]fs.DirEntry, error) {
	var entries []fs.DirEntry
	if t.under != nil {
		var err error
		if entries, err = fs.ReadDir(t.under, name); err != nil {
			return nil, err
		}
	}
	if name != "." {
		return entries, nil
	}
	entries = slices.DeleteFunc(slices.Clone(entries), func(e fs.DirEntry) bool { return t.files[e.Name()] != nil })
	for name, data := range t.files {
		entries = append(entries, fs.FileInfoToDirEntry(fileInfo{name, int64(len(data))}))
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// Open opens a file.
func (t tree) Open(name string) (fs.File, error) {
	data, ok := t.files[name]
	if ok {
		return &openFile{bytes.NewReader(data), fileInfo{name, int64(len(data))}}, nil
	}
	if t.under == nil {
		return nil, missing("open", name)
	}
	return t.under.Open(name)
}

func missing(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist} }

type openFile struct {
	*bytes.Reader
	info fileInfo
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *openFile) Close() error               { return nil }

type fileInfo struct {
	name string
	size int64
}

func (i fileInfo) Name() string     { return i.name }
func (i fileInfo) Size() int64      { return i.size }
func (fileInfo) Mode() fs.FileMode  { return 0o644 }
func (fileInfo) ModTime() time.Time { return time.Time{} }
func (fileInfo) IsDir() bool        { return false }
func (fileInfo) Sys() any           { return nil }
