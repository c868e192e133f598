package spec

import (
	"fmt"
	"time"
)

// ReadLag is how far a read of Azure may be behind a write, as far as we allow
// for: whether reads of computes lag at all is not known.
const ReadLag = 15 * time.Second

// Older reports whether a createdOn is before another one. Of one name it only
// grows: what is older than a known incarnation comes from a read that is behind.
// False where either is not a time.
func Older(createdOn, than string) bool {
	a, b := ParseTime(createdOn), ParseTime(than)
	return !a.IsZero() && !b.IsZero() && a.Before(b)
}

// UpTo reports whether a createdOn is that of a known incarnation or of an
// earlier one of the name.
func UpTo(createdOn, known string) bool {
	return known != "" && (createdOn == known || Older(createdOn, known))
}

// ParseTime reads a time as Azure writes it; zero where it is none.
func ParseTime(text string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// Recent reports whether something happened so short a while before now that a
// read may not show it yet. A clock that was set since is not trusted: then
// nothing is recent.
func Recent(at, now time.Time) bool {
	age := now.Sub(at)
	return !at.IsZero() && age < ReadLag && age > -ReadLag
}

// LandedOn explains why a compute is not ours though it has our tag.
func LandedOn(name, createdOn string) string {
	return fmt.Sprintf("%s was made by somebody else at %s, just before our creation of that name reached Azure, and that may have "+
		"replaced its tags and settings; it is left alone", name, createdOn)
}

// Disowned is an incarnation of a name that is not ours, whatever its tag says.
type Disowned struct {
	Name      string    `json:"name"`
	CreatedOn string    `json:"created_on"`
	Removed   bool      `json:"removed,omitempty"` // we removed it; false: somebody else made it, and our creation landed on it
	At        time.Time `json:"at"`                // when that became known
}
