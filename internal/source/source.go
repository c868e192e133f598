// Package source gives a git ref, or a folder, as an immutable snapshot at a commit.
package source

import (
	"context"
	"io/fs"
	"strings"
	"sync"
	"time"
)

// contentPrefix begins the Commit of a snapshot that no commit stands behind.
const contentPrefix = "sha256:"

// Snapshot is the YAML files of a folder at one commit. It never changes.
type Snapshot struct {
	// Commit is the full hash of the commit, or "sha256:" and the hash of the
	// contents where the files come from a folder.
	Commit string
	// Files holds the files ending in .yaml and .yml, and the folders that lead to
	// them, without those whose names begin with a dot. A symlink to a file inside
	// the folder appears as that file. What cannot be read is still listed, and to open it
	// is an error that says why: another symlink as fs.ModeSymlink, unless its name is
	// that of no spec and it leads to no folder; a submodule as fs.ModeIrregular.
	Files fs.FS
	// Author, Subject and When describe the commit, for logs; zero for a folder.
	Author, Subject string
	When            time.Time
	// Rewritten is the commit in effect where this one is not seen to descend from it, and
	// need not; else "".
	Rewritten string
	// Seen is how many of this commit's newest ancestors were looked at for Rewritten where
	// there are more: whether it descends is not known then. 0 is all of them: it does not.
	Seen int
}

// Short returns the commit as people write it, with 12 digits.
func (s *Snapshot) Short() string {
	const digits = 12
	hash, isContent := strings.CutPrefix(s.Commit, contentPrefix)
	if len(hash) > digits {
		hash = hash[:digits]
	}
	if isContent {
		return contentPrefix + hash
	}
	return hash
}

// Source is one place specs come from.
type Source struct {
	url  string
	from origin

	mu   sync.Mutex
	last *Snapshot
}

// origin is what differs between a place on this machine and one on another.
type origin interface {
	// fetch returns last itself if it is still current.
	fetch(ctx context.Context, last *Snapshot) (*Snapshot, error)
	watch(ctx context.Context, changed func()) error
	// check reads what a fetch would need, without asking a server.
	check(ctx context.Context) error
	// effective is SetEffective.
	effective(commit string)
}

// URL returns the address as configured.
func (s *Source) URL() string { return s.url }

// Check reads what a fetch will need besides the server: secrets, keys, certificates.
// Each fetch does so anew. The error is a *ConfigError.
func (s *Source) Check(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from.check(ctx)
}

// Fetch returns the newest snapshot: the same pointer as the last time if the commit
// is the same, for which a remote is only asked for its refs. An error is
// an *Error, or the context's; the last good snapshot is then still the caller's to use.
// Calls from several goroutines take turns.
func (s *Source) Fetch(ctx context.Context) (*Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap, err := s.from.fetch(ctx, s.last)
	if err != nil {
		return nil, finish(ctx, err, s.url)
	}
	s.last = snap
	return snap, nil
}

// SetEffective names the commit in effect, which heads are compared with from the next
// Fetch on; "" is none. Where Config.RequireDescendant is set, one that does not descend
// from it is an *Error with the problem Descent.
func (s *Source) SetEffective(commit string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.from.effective(commit)
}

// Watch calls changed whenever there may be something new, until ctx ends, and then
// returns its error. It is a hint: whoever gets it calls Fetch. A repository or folder on this
// machine is watched; a remote is due every Config.Interval.
func (s *Source) Watch(ctx context.Context, changed func()) error {
	return s.from.watch(ctx, changed)
}
