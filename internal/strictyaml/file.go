package strictyaml

import "fmt"

// File is one parsed file: its documents, its text for excerpts, and the
// places that excerpts must not show. A File is not safe for concurrent use.
type File struct {
	Name string
	Docs []*Document

	data  []byte
	lines []string // split on first use
	masks []span
}

// Errorf makes an error at p, which must lie in f. Mask the value first if the
// message is about a secret, or about a key that is not known: what stands
// under a misspelt "password" is a secret too.
func (f *File) Errorf(p Pos, format string, args ...any) *Error {
	return &Error{Pos: p, Msg: fmt.Sprintf(format, args...), file: f}
}
