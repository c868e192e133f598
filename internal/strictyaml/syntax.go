package strictyaml

import (
	"regexp"
	"strconv"
	"strings"
)

// lineMessage is how the library words an error that has a position.
var lineBreak = regexp.MustCompile("\r\n|[\n\r\u0085\u2028\u2029]")

var lineMessage = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxError turns the library's error into ours.
func (f *File) syntaxError(err error) *Error {
	m := lineMessage.FindStringSubmatch(err.Error())
	if m == nil {
		return f.blindf(Pos{f.Name, 1, 1}, "cannot read as YAML")
	}
	line, _ := strconv.Atoi(m[1])
	line = min(max(line, 1), max(len(f.sourceLines()), 1))
	msg := m[2]
	if strings.HasPrefix(msg, "unknown anchor") {
		msg = "unknown anchor"
	}
	return f.blindf(Pos{f.Name, line, 1}, "%s", msg)
}
