package source

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// signedCommit is a commit as its signature covers it: byte for byte, without
// the signature. go-git would write it anew from what it understood.
type signedCommit struct {
	hash      plumbing.Hash
	committer string
	when      time.Time
	payload   []byte
	signature string // armored; "" for none
}

func readSigned(store storer.EncodedObjectStorer, hash plumbing.Hash) (*signedCommit, error) {
	commit, err := getCommit(store, hash)
	if err != nil {
		return nil, err
	}
	raw, err := readRaw(store, hash)
	if err != nil {
		return nil, fmt.Errorf("read commit %s: %w", hash, err)
	}
	c := &signedCommit{hash: hash, committer: oneLine(commit.Committer.Name), when: commit.Committer.When}
	if c.payload, c.signature, err = splitSignature(raw); err != nil {
		return nil, problem(Signature, fmt.Sprintf("commit %s %v", hash.String()[:12], err))
	}
	return c, nil
}

func readRaw(store storer.EncodedObjectStorer, hash plumbing.Hash) ([]byte, error) {
	raw, err := store.EncodedObject(plumbing.CommitObject, hash)
	if err != nil {
		return nil, err
	}
	return contentOf(raw)
}

// splitSignature takes the signature out of a commit's header, as git does: the
// lines of gpgsig (one a header, its further lines begin with a space), and
// those of gpgsig-sha256, which is for the same commit in another repository format.
func splitSignature(raw []byte) (payload []byte, signature string, err error) {
	header, _, ok := bytes.Cut(raw, []byte("\n\n"))
	if !ok {
		return nil, "", errorText("has no end of its header")
	}
	var text strings.Builder
	key, found := "", 0
	for line := range bytes.SplitSeq(header, []byte("\n")) {
		value, goesOn := bytes.CutPrefix(line, []byte(" "))
		if !goesOn {
			var name []byte
			name, value, _ = bytes.Cut(line, []byte(" "))
			if key = string(name); key == "gpgsig" {
				found++
			}
		}
		switch key {
		case "gpgsig":
			text.Write(value)
			text.WriteByte('\n')
		case "gpgsig-sha256":
		default:
			payload = append(append(payload, line...), '\n')
		}
	}
	if found > 1 {
		return nil, "", errorText("has two signatures")
	}
	return append(payload, raw[len(header)+1:]...), text.String(), nil
}

// rehashed reads objects from a disk and believes in their names only once it
// has hashed them: who signed a commit signed hashes, and others may write there.
type rehashed struct {
	storer.EncodedObjectStorer
	budget *budget
}

// EncodedObject returns the object with its content in memory.
func (r rehashed) EncodedObject(kind plumbing.ObjectType, hash plumbing.Hash) (plumbing.EncodedObject, error) {
	from, err := r.EncodedObjectStorer.EncodedObject(kind, hash)
	if err != nil {
		return nil, err
	}
	if err := r.pay(from); err != nil {
		return nil, err
	}
	data, err := contentOf(from)
	if err != nil {
		return nil, err
	}
	object := newPacked(from.Type(), data)
	if object.hash != hash {
		return nil, problem(Broken, fmt.Sprintf("the content of object %s is not what its name says", hash))
	}
	return object, nil
}

// pay counts an object before it is read. Commits are read one after another, and not kept.
func (r rehashed) pay(object plumbing.EncodedObject) error {
	if object.Type() == plumbing.CommitObject {
		return checkCommitSize(object)
	}
	return r.budget.take(object.Size())
}
