package source

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/computesync/computesync/internal/watch"
)

// watch reports commits, or changed files of a plain folder.
func (l *local) watch(ctx context.Context, changed func()) error {
	return watch.Watch{Folders: l.folders, Relevant: l.relevant}.Run(ctx, changed)
}

// relevant says whether an event can mean a new commit. Git writes each file as
// NAME.lock first, and its index whenever somebody looks at the repository.
func (l *local) relevant(at string) bool {
	name := filepath.Base(at)
	if strings.HasSuffix(name, ".lock") {
		return false
	}
	git, err := findRepository(l.dir)
	if err != nil || git == nil {
		return true
	}
	switch filepath.Dir(at) {
	case git.dir, git.common:
		return name == "HEAD" || name == "packed-refs" || name == "refs"
	case l.dir:
		return name == ".git"
	}
	return true
}

// folders adds every folder that matters.
func (l *local) folders(add func(dir string)) {
	add(l.dir)
	git, err := findRepository(l.dir)
	if err != nil || git == nil {
		addBelow(filepath.Join(l.dir, l.below), add)
		return
	}
	add(git.dir)
	add(git.common)
	addBelow(filepath.Join(git.common, "refs", "heads"), add)
}

// addBelow adds a folder and those inside it, except the hidden ones.
func addBelow(root string, add func(dir string)) {
	_ = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it went away again
		case !entry.IsDir():
			return nil
		case name != root && isHidden(entry.Name()):
			return filepath.SkipDir
		}
		add(name)
		return nil
	})
}
