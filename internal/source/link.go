package source

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// link follows a symlink that leads to a file inside the tree; any other stays visible as one.
func (r *commitReader) link(entry *object.TreeEntry, in string) (*node, error) {
	target, err := r.target(entry.Hash)
	if err != nil {
		return nil, err
	}
	unfollowed := newOther(entry.Name, fs.ModeSymlink, target)
	found, err := r.resolve(in, target)
	switch {
	case errors.Is(err, errLeaves):
		return unfollowed, nil
	case err != nil:
		return nil, err
	case !isRegular(found.Mode):
		return unfollowed, nil
	case !isYAML(entry.Name):
		return nil, nil
	}
	return r.file(entry.Name, found.Hash)
}

// target is where a symlink points. Each gets a text of its own, whatever they share in git.
func (r *commitReader) target(hash plumbing.Hash) (string, error) {
	data, err := r.blob(hash)
	if err != nil {
		return "", err
	}
	if len(data) > maxTarget {
		return "", problem(Broken, fmt.Sprintf("symlink %s has more than %d bytes", hash, maxTarget))
	}
	return string(data), r.budget.take(int64(len(data)))
}

// resolve walks target from the folder in as the kernel would, and returns the
// entry it leads to, or errLeaves where it leads nowhere or out of the tree.
func (r *commitReader) resolve(in, target string) (*object.TreeEntry, error) {
	const maxLinks = 40 // as Linux
	trail, err := r.trail(in)
	if err != nil {
		return nil, err
	}
	todo := []string{target}
	for links := 0; len(todo) > 0; {
		if strings.HasPrefix(todo[0], "/") {
			return nil, errLeaves
		}
		name, rest, more := strings.Cut(todo[0], "/")
		if todo = todo[1:]; more {
			todo = append([]string{strings.TrimLeft(rest, "/")}, todo...)
		}
		entry, err := r.step(&trail, name)
		switch {
		case err != nil:
			return nil, err
		case entry == nil: // a folder, and we are in it
		case entry.Mode == filemode.Symlink:
			next, err := r.target(entry.Hash)
			if err != nil {
				return nil, err
			}
			if links++; links > maxLinks {
				return nil, errLeaves
			}
			todo = append([]string{next}, todo...)
		case len(todo) == 0:
			return entry, nil
		default:
			return nil, errLeaves // a file where a folder is needed
		}
	}
	return nil, errLeaves // a folder
}

// step goes one name along, up or down the trail; what is not a folder it returns.
func (r *commitReader) step(trail *[]*object.Tree, name string) (*object.TreeEntry, error) {
	if err := r.budget.step(); err != nil {
		return nil, err
	}
	last := len(*trail) - 1
	switch name {
	case "", ".":
		return nil, nil
	case "..":
		if last == 0 {
			return nil, errLeaves
		}
		*trail = (*trail)[:last]
		return nil, nil
	}
	entry := entryOf((*trail)[last], name)
	if entry == nil {
		return nil, errLeaves
	}
	if entry.Mode != filemode.Dir {
		return entry, nil
	}
	tree, err := r.tree(entry.Hash)
	*trail = append(*trail, tree)
	return nil, err
}

// trail returns the trees from the root down to the folder in, which was just read.
func (r *commitReader) trail(in string) ([]*object.Tree, error) {
	trail := []*object.Tree{r.root}
	for name := range strings.SplitSeq(in, "/") {
		if _, err := r.step(&trail, name); err != nil {
			return nil, err
		}
	}
	return trail, nil
}
