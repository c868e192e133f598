package source

import (
	"bytes"
	"errors"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
)

// packed is a git object in memory. Its content never changes, so that a snapshot can share it; go-git's own
// would be copied once more.
type packed struct {
	kind plumbing.ObjectType
	hash plumbing.Hash
	data []byte
}

func newPacked(kind plumbing.ObjectType, data []byte) *packed {
	return &packed{kind: kind, hash: plumbing.ComputeHash(kind, data), data: data}
}

func (p *packed) Hash() plumbing.Hash       { return p.hash }
func (p *packed) Type() plumbing.ObjectType { return p.kind }
func (p *packed) Size() int64               { return int64(len(p.data)) }

// Reader reads the content.
func (p *packed) Reader() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(p.data)), nil }

// SetType, SetSize and Writer make it a plumbing.EncodedObject; nothing changes one.
func (p *packed) SetType(plumbing.ObjectType) {}

// SetSize does nothing.
func (p *packed) SetSize(int64) {}

// Writer is an error.
func (p *packed) Writer() (io.WriteCloser, error) {
	return nil, errors.New("the object is complete")
}
