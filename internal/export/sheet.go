package export

import (
	"maps"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/strictyaml"
)

// FillIn is what stands in place of a text that Azure does not tell.
const FillIn = "FILL-IN"

// sheet writes one compute.
type sheet struct {
	ws       *Workspace
	c        *spec.Compute
	defaults map[string]any // what workspace.yaml gives it
	out      []strictyaml.Pair
	fillIn   []string
	withheld []Withheld
}

// pairs are the compute in CLI v2's form: its head, then the fields in the
// order of the kind's table.
func (s *sheet) pairs() []strictyaml.Pair {
	if url := schemas[s.c.Kind.Name]; url != "" {
		s.add("$schema", url, "")
	}
	s.add("name", s.c.Name, "")
	s.add("type", s.c.Kind.Name, "")
	for i := range s.c.Kind.Fields {
		f := &s.c.Kind.Fields[i]
		switch {
		case f.ReadOnly || f.ARM == "":
		case f.Type == spec.Secret:
			s.secret(f)
		default:
			s.field(f)
		}
	}
	return s.out
}

func (s *sheet) add(name string, value any, remark string) {
	s.out = insert(s.out, name, value, remark)
}

// insert puts a value under a dotted name, making the maps on its way.
func insert(pairs []strictyaml.Pair, name string, value any, remark string) []strictyaml.Pair {
	head, rest, more := strings.Cut(name, ".")
	if !more {
		return append(pairs, strictyaml.Pair{Key: head, Value: value, Remark: remark})
	}
	for i := range pairs {
		if inner, ok := pairs[i].Value.([]strictyaml.Pair); ok && pairs[i].Key == head {
			pairs[i].Value = insert(inner, rest, value, remark)
			return pairs
		}
	}
	return append(pairs, strictyaml.Pair{Key: head, Value: insert(nil, rest, value, remark)})
}

// field writes a field, unless the compute would have its value anyway. What
// workspace.yaml would put there and the compute has not is kept out by null.
func (s *sheet) field(f *spec.Field) {
	v, known := s.c.Values[f.Name]
	if s.foreign(f) {
		v = nil
	}
	given, inherited := s.defaults[f.Name]
	switch f.Type {
	case spec.Tags:
		s.tags(f, v, given)
		return
	case spec.Raw:
		v = settings(s.c, v)
	}
	switch {
	case !inherited && f.Required && !known && f.Type == spec.Text:
		s.blank(f, FillIn, "fill in: "+firstWords(f.Doc)+", which Azure does not tell")
	case !inherited && (stated(f, v) || !usual(f, v)), inherited && (stated(f, v) || !none(f, v)) && !f.Equal(given, v):
		s.value(f, v)
	case inherited && !f.Required && none(f, v):
		s.add(f.Name, nil, "")
	}
}

// value writes a value in the spec's own units. Minutes that are not whole are
// written as the duration that is another key for the same.
func (s *sheet) value(f *spec.Field, v any) {
	name, v := s.readable(f, v)
	if keys := suspects(f, v); len(keys) > 0 {
		s.withhold(name, keys...)
		return
	}
	if n, ok := v.(int64); ok && f.Type == spec.Minutes && n%60 != 0 {
		s.add(strings.TrimSuffix(f.Name, "_minutes"), spec.FormatDuration(n), "")
		return
	}
	s.add(name, written(f, v), "")
}

// tags writes the tags that are people's, and nulls for those that
// workspace.yaml would add.
func (s *sheet) tags(f *spec.Field, v, given any) {
	live, _ := v.(map[string]string)
	extra, _ := given.(map[string]string)
	var pairs []strictyaml.Pair
	for _, key := range slices.Sorted(maps.Keys(live)) {
		switch {
		case ours(key):
		case secret.Suspect(key, live[key]):
			pairs = append(pairs, strictyaml.Pair{Key: key, Remark: leftOut})
			s.withheld = append(s.withheld, Withheld{f.Name, []string{key}})
		default:
			pairs = append(pairs, strictyaml.Pair{Key: key, Value: live[key]})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(extra)) {
		if _, ok := spec.FindTag(live, key); !ok {
			pairs = append(pairs, strictyaml.Pair{Key: key})
		}
	}
	if len(pairs) > 0 {
		s.add(f.Name, pairs, "")
	}
}

// secret writes a reference in place of a secret that the compute must have.
func (s *sheet) secret(f *spec.Field) {
	if !s.needs(f) {
		return
	}
	remark := "fill in"
	if f.Name == logIn && s.c.Kind.Field(privateKey) != nil {
		remark = "fill in; or state ssh_private_key_file in its place"
	}
	ref := secret.Ref{Scheme: secret.Env, Name: "COMPUTESYNC_SECRET_" + upperWord(s.c.Name) + "_" + upperWord(strings.TrimPrefix(f.Name, "ssh_settings.admin_"))}
	s.blank(f, ref.String(), remark)
}

const (
	logIn      = "ssh_settings.admin_password"
	privateKey = "ssh_settings.ssh_private_key_file"
)

// needs reports whether a spec without this secret would not be valid, and
// workspace.yaml does not give it.
func (s *sheet) needs(f *spec.Field) bool {
	for _, name := range []string{f.Name, privateKey} {
		if s.defaults[name] != nil {
			return false
		}
	}
	switch f.Name {
	case logIn:
		if s.c.Kind.Field(privateKey) != nil {
			return true
		}
		return s.c.Text("ssh_settings.admin_username") != "" && s.c.Text("ssh_settings.ssh_key_value") == ""
	case "ssl.cert", "ssl.key":
		return s.c.Text("ssl.status") == "enabled"
	}
	return f.Required
}

// blank writes what a person is to fill in.
func (s *sheet) blank(f *spec.Field, value, remark string) {
	s.add(f.Name, value, remark)
	s.fillIn = append(s.fillIn, f.Name)
}

// upperWord makes a part of an environment variable's name.
func upperWord(s string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(s))
}

// firstWords is the documentation of a field in the middle of a sentence.
func firstWords(doc string) string {
	doc, _, _ = strings.Cut(strings.TrimSuffix(doc, "."), ";")
	return strings.ToLower(doc[:1]) + doc[1:]
}
