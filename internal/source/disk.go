package source

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
)

// disk is the land of a folder's links: the work tree that the folder is in, as far as
// a commit of it could have it, else the folder itself.
type disk struct {
	dir   string   // the folder that is read
	root  *os.Root // opened for the first link
	below string   // where dir is in it
	top   ending
}

func (d *disk) open() error {
	if d.root != nil {
		return nil
	}
	top, below, err := worktree(d.dir)
	if err == nil && top != "" {
		if d.root, err = os.OpenRoot(top); err == nil {
			d.below, d.top = below, outOfRepository
			return nil
		}
	}
	d.below, d.top = ".", outOfFolder
	d.root, err = os.OpenRoot(d.dir)
	return err
}

func (d *disk) close() {
	if d.root != nil {
		d.root.Close()
	}
}

// ends returns where a link in one of the folder's folders leads, see walker.ends.
func (d *disk) ends(budget *budget, in, target string) (file string, end ending, err error) {
	if err := d.open(); err != nil {
		return "", 0, err
	}
	w := walker[string]{land: d, budget: budget, trail: []string{"."}, top: d.top}
	if err := w.enter(path.Join(d.below, in)); err != nil {
		return "", 0, err
	}
	return w.ends(d.below, target)
}

func (d *disk) spot(in, name string) (spot[string], error) {
	if strings.EqualFold(name, ".git") {
		return nothing[string]() // no commit has it
	}
	at := path.Join(in, name)
	info, err := d.root.Lstat(at)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENAMETOOLONG):
		return nothing[string]()
	case err != nil:
		return spot[string]{}, err
	}
	s := spot[string]{kind: info.Mode().Type(), folder: at}
	if s.kind == fs.ModeSymlink {
		s.target, err = d.root.Readlink(at)
	}
	return s, err
}
