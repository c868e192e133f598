package source

import "fmt"

const (
	defaultMaxBytes = 256 << 20
	// maxEntries stops a tree whose folders repeat each other: a few kilobytes of
	// git objects can describe billions of files.
	maxEntries = 500_000
)

// budget is what one snapshot may still take.
type budget struct {
	limit, bytes int64
	entries      int
}

func newBudget(limit int64) budget { return budget{limit: limit, bytes: limit, entries: maxEntries} }

func (b *budget) take(n int64) error {
	if n > b.bytes {
		return tooManyBytes(b.limit)
	}
	b.bytes -= n
	return nil
}

func (b *budget) entry() error {
	if b.entries == 0 {
		e := problem(TooLarge, fmt.Sprintf("more than %d files and folders", maxEntries))
		e.hint = "keep the specs in a repository of their own"
		return e
	}
	b.entries--
	return nil
}

func tooManyBytes(limit int64) error {
	size, unit := limit>>20, "MiB"
	if size == 0 {
		size, unit = limit, "bytes"
	}
	return problem(TooLarge, fmt.Sprintf("more than %d %s (max_size)", size, unit))
}
