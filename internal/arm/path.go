package arm

import (
	"fmt"
	"net/url"
	"strings"
)

// Path makes a part of an ARM path of names. A name with anything in it that means something in a URL is escaped; no
// request is sent to such a path: no name of Azure has any of it, so it is there to lead elsewhere.
func Path(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		if strings.ContainsFunc(name, notInName) {
			name = url.PathEscape(name)
		}
		b.WriteString("/" + name)
	}
	return b.String()
}

// PathError is a path that has something else in it than names. No request was sent.
type PathError struct{ Path string }

func (e *PathError) Error() string {
	return fmt.Sprintf("build a request's address: %q has a part that cannot be a name in Azure", clean(e.Path, maxPlain))
}

// Hint says what to do.
func (e *PathError) Hint() string {
	return "check names, groups and regions in the specs: letters, digits, and - . _ ( ) are allowed"
}

// checkPath is for every path that becomes part of a URL.
func checkPath(path string) error {
	first, rest, _ := strings.Cut(path, "/")
	if first != "" {
		return &PathError{path}
	}
	for name := range strings.SplitSeq(rest, "/") {
		if name == "" || name == "." || name == ".." || strings.ContainsFunc(name, notInName) {
			return &PathError{path}
		}
	}
	return nil
}

// notInName finds what no name in Azure has, of any kind of resource that has a path here.
func notInName(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	}
	return !strings.ContainsRune("-._()", r)
}
