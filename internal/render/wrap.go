package render

import (
	"strings"
	"unicode/utf8"
)

// columns is how wide text is: what every terminal has.
const columns = 80

// fits reports whether a line is no wider than a terminal.
func fits(line string) bool { return utf8.RuneCountInString(line) <= columns }

// wrap lays text out behind first, which shows as width columns, and goes on
// in lines that are indented by hang. Words longer than a line are cut, after
// a slash or comma where there is one.
func wrap(b *strings.Builder, first string, width, hang int, text string) {
	b.WriteString(first)
	col, begun := width, false
	next := func() {
		b.WriteString("\n" + strings.Repeat(" ", hang))
		col, begun = hang, false
	}
	for _, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case begun && col+1+n <= columns:
			b.WriteByte(' ')
			col++
		case begun:
			next()
		}
		for col+n > columns {
			head := cut(word, columns-col)
			b.WriteString(head)
			word = word[len(head):]
			n -= utf8.RuneCountInString(head)
			next()
		}
		b.WriteString(word)
		col += n
		begun = true
	}
	b.WriteByte('\n')
}

// cut returns the beginning of a word that is at most n characters long.
func cut(word string, n int) string {
	end := 0
	for range n {
		_, size := utf8.DecodeRuneInString(word[end:])
		end += size
	}
	if i := strings.LastIndexAny(word[:end], "/,"); i > end/2 {
		end = i + 1
	}
	return word[:end]
}
