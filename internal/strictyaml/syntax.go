package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"
)

// advice is what we say for a complaint of the library: its words where they
// are clear, and the usual cause.
var advice = map[string]struct{ msg, hint string }{
	"block sequence entries are not allowed in this context":       {"a list item is not allowed here", "put the list on a line of its own"},
	"control characters are not allowed":                           {"control characters are not allowed", ""},
	"could not find expected ':'":                                  {"expected a key, a colon and a space", "write key: value, with a space behind the colon"},
	"did not find expected ',' or ']'":                             {"the list in brackets is not closed", "look for a missing ] or comma"},
	"did not find expected ',' or '}'":                             {"the map in braces is not closed", "look for a missing } or comma"},
	"did not find expected '-' indicator":                          {"expected another list item", "check the indentation against the lines above"},
	"did not find expected key":                                    {"expected another key", "check the indentation against the lines above"},
	"did not find expected node content":                           {"expected a value", ""},
	"exceeded max depth of 10000":                                  {"nested deeper than 64 levels", ""},
	"found a tab character that violates indentation":              {"a tab stands where indentation is expected", "indent with spaces"},
	"found a tab character where an indentation space is expected": {"a tab stands where indentation is expected", "indent with spaces"},
	"found character that cannot start any token":                  {"no value can begin with this character", "put values that begin with @, ` or % in quotes, and indent with spaces"},
	"found unexpected end of stream":                               {"the quote is not closed", "look for the missing quote"},
	"found unknown escape character":                               {"unknown escape in double quotes", `write \\ for a backslash, or use single quotes`},
	"mapping values are not allowed in this context":               {"a key is not allowed here", "check the indentation, and put values that contain a colon and a space in quotes"},
	unknownAnchor: {unknownAnchor, "put values that begin with * in quotes"},
	"did not find expected alphabetic or numeric character": {"an anchor or alias needs a name", "put values that begin with & or * in quotes"},
	"found undefined tag handle":                            {"tags are not supported", "remove the tag, or quote a value that begins with !"},
	"found unexpected document indicator":                   {"the quote is not closed before the next document", "look for the missing quote"},
	"did not find expected <document start>":                {"expected the end of the document", "begin another document with a line ---"},
	"did not find expected comment or line break":           {"unexpected text in this line", "put values that begin with | or > in quotes"},
}

const unknownAnchor = "unknown anchor"

// libraryPrefix is what the library puts ahead of its complaint. Its line is
// not used: it is that of the enclosing block, or one off, or missing.
var libraryPrefix = regexp.MustCompile(`^yaml: (line \d+: )?`)

// complaint is the library's message without a place and without the anchor's
// name, its only part that comes from the file: a password that begins with *
// reads as an alias.
func complaint(err error) string {
	if err == nil || errors.Is(err, io.EOF) {
		return ""
	}
	msg := libraryPrefix.ReplaceAllString(err.Error(), "")
	if strings.HasPrefix(msg, unknownAnchor) {
		return unknownAnchor
	}
	return msg
}

// syntaxError turns the library's error into ours.
func (f *File) syntaxError(err error) *Error {
	what := complaint(err)
	e := f.blindf(f.locate(what), "%s", "not valid YAML: "+what)
	if a, ok := advice[what]; ok {
		e.Msg, e.Hint = a.msg, a.hint
	}
	return e
}

// searchBudget bounds, in bytes parsed, the search for the place of a syntax error.
const searchBudget = 8 << 20

// locate finds where the file begins to be wrong: the end of the shortest
// beginning, first in lines and then in characters, that draws the complaint.
func (f *File) locate(what string) Pos {
	parsed := 0
	wrong := func(n int) bool {
		parsed += n
		return parsed <= searchBudget && firstComplaint(f.data[:n]) == what
	}
	ends := f.lineEnds()
	i := min(sort.Search(len(ends), func(i int) bool { return wrong(ends[i]) }), len(ends)-1)
	start := 0
	if i > 0 {
		start = ends[i-1]
	}
	line := f.sourceLines()[i]
	chars := utf8.RuneCountInString(line)
	col := 1 + sort.Search(chars, func(n int) bool { return wrong(start + runeOffset(line, n+1)) })
	switch {
	case col > chars: // only the line break makes it wrong
		col = 1 + utf8.RuneCountInString(line) - utf8.RuneCountInString(strings.TrimLeft(line, " \t"))
	case what == unknownAnchor && col > 1: // the name begins behind the *
		col--
	}
	return Pos{f.Name, i + 1, col}
}

// runeOffset is the byte offset behind the first n characters of s.
func runeOffset(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// firstComplaint is what the library has to say about data, or "".
func firstComplaint(data []byte) string {
	next := decoder(bytes.NewReader(data))
	for {
		if _, err := next(); err != nil {
			return complaint(err)
		}
	}
}
