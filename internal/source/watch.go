package source

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	quiet  = 50 * time.Millisecond  // a burst of events has ended when this long nothing came,
	hurry  = 300 * time.Millisecond // and is reported after this long in any case
	rescan = 30 * time.Second       // for what events miss: network file systems, folders that came late
	// blindRescan is the interval where the kernel gives us no watcher.
	blindRescan = 5 * time.Second
)

// watch reports commits, or changed files of a plain folder. fsnotify is not
// recursive and loses a file that is replaced, so it watches folders.
func (l *local) watch(ctx context.Context, changed func()) error {
	events, interval := make(chan fsnotify.Event), blindRescan
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		defer watcher.Close()
		events, interval = watcher.Events, rescan
	}
	w := watch{local: l, watcher: watcher}
	w.addAll()
	changed() // what happened before the watches stood
	again := time.NewTicker(interval)
	defer again.Stop()
	return w.loop(ctx, events, again.C, changed)
}

type watch struct {
	local   *local
	watcher *fsnotify.Watcher // nil where the kernel has none left
}

func (w *watch) loop(ctx context.Context, events <-chan fsnotify.Event, again <-chan time.Time, changed func()) error {
	var settled <-chan time.Time // nil while nothing has happened
	var since time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event := <-events:
			if !w.relevant(event) {
				continue
			}
			now := time.Now()
			if settled == nil {
				since = now
			}
			if now.Sub(since) < hurry {
				settled = time.After(quiet)
			}
			continue
		case <-settled:
			settled = nil
		case <-w.errors(): //nolint:errcheck // the queue ran over: something happened, we do not know what
		case <-again:
		}
		w.addAll() // new folders first, so that nothing happens unseen after the fetch
		changed()
	}
}

func (w *watch) errors() <-chan error {
	if w.watcher == nil {
		return nil
	}
	return w.watcher.Errors
}

// relevant says whether an event can mean a new commit. Git writes each file as
// NAME.lock first, and its index whenever somebody looks at the repository.
func (w *watch) relevant(event fsnotify.Event) bool {
	name := filepath.Base(event.Name)
	if event.Op == fsnotify.Chmod || strings.HasSuffix(name, ".lock") {
		return false
	}
	git, err := findRepository(w.local.dir)
	if err != nil || git == nil {
		return true
	}
	switch filepath.Dir(event.Name) {
	case git.dir, git.common:
		return name == "HEAD" || name == "packed-refs" || name == "refs"
	case w.local.dir:
		return name == ".git"
	}
	return true
}

// addAll watches every folder that matters; to watch one again changes nothing.
func (w *watch) addAll() {
	if w.watcher == nil {
		return
	}
	_ = w.watcher.Add(w.local.dir) // where it fails, the rescan stands in
	git, err := findRepository(w.local.dir)
	if err != nil || git == nil {
		w.addBelow(filepath.Join(w.local.dir, w.local.below))
		return
	}
	_ = w.watcher.Add(git.dir)
	_ = w.watcher.Add(git.common)
	w.addBelow(filepath.Join(git.common, "refs", "heads"))
}

// addBelow watches a folder and those inside it, except the hidden ones.
func (w *watch) addBelow(root string) {
	if w.watcher == nil {
		return
	}
	_ = filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return nil // it went away again
		case !entry.IsDir():
			return nil
		case name != root && isHidden(entry.Name()):
			return filepath.SkipDir
		}
		_ = w.watcher.Add(name)
		return nil
	})
}
