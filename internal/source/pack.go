package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage/memory"
)

// unpack reads the objects of a pack as it arrives. The pack itself is never held, and what an object takes is
// paid before it is read: zlib and deltas make gigabytes of a few kilobytes, and go-git's own parser keeps the
// pack, a record of each object and a copy of each base.
func unpack(pack io.Reader, budget *budget) (*memory.ObjectStorage, error) {
	u := unpacker{
		store:  &memory.ObjectStorage{Objects: make(map[plumbing.Hash]plumbing.EncodedObject)},
		budget: budget, at: make(map[int64]*packed), waiting: make(map[base][]delta),
	}
	if err := u.read(packfile.NewScanner(pack)); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return u.store, nil
}

type unpacker struct {
	store   *memory.ObjectStorage
	budget  *budget
	at      map[int64]*packed // what was unpacked, by its offset in the pack
	waiting map[base][]delta  // for a base that comes later
}

// base is what a delta starts from: one of the two is set.
type base struct {
	offset int64
	hash   plumbing.Hash
}

// delta makes an object of another.
type delta struct {
	offset int64
	data   []byte
}

func (u *unpacker) read(scanner *packfile.Scanner) error {
	_, count, err := scanner.Header()
	if err != nil {
		return err
	}
	for range count {
		header, err := scanner.NextObjectHeader()
		if err != nil {
			return err
		}
		if err := u.object(scanner, header); err != nil {
			return err
		}
	}
	if len(u.waiting) > 0 {
		return errors.New("the pack does not hold what a delta starts from")
	}
	_, err = scanner.Checksum()
	return err
}

// object reads one object, or keeps the delta of one whose base is not known yet.
func (u *unpacker) object(scanner *packfile.Scanner, header *packfile.ObjectHeader) error {
	data, err := u.content(scanner, header.Length)
	if err != nil {
		return err
	}
	switch header.Type {
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
		return u.add(header.Offset, newPacked(header.Type, data))
	case plumbing.OFSDeltaObject:
		return u.patch(base{offset: header.OffsetReference}, delta{header.Offset, data})
	case plumbing.REFDeltaObject:
		return u.patch(base{hash: header.Reference}, delta{header.Offset, data})
	}
	return fmt.Errorf("object type %d is not known", header.Type)
}

func (u *unpacker) content(scanner *packfile.Scanner, size int64) ([]byte, error) {
	if err := u.budget.take(size); err != nil {
		return nil, err
	}
	if err := u.budget.take(costObject); err != nil {
		return nil, err
	}
	data := bytes.NewBuffer(make([]byte, 0, size))
	n, _, err := scanner.NextObject(data)
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	return data.Bytes(), err
}

// patch applies a delta, now or when its base is there.
func (u *unpacker) patch(from base, d delta) error {
	source := u.at[from.offset]
	if source == nil {
		source, _ = u.store.Objects[from.hash].(*packed)
	}
	if source == nil {
		u.waiting[from] = append(u.waiting[from], d)
		return nil
	}
	object, err := u.apply(source, d)
	if err != nil {
		return err
	}
	return u.add(d.offset, object)
}

// add keeps an object, and all that waited for it. Chains of deltas may be long: nothing recurses.
func (u *unpacker) add(offset int64, object *packed) error {
	type placed struct {
		offset int64
		object *packed
	}
	for todo := []placed{{offset, object}}; len(todo) > 0; {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		u.at[next.offset], u.store.Objects[next.object.hash] = next.object, next.object
		for _, key := range []base{{offset: next.offset}, {hash: next.object.hash}} {
			for _, d := range u.waiting[key] {
				made, err := u.apply(next.object, d)
				if err != nil {
					return err
				}
				todo = append(todo, placed{d.offset, made})
			}
			delete(u.waiting, key)
		}
	}
	return nil
}

// apply makes the object. A delta begins with two sizes: of its base, and of what it makes (git's pack-format).
func (u *unpacker) apply(source *packed, d delta) (*packed, error) {
	_, first := binary.Uvarint(d.data)
	target, second := binary.Uvarint(d.data[max(first, 0):])
	if first <= 0 || second <= 0 {
		return nil, packfile.ErrInvalidDelta
	}
	if err := u.budget.take(int64(target)); err != nil {
		return nil, err
	}
	data, err := packfile.PatchDelta(source.data, d.data)
	if err != nil {
		return nil, err
	}
	return newPacked(source.kind, data), nil
}
