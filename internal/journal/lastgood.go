package journal

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/computesync/computesync/internal/spec"
)

var nameLastGood = []byte("last-good")

// LastGood is the newest set of spec files of a workspace that had no error:
// it stays in force while git holds a bad one.
type LastGood struct {
	Commit string
	Dir    string // the workspace's folder in its source
	ID     spec.WorkspaceID
	Files  map[string][]byte // by path in the folder, valid UTF-8
}

// goodHead precedes the files' contents, which follow one another without
// separators.
type goodHead struct {
	Commit string           `json:"commit"`
	Dir    string           `json:"dir"`
	ID     spec.WorkspaceID `json:"id"`
	Files  []goodFile       `json:"files"`
}

type goodFile struct {
	Path string `json:"path"`
	Size int    `json:"size"`
}

// LastGood returns the stored set; nil when there is none.
func (w *Workspace) LastGood() (*LastGood, error) {
	var stored []byte
	err := w.view("read last good set", func(b *bucket) error {
		stored = bytes.Clone(b.Get(nameLastGood))
		return nil
	})
	if err != nil || stored == nil {
		return nil, err
	}
	g, err := unpack(stored)
	if err != nil {
		return nil, fmt.Errorf("read last good set: %w", errUnreadable)
	}
	return g, nil
}

// SetLastGood replaces the stored set; an equal one is not written again.
func (w *Workspace) SetLastGood(g LastGood) error {
	const what = "save last good set"
	plain, err := g.plain()
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	sum := sha256.Sum256(plain)
	same := false
	err = w.view(what, func(b *bucket) error {
		same = bytes.HasPrefix(b.Get(nameLastGood), sum[:])
		return nil
	})
	if err != nil || same {
		return err
	}
	packed, err := pack(sum[:], plain)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return w.write(what, func(t *tx, b *bucket) error { return t.put(b, nameLastGood, packed) })
}

// plain is the set as bytes: head as a line of JSON, then the files.
func (g *LastGood) plain() ([]byte, error) {
	head := goodHead{Commit: g.Commit, Dir: g.Dir, ID: g.ID}
	paths := slices.Sorted(maps.Keys(g.Files))
	for _, p := range paths {
		head.Files = append(head.Files, goodFile{p, len(g.Files[p])})
	}
	plain, err := json.Marshal(head)
	if err != nil {
		return nil, err
	}
	plain = append(plain, '\n')
	for _, p := range paths {
		plain = append(plain, g.Files[p]...)
	}
	return plain, nil
}

// pack is the checksum, by which equal sets are known, and the compressed set.
func pack(sum, plain []byte) ([]byte, error) {
	var b bytes.Buffer
	b.Write(sum)
	z := gzip.NewWriter(&b)
	if _, err := z.Write(plain); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpack(stored []byte) (*LastGood, error) {
	if len(stored) < sha256.Size {
		return nil, io.ErrUnexpectedEOF
	}
	z, err := gzip.NewReader(bytes.NewReader(stored[sha256.Size:]))
	if err != nil {
		return nil, err
	}
	r := bufio.NewReader(z)
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	var head goodHead
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, err
	}
	g := &LastGood{Commit: head.Commit, Dir: head.Dir, ID: head.ID, Files: make(map[string][]byte, len(head.Files))}
	for _, f := range head.Files {
		content := make([]byte, f.Size)
		if _, err := io.ReadFull(r, content); err != nil {
			return nil, err
		}
		g.Files[f.Path] = content
	}
	return g, nil
}
