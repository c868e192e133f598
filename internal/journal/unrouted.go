package journal

import (
	"slices"

	"github.com/computesync/computesync/internal/spec"
)

var nameUnrouted = []byte("unrouted")

// Unrouted returns the actions that Azure did not take, the oldest first.
func (w *Workspace) Unrouted() (all []spec.Unrouted, err error) {
	err = w.view("read actions that Azure does not have", func(b *bucket) error {
		all, err = unrouted(b)
		return err
	})
	return all, err
}

func unrouted(b *bucket) (all []spec.Unrouted, err error) {
	if value := b.Get(nameUnrouted); value != nil {
		err = decode(value, &all)
	}
	return all, err
}

// addUnrouted remembers one more, in place of those that it makes obsolete.
func addUnrouted(t *tx, b *bucket, u *spec.Unrouted) error {
	if u == nil {
		return nil
	}
	all, err := unrouted(b)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(old spec.Unrouted) bool {
		same := old.Action == u.Action && old.Version == u.Version && old.Name == u.Name && old.Want == u.Want && old.State == u.State
		return same || u.At.Sub(old.At) >= spec.UnroutedFor
	})
	return t.putJSON(b, nameUnrouted, append(all, *u))
}
