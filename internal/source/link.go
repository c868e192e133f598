package source

import (
	"errors"
	"io/fs"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
)

// link follows a symlink that leads to a file inside the tree; any other stays visible as one.
func (r *commitReader) link(entry *object.TreeEntry, in string) (*node, error) {
	data, err := r.blob(entry.Hash)
	if err != nil {
		return nil, err
	}
	unfollowed := newOther(entry.Name, fs.ModeSymlink, string(data))
	found, err := r.resolve(in, string(data))
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

// resolve walks target from the folder in as the kernel would, and returns the
// entry it leads to, or errLeaves where it leads nowhere or out of the tree.
func (r *commitReader) resolve(in, target string) (*object.TreeEntry, error) {
	const maxLinks = 40 // as Linux
	todo := strings.Split(target, "/")
	var trail []*object.Tree // the folders from the root down to where we stand
	trail, err := r.trail(in)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(target, "/") {
		return nil, errLeaves
	}
	for links := 0; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			if len(trail) == 1 {
				return nil, errLeaves
			}
			trail = trail[:len(trail)-1]
			continue
		}
		entry := entryOf(trail[len(trail)-1], name)
		switch {
		case entry == nil:
			return nil, errLeaves
		case entry.Mode == filemode.Dir:
			tree, err := r.tree(entry.Hash)
			if err != nil {
				return nil, err
			}
			trail = append(trail, tree)
		case entry.Mode == filemode.Symlink:
			data, err := r.blob(entry.Hash)
			if err != nil {
				return nil, err
			}
			if links++; links > maxLinks || strings.HasPrefix(string(data), "/") {
				return nil, errLeaves
			}
			todo = append(strings.Split(string(data), "/"), todo...)
		case len(todo) == 0:
			return entry, nil
		default:
			return nil, errLeaves // a file where a folder is needed
		}
	}
	return nil, errLeaves // a folder
}

// trail returns the trees from the root down to the folder in, which was just read.
func (r *commitReader) trail(in string) ([]*object.Tree, error) {
	trail := []*object.Tree{r.root}
	for rest := in; rest != "." && rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		tree, err := r.tree(entryOf(trail[len(trail)-1], name).Hash)
		if err != nil {
			return nil, err
		}
		trail = append(trail, tree)
	}
	return trail, nil
}
