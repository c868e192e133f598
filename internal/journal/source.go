package journal

import (
	bolt "go.etcd.io/bbolt"
)

var bucketSources = []byte("sources")

// Source is what is remembered of a source of specs.
type Source struct {
	Commit  string `json:"commit"`            // in effect: the newest that was taken from it
	Refused string `json:"refused,omitempty"` // what it offered since, and does not descend from Commit
	// Rewritten and Seen are those of the source.Snapshot that Commit was taken from.
	Rewritten string `json:"rewritten,omitempty"`
	Seen      int    `json:"seen,omitempty"`
}

// Source returns what is remembered of the source of that name; the zero value
// where nothing is.
func (j *Journal) Source(name string) (s Source, err error) {
	err = j.view("read source", func(t *bolt.Tx) error {
		b := t.Bucket(bucketSources)
		if b == nil {
			return nil
		}
		s, err = readSource(j.sources(b), name)
		return err
	})
	return s, err
}

// ChangeSource has change change what is remembered of a source, and adds the
// event to the histories of these scopes, in one transaction. Where change
// returns false nothing is written. It reports what change returned.
func (j *Journal) ChangeSource(
	name string, change func(*Source) bool, e Event, scopes ...string,
) (changed bool, err error) {
	err = j.write("save source", func(t *tx) error {
		made, err := t.CreateBucketIfNotExists(bucketSources)
		if err != nil {
			return err
		}
		sources := j.sources(made)
		s, err := readSource(sources, name)
		if err != nil {
			return err
		}
		if changed = change(&s); !changed {
			return nil
		}
		if err := t.putJSON(sources, []byte(name), s); err != nil {
			return err
		}
		for _, scope := range scopes {
			b, err := j.workspaces(t.Tx).makeChild([]byte(scope))
			if err != nil {
				return err
			}
			if err := appendEvents(t, b, []Event{e}); err != nil {
				return err
			}
		}
		return nil
	})
	return changed, err
}

// sources is the bucket of the sources, whose values are sealed as those of
// workspaces are.
func (j *Journal) sources(b *bolt.Bucket) *bucket {
	return &bucket{b, j.key, string(bucketSources), j.former}
}

func readSource(b *bucket, name string) (s Source, err error) {
	if value := b.Get([]byte(name)); value != nil {
		err = decode(value, &s)
	}
	return s, err
}
