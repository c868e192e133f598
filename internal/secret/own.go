package secret

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Own is a secret of this program itself, such as the token of a git remote.
// Specs get it under no name: a person who can write specs could have it sent
// elsewhere.
type Own struct {
	Name   string // for errors, such as http.key
	Ref    Ref    // where it is, or
	Folder string // all that is in a folder
}

// OwnFile is the file at an absolute path.
func OwnFile(name, path string) Own {
	return Own{Name: name, Ref: Ref{Scheme: File, Name: filepath.ToSlash(filepath.Clean(path))}}
}

// KeepBack takes things from what ResolveFor gives, whatever the policy says and
// by whatever name, link or copy they are reached. It is called before the first
// ResolveFor.
func (s *Resolver) KeepBack(own ...Own) { s.own = append(s.own, own...) }

// ownRef is the thing of our own that a reference names; nil: none.
func (s *Resolver) ownRef(r Ref) *Own {
	for i := range s.own {
		if s.own[i].Ref == r {
			return &s.own[i]
		}
	}
	return nil
}

// ownFile is the thing of our own that an open file is, by device and inode.
func (s *Resolver) ownFile(file fs.FileInfo) *Own {
	for i := range s.own {
		o := &s.own[i]
		if o.Folder != "" && inFolder(o.Folder, file) {
			return o
		}
		path, err := s.path(o.Ref)
		if err != nil {
			continue // no file
		}
		if info, err := os.Stat(path); err == nil && os.SameFile(info, file) {
			return o
		}
	}
	return nil
}

// inFolder reports whether the file is anywhere in the folder. What cannot be
// read there cannot be what was opened.
func inFolder(folder string, file fs.FileInfo) (found bool) {
	if real, err := filepath.EvalSymlinks(folder); err == nil {
		folder = real
	}
	_ = filepath.WalkDir(folder, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil
		}
		if info, err := e.Info(); err == nil && os.SameFile(info, file) {
			found = true
			return filepath.SkipAll
		}
		return nil
	})
	return found
}

// ownValue is the thing of our own whose value it is. The values are read each
// time, for they are rotated.
func (s *Resolver) ownValue(ctx context.Context, v Value) *Own {
	v = trimmed(v)
	for i := range s.own {
		own, _, err := s.read(ctx, s.own[i].Ref, anyFile)
		if own = trimmed(own); err == nil && !own.IsZero() && own.Equal(v) {
			return &s.own[i]
		}
	}
	return nil
}

// trimmed drops the blanks around a value, which its users do not count.
func trimmed(v Value) Value { return NewValue(strings.TrimSpace(v.Reveal())) }
