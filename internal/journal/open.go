package journal

import (
	"bytes"
	"crypto/rand"
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

// openToRead opens an existing journal; nil when there is none.
func openToRead(dir string) (*bolt.DB, error) {
	path := filepath.Join(dir, fileName)
	db, _, err := openFile(path, true)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && isFresh(db) {
		err = errors.Join(&CorruptError{Path: path, Err: errors.New("it is empty")}, db.Close())
	}
	return db, err
}

// openToWrite opens or begins a journal, and returns which file that is; a
// damaged one is moved aside, and recovered says so.
func openToWrite(dir string) (db *bolt.DB, found fs.FileInfo, recovered string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, nil, "", err
	}
	path := filepath.Join(dir, fileName)
	for {
		_, missing := os.Stat(path)
		db, found, err := openFile(path, false)
		var damage *CorruptError
		if err == nil {
			if missing == nil && isFresh(db) {
				recovered = (&CorruptError{Path: path, Err: errors.New("it was empty, a new journal was begun")}).Error()
			}
			return db, found, recovered, begin(db, dir)
		}
		if !errors.As(err, &damage) || recovered != "" {
			return nil, nil, "", err
		}
		switch err := moveAside(damage, found); {
		case errors.Is(err, errReplaced): // another process was faster: take what it made
		case err != nil:
			return nil, nil, "", err
		default:
			recovered = damage.Error()
		}
	}
}

// openFile opens and checks the file, and tells which one it found. Meanwhile
// faults in the memory map become panics, and panics errors.
func openFile(path string, readOnly bool) (db *bolt.DB, found fs.FileInfo, err error) {
	var file *os.File
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if recover() != nil {
			err = &CorruptError{Path: path, Err: errors.New("a page cannot be read")}
		}
		if err != nil && db != nil {
			_ = db.Close()
			db = nil
		}
		if err != nil && file != nil {
			// When bbolt panics it leaves the file open and mapped, and a
			// mapped file stays locked even when it is closed.
			_ = syscall.Flock(int(file.Fd()), syscall.LOCK_UN)
			_ = file.Close()
		}
	}()
	db, err = bolt.Open(path, 0o600, &bolt.Options{
		Timeout: lockWait, ReadOnly: readOnly, PageSize: pageSize, FreelistType: bolt.FreelistMapType,
		OpenFile: func(path string, flag int, mode os.FileMode) (f *os.File, err error) {
			if f, err = os.OpenFile(path, flag, mode); err != nil {
				return nil, err
			}
			file = f
			found, err = f.Stat()
			return f, err
		},
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		err = &LockedError{Path: path}
	case err != nil && isDamage(err, path):
		err = &CorruptError{Path: path, Err: err}
	case err == nil:
		err = check(db, path, file)
	}
	return db, found, err
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

// begin gives a fresh file its format, key and buckets; where that fails it
// closes the file.
func begin(db *bolt.DB, dir string) error {
	if !isFresh(db) {
		return nil
	}
	err := db.Update(func(t *bolt.Tx) error {
		meta, err := t.CreateBucket(bucketMeta)
		if err != nil {
			return err
		}
		key := make([]byte, keySize)
		rand.Read(key) // never fails
		_, err = t.CreateBucket(bucketWorkspaces)
		return errors.Join(err, meta.Put(nameFormat, []byte(format)), meta.Put(nameKey, key))
	})
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return errors.Join(err, db.Close())
	}
	return nil
}

// syncDir makes the names in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
