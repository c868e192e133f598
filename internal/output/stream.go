package output

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"unicode/utf8"
)

// Stream is stdout or stderr. Nothing that is written to it is a command to a
// CI service, and nothing in it is hidden, whoever wrote it. It does not matter
// whether a CI service is there: a container that a pipeline starts does not
// know, and its log is read all the same.
//
// A command's beginning is broken by the least change, such that JSON keeps its
// meaning: the bracket of ##[ and ##vso[ is written \u005b, and :: that begins a
// line is written :\:. What is hidden, but for tabs and ends of lines, is
// escaped as in JSON.
type Stream struct {
	Terminal bool // a person looks at it, and colours show

	w    io.Writer
	mu   *sync.Mutex // also of the other stream of the process: both may be one file
	line line
	rest []byte // of a character that is not written whole yet
}

// Streams are the two streams of a process. Each write is whole before the next
// one to either begins.
func Streams(out, err io.Writer) (stdout, stderr *Stream) {
	mu := new(sync.Mutex)
	return &Stream{w: out, mu: mu}, &Stream{w: err, mu: mu}
}

// New is a stream of its own: a file that may be printed later.
func New(w io.Writer) *Stream { return &Stream{w: w, mu: new(sync.Mutex)} }

// Write writes text or JSON.
func (s *Stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(p, false)
}

// Command is how a command to a CI service begins.
type Command string

// The commands that are written on purpose.
const (
	GitHubCommand         Command = "::"     // a workflow command of GitHub Actions
	AzurePipelinesCommand Command = "##vso[" // a logging command of Azure Pipelines
)

// Command writes a line that is a command: this method is the one way to write
// one. Nothing in the rest of the line is another command.
func (s *Stream) Command(c Command, rest string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := io.WriteString(s.w, string(c)); err != nil {
		return err
	}
	s.line = line{begun: true}
	_, err := s.write([]byte(rest+"\n"), false)
	return err
}

// Colored is the stream for text with colours and cursor movements of ours,
// which a terminal gets. What others wrote must be Visible in it.
func (s *Stream) Colored() io.Writer { return colored{s} }

type colored struct{ *Stream }

func (c colored) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.write(p, c.Terminal)
}

func (s *Stream) write(p []byte, ansi bool) (int, error) {
	text := slices.Concat(s.rest, p)
	out := make([]byte, 0, len(text)+16)
	for {
		n := s.line.passes(text)
		out, text = append(out, text[:n]...), text[n:]
		if !utf8.FullRune(text) {
			break
		}
		r, size := utf8.DecodeRune(text)
		out = s.append(out, r, text[:size], ansi)
		text = text[size:]
	}
	s.rest = append([]byte(nil), text...)
	if _, err := s.w.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

// append appends a character to what is written, or what shows in its place.
func (s *Stream) append(out []byte, r rune, raw []byte, ansi bool) []byte {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		s.line.next('\\')
		return fmt.Appendf(out, `\x%02x`, raw[0])
	case r == '\x1b' && ansi:
		return append(out, raw...)
	case Hidden(r) && r != '\n' && r != '\t':
		s.line.next('\\')
		return appendEscape(out, r)
	case s.line.next(r):
		return append(out, breaks[r]...)
	}
	return append(out, raw...)
}

// breaks is what is written where a character would complete the beginning of
// a command.
var breaks = map[rune]string{':': `\:`, '[': `\u005b`}

// line is what of a line decides whether a character completes the beginning of
// a command: :: behind blanks alone (actions/runner, ActionCommand.TryParseV2);
// ##[ anywhere (there, TryParse), ##vso[ (azure-pipelines-agent, Command.TryParse)
// and whatever else is a word between ## and [. What is not ASCII decides
// nothing: both compare by culture, which passes over some of it.
type line struct {
	begun  bool // there is more than blanks
	colon  bool // which is one colon
	sharps int  // just before; 2: ## and perhaps letters
}

// passes is how many bytes of a text show as they are and decide nothing.
func (l *line) passes(text []byte) int {
	if !l.begun || l.colon || l.sharps > 0 {
		return 0
	}
	for i, b := range text {
		if b == '#' || b < ' ' || b >= '\x7f' {
			return i
		}
	}
	return len(text)
}

// next takes the line's next character. It reports whether that one completes
// the beginning of a command.
func (l *line) next(r rune) (command bool) {
	switch {
	case r >= utf8.RuneSelf:
		return false
	case r == '\n':
		*l = line{}
		return false
	}
	command = l.colon && r == ':' || l.sharps == 2 && r == '['
	l.colon = r == ':' && !l.begun
	l.begun = l.begun || r != ' ' && r != '\t'
	switch {
	case r == '#':
		l.sharps = min(l.sharps+1, 2)
	case l.sharps < 2 || (r|' ') < 'a' || (r|' ') > 'z':
		l.sharps = 0
	}
	return command
}
