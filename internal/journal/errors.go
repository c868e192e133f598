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

// GoneError says that the file of an open journal is not at its path any more:
// what is written to it would be lost with the process.
type GoneError struct{ Err error } // why it is not found, with the path

func (e *GoneError) Error() string { return "the journal's file is gone: " + e.Err.Error() }

func (e *GoneError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *GoneError) Hint() string {
	return "nothing is written to Azure until it is there again: " +
		"mount or move the state folder back, and the daemon continues; if it is lost, restore a backup, or go on without one, and start again"
}
