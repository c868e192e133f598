package source

import (
	"bytes"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage/memory"
)

// unpack fills a store from a pack, after a look at what the pack would grow to:
// zlib and deltas make gigabytes of a few kilobytes.
func unpack(pack []byte, limit int64) (*memory.Storage, error) {
	if err := weigh(pack, limit); err != nil {
		return nil, err
	}
	store := memory.NewStorage()
	parser, err := packfile.NewParserWithStorage(packfile.NewScanner(bytes.NewReader(pack)), store)
	if err != nil {
		return nil, err
	}
	if _, err := parser.Parse(); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return store, nil
}

// weigh adds up what the objects of a pack say they unpack to. go-git holds them to it.
func weigh(pack []byte, limit int64) error {
	scanner := packfile.NewScanner(bytes.NewReader(pack))
	_, count, err := scanner.Header()
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	budget := newBudget(limit)
	for range count {
		header, err := scanner.NextObjectHeader()
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		if err := budget.take(header.Length); err != nil {
			return err
		}
		var start prefix
		if _, _, err := scanner.NextObject(&start); err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
		if header.Type.IsDelta() {
			if err := budget.take(start.deltaTarget()); err != nil {
				return err
			}
		}
	}
	return nil
}

// prefix keeps the first bytes written to it: a delta begins with the sizes of what
// it starts from and of what it makes, 7 bits a byte, least first (git's pack-format).
type prefix struct{ head []byte }

func (p *prefix) Write(data []byte) (int, error) {
	const most = 20
	p.head = append(p.head, data[:min(len(data), most-min(most, len(p.head)))]...)
	return len(data), nil
}

func (p *prefix) deltaTarget() int64 {
	var size int64
	rest := p.head
	for range 2 {
		size = 0
		for shift := 0; len(rest) > 0 && shift < 63; shift += 7 {
			b := rest[0]
			rest = rest[1:]
			size |= int64(b&0x7f) << shift
			if b&0x80 == 0 {
				break
			}
		}
	}
	return size
}
