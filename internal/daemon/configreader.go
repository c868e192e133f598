package daemon

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/strictyaml"
)

// configReader collects what is wrong with a configuration.
type configReader struct {
	file *strictyaml.File
	errs strictyaml.Errors
}

// add notes a problem, with a way out where the message does not show it.
func (r *configReader) add(n *strictyaml.Node, hint, format string, args ...any) {
	e := r.file.Errorf(n.Pos, format, args...)
	e.Hint = hint
	r.errs = append(r.errs, e)
}

// keys reads a map by a table of what each key takes.
func (r *configReader) keys(n *strictyaml.Node, table map[string]func(*strictyaml.Node)) {
	if n.IsNull() {
		return
	}
	if n.Kind != strictyaml.Map {
		r.file.Mask(n)
		r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantMap))
		return
	}
	for i := range n.Entries {
		e := &n.Entries[i]
		if read := table[e.Key]; read != nil {
			read(e.Value)
			continue
		}
		r.file.Mask(e.Value)
		err := r.file.Errorf(e.KeyPos, "unknown key %q", e.Key)
		known := slices.Sorted(maps.Keys(table))
		err.Hint = didYouMean(e.Key, known, "known keys: "+strings.Join(known, ", "))
		r.errs = append(r.errs, err)
	}
}

func (r *configReader) text(to *string) func(*strictyaml.Node) {
	return func(n *strictyaml.Node) {
		s, ok := n.Text()
		if !ok {
			r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantString))
			return
		}
		*to = s
	}
}

// textLike reads a text that must be of some form.
func (r *configReader) textLike(to *string, ok func(string) bool, problem string) func(*strictyaml.Node) {
	return func(n *strictyaml.Node) {
		s, isText := n.Text()
		if isText && !ok(s) {
			r.add(n, "", "%s", problem)
			return
		}
		r.text(to)(n)
	}
}

// list is the items of a list, none where it is something else.
func (r *configReader) list(n *strictyaml.Node) []*strictyaml.Node {
	if n.Kind != strictyaml.List {
		r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantList))
	}
	return n.Items
}

func (r *configReader) word(to *string, words ...string) func(*strictyaml.Node) {
	return func(n *strictyaml.Node) {
		s, _ := n.Text()
		if !slices.Contains(words, s) {
			r.add(n, didYouMean(s, words, ""), "expected one of %s", strings.Join(words, ", "))
			return
		}
		*to = s
	}
}

// didYouMean is a hint at the nearest of the known words, else otherwise.
func didYouMean(s string, known []string, otherwise string) string {
	if near := strictyaml.Suggest(s, known); near != "" {
		return "did you mean " + near + "?"
	}
	return otherwise
}

func (r *configReader) duration(to *time.Duration, least time.Duration) func(*strictyaml.Node) {
	return func(n *strictyaml.Node) {
		s, _ := n.Text()
		d, err := time.ParseDuration(s)
		switch {
		case err != nil:
			r.add(n, "", "expected a duration such as 30s or 10m")
		case d < least:
			r.add(n, "", "must be at least %s", least)
		default:
			*to = d
		}
	}
}

func (r *configReader) number(to *int, least, most int64) func(*strictyaml.Node) {
	return func(n *strictyaml.Node) {
		i, ok := n.Int()
		switch {
		case !ok:
			r.errs = append(r.errs, r.file.Mismatch(n, strictyaml.WantInt))
		case i < least || i > most:
			r.add(n, "", "must be between %d and %d", least, most)
		default:
			*to = int(i)
		}
	}
}
