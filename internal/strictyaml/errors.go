package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one problem at one place. Msg and Hint never carry what stands in
// the file's values unless the caller that made the error put it there.
type Error struct {
	Pos  Pos
	Msg  string
	Hint string // a way out; may be empty

	file  *File
	blind bool // made before any field was known: its excerpt shows no values
}

// Error is "file:line:col: msg".
func (e *Error) Error() string { return e.Pos.String() + ": " + e.Msg }

// WithHint sets the hint and returns e.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// Excerpt is the line the error is about, with a caret below. It is made when
// asked for, so that masks set after the error was made are honoured.
func (e *Error) Excerpt() string {
	if e.file == nil {
		return ""
	}
	return e.file.excerpt(e.Pos, e.blind)
}

// Errors are the problems of one or more files.
type Errors []*Error

// Error joins the problems, one a line.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Err is es as an error: nil if there are none.
func (es Errors) Err() error {
	if len(es) == 0 {
		return nil
	}
	return es
}

// Unwrap lets errors.As find the single problems.
func (es Errors) Unwrap() []error {
	out := make([]error, len(es))
	for i, e := range es {
		out[i] = e
	}
	return out
}

// Sorted returns the problems by file, line and column, each once. (A problem
// inside an anchor is found again through every alias.)
func (es Errors) Sorted() Errors {
	out := slices.Clone(es)
	slices.SortStableFunc(out, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line),
			cmp.Compare(a.Pos.Col, b.Pos.Col), cmp.Compare(a.Msg, b.Msg))
	})
	return slices.CompactFunc(out, func(a, b *Error) bool { return a.Pos == b.Pos && a.Msg == b.Msg })
}
