package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/computesync/computesync/internal/output"
)

// The limits of one file. Each is far above what people write by hand.
const (
	MaxBytes    = 1 << 20 // size of a file
	MaxValues   = 100_000 // lines, and values in [] and {}: the library takes hundreds of bytes for each
	MaxDepth    = 64      // maps and lists inside one another
	MaxExpanded = 10_000  // nodes that aliases and merge keys add to a file
	MaxErrors   = 100     // problems reported of a file
)

// Parse reads every document of data. The file is never nil: it holds the
// documents that could be read even where there are errors, so that those can
// be checked as well. name stands in every position.
func Parse(name string, data []byte) (*File, Errors) {
	f := &File{Name: name, data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))}
	if e := f.checkText(); e != nil {
		return f, Errors{e}
	}
	roots, syntax := f.decode()
	c := converter{file: f}
	for i, d := range roots {
		var next Pos
		if i+1 < len(roots) {
			next = c.pos(roots[i+1])
		}
		c.document(d, next)
	}
	if syntax != nil {
		c.errs = append(c.errs, syntax)
	}
	return f, c.errs.Sorted()
}

// checkText refuses what is no YAML text at all, and text that does not show
// what it says: who reviews it must see what is read.
func (f *File) checkText() *Error {
	if len(f.data) > MaxBytes {
		f.data = nil
		return f.blindf(Pos{f.Name, 1, 1}, "file is larger than %d bytes", MaxBytes).WithHint("split it into several files")
	}
	if f.values() > MaxValues {
		f.data = nil
		return f.blindf(Pos{f.Name, 1, 1}, "file has more than %d lines and values", MaxValues).
			WithHint("split it into several files")
	}
	if utf8.Valid(f.data) && bytes.IndexFunc(f.data, refused) < 0 {
		return nil
	}
	for i, line := range f.sourceLines() {
		switch r, col := badRune(line); {
		case col == 0:
		case r == 0 || r == utf8.RuneError:
			return f.blindf(Pos{f.Name, i + 1, col}, "file is not UTF-8 text").WithHint("save it as UTF-8")
		default:
			return f.blindf(Pos{f.Name, i + 1, col}, "character %U is not allowed: it can hide or reorder text", r).
				WithHint("remove it, or write it in double quotes as %s", strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
	}
	return nil
}

// values is how many values the file has at most, roughly and fast.
func (f *File) values() (n int) {
	for _, mark := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029", ",", "[", "{"} {
		n += bytes.Count(f.data, []byte(mark))
	}
	return n - bytes.Count(f.data, []byte("\r\n"))
}

// refused reports characters that no file may have.
func refused(r rune) bool { return output.Hidden(r) && r != '\t' && r != '\n' && r != '\r' }

// badRune is the first refused character or invalid byte in line, which is
// utf8.RuneError, and its column; 0 is none.
func badRune(line string) (bad rune, col int) {
	for i, r := range line {
		col++
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(line[i:]); size == 1 {
				return r, col
			}
		}
		if refused(r) {
			return r, col
		}
	}
	return 0, 0
}

// blindf makes an error whose excerpt shows no values, because no field is known yet.
func (f *File) blindf(p Pos, format string, args ...any) *Error {
	e := f.Errorf(p, format, args...)
	e.blind = true
	return e
}

// decode reads documents up to the end or the first syntax error. The decoder
// would repeat a syntax error forever, so it is asked no further.
func (f *File) decode() (roots []*yaml.Node, syntax *Error) {
	next := decoder(bytes.NewReader(f.data))
	for {
		n, err := next()
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return roots, f.syntaxError(err)
		}
		roots = append(roots, n)
	}
}

// errPanic stands for a panic in the library, whose text could hold anything.
var errPanic = errors.New("the text cannot be read")

// decoder returns the documents of r one by one, and the library's panics as errors.
func decoder(r io.Reader) func() (*yaml.Node, error) {
	d := yaml.NewDecoder(r)
	return func() (n *yaml.Node, err error) {
		defer func() {
			if p := recover(); p != nil {
				n, err = nil, errPanic
			}
		}()
		n = new(yaml.Node)
		return n, d.Decode(n)
	}
}
