// Package watch tells that something may have changed in folders: soon, once
// for a burst, and now and then in any case, for what the kernel does not tell.
package watch

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	quiet = 50 * time.Millisecond  // a burst of events has ended when this long nothing came,
	hurry = 300 * time.Millisecond // and is reported after this long in any case
	// Rescan is how often a change is supposed without an event: for network
	// file systems, and folders that came late.
	Rescan = 30 * time.Second
	// blindRescan is the interval where the kernel gives us no watcher.
	blindRescan = 5 * time.Second
)

// Watch says what is looked at. fsnotify is not recursive and loses a file that
// is replaced, so folders are watched.
type Watch struct {
	// Folders adds each folder that matters now. It is asked again after each
	// change, because folders come and go; to add one again changes nothing.
	Folders func(add func(dir string))
	// Relevant says whether an event at a path can mean a change.
	Relevant func(path string) bool
}

// Run calls changed once at the beginning and after each change, until ctx
// ends. Its error is that of ctx.
func (w Watch) Run(ctx context.Context, changed func()) error {
	events, interval := make(chan fsnotify.Event), blindRescan
	r := run{Watch: w}
	if watcher, err := fsnotify.NewWatcher(); err == nil {
		defer watcher.Close()
		r.watcher, events, interval = watcher, watcher.Events, Rescan
	}
	r.addAll()
	changed() // what happened before the watches stood
	again := time.NewTicker(interval)
	defer again.Stop()
	return r.loop(ctx, events, again.C, changed)
}

type run struct {
	Watch
	watcher *fsnotify.Watcher // nil where the kernel has none left
}

func (r *run) loop(ctx context.Context, events <-chan fsnotify.Event, again <-chan time.Time, changed func()) error {
	var settled <-chan time.Time // nil while nothing has happened
	var since time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case event := <-events:
			if event.Op == fsnotify.Chmod || !r.Relevant(event.Name) {
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
		case <-r.errors(): //nolint:errcheck // the queue ran over: something happened, we do not know what
		case <-again:
		}
		r.addAll() // new folders first, so that nothing happens unseen after the change is looked at
		changed()
	}
}

func (r *run) errors() <-chan error {
	if r.watcher == nil {
		return nil
	}
	return r.watcher.Errors
}

// addAll watches every folder; where one fails, the rescan stands in.
func (r *run) addAll() {
	if r.watcher != nil {
		r.Folders(func(dir string) { _ = r.watcher.Add(dir) })
	}
}

// File watches one file, which may be replaced, and may be a link: editors
// rename a new file over the former one, and Kubernetes replaces a link "..data"
// to a folder on the way to it.
func File(path string) Watch {
	return Watch{
		Folders: func(add func(string)) {
			add(filepath.Dir(path))
			if target, err := filepath.EvalSymlinks(path); err == nil {
				add(filepath.Dir(target))
			}
		},
		Relevant: func(at string) bool {
			if filepath.Base(at) == filepath.Base(path) || strings.HasPrefix(filepath.Base(at), "..") {
				return true
			}
			target, err := os.Readlink(path)
			return err == nil && filepath.Base(at) == filepath.Base(target)
		},
	}
}
