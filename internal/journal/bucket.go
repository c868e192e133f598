package journal

import (
	"errors"

	bolt "go.etcd.io/bbolt"
)

// bucket is a bucket of a workspace, whose values are sealed: each is stored
// behind a mark that only the journal's key makes, for its place alone.
type bucket struct {
	*bolt.Bucket
	key   *Key
	place string
	bare  bool // of a former version: nothing is sealed
}

// child is a bucket in this one; nil where there is none.
func (b *bucket) child(name []byte) *bucket {
	if sub := b.Bucket.Bucket(name); sub != nil {
		return &bucket{sub, b.key, childPlace(b.place, name), b.bare}
	}
	return nil
}

// makeChild is a bucket in this one, made where there is none.
func (b *bucket) makeChild(name []byte) (*bucket, error) {
	sub, err := b.CreateBucketIfNotExists(name)
	return &bucket{sub, b.key, childPlace(b.place, name), b.bare}, err
}

func childPlace(place string, name []byte) string { return place + "/" + string(name) }

// Get returns a value without its mark; nil where there is none.
func (b *bucket) Get(name []byte) []byte { return b.plain(b.Bucket.Get(name)) }

// plain is what is stored, without its mark. Open has seen that the key made it.
func (b *bucket) plain(stored []byte) []byte {
	if stored == nil || b.bare {
		return stored
	}
	return stored[sealSize:]
}

// each calls f for every value in the child of a name, if that is there.
func (b *bucket) each(name []byte, f func(name, value []byte) error) error {
	sub := b.child(name)
	if sub == nil {
		return nil
	}
	return sub.ForEach(func(k, v []byte) error { return f(k, sub.plain(v)) })
}

// errNotSealed says that not this key sealed a value.
var errNotSealed = errors.New("a value in it was not written with this machine's key")

// checkSeals reads every value below a bucket, and wants the key to have made
// its mark.
func checkSeals(b *bolt.Bucket, key *Key, place string) error {
	return b.ForEach(func(name, stored []byte) error {
		if stored == nil {
			return checkSeals(b.Bucket(name), key, childPlace(place, name))
		}
		if !key.proves(place, name, stored) {
			return errNotSealed
		}
		return nil
	})
}
