package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	// lockWait is how long another holder of the file is waited for: bbolt
	// asks every 50 ms.
	lockWait = 100 * time.Millisecond
	// pageSize is the same on every machine, so that a file can move.
	pageSize = 4096
	// smallest is what bbolt lays out in a new file.
	smallest = 4 * pageSize
)

// errReplaced says that the file at the path is no longer the one examined.
var errReplaced = errors.New("the file was replaced meanwhile")

// opened is a file that was opened and checked.
type opened struct {
	db     *bolt.DB    // nil: there is none
	file   fs.FileInfo // which file it is
	key    *Key
	former bool // it is of the former format
}

// openToRead opens an existing journal. Without a key, nothing in it counts.
func openToRead(dir string, keys KeySource) (*opened, error) {
	path := filepath.Join(dir, fileName)
	f, err := openFile(path, true, keys)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &opened{}, nil
	case err != nil:
		return nil, err
	case isFresh(f.db):
		return nil, errors.Join(&CorruptError{Path: path, Err: errors.New("it is empty")}, f.db.Close())
	case f.key == nil:
		return &opened{}, f.db.Close()
	}
	return f, nil
}

// openToWrite opens or begins a journal; a damaged one is moved aside, and
// recovered says so.
func openToWrite(dir string, keys KeySource) (f *opened, recovered string, err error) {
	path := filepath.Join(dir, fileName)
	if keys, err = makeFolder(dir, keys); err != nil {
		return nil, "", err
	}
	for {
		_, missing := os.Stat(path)
		f, err := openFile(path, false, keys)
		var damage *CorruptError
		if err == nil {
			if missing == nil && isFresh(f.db) {
				recovered = (&CorruptError{Path: path, Err: errors.New("it was empty, a new journal was begun")}).Error()
			}
			return f, recovered, f.prepare(dir)
		}
		if !errors.As(err, &damage) || recovered != "" {
			return nil, "", err
		}
		switch err := moveAside(damage, f.file); {
		case errors.Is(err, errReplaced): // another process was faster: take what it made
		case err != nil:
			return nil, "", err
		default:
			recovered = damage.Error()
		}
	}
}

// makeFolder makes the state folder, which somebody else may do at the same
// time, and the key of a new journal: where that fails, none is begun.
func makeFolder(dir string, keys KeySource) (KeySource, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := CheckFolder(dir, os.Geteuid()); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, fileName)); err == nil {
		return keys, nil
	}
	key, err := keys(nil, true)
	return WithKey(key), err
}

// openFile opens and checks the file, and says which one it found, also with an
// error. Meanwhile faults in the memory map become panics, and panics errors.
func openFile(path string, readOnly bool, keys KeySource) (f *opened, err error) {
	f = &opened{}
	var file *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = &CorruptError{Path: path, Err: errors.New("a page cannot be read")}
		}
		if err != nil && f.db != nil {
			_ = f.db.Close()
		}
		if err != nil && file != nil {
			// When bbolt panics it leaves the file open and mapped, and a
			// mapped file stays locked even when it is closed.
			_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
			_ = file.Close()
		}
	}()
	f.db, err = bolt.Open(path, 0o600, &bolt.Options{
		Timeout: lockWait, ReadOnly: readOnly, PageSize: pageSize, FreelistType: bolt.FreelistMapType,
		OpenFile: func(path string, flag int, mode os.FileMode) (_ *os.File, err error) {
			if file, err = os.OpenFile(path, flag, mode); err != nil {
				return nil, err
			}
			f.file, err = file.Stat()
			return file, err
		},
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		err = &LockedError{Path: path}
	case err != nil && isDamage(err, path):
		err = &CorruptError{Path: path, Err: err}
	case err == nil:
		if err = check(f.db, path, file); err == nil {
			err = f.readKey(path, keys, !readOnly)
		}
	}
	return f, err
}

// readKey finds the key and checks that it sealed what is in the file. A file of
// the former format says nothing of itself that a forger could not write, but
// the key in it: it is believed if that is this machine's key, or becomes it.
func (f *opened) readKey(path string, keys KeySource, save bool) error {
	return f.db.View(func(t *bolt.Tx) (err error) {
		var formerKey []byte
		meta := t.Bucket(bucketMeta)
		if meta != nil {
			f.former = bytes.Equal(meta.Get(nameFormat), []byte(formerForm))
		}
		if f.former {
			formerKey = bytes.Clone(meta.Get(nameFormerKey))
		}
		if f.key, err = keys(formerKey, save); err != nil {
			return err
		}
		switch {
		case f.former && !f.key.is(formerKey):
			return &FormerKeyError{Path: path}
		case f.former || meta == nil:
			return nil
		case !bytes.Equal(meta.Get(nameFormat), []byte(format)):
			return errors.New("the file was written by another version of computesync")
		case !bytes.Equal(meta.Get(nameKeyID), f.key.id()):
			return &CorruptError{Path: path, Err: errOtherKey}
		}
		err = checkSeals(t.Bucket(bucketWorkspaces), f.key, "")
		if sources := t.Bucket(bucketSources); sources != nil && err == nil {
			err = checkSeals(sources, f.key, string(bucketSources))
		}
		if err != nil {
			return &CorruptError{Path: path, Err: err}
		}
		return nil
	})
}

// isDamage tells a bad file from one that cannot be opened just now.
func isDamage(err error, path string) bool {
	if errors.Is(err, berrors.ErrInvalid) || errors.Is(err, berrors.ErrVersionMismatch) || errors.Is(err, berrors.ErrChecksum) {
		return true
	}
	info, statErr := os.Stat(path)
	return statErr == nil && info.Size() < smallest && !errors.Is(err, fs.ErrPermission)
}

// check reads every page in use. The walk comes before bbolt's own check,
// which runs in a goroutine where a fault could not be caught.
func check(db *bolt.DB, path string, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	err = db.View(func(t *bolt.Tx) error {
		if info.Size() < t.Size() {
			return fmt.Errorf("it ends after %d of %d bytes", info.Size(), t.Size())
		}
		if err := t.ForEach(func(_ []byte, b *bolt.Bucket) error { return walk(b) }); err != nil {
			return err
		}
		if meta := t.Bucket(bucketMeta); meta != nil && !bytes.HasPrefix(meta.Get(nameFormat), []byte(formatName)) {
			return errors.New("it does not say what it is")
		}
		var damage error
		for range t.Check() {
			damage = errors.New("its pages contradict each other")
		}
		return damage
	})
	if err != nil {
		return &CorruptError{Path: path, Err: err}
	}
	return nil
}

// walk reads every key and value, and finds each again from the root: that
// reads the keys of the pages in between.
func walk(b *bolt.Bucket) error {
	return b.ForEach(func(k, v []byte) error {
		key := bytes.Clone(k)
		if v != nil {
			if !bytes.Equal(b.Get(key), bytes.Clone(v)) {
				return errors.New("a value is not found under its key")
			}
			return nil
		}
		sub := b.Bucket(key)
		if sub == nil {
			return errors.New("a bucket is missing")
		}
		return walk(sub)
	})
}

// moveAside renames the damaged file, unless it is locked or another one by
// now, and notes where it went.
func moveAside(damage *CorruptError, found fs.FileInfo) error {
	f, err := os.OpenFile(damage.Path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return &LockedError{Path: damage.Path}
	case err != nil:
		return fmt.Errorf("lock %s: %w", damage.Path, err)
	}
	if now, err := os.Stat(damage.Path); err != nil || !os.SameFile(now, found) {
		return errReplaced
	}
	aside := freeName(damage.Path+".corrupt-", time.Now().Unix())
	if err := os.Rename(damage.Path, aside); err != nil {
		return err
	}
	damage.Moved = aside
	return syncDir(filepath.Dir(aside))
}

// freeName is the prefix with the first number from n on that is not taken.
func freeName(prefix string, n int64) string {
	for {
		name := fmt.Sprint(prefix, n)
		if _, err := os.Lstat(name); err != nil {
			return name
		}
		n++
	}
}

func isFresh(db *bolt.DB) bool {
	fresh := false
	_ = db.View(func(t *bolt.Tx) error {
		fresh = t.Bucket(bucketMeta) == nil
		return nil
	})
	return fresh
}

// prepare brings what was opened to the present format: it begins a fresh file,
// upgrades one of the former format, and empties one that no key sealed, since
// nobody knows who wrote that. Where it fails it closes the file.
func (f *opened) prepare(dir string) (err error) {
	switch {
	case f.former:
		err = f.upgrade(dir)
	case isFresh(f.db):
		if err = f.db.Update(f.begin); err == nil {
			err = syncDir(dir)
		}
	case f.key == nil:
		err = f.db.Update(func(t *bolt.Tx) error {
			if t.Bucket(bucketSources) != nil {
				if err := t.DeleteBucket(bucketSources); err != nil {
					return err
				}
			}
			return errors.Join(t.DeleteBucket(bucketWorkspaces), t.DeleteBucket(bucketMeta), f.begin(t))
		})
	}
	if err != nil {
		return errors.Join(err, f.db.Close())
	}
	return nil
}

// begin gives an empty file its format and buckets.
func (f *opened) begin(t *bolt.Tx) error {
	meta, err := t.CreateBucket(bucketMeta)
	if err != nil {
		return err
	}
	_, err = t.CreateBucket(bucketWorkspaces)
	return errors.Join(err, meta.Put(nameFormat, []byte(format)), meta.Put(nameKeyID, f.key.id()))
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
