package strictyaml

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/computesync/computesync/internal/output"
)

const (
	secretMark = "<secret>" // stands for a masked value
	hiddenMark = "…"        // stands for what nobody knows to be harmless
	cutMark    = '…'
	maxWidth   = 100 // of the excerpt's text; with the gutter it stays under 120 columns
)

// Excerpt is the source line at p under a gutter with its number, and a caret
// below the column. Masked stretches read <secret>. A place outside of the file
// gives "".
func (f *File) Excerpt(p Pos) string { return f.excerpt(p, false) }

// Line is the source line of a place in f, whatever is masked in it: for looking
// through, not for showing.
func (f *File) Line(p Pos) string { return f.sourceLines()[p.Line-1] }

// excerpt makes the excerpt. A blind one shows no values at all.
func (f *File) excerpt(p Pos, blind bool) string {
	lines := f.sourceLines()
	if p.Line < 1 || p.Line > len(lines) || p.Col < 1 {
		return ""
	}
	line := []rune(lines[p.Line-1])
	mark, hidden := secretMark, make([]bool, len(line))
	if blind {
		mark = hiddenMark
		valueOf(line).hide(hidden)
	} else {
		for _, s := range f.masks {
			s.covers(p.Line, line).hide(hidden)
		}
	}
	text, caret := show(line, hidden, mark, p.Col-1)
	text, caret = cut(text, caret)
	first := strings.TrimRight(fmt.Sprintf("%5d | %s", p.Line, string(text)), " ")
	return first + "\n      | " + strings.Repeat(" ", width(text[:caret])) + "^"
}

// hide marks the columns.
func (c columns) hide(hidden []bool) {
	for i := c.from; i < c.to; i++ {
		hidden[i] = true
	}
}

// show returns what may be printed of line, and where in it the caret belongs.
// What a terminal would obey or not show is replaced.
func show(line []rune, hidden []bool, mark string, caret int) (text []rune, at int) {
	at = -1
	for i, r := range line {
		again := hidden[i] && i > 0 && hidden[i-1]
		if i == caret {
			at = len(text)
			if again {
				at -= len([]rune(mark))
			}
		}
		switch {
		case again:
		case hidden[i]:
			text = append(text, []rune(mark)...)
		case r == '\t':
			text = append(text, ' ')
		case !unicode.IsPrint(r) || output.Hidden(r):
			text = append(text, unicode.ReplacementChar)
		default:
			text = append(text, r)
		}
	}
	if at < 0 {
		at = len(text)
	}
	return text, at
}

// cut keeps about maxWidth columns around the caret.
func cut(text []rune, caret int) ([]rune, int) {
	from, to := caret, caret
	for used := 0; used < maxWidth && (from > 0 || to < len(text)); {
		if from > 0 && (caret-from <= to-caret || to == len(text)) {
			from--
			used += runeWidth(text[from])
		} else {
			used += runeWidth(text[to])
			to++
		}
	}
	out := make([]rune, 0, to-from+2)
	if from > 0 {
		out = append(out, cutMark)
	}
	at := len(out) + caret - from
	out = append(out, text[from:to]...)
	if to < len(text) {
		out = append(out, cutMark)
	}
	return out, at
}

func width(text []rune) int {
	w := 0
	for _, r := range text {
		w += runeWidth(r)
	}
	return w
}

// wide are the blocks that terminals draw two columns wide (Unicode UAX #11, W and F).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1},
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1},
		{Lo: 0x3041, Hi: 0xa4cf, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1},
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1},
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff00, Hi: 0xff60, Stride: 1},
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1},
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1},
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1},
	},
}

func runeWidth(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}
