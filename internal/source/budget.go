package source

import (
	"fmt"
	"strings"
)

const (
	defaultMaxBytes = 256 << 20
	// maxEntries stops a tree whose folders repeat each other: a few kilobytes of
	// git objects can describe billions of files.
	maxEntries = 500_000
	// maxDepth is how deep folders may be nested. The paths of a chain of n folders
	// have n² bytes.
	maxDepth = 100
	// maxName and maxTarget are what file systems allow: NAME_MAX and PATH_MAX of Linux.
	maxName   = 255
	maxTarget = 4096
	// maxSteps is how many folders the symlinks of a snapshot may lead through, all together.
	maxSteps = 5_000_000
	// maxCommit is the size of a commit object. It is kept more than once while its
	// signature is verified.
	maxCommit = 1 << 20
)

// What things cost in memory besides their content, measured and rounded up.
const (
	costObject = 256 // an object of a pack, with its places in two maps
	costNode   = 256 // an entry of a snapshot
	costTree   = 4   // a folder is decoded to so many times its bytes
	costRefs   = 4   // a list of refs likewise
)

// budget is the memory that one fetch may still take.
type budget struct {
	limit, bytes   int64
	entries, steps int
}

func newBudget(limit int64) *budget {
	return &budget{limit: limit, bytes: limit, entries: maxEntries, steps: maxSteps}
}

func (b *budget) take(n int64) error { return b.takeTimes(1, n) }

func (b *budget) takeTimes(times, n int64) error {
	if n < 0 || n > b.bytes/times {
		return tooManyBytes(b.limit)
	}
	b.bytes -= times * n
	return nil
}

// entry counts an entry of a folder.
func (b *budget) entry() error {
	if b.entries--; b.entries < 0 {
		return tooMuch("more than %d files and folders", maxEntries)
	}
	return nil
}

// step counts a folder that a symlink leads through.
func (b *budget) step() error {
	if b.steps--; b.steps < 0 {
		return tooMuch("symlinks that lead through more than %d folders", maxSteps)
	}
	return nil
}

// tooDeep refuses the folder called name, a path of the snapshot.
func tooDeep(name string) error {
	if strings.Count(name, "/") < maxDepth {
		return nil
	}
	return tooMuch("folders nested more than %d deep", maxDepth)
}

// tooMuch is a limit that no configuration raises.
func tooMuch(format string, limit int) error {
	e := problem(TooLarge, fmt.Sprintf(format, limit))
	e.hint = "keep the specs in a repository of their own; this limit is fixed"
	return e
}

func tooManyBytes(limit int64) error {
	return problem(TooLarge, fmt.Sprintf("more than %s (max_size)", sizeText(limit)))
}

// maxRefs is how many bytes a server's list of refs may have.
func maxRefs(limit int64) int64 { return min(limit, max(limit/8, 1<<20)) }

func tooManyRefs(limit int64) error {
	most := sizeText(maxRefs(limit))
	e := problem(TooLarge, fmt.Sprintf("the list of branches and tags has more than %s (an eighth of max_size)", most))
	e.hint = "delete branches and tags that are not needed, or raise max_size of the source"
	return e
}

func sizeText(n int64) string {
	if n>>20 == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
