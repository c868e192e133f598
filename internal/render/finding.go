package render

import (
	"cmp"
	"slices"
)

// Level is how grave a finding is, in the words of SARIF.
type Level string

// The levels.
const (
	Fault   Level = "error"   // the spec is not valid
	Warning Level = "warning" // it is, and a person should look at it
	Note    Level = "note"    // something was passed over
)

// InvalidSpec is the rule that every fault breaks. A warning's rule is its code.
const InvalidSpec = "invalid-spec"

// Finding is what validate says about one place of a spec. Line and Col count
// characters from 1.
type Finding struct {
	Level Level  `json:"-"`
	File  string `json:"file"`
	Line  int    `json:"line"`
	Col   int    `json:"col"`
	Code  string `json:"code,omitempty"` // of a warning or note
	Text  string `json:"text"`
	Hint  string `json:"hint,omitempty"`
}

// rule is the stable name of what the finding is about.
func (f *Finding) rule() string { return cmp.Or(f.Code, InvalidSpec) }

// message is the finding in words, its way out on a second line. Nothing that it
// quotes begins another line.
func (f *Finding) message() string {
	if f.Hint == "" {
		return visible(f.Text)
	}
	return visible(f.Text) + "\nhint: " + visible(f.Hint)
}

var gravest = []Level{Fault, Warning, Note}

// byGravity returns the findings, what is gravest first and as it came otherwise.
func byGravity(findings []Finding) []Finding {
	return slices.SortedStableFunc(slices.Values(findings), func(a, b Finding) int {
		return cmp.Compare(slices.Index(gravest, a.Level), slices.Index(gravest, b.Level))
	})
}
