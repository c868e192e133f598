package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/policy"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/strictyaml"
)

// reader fills a struct by a table, and collects what is wrong.
type reader struct {
	file *strictyaml.File
	errs strictyaml.Errors
}

// add notes a problem, with a way out where the message does not show it.
func (r *reader) add(n *strictyaml.Node, hint, format string, args ...any) {
	r.errs = append(r.errs, r.file.Errorf(n.Pos, format, args...).WithHint("%s", hint))
}

func (r *reader) mismatch(n *strictyaml.Node, want strictyaml.Want, hint string) {
	e := r.file.Mismatch(n, want)
	if hint != "" {
		e.Hint = hint
	}
	r.errs = append(r.errs, e)
}

// top reads the whole document, which must be a map.
func (r *reader) top(n *strictyaml.Node, c *Config) {
	if n.Kind != strictyaml.Map {
		r.mismatch(n, strictyaml.WantMap, "")
		return
	}
	r.item(n, keys, reflect.ValueOf(c).Elem())
}

// item reads a map with keys of its own: the whole, or one of a list.
func (r *reader) item(n *strictyaml.Node, keys []Key, to reflect.Value) {
	setDefaults(keys, to)
	r.section(n, keys, "", to)
}

// section reads the keys directly under a dotted prefix.
func (r *reader) section(n *strictyaml.Node, keys []Key, prefix string, to reflect.Value) {
	if n.IsNull() {
		return
	}
	if n.Kind != strictyaml.Map {
		r.file.Mask(n)
		r.mismatch(n, strictyaml.WantMap, "")
		return
	}
	known := children(keys, prefix)
	for i := range n.Entries {
		e := &n.Entries[i]
		k := find(keys, prefix+e.Key)
		switch {
		case k != nil:
			r.value(e.Value, k, field(to, k.Name))
		case slices.Contains(known, e.Key):
			r.section(e.Value, keys, prefix+e.Key+".", to)
		default:
			r.unknown(e, known)
		}
	}
	for _, name := range known {
		if k := find(keys, prefix+name); k != nil && k.Required && n.Get(name) == nil {
			r.add(n, k.Hint, "%s is missing", name)
		}
	}
}

// unknown hides the value: what stands under a misspelt password is a secret too.
func (r *reader) unknown(e *strictyaml.Entry, known []string) {
	r.file.Mask(e.Value)
	hint := didYouMean(e.Key, known, "known keys: "+strings.Join(known, ", "))
	r.errs = append(r.errs, r.file.Errorf(e.KeyPos, "unknown key %q", e.Key).WithHint("%s", hint))
}

// didYouMean is a hint at the nearest of the known words, else otherwise.
func didYouMean(s string, known []string, otherwise string) string {
	if near := strictyaml.Suggest(s, known); near != "" {
		return "did you mean " + near + "?"
	}
	return otherwise
}

// field is the part of a struct that a dotted name means. It panics where
// there is none, which the test of the table finds.
func field(v reflect.Value, name string) reflect.Value {
	for part := range strings.SplitSeq(name, ".") {
		part = strings.ReplaceAll(part, "_", "")
		v = v.FieldByNameFunc(func(goName string) bool { return strings.EqualFold(goName, part) })
	}
	return v
}

func (r *reader) value(n *strictyaml.Node, k *Key, to reflect.Value) {
	switch k.Type {
	case Text:
		if s, ok := r.text(n, k); ok {
			to.SetString(s)
		}
	case Word:
		r.word(n, k, to)
	case Duration:
		r.duration(n, k, to)
	case Int:
		r.number(n, k, to)
	case Switch:
		b, ok := n.Bool()
		if !ok {
			r.mismatch(n, strictyaml.WantBool, k.Hint)
		}
		to.SetBool(b)
	case Override:
		b, ok := n.Bool()
		if !ok {
			r.mismatch(n, strictyaml.WantBool, k.Hint)
		}
		to.Set(reflect.ValueOf(&b))
	case Size:
		r.size(n, k, to)
	case Secret:
		r.secret(n, k, to)
	case Texts:
		r.texts(n, k, to)
	case List:
		r.list(n, k, to)
	case Named:
		r.named(n, k, to)
	case Rules:
		rails, errs := policy.Read(r.file, n)
		r.errs = append(r.errs, errs...)
		to.Set(reflect.ValueOf(rails))
	}
}

func (r *reader) text(n *strictyaml.Node, k *Key) (string, bool) {
	s, ok := n.Text()
	if !ok {
		r.mismatch(n, strictyaml.WantString, k.Hint)
		return "", false
	}
	if k.Check == nil {
		return s, true
	}
	problem, hint := k.Check(s)
	if problem == "" {
		return s, true
	}
	if k.Hide {
		r.file.Mask(n)
	}
	r.add(n, hint, "%s", problem)
	return "", false
}

func (r *reader) word(n *strictyaml.Node, k *Key, to reflect.Value) {
	s, _ := n.Text()
	if !slices.Contains(k.Words, s) {
		r.add(n, didYouMean(s, k.Words, k.Hint), "expected one of %s", strings.Join(k.Words, ", "))
		return
	}
	to.SetString(s)
}

func (r *reader) duration(n *strictyaml.Node, k *Key, to reflect.Value) {
	s, _ := n.Text()
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		r.add(n, k.Hint, "expected a duration such as 30s or 10m")
	case int64(d) < k.Min:
		r.add(n, k.Hint, "must be at least %s", time.Duration(k.Min))
	default:
		to.SetInt(int64(d))
	}
}

func (r *reader) number(n *strictyaml.Node, k *Key, to reflect.Value) {
	i, ok := n.Int()
	switch {
	case !ok:
		r.mismatch(n, strictyaml.WantInt, k.Hint)
	case i < k.Min || i > k.Max:
		r.add(n, k.Hint, "must be between %d and %d", k.Min, k.Max)
	default:
		to.SetInt(i)
	}
}

func (r *reader) size(n *strictyaml.Node, k *Key, to reflect.Value) {
	s, _ := n.Text()
	bytes, ok := parseSize(s)
	switch {
	case !ok:
		r.add(n, k.Hint, "expected a size such as 64MiB or 1GiB")
	case bytes < k.Min || bytes > k.Max:
		r.add(n, k.Hint, "must be between %s and %s", SizeText(k.Min), SizeText(k.Max))
	default:
		to.SetInt(bytes)
	}
}

func (r *reader) secret(n *strictyaml.Node, k *Key, to reflect.Value) {
	text, _ := n.Text()
	ref, err := secret.ParseRef(text)
	if err != nil {
		r.file.Mask(n)
		name := k.Name[strings.LastIndexByte(k.Name, '.')+1:]
		r.add(n, "write a reference such as secret://credential/git-token", "%s: %v", name, err)
		return
	}
	to.Set(reflect.ValueOf(ref))
}

func (r *reader) texts(n *strictyaml.Node, k *Key, to reflect.Value) {
	if !r.isList(n, k) {
		return
	}
	list := []string{}
	for _, item := range n.Items {
		if s, ok := r.text(item, k); ok {
			list = append(list, s)
		}
	}
	to.Set(reflect.ValueOf(list))
}

func (r *reader) isList(n *strictyaml.Node, k *Key) bool {
	switch {
	case n.Kind != strictyaml.List:
		r.file.Mask(n)
		r.mismatch(n, strictyaml.WantList, k.Hint)
	case len(n.Items) == 0 && k.Required:
		r.add(n, k.Hint, "%s is empty", k.Name)
	default:
		return true
	}
	return false
}

func (r *reader) list(n *strictyaml.Node, k *Key, to reflect.Value) {
	if !r.isList(n, k) {
		return
	}
	lines := map[string]int{} // where an item of this name stands
	list := reflect.MakeSlice(to.Type(), 0, len(n.Items))
	for _, node := range n.Items {
		item := reflect.New(to.Type().Elem()).Elem()
		before := len(r.errs)
		switch {
		case node.Kind == strictyaml.Map:
			r.item(node, k.Keys, item)
		case k.Short != "":
			setDefaults(k.Keys, item)
			r.value(node, find(k.Keys, k.Short), field(item, k.Short))
		default:
			r.file.Mask(node)
			r.mismatch(node, strictyaml.WantMap, k.Hint)
			continue
		}
		list = reflect.Append(list, item)
		if k.Whole != nil && len(r.errs) == before {
			if problem, hint := k.Whole(item.Interface()); problem != "" {
				r.add(node, hint, "%s", problem)
			}
		}
		if k.Unique == "" {
			continue
		}
		name := fmt.Sprint(item.Interface())
		if line := lines[name]; line > 0 {
			r.add(node, "keep one of them", "the same %s stands at line %d already", k.Unique, line)
		}
		lines[name] = node.Pos.Line
	}
	to.Set(list)
}

func (r *reader) named(n *strictyaml.Node, k *Key, to reflect.Value) {
	if n.Kind != strictyaml.Map {
		r.file.Mask(n)
		r.mismatch(n, strictyaml.WantMap, k.Hint)
		return
	}
	all := reflect.MakeMap(to.Type())
	for _, e := range n.Entries {
		item := reflect.New(to.Type().Elem()).Elem()
		if e.Value.IsNull() {
			r.mismatch(e.Value, strictyaml.WantMap, k.Hint)
			continue
		}
		r.item(e.Value, k.Keys, item)
		all.SetMapIndex(reflect.ValueOf(e.Key), item)
	}
	to.Set(all)
}

// setDefaults reads the defaults of a table as if the file stated them.
func setDefaults(keys []Key, to reflect.Value) {
	for i := range keys {
		if k := &keys[i]; k.Default != "" {
			file, _ := strictyaml.Parse("default", []byte(k.Default))
			(&reader{file: file}).value(file.Docs[0].Root, k, field(to, k.Name))
		}
	}
}
