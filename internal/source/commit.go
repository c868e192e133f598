package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// readCommit makes the snapshot of a commit from the objects in store. It reads all
// it needs, so that nothing that happens to the store later can change the snapshot.
func readCommit(ctx context.Context, store storer.EncodedObjectStorer, hash plumbing.Hash, below string, limit int64) (*Snapshot, error) {
	commit, err := object.GetCommit(store, hash)
	if err != nil {
		return nil, fmt.Errorf("read commit %s: %w", hash, err)
	}
	r := commitReader{ctx: ctx, store: store, budget: newBudget(limit)}
	if r.root, err = r.folder(commit, below); err != nil {
		return nil, err
	}
	top := newDir(".")
	if err := r.read(top, r.root, "."); err != nil {
		return nil, err
	}
	return &Snapshot{
		Commit:  hash.String(),
		Files:   tree{top},
		Author:  oneLine(commit.Author.Name),
		Subject: oneLine(subject(commit.Message)),
		When:    commit.Committer.When,
	}, nil
}

func subject(message string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return line
}

type commitReader struct {
	ctx    context.Context
	store  storer.EncodedObjectStorer
	root   *object.Tree // the tree the snapshot is rooted at; links may not leave it
	budget budget
}

// folder finds the tree of the folder the snapshot is rooted at.
func (r *commitReader) folder(commit *object.Commit, below string) (*object.Tree, error) {
	tree, err := object.GetTree(r.store, commit.TreeHash)
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", commit.TreeHash, err)
	}
	for rest := below; rest != "." && rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		entry := entryOf(tree, name)
		switch {
		case entry == nil:
			return nil, problem(NoPath, fmt.Sprintf("%s, at commit %s", below, commit.Hash))
		case entry.Mode != filemode.Dir:
			return nil, problem(NoPath, fmt.Sprintf("%s, at commit %s: %s is not a folder", below, commit.Hash, name))
		}
		if tree, err = object.GetTree(r.store, entry.Hash); err != nil {
			return nil, fmt.Errorf("read tree %s: %w", entry.Hash, err)
		}
	}
	return tree, nil
}

// entryOf is Tree.FindEntry for one name, without the map that it builds.
func entryOf(tree *object.Tree, name string) *object.TreeEntry {
	for i := range tree.Entries {
		if tree.Entries[i].Name == name {
			return &tree.Entries[i]
		}
	}
	return nil
}

// read fills dir with the entries of tree, the folder called name.
func (r *commitReader) read(dir *node, tree *object.Tree, name string) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	for i := range tree.Entries {
		if err := r.budget.entry(); err != nil {
			return err
		}
		child, err := r.entry(&tree.Entries[i], name)
		if err != nil {
			return err
		}
		if child != nil {
			dir.add(child)
		}
	}
	dir.sort() // git sorts a folder as if its name ended in a slash
	return nil
}

// entry reads one entry of the folder in, or returns nil for what is no business of ours.
func (r *commitReader) entry(entry *object.TreeEntry, in string) (*node, error) {
	if !fs.ValidPath(entry.Name) || strings.Contains(entry.Name, "/") || entry.Name == "." {
		return nil, problem(Broken, fmt.Sprintf("a file in %s has the name %q", in, entry.Name))
	}
	switch {
	case entry.Mode == filemode.Dir:
		if isHidden(entry.Name) {
			return nil, nil
		}
		tree, err := object.GetTree(r.store, entry.Hash)
		if err != nil {
			return nil, fmt.Errorf("read tree %s: %w", entry.Hash, err)
		}
		child := newDir(entry.Name)
		return child, r.read(child, tree, path.Join(in, entry.Name))
	case entry.Mode == filemode.Symlink:
		return r.link(entry, in)
	case entry.Mode == filemode.Submodule:
		return newOther(entry.Name, fs.ModeIrregular, ""), nil
	case !isYAML(entry.Name):
		return nil, nil
	case isRegular(entry.Mode):
		return r.file(entry.Name, entry.Hash)
	default:
		return newOther(entry.Name, fs.ModeIrregular, ""), nil
	}
}

func isRegular(mode filemode.FileMode) bool {
	return mode == filemode.Regular || mode == filemode.Executable || mode == filemode.Deprecated
}

func (r *commitReader) file(name string, hash plumbing.Hash) (*node, error) {
	data, err := r.blob(hash)
	if err != nil {
		return nil, err
	}
	return newFile(name, data), nil
}

// blob reads a file's content, its size first.
func (r *commitReader) blob(hash plumbing.Hash) ([]byte, error) {
	size, err := r.store.EncodedObjectSize(hash)
	if err != nil {
		return nil, fmt.Errorf("read file %s: %w", hash, err)
	}
	if err := r.budget.take(size); err != nil {
		return nil, err
	}
	blob, err := object.GetBlob(r.store, hash)
	if err != nil {
		return nil, fmt.Errorf("read file %s: %w", hash, err)
	}
	reader, err := blob.Reader()
	if err != nil {
		return nil, fmt.Errorf("read file %s: %w", hash, err)
	}
	defer reader.Close()
	data := make([]byte, size)
	if _, err := io.ReadFull(reader, data); err != nil {
		return nil, fmt.Errorf("read file %s: %w", hash, err)
	}
	return data, nil
}

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
			tree, err := object.GetTree(r.store, entry.Hash)
			if err != nil {
				return nil, fmt.Errorf("read tree %s: %w", entry.Hash, err)
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
		tree, err := object.GetTree(r.store, entryOf(trail[len(trail)-1], name).Hash)
		if err != nil {
			return nil, fmt.Errorf("read tree %s: %w", name, err)
		}
		trail = append(trail, tree)
	}
	return trail, nil
}
