package journal

import "fmt"

// LockedError says that another process has the journal open.
type LockedError struct{ Path string }

func (e *LockedError) Error() string { return e.Path + ": another computesync holds it" }

// CorruptError says that a journal file cannot be trusted, and where it was
// moved, if it was.
type CorruptError struct {
	Path  string
	Moved string // new path of the damaged file; empty when it was left in place
	Err   error
}

func (e *CorruptError) Error() string {
	text := fmt.Sprintf("%s: damaged: %v", e.Path, e.Err)
	if e.Moved != "" {
		text += "; moved to " + e.Moved + ", a new journal was begun"
	}
	return text
}

func (e *CorruptError) Unwrap() error { return e.Err }
