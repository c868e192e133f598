package journal

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"
)

// errUnchanged rolls a transaction back that would have written nothing new.
var errUnchanged = errors.New("nothing changed")

// write is one call waiting for a transaction. Its outcome belongs to the
// holder of commitMu.
type write struct {
	do   func(*tx) error
	done bool
	err  error
}

// tx is a write transaction that knows whether it changed anything.
type tx struct {
	*bolt.Tx
	dirty bool
}

// put stores a value under a name, if it is another than the one there.
func (t *tx) put(b *bucket, name, value []byte) error {
	if old := b.Get(name); old != nil && bytes.Equal(old, value) {
		return nil
	}
	t.dirty = true
	return b.Put(name, b.key.seal(b.place, name, value))
}

// remove takes a name away, if it is there.
func (t *tx) remove(b *bucket, name []byte) error {
	if b.Get(name) == nil {
		return nil
	}
	t.dirty = true
	return b.Delete(name)
}

// write returns when what do changed is on disk. Whoever gets commitMu first
// commits everything that queued while the former transaction was written, so
// a lone call never waits and a crowd shares one fsync; bbolt's own Batch
// would wait for a timer and cannot tell when a whole transaction is done.
//
// do may run twice, when another one in its transaction failed: it must only
// change what hangs on tx.
func (j *Journal) write(what string, do func(*tx) error) error {
	if j.db == nil || j.db.IsReadOnly() {
		return fmt.Errorf("%s: %w", what, errReadOnly)
	}
	w := &write{do: do}
	j.queueMu.Lock()
	j.queue = append(j.queue, w)
	j.queueMu.Unlock()

	j.commitMu.Lock()
	defer j.commitMu.Unlock()
	if !w.done {
		j.commitQueue()
	}
	if w.err != nil {
		return fmt.Errorf("%s: %w", what, w.err)
	}
	return nil
}

// commitQueue commits everything that waits; what fails is left out and told
// so. It needs commitMu.
func (j *Journal) commitQueue() {
	j.queueMu.Lock()
	batch, dead := j.queue, j.dead
	j.queue = nil
	j.queueMu.Unlock()

	for len(batch) > 0 {
		bad, err := -1, dead
		if dead == nil {
			bad, err = j.commit(batch)
		}
		if bad >= 0 {
			batch[bad].done, batch[bad].err = true, err
			batch = slices.Delete(batch, bad, bad+1)
			continue
		}
		for _, w := range batch {
			w.done, w.err = true, err
		}
		return
	}
}

// commit runs the batch in one transaction. When one of it fails, bad is its
// place and nothing was written; otherwise bad is -1 and err is everybody's.
// The file is looked for before, so that a journal that is gone stays as it was
// should it come back, and after, since only what is at the path then outlasts
// this process.
func (j *Journal) commit(batch []*write) (bad int, err error) {
	if err := j.Check(); err != nil {
		return -1, err
	}
	bad = -1
	err = j.db.Update(func(bt *bolt.Tx) error {
		t := &tx{Tx: bt}
		for i, w := range batch {
			if err := w.do(t); err != nil {
				bad = i
				return err
			}
		}
		if !t.dirty {
			return errUnchanged
		}
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return -1, nil
	}
	if err != nil {
		return bad, err
	}
	j.writes++
	if j.afterWrite == nil {
		return -1, j.Check()
	}
	if err = j.afterWrite(j.writes); err != nil {
		j.queueMu.Lock()
		j.dead = err
		j.queueMu.Unlock()
		return -1, err
	}
	return -1, j.Check()
}
