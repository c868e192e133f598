// Package journal is the durable record of intents, outcomes, ownership, last
// good sets and history: what must survive a crash at any instant.
//
// It is one bbolt file of JSON values in nested buckets:
//
//	meta/        format, key-id
//	sources/     source name -> Source, sealed likewise
//	workspaces/  each value sealed: see bucket
//	  SCOPE/     permissions, permissions-before, busy-since, removed,
//	             last-good, suspensions, approval, unrouted
//	    records/  folded name -> spec.Record
//	    disowned/ folded name -> spec.Disowned
//	    units/    unit id     -> Unit with its steps
//	    history/  number      -> Event
//
// A method that writes returns when its data is on disk; calls that come in
// while a transaction is being committed share the next one. No error text
// carries anything that was read from the file.
package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
	bolt "go.etcd.io/bbolt"
)

const (
	fileName   = "journal.db"
	formatName = "computesync.journal/v" // of every version
	format     = formatName + "2"
	formerForm = formatName + "1" // nothing in it was sealed, and it held the key
)

var (
	bucketMeta       = []byte("meta")
	bucketWorkspaces = []byte("workspaces")
	nameFormat       = []byte("format")
	nameKeyID        = []byte("key-id")
	nameFormerKey    = []byte("key") // of the former format
)

// errReadOnly is what every write on a read-only journal gets.
var errReadOnly = errors.New("the journal is open for reading only")

// errUnreadable stands for the cause of a failed decoding, whose own text
// could quote the value.
var errUnreadable = errors.New("a stored value is damaged or of another version of computesync")

// Option changes how Open opens a journal.
type Option func(*options)

type options struct {
	readOnly   bool
	afterWrite func(n int) error
}

// ReadOnly opens the journal for looking only: a missing one reads as empty,
// nothing is created or moved, and every write fails. While it is open nobody
// can open the journal for writing.
func ReadOnly() Option { return func(o *options) { o.readOnly = true } }

// AfterWrite calls f after every durable transaction with its running number,
// from 1. Once f returns an error, the call that wrote and all later calls on
// the journal fail with it, as if the process had died right after the write:
// failpoint tests are its only purpose.
func AfterWrite(f func(n int) error) Option { return func(o *options) { o.afterWrite = f } }

// Journal is an open journal. Its methods may be called from many goroutines.
type Journal struct {
	db         *bolt.DB // nil: read-only, and there is no file
	path       string
	file       fs.FileInfo // which file db is; nil: read-only
	key        *Key
	former     bool // the file is of the former format: read-only
	recovered  string
	afterWrite func(n int) error

	queueMu sync.Mutex
	queue   []*write // waiting for the next transaction
	dead    error    // what afterWrite ended the journal with

	commitMu sync.Mutex // held while a transaction runs; guards every write's outcome
	writes   int
}

// Open opens the journal in dir, creating folder (0700) and file (0600) where
// missing. It returns a *LockedError at once when another process has it open,
// and an *UnsafeError where others could write to it. A file that is damaged, or
// that not this key sealed, is moved aside and a fresh journal begun, which
// Recovered reports; under ReadOnly it is a *CorruptError instead.
func Open(dir string, keys KeySource, opts ...Option) (*Journal, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = CheckFolder(dir, os.Geteuid())
	}
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j := &Journal{path: filepath.Join(dir, fileName), afterWrite: o.afterWrite}
	var f *opened
	if o.readOnly {
		f, err = openToRead(dir, keys)
	} else {
		f, j.recovered, err = openToWrite(dir, keys)
	}
	if err != nil {
		return nil, fmt.Errorf("open journal: %w", err)
	}
	j.db, j.key, j.former = f.db, f.key, f.former
	if !o.readOnly {
		j.file = f.file
	}
	return j, nil
}

// Recovered says what was wrong with the file that Open found and where it was
// moved; "" when all was well.
func (j *Journal) Recovered() string { return j.recovered }

// Check returns a *GoneError if the file that is open is not the one at its path
// any more: its folder was removed, moved or replaced, or its disk unmounted.
// Then no write succeeds until it is there again.
func (j *Journal) Check() error {
	if j.file == nil {
		return nil
	}
	now, err := os.Stat(j.path)
	if err == nil && !os.SameFile(now, j.file) {
		err = errors.New("another file is at " + j.path)
	}
	if err != nil {
		return &GoneError{err}
	}
	return nil
}

// Close waits for the transaction that runs, if any, and lets go of the file.
// Everything acknowledged before is already on disk.
func (j *Journal) Close() error {
	if j.db == nil {
		return nil
	}
	j.commitMu.Lock()
	defer j.commitMu.Unlock()
	if err := j.db.Close(); err != nil {
		return fmt.Errorf("close journal: %w", err)
	}
	return nil
}

// Prints recognize the secrets that were sent; nil where the journal has no key.
func (j *Journal) Prints() *secret.Fingerprints {
	if j.key == nil {
		return nil
	}
	return j.key.prints
}

// workspaces is the bucket of all workspaces.
func (j *Journal) workspaces(t *bolt.Tx) *bucket {
	return &bucket{t.Bucket(bucketWorkspaces), j.key, "", j.former}
}

// Scope names a workspace at an endpoint: two endpoints are two worlds, even
// where their workspaces have one name. Letter case and a slash at the end make
// no other endpoint.
func Scope(endpoint string, id spec.WorkspaceID) string {
	return strings.ToLower(strings.TrimRight(endpoint, "/")) + "|" + id.Key()
}

// Workspace returns the part of the journal that belongs to a scope; nothing
// is written until something is put there.
func (j *Journal) Workspace(scope string) *Workspace {
	return &Workspace{j: j, scope: []byte(scope)}
}

// Workspaces lists the scopes that have something in the journal, sorted.
func (j *Journal) Workspaces() ([]string, error) {
	var scopes []string
	err := j.view("list workspaces", func(t *bolt.Tx) error {
		return t.Bucket(bucketWorkspaces).ForEachBucket(func(name []byte) error {
			scopes = append(scopes, string(name))
			return nil
		})
	})
	return scopes, err
}

// view runs a read transaction; a missing journal is not read at all.
func (j *Journal) view(what string, read func(*bolt.Tx) error) error {
	err := j.ended()
	if err == nil && j.db != nil {
		err = j.db.View(read)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func (j *Journal) ended() error {
	j.queueMu.Lock()
	defer j.queueMu.Unlock()
	return j.dead
}
