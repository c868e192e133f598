package spec

import (
	"fmt"
	"strings"

	"github.com/computesync/computesync/internal/strictyaml"
)

// oneWord reads one of a list of words. What is wrong with one is reported here;
// ok is whether it is a word at all.
func (c *checker) oneWord(f *Field, n *strictyaml.Node) (word string, ok bool) {
	s, ok := n.Text()
	if ok && f.Enum != nil {
		word, _ := c.choice(f, n, s)
		return text(word), true
	}
	return s, ok
}

// oneNumber reads one of a list of numbers, as oneWord does.
func (c *checker) oneNumber(f *Field, n *strictyaml.Node) (i int64, ok bool) {
	i, ok = n.CoercedInt()
	if problem := f.outside(i); ok && problem != "" {
		c.add(c.file.Errorf(n.Pos, "%s", problem).WithHint("write numbers from %d to %d", f.Min, f.Max))
	}
	return i, ok
}

// outside says that a number is out of the bounds of its field, "" if it is not.
func (f *Field) outside(i int64) string {
	switch {
	case i >= f.Min && (f.Max == 0 || i <= f.Max):
		return ""
	case f.Max > 0:
		return fmt.Sprintf("%s must be between %d and %d", f.Name, f.Min, f.Max)
	}
	return fmt.Sprintf("%s must be at least %d", f.Name, f.Min)
}

// due reports whether a required field of an item must be there.
func (c *checker) due(f *Field, values map[string]any) bool {
	if f.When == "" {
		return true
	}
	sibling, word, _ := strings.Cut(f.When, "=")
	return text(values[sibling]) == word && !c.node(f.Name[:strings.LastIndexByte(f.Name, '.')]).IsNull()
}

// takes is what a field may be, behind its name in a hint.
func (f *Field) takes() string {
	switch {
	case f.Form != nil:
		return fmt.Sprintf(", such as %q", f.Form.Offer()[0])
	case f.Enum != nil:
		return ": one of " + strings.Join(f.Choices(), ", ")
	}
	return ": a " + f.Type.String()
}

// Choices are the spec's words of Enum.
func (f *Field) Choices() []string {
	words := make([]string, len(f.Enum))
	for i, e := range f.Enum {
		words[i] = e.Spec
	}
	return words
}
