package clock

import (
	"os"
	"strings"
	"sync"
	"time"
)

// offsetFile names the file that holds the Offset, such as 24h or -90m. Only the
// linker sets it, in a build for tests: CONTRIBUTING.md shows how.
var offsetFile string

func init() {
	if offsetFile != "" {
		Offset = (&file{name: offsetFile}).offset
	}
}

// rereadAfter is for how long what was read counts.
const rereadAfter = 50 * time.Millisecond

// file is an offset in a file. A file that is missing or cannot be read changes
// nothing.
type file struct {
	name string

	mu   sync.Mutex
	read time.Time
	last time.Duration
}

func (f *file) offset() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.read.IsZero() && time.Since(f.read) < rereadAfter {
		return f.last
	}
	f.read = time.Now()
	data, err := os.ReadFile(f.name)
	if err != nil {
		return f.last
	}
	if d, err := time.ParseDuration(strings.TrimSpace(string(data))); err == nil {
		f.last = d
	}
	return f.last
}
