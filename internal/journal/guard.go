package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// UnsafeError says that a part of the state is where somebody else could have
// put it, or could change it.
type UnsafeError struct{ Path, Why, Way string }

func (e *UnsafeError) Error() string { return e.Path + ": " + e.Why }

// Hint says what to do about it.
func (e *UnsafeError) Hint() string { return e.Way }

// unshared are the bits that the folder and the file of a journal must
// not have: what is written there decides what is ours.
const unshared fs.FileMode = 0o022

// secretBits are those that the file of a key must not have.
const secretBits fs.FileMode = 0o077

// CheckFolder returns an *UnsafeError unless a state folder, and what is in it,
// can be written by one user and root alone, and is no part of a git work tree.
// Neither must exist.
func CheckFolder(dir string, user int) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := guard(dir, user, unshared); err != nil {
		return err
	}
	return guard(filepath.Join(dir, fileName), user, unshared)
}

// CheckKeyFile returns an *UnsafeError unless the file of a key can be read by
// one user and root alone, and is no part of a git work tree. It may be missing.
func CheckKeyFile(path string, user int) error { return guard(path, user, secretBits) }

// mostLinks is how many symbolic links a path may lead through, as for Linux.
const mostLinks = 40

// guard checks every folder and link on the way to an absolute path, and that
// what is there has none of the forbidden bits. It ends where nothing exists.
func guard(path string, user int, forbidden fs.FileMode) error {
	for range mostLinks {
		next, err := walkTo(path, user, forbidden)
		if err != nil || next == "" {
			return err
		}
		path = next
	}
	return &UnsafeError{path, "it leads through too many symbolic links", "name the folder itself"}
}

// walkTo goes down a path to its end, or to the first link on it: then it
// returns where the path continues.
func walkTo(path string, user int, forbidden fs.FileMode) (next string, err error) {
	at, rest := "/", strings.TrimPrefix(path, "/")
	for {
		info, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		bits := forbidden
		if rest != "" {
			bits = sharedBits(info)
		}
		if err := guardOne(at, info, user, bits); err != nil {
			return "", err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(at)
			if !filepath.IsAbs(target) {
				target = filepath.Join(filepath.Dir(at), target)
			}
			return filepath.Join(target, rest), err
		}
		if rest == "" {
			return "", nil
		}
		name, below, _ := strings.Cut(rest, "/")
		at, rest = filepath.Join(at, name), below
	}
}

// sharedBits are those by which others could replace what is in a folder. With
// the sticky bit they cannot; and a group of the owner's own number is the
// owner's private group.
func sharedBits(info fs.FileInfo) fs.FileMode {
	owner, group := owners(info)
	switch {
	case info.Mode()&fs.ModeSticky != 0:
		return 0
	case owner == group:
		return 0o002
	}
	return 0o022
}

const decides = "what is written there decides what is ours"

// guardOne checks a single file, link or folder.
func guardOne(at string, info fs.FileInfo, user int, forbidden fs.FileMode) error {
	owner, _ := owners(info)
	if owner != 0 && owner != user {
		return &UnsafeError{
			at, fmt.Sprintf("it belongs to user %d, and this is user %d: "+decides, owner, user),
			fmt.Sprintf("run as its owner, or choose another place; or, if you trust what is there: chown %d %s", user, at),
		}
	}
	if mode := info.Mode(); mode&fs.ModeSymlink == 0 && mode&forbidden != 0 {
		return &UnsafeError{
			at, fmt.Sprintf("others may use it (mode %04o): "+decides, mode.Perm()),
			fmt.Sprintf("choose another place; or, if you trust what is there: chmod %s %s", withoutBits(forbidden), at),
		}
	}
	if _, err := os.Lstat(filepath.Join(at, ".git")); info.IsDir() && err == nil {
		return &UnsafeError{
			at, "it is a git work tree: who can merge could replace what decides what is ours",
			"choose a folder outside of it, such as one in the runner's temporary folder",
		}
	}
	return nil
}

// withoutBits says to chmod what takes bits away.
func withoutBits(bits fs.FileMode) string {
	if bits&0o055 != 0 {
		return "go="
	}
	return "go-w"
}

// owners are the user and the group that a file belongs to.
func owners(info fs.FileInfo) (user, group int) {
	stat := info.Sys().(*syscall.Stat_t) // what os.Lstat gives on Unix
	return int(stat.Uid), int(stat.Gid)
}
