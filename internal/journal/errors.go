package journal

import (
	"errors"
	"fmt"
)

// errOtherKey says that another key sealed the journal than the one at hand.
var errOtherKey = errors.New("it was not written with this machine's key")

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
	if errors.Is(e.Err, errOtherKey) {
		text = fmt.Sprintf("%s: %v", e.Path, e.Err)
	}
	if e.Moved != "" {
		text += "; moved to " + e.Moved + ", a new journal was begun"
	}
	return text
}

func (e *CorruptError) Unwrap() error { return e.Err }

// KeyError says that the file of the key cannot be used or made.
type KeyError struct{ Err error }

func (e *KeyError) Error() string { return "key of the journal: " + e.Err.Error() }

func (e *KeyError) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *KeyError) Hint() string {
	if unsafe, ok := errors.AsType[*UnsafeError](e.Err); ok {
		return unsafe.Hint()
	}
	return "name another file or a secret, with --state-key or state.key; a key is made with: openssl rand -hex 32"
}

// FormerKeyError says that a journal of the former format cannot be upgraded:
// the key in it is not this machine's, so somebody else may have written it.
type FormerKeyError struct{ Path string }

func (e *FormerKeyError) Error() string {
	return e.Path + ": a former version wrote it, and with another key than this machine's"
}

// Hint says what to do about it.
func (e *FormerKeyError) Hint() string {
	return "if it is yours, open it once with the default key (without --state-key or state.key): that moves its key to a file, which can be moved after that; " +
		"else remove the journal, and what is ours is known from tags alone"
}

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
