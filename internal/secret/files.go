package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxFile bounds what a secret's file may hold: 64 KiB.
const maxFile = 64 << 10

// fileCheck refuses a file that is open; real is where it lies, without links.
type fileCheck func(real string, file fs.FileInfo) error

func anyFile(string, fs.FileInfo) error { return nil }

// path is where the file of a reference is: one that is named by its path, or
// what systemd's LoadCredential= and its kin have put into
// $CREDENTIALS_DIRECTORY (systemd.exec(5)). References of other schemes have none.
func (s *Resolver) path(r Ref) (string, error) {
	switch r.Scheme { //nolint:exhaustive // the others are no files
	case File:
		return filepath.FromSlash(r.Name), nil
	case Credential:
		if dir, ok := s.env("CREDENTIALS_DIRECTORY"); ok && filepath.IsAbs(dir) {
			return filepath.Join(dir, r.Name), nil
		}
		return "", &NotFoundError{r, "this process has no credentials directory", "run it as a systemd service with LoadCredential=, or use secret://env/ or secret://file/"}
	}
	return "", fmt.Errorf("resolve %s: it is no file", r)
}

// missing says what to do about a file that is not there.
func missing(r Ref) string {
	if r.Scheme == Credential {
		return fmt.Sprintf("add LoadCredential=%s:PATH to the unit and restart it", r.Name)
	}
	return "create the file, readable for this process"
}

// checkLink wants the policy to hold for the place where a file really lies as
// well: a link is no way around it. The folders that Kubernetes swaps, such as
// ..data and ..2026_01_31, are no places of their own (kubernetes
// pkg/volume/util/atomic_writer.go).
func (s *Resolver) checkLink(r Ref, to Destination, real string) error {
	if real = filepath.ToSlash(real); r.Scheme != File || real == r.Name {
		return nil
	}
	swapped := func(segment string) bool { return strings.HasPrefix(segment, "..") }
	target := Ref{Scheme: File, Name: strings.Join(slices.DeleteFunc(strings.Split(real, "/"), swapped), "/")}
	if target != r && !s.policy.Allows(target, to) {
		return &NotAllowedError{Ref: r, Real: target}
	}
	return nil
}

// fromFile reads the file of a reference.
func (s *Resolver) fromFile(r Ref, check fileCheck) (Value, error) {
	path, err := s.path(r)
	if err != nil {
		return Value{}, err
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return Value{}, fileError(r, err, missing(r))
	}
	return readSecret(r, real, check)
}

// readSecret reads a regular file of bounded size, less one newline at its
// end. path has no links left in it; what is no regular file is not opened,
// since opening a pipe would wait for its writer.
func readSecret(r Ref, path string, check fileCheck) (Value, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return Value{}, fileError(r, err, missing(r))
	}
	if !info.Mode().IsRegular() {
		return Value{}, fmt.Errorf("resolve %s: it is not a regular file", r)
	}
	f, err := os.Open(path)
	if err != nil {
		return Value{}, fileError(r, err, "make the file readable for this process")
	}
	defer f.Close()
	now, err := f.Stat()
	if err != nil || !os.SameFile(info, now) {
		return Value{}, fmt.Errorf("resolve %s: the file was replaced while it was opened", r)
	}
	if err := check(path, now); err != nil {
		return Value{}, err
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Value{}, fileError(r, err, "make the file readable for this process")
	}
	switch {
	case len(data) > maxFile:
		return Value{}, fmt.Errorf("resolve %s: the file is larger than %d bytes", r, maxFile)
	case int64(len(data)) > now.Size():
		// As in /proc, where environ has every variable of this process (proc(5)).
		return Value{}, fmt.Errorf("resolve %s: the file has more than its size says, so it is not stored on a disk", r)
	}
	text, ok := strings.CutSuffix(string(data), "\r\n")
	if !ok {
		text = strings.TrimSuffix(text, "\n")
	}
	return NewValue(text), nil
}

// fileError words err without the path it repeats: the reference names it.
func fileError(r Ref, err error, way string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return &NotFoundError{r, "there is no such file", way}
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("resolve %s: %w", r, err)
}
