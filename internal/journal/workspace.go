package journal

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/computesync/computesync/internal/spec"
	bolt "go.etcd.io/bbolt"
)

var (
	bucketRecords  = []byte("records")
	bucketDisowned = []byte("disowned")

	nameCurrent  = []byte("permissions")
	namePrevious = []byte("permissions-before")
	nameBusy     = []byte("busy-since")
	nameRemoved  = []byte("removed")
)

// Workspace is the part of a journal that belongs to one workspace.
type Workspace struct {
	j     *Journal
	scope []byte
}

// Update is what changes together with a step, or by itself through Save.
type Update struct {
	Put    []*spec.Record // by their folded names, after Forget; one of an older incarnation than the stored one is ignored
	Forget []string       // names of computes that are ours no longer
	At     time.Time      // when they went: what Forget names is remembered as removed; zero: it is not
	Disown *spec.Disowned // an incarnation that is not ours, and no record of it
	Events []Event        // for the history, oldest first

	Unrouted *spec.Unrouted // an action that Azure did not take
}

// Records returns what is remembered of the computes that are ours, by folded
// name.
func (w *Workspace) Records() (map[string]*spec.Record, error) {
	records := map[string]*spec.Record{}
	err := w.view("read records", func(b *bucket) error {
		return b.each(bucketRecords, func(name, value []byte) error {
			r := new(spec.Record)
			records[string(name)] = r
			return decode(value, r)
		})
	})
	if err != nil {
		return nil, err
	}
	return records, nil
}

// Save applies an update in one transaction; one that changes nothing writes
// nothing.
func (w *Workspace) Save(u Update) error {
	return w.write("save records", u.apply)
}

func (u *Update) apply(t *tx, b *bucket) error {
	if err := u.applyRecords(t, b); err != nil {
		return err
	}
	if err := addUnrouted(t, b, u.Unrouted); err != nil {
		return err
	}
	return appendEvents(t, b, u.Events)
}

func (u *Update) applyRecords(t *tx, b *bucket) error {
	if len(u.Put)+len(u.Forget) == 0 && u.Disown == nil {
		return nil
	}
	records, err := b.makeChild(bucketRecords)
	if err != nil {
		return err
	}
	disowned, err := b.makeChild(bucketDisowned)
	if err != nil {
		return err
	}
	for _, name := range u.Forget {
		if err := u.forget(t, records, disowned, spec.FoldName(name)); err != nil {
			return err
		}
	}
	if d := u.Disown; d != nil {
		if err := t.putJSON(disowned, []byte(spec.FoldName(d.Name)), d); err != nil {
			return err
		}
	}
	for _, r := range u.Put {
		if err := putRecord(t, records, r); err != nil {
			return err
		}
	}
	return nil
}

// forget takes a record away, and remembers its incarnation as removed.
func (u *Update) forget(t *tx, records, disowned *bucket, key string) error {
	old, err := record(records, key)
	if err != nil || old == nil {
		return err
	}
	if !u.At.IsZero() {
		gone := spec.Disowned{Name: old.Name, CreatedOn: old.CreatedOn, Removed: true, At: u.At.UTC()}
		if err := t.putJSON(disowned, []byte(key), gone); err != nil {
			return err
		}
	}
	return t.remove(records, []byte(key))
}

// putRecord stores a record unless it is of an older incarnation than the one
// that is there: what it says comes from a read that is behind.
func putRecord(t *tx, records *bucket, r *spec.Record) error {
	key := spec.FoldName(r.Name)
	old, err := record(records, key)
	if err != nil || old != nil && spec.Older(r.CreatedOn, old.CreatedOn) {
		return err
	}
	return t.putJSON(records, []byte(key), r)
}

func record(records *bucket, key string) (*spec.Record, error) {
	value := records.Get([]byte(key))
	if value == nil {
		return nil, nil
	}
	r := new(spec.Record)
	return r, decode(value, r)
}

// Disowned returns the incarnations that are known not to be ours, by folded
// name.
func (w *Workspace) Disowned() (map[string]*spec.Disowned, error) {
	all := map[string]*spec.Disowned{}
	err := w.view("read what is not ours", func(b *bucket) error {
		return b.each(bucketDisowned, func(name, value []byte) error {
			d := new(spec.Disowned)
			all[string(name)] = d
			return decode(value, d)
		})
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Permissions returns what the newest state of the files allowed and what the
// one before it did; nil where there was none.
func (w *Workspace) Permissions() (current, previous *spec.Permissions, err error) {
	err = w.view("read permissions", func(b *bucket) (err error) {
		if current, err = permissions(b, nameCurrent); err != nil {
			return err
		}
		previous, err = permissions(b, namePrevious)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return current, previous, nil
}

// SetPermissions makes p the current ones. Those of another state of the files
// become the previous ones; those of the same are replaced; equal ones are not
// written again.
func (w *Workspace) SetPermissions(p spec.Permissions) error {
	return w.write("save permissions", func(t *tx, b *bucket) error {
		current, err := permissions(b, nameCurrent)
		if err != nil {
			return err
		}
		if current != nil && !current.Same(&p) {
			if err := t.putJSON(b, namePrevious, current); err != nil {
				return err
			}
		}
		return t.putJSON(b, nameCurrent, p)
	})
}

// BusySince returns since when changes have been waiting for jobs to end, by
// the changes' IDs.
func (w *Workspace) BusySince() (since map[string]time.Time, err error) {
	return w.times("read waiting changes", nameBusy)
}

// SetBusySince replaces what BusySince returns; an equal one is not written
// again.
func (w *Workspace) SetBusySince(since map[string]time.Time) error {
	return w.setTimes("save waiting changes", nameBusy, since)
}

// Removed returns when plans removed what counts against max_deletions, by
// incarnation.
func (w *Workspace) Removed() (when map[string]time.Time, err error) {
	return w.times("read removals", nameRemoved)
}

// SetRemoved replaces what Removed returns; an equal one is not written again.
func (w *Workspace) SetRemoved(when map[string]time.Time) error {
	return w.setTimes("save removals", nameRemoved, when)
}

func (w *Workspace) times(what string, name []byte) (times map[string]time.Time, err error) {
	err = w.view(what, func(b *bucket) error {
		if value := b.Get(name); value != nil {
			return decode(value, &times)
		}
		return nil
	})
	return times, err
}

func (w *Workspace) setTimes(what string, name []byte, times map[string]time.Time) error {
	return w.write(what, func(t *tx, b *bucket) error {
		if len(times) == 0 {
			return t.remove(b, name)
		}
		return t.putJSON(b, name, times)
	})
}

func permissions(b *bucket, name []byte) (*spec.Permissions, error) {
	value := b.Get(name)
	if value == nil {
		return nil, nil
	}
	p := new(spec.Permissions)
	return p, decode(value, p)
}

// view reads the workspace's bucket; it is not called where there is none.
func (w *Workspace) view(what string, read func(*bucket) error) error {
	return w.j.view(what, func(t *bolt.Tx) error {
		if b := w.j.workspaces(t).child(w.scope); b != nil {
			return read(b)
		}
		return nil
	})
}

func (w *Workspace) write(what string, do func(*tx, *bucket) error) error {
	return w.j.write(what, func(t *tx) error {
		b, err := w.j.workspaces(t.Tx).makeChild(w.scope)
		if err != nil {
			return err
		}
		return do(t, b)
	})
}

func (t *tx) putJSON(b *bucket, name []byte, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return errors.New("the value cannot be written as JSON")
	}
	return t.put(b, name, data)
}

func decode(data []byte, into any) error {
	if json.Unmarshal(data, into) != nil {
		return errUnreadable
	}
	return nil
}
