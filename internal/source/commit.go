package source

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// readCommit makes the snapshot of a commit from the objects in store. It reads all
// it needs, so that nothing that happens to the store later can change the snapshot.
func readCommit(
	ctx context.Context, store storer.EncodedObjectStorer, hash plumbing.Hash, below string, budget *budget,
) (*Snapshot, error) {
	commit, err := getCommit(store, hash)
	if err != nil {
		return nil, err
	}
	r := commitReader{
		ctx: ctx, store: store, budget: budget, below: below,
		trees: make(map[plumbing.Hash]*object.Tree), blobs: make(map[plumbing.Hash][]byte),
	}
	if r.root, err = r.tree(commit.TreeHash); err != nil {
		return nil, err
	}
	from, err := r.folder(commit, below)
	if err != nil {
		return nil, err
	}
	top := newDir(".")
	if err := r.read(top, from, "."); err != nil {
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

// getCommit reads a commit after a look at its size.
func getCommit(store storer.EncodedObjectStorer, hash plumbing.Hash) (*object.Commit, error) {
	raw, err := store.EncodedObject(plumbing.CommitObject, hash)
	if err == nil {
		err = checkCommitSize(raw)
	}
	var commit *object.Commit
	if err == nil {
		commit, err = object.DecodeCommit(store, raw)
	}
	if err != nil {
		return nil, fmt.Errorf("read commit %s: %w", hash, err)
	}
	return commit, nil
}

func checkCommitSize(commit plumbing.EncodedObject) error {
	if commit.Size() > maxCommit {
		return tooMuch("a commit message of more than %d bytes", maxCommit)
	}
	return nil
}

func subject(message string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	return line
}

type commitReader struct {
	ctx    context.Context
	store  storer.EncodedObjectStorer
	root   *object.Tree // the commit's; links may not leave it
	below  string       // the folder in it that the snapshot is rooted at
	budget *budget
	// What was read once: the same folder or file may stand in many places.
	trees map[plumbing.Hash]*object.Tree
	blobs map[plumbing.Hash][]byte
}

func (r *commitReader) tree(hash plumbing.Hash) (*object.Tree, error) {
	if tree, ok := r.trees[hash]; ok {
		return tree, nil
	}
	raw, err := r.store.EncodedObject(plumbing.TreeObject, hash)
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", hash, err)
	}
	if err := r.budget.takeTimes(costTree, raw.Size()); err != nil {
		return nil, err
	}
	tree, err := object.DecodeTree(r.store, raw)
	if err != nil {
		return nil, fmt.Errorf("read tree %s: %w", hash, err)
	}
	r.trees[hash] = tree
	return tree, nil
}

// folder finds the tree of the folder the snapshot is rooted at.
func (r *commitReader) folder(commit *object.Commit, below string) (*object.Tree, error) {
	tree := r.root
	var err error
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
		if tree, err = r.tree(entry.Hash); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

// entryOf finds an entry by name. git sorts the names, a folder's as if it ended in a slash.
func entryOf(tree *object.Tree, name string) *object.TreeEntry {
	for _, key := range []string{name, name + "/"} {
		i, found := slices.BinarySearchFunc(tree.Entries, key, func(e object.TreeEntry, key string) int {
			if e.Mode == filemode.Dir {
				return strings.Compare(e.Name+"/", key)
			}
			return strings.Compare(e.Name, key)
		})
		if found {
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
	if err := tooDeep(name); err != nil {
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
		if child == nil {
			continue
		}
		if err := r.budget.take(costNode); err != nil {
			return err
		}
		dir.add(child)
	}
	dir.seal() // in order: git sorts a folder as if its name ended in a slash
	return nil
}

// entry reads one entry of the folder in, or returns nil for what is no business of ours.
func (r *commitReader) entry(entry *object.TreeEntry, in string) (*node, error) {
	if !fs.ValidPath(entry.Name) || strings.Contains(entry.Name, "/") || entry.Name == "." || len(entry.Name) > maxName {
		return nil, problem(Broken, fmt.Sprintf("a file in %s has the name %q", in, entry.Name))
	}
	switch {
	case entry.Mode == filemode.Dir:
		if isHidden(entry.Name) {
			return nil, nil
		}
		tree, err := r.tree(entry.Hash)
		if err != nil {
			return nil, err
		}
		child := newDir(entry.Name)
		return child, r.read(child, tree, path.Join(in, entry.Name))
	case entry.Mode == filemode.Symlink:
		return r.link(entry, in)
	case entry.Mode == filemode.Submodule:
		return newOther(entry.Name, fs.ModeIrregular, "", errSubmodule), nil
	case !isYAML(entry.Name):
		return nil, nil
	case isRegular(entry.Mode):
		return r.file(entry.Name, entry.Hash)
	default:
		return newOther(entry.Name, fs.ModeIrregular, "", errNoFile), nil
	}
}

// link follows a symlink that leads to a file inside the folder; any other stays visible as one.
func (r *commitReader) link(entry *object.TreeEntry, in string) (*node, error) {
	target, err := r.target(entry.Hash)
	if err != nil {
		return nil, err
	}
	w := walker[*object.Tree]{land: r, budget: r.budget, trail: []*object.Tree{r.root}, top: outOfRepository}
	if err := w.enter(path.Join(r.below, in)); err != nil {
		return nil, err
	}
	file, end, err := w.ends(r.below, target)
	switch {
	case err != nil:
		return nil, err
	case end != toFile || !isYAML(entry.Name):
		return linkNode(entry.Name, target, end), nil
	}
	found := entryOf(w.trail[len(w.trail)-1], path.Base(file))
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

// spot is a land of links. A submodule is a folder of whose files the commit knows nothing.
func (r *commitReader) spot(in *object.Tree, name string) (spot[*object.Tree], error) {
	entry := entryOf(in, name)
	switch {
	case entry == nil:
		return nothing[*object.Tree]()
	case entry.Mode == filemode.Dir:
		tree, err := r.tree(entry.Hash)
		return spot[*object.Tree]{kind: fs.ModeDir, folder: tree}, err
	case entry.Mode == filemode.Submodule:
		return spot[*object.Tree]{kind: fs.ModeDir, folder: &object.Tree{}}, nil
	case entry.Mode == filemode.Symlink:
		target, err := r.target(entry.Hash)
		return spot[*object.Tree]{kind: fs.ModeSymlink, target: target}, err
	case isRegular(entry.Mode):
		return spot[*object.Tree]{}, nil
	}
	return nothing[*object.Tree]()
}

func isRegular(mode filemode.FileMode) bool {
	return mode == filemode.Regular || mode == filemode.Executable || mode == filemode.Deprecated
}

func (r *commitReader) file(name string, hash plumbing.Hash) (*node, error) {
	data, err := r.blob(hash)
	if err != nil {
		return nil, err
	}
	return newFile(name, data, hash.String()), nil
}

// blob reads a file's content.
func (r *commitReader) blob(hash plumbing.Hash) ([]byte, error) {
	if data, ok := r.blobs[hash]; ok {
		return data, nil
	}
	data, err := r.readBlob(hash)
	if err != nil {
		return nil, fmt.Errorf("read file %s: %w", hash, err)
	}
	r.blobs[hash] = data
	return data, nil
}

// readBlob looks at the size first; a store on disk has not read a large one by then.
// What was unpacked into memory is shared, and paid.
func (r *commitReader) readBlob(hash plumbing.Hash) ([]byte, error) {
	blob, err := r.store.EncodedObject(plumbing.BlobObject, hash)
	if err != nil {
		return nil, err
	}
	if held, ok := blob.(*packed); ok {
		return held.data, nil
	}
	if err := r.budget.take(blob.Size()); err != nil {
		return nil, err
	}
	return contentOf(blob)
}

// contentOf reads all of an object.
func contentOf(object plumbing.EncodedObject) ([]byte, error) {
	reader, err := object.Reader()
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	data := make([]byte, object.Size())
	_, err = io.ReadFull(reader, data)
	return data, err
}
