package strictyaml

import (
	"regexp"
	"strings"
)

// span is a stretch of the file: from start up to, not including, end. A zero
// end is the end of the file.
type span struct{ start, end Pos }

// Mask marks all that n spans as secret, up to the next key or item: its lines
// and the comments behind it. Excerpts print <secret> there.
func (f *File) Mask(n *Node) {
	if n == nil {
		return
	}
	s := span{n.Pos, n.end}
	if !s.start.before(s.end) {
		s.end = Pos{}
	}
	f.masks = append(f.masks, s)
}

// columns is a stretch of one line: characters from up to, not including, to, counted from 0.
type columns struct{ from, to int }

// covers returns what s hides of a line.
func (s span) covers(number int, line []rune) columns {
	if number < s.start.Line || s.end.Line > 0 && number > s.end.Line {
		return columns{}
	}
	c := columns{0, len(line)}
	if number == s.start.Line {
		c.from = min(s.start.Col-1, len(line))
	} else {
		c.from = indentation(line)
	}
	if number == s.end.Line {
		c.to = min(s.end.Col-1, len(line))
		c.to = s.trim(number, line, c)
	}
	return c
}

// trim leaves what belongs to the next key or item rather than to the secret:
// the dash ahead of it, or the comma in braces.
func (s span) trim(number int, line []rune, c columns) int {
	if c.from >= c.to {
		return c.from
	}
	text := string(line[c.from:c.to])
	if number > s.start.Line && strings.Trim(text, " \t-") == "" {
		return c.from
	}
	text = strings.TrimRight(text, " \t")
	text = strings.TrimRight(strings.TrimSuffix(text, ","), " \t")
	return c.from + len([]rune(text))
}

func indentation(line []rune) int {
	for i, r := range line {
		if r != ' ' && r != '\t' {
			return i
		}
	}
	return len(line)
}

// keyOnly matches what may be shown of a line whose fields are not known:
// indentation, dashes and one plain key.
var keyOnly = regexp.MustCompile(`^[ \t]*(?:-[ \t]+)*(?:["']?[A-Za-z_$][\w$.-]*["']?[ \t]*:(?:[ \t]+|$))?`)

// valueOf is what must be hidden of a line whose fields are not known.
func valueOf(line []rune) columns {
	return columns{len([]rune(keyOnly.FindString(string(line)))), len(line)}
}
