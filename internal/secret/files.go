package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxFile bounds what a secret's file may hold: 64 KiB.
const maxFile = 64 << 10

// fromFile reads a file. The policy must hold for the place it really lies in
// as well: a link is no way around it.
func (s *Resolver) fromFile(r Ref) (Value, error) {
	real, err := filepath.EvalSymlinks(r.Name)
	if err != nil {
		return Value{}, fileError(r, err, "create the file, readable for this process")
	}
	if real != r.Name {
		if target := (Ref{Scheme: File, Name: filepath.ToSlash(real)}); !s.policy.Allows(target) {
			return Value{}, &NotAllowedError{Ref: r, Real: target}
		}
	}
	return readSecret(r, real)
}

// fromCredential reads what systemd's LoadCredential= and its kin have put
// into $CREDENTIALS_DIRECTORY (systemd.exec(5)).
func (s *Resolver) fromCredential(r Ref) (Value, error) {
	dir, ok := s.env("CREDENTIALS_DIRECTORY")
	if !ok || !filepath.IsAbs(dir) {
		return Value{}, &NotFoundError{r, "this process has no credentials directory", "run it as a systemd service with LoadCredential=, or use secret://env/ or secret://file/"}
	}
	real, err := filepath.EvalSymlinks(filepath.Join(dir, r.Name))
	if err != nil {
		return Value{}, fileError(r, err, fmt.Sprintf("add LoadCredential=%s:PATH to the unit and restart it", r.Name))
	}
	return readSecret(r, real)
}

// readSecret reads a regular file of bounded size, less one newline at its
// end. path has no links left in it; what is no regular file is not opened,
// since opening a pipe would wait for its writer.
func readSecret(r Ref, path string) (Value, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return Value{}, fileError(r, err, "create the file, readable for this process")
	}
	if !info.Mode().IsRegular() {
		return Value{}, fmt.Errorf("resolve %s: it is not a regular file", r)
	}
	f, err := os.Open(path)
	if err != nil {
		return Value{}, fileError(r, err, "make the file readable for this process")
	}
	defer f.Close()
	if now, err := f.Stat(); err != nil || !os.SameFile(info, now) {
		return Value{}, fmt.Errorf("resolve %s: the file was replaced while it was opened", r)
	}
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return Value{}, fileError(r, err, "make the file readable for this process")
	}
	if len(data) > maxFile {
		return Value{}, fmt.Errorf("resolve %s: the file is larger than %d bytes", r, maxFile)
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
