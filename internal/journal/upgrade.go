package journal

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// upgrade replaces a file of the former format by one of the present: a new
// file, since pages that are free keep what was in them, the key above all.
// The lock on the new file is held before it is at the path.
func (f *opened) upgrade(dir string) error {
	path := filepath.Join(dir, fileName)
	if err := os.Remove(path + ".new"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // what a process left that ended meanwhile
	}
	now, err := openFile(path+".new", false, WithKey(f.key))
	if err != nil {
		return err
	}
	err = f.db.View(func(from *bolt.Tx) error {
		return now.db.Update(func(to *bolt.Tx) error {
			if err := now.begin(to); err != nil {
				return err
			}
			target := &bucket{to.Bucket(bucketWorkspaces), f.key, "", false}
			return from.Bucket(bucketWorkspaces).ForEachBucket(func(scope []byte) error {
				return copySealed(from.Bucket(bucketWorkspaces).Bucket(scope), target, scope, scope)
			})
		})
	})
	if err == nil {
		err = errors.Join(os.Rename(path+".new", path), syncDir(dir))
	}
	if err != nil {
		return errors.Join(err, now.db.Close())
	}
	former := f.db
	*f = *now
	return former.Close()
}

// copySealed copies a bucket of a workspace into another one, and seals what is
// in it.
func copySealed(from *bolt.Bucket, into *bucket, name, scope []byte) error {
	to, err := into.makeChild(name)
	if err != nil {
		return err
	}
	if err := to.SetSequence(from.Sequence()); err != nil {
		return err
	}
	return from.ForEach(func(key, value []byte) error {
		if value == nil {
			return copySealed(from.Bucket(key), to, key, scope)
		}
		if string(name) == string(bucketUnits) {
			if value, err = hideTokens(value, &Workspace{j: &Journal{key: to.key}, scope: scope}); err != nil {
				return err
			}
		}
		return to.Put(key, to.key.seal(to.place, key, value))
	})
}

// hideTokens encrypts the tokens of a unit.
func hideTokens(value []byte, w *Workspace) ([]byte, error) {
	u := new(storedUnit)
	if err := decode(value, u); err != nil {
		return nil, err
	}
	for i := range u.Steps {
		s := &u.Steps[i]
		s.Token = w.j.key.hide(w.tokenPlace(u.ID, s.ID), s.Token)
	}
	return json.Marshal(u)
}
