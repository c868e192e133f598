package spec

import (
	"regexp"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/strictyaml"
)

// fields decodes the keys below n into values by the table t. prefix is the
// dotted path of n. skip names top-level keys that are read elsewhere.
func (c *checker) fields(t *table, n *strictyaml.Node, prefix string, sdkv1 map[string]string, skip ...string) map[string]any {
	values := map[string]any{}
	c.walk(t, n, prefix, sdkv1, skip, values)
	c.lift(values)
	return values
}

func (c *checker) walk(t *table, n *strictyaml.Node, prefix string, sdkv1 map[string]string, skip []string, values map[string]any) {
	for i := range n.Entries {
		e := &n.Entries[i]
		name := join(prefix, e.Key)
		if prefix == "" && slices.Contains(skip, e.Key) {
			c.nodes[name] = place{c.file, e.Value.Pos}
			continue
		}
		f, known := t.fields[name]
		switch {
		case known && f.ReadOnly:
		case known:
			c.nodes[name] = place{c.file, e.Value.Pos}
			if e.Value.IsNull() {
				values[name] = nil // stated as unmanaged: no default applies
				continue
			}
			if v, ok := c.value(f, e.Value); ok {
				values[name] = v
			}
		case t.children[name] != nil:
			c.nodes[name] = place{c.file, e.KeyPos}
			if e.Value.IsNull() {
				c.leaveOpen(t, name, values)
				continue
			}
			if e.Value.Kind != strictyaml.Map {
				c.file.Mask(e.Value)
				c.typed(false, e.Value, strictyaml.WantMap)
				continue
			}
			c.walk(t, e.Value, name, sdkv1, skip, values)
		default:
			c.unknownField(e, prefix, append(slices.Clone(t.children[prefix]), skip...), sdkv1)
		}
	}
}

// leaveOpen makes an explicit null of everything below a key that is null.
func (c *checker) leaveOpen(t *table, prefix string, values map[string]any) {
	for name, f := range t.fields {
		if strings.HasPrefix(name, prefix+".") && !f.ReadOnly {
			c.nodes[name], values[name] = c.nodes[prefix], nil
		}
	}
}

// value decodes one field into its normal form. What may be a secret in it is hidden from
// the excerpts of whatever is wrong in the same line.
func (c *checker) value(f *Field, n *strictyaml.Node) (any, bool) {
	if f.Type == Text || f.Type == List {
		c.hide("", n)
	}
	switch f.Type {
	case Switch:
		b, ok := n.CoercedBool()
		return b, c.typed(ok, n, strictyaml.WantBool)
	case Int, Seconds, Minutes, Timeout:
		return c.number(f, n)
	case Tags, Map:
		return c.stringMap(f, n)
	case Words, List:
		return c.texts(f, n)
	case Ints:
		return list(c, n, strictyaml.WantInt, func(item *strictyaml.Node) (int64, bool) { return c.oneNumber(f, item) })
	case Objects:
		return c.objects(f, n)
	case Raw:
		return c.raw(f, n)
	case Secret:
		return c.secret(f, n)
	}
	s, ok := n.Text()
	if !c.typed(ok, n, strictyaml.WantString) || !c.harmless(f.Name, n, s) {
		return nil, false
	}
	switch f.Type {
	case Choice:
		return c.choice(f, n, s)
	case Empty:
		if s != "" {
			c.add(c.file.Errorf(n.Pos, "%s of a %s must be empty: Azure ML makes it, and attaches nothing", f.Name, c.kind.Title).
				WithHint("remove it, or state the type of what it names, such as kubernetes or virtualmachine"))
		}
		return nil, false
	case ISO:
		seconds, err := ParseDuration(s)
		if err != nil {
			c.add(c.file.Errorf(n.Pos, "%v", err))
		}
		return seconds, err == nil
	case Region:
		return c.region(n, s)
	}
	if f.Form != nil {
		normal, wrong := f.Form.normal(s)
		if wrong != (fault{}) {
			c.add(c.file.Errorf(n.Pos, "%s: %s", f.Name, wrong.problem).WithHint("%s", wrong.hint))
		}
		return normal, wrong == (fault{})
	}
	return s, true
}

// regionPattern is how a region is written: westeurope, "West Europe", "East US 2 (Stage)". It becomes part of a URL.
const regionPattern = `^[a-zA-Z0-9][a-zA-Z0-9 ()-]{0,63}$`

var regionName = regexp.MustCompile(regionPattern)

func (c *checker) region(n *strictyaml.Node, s string) (any, bool) {
	if !regionName.MatchString(s) {
		c.add(c.file.Errorf(n.Pos, "location has a character or a length that no region has").WithHint("write it as westeurope"))
		return nil, false
	}
	return s, true
}

func (c *checker) typed(ok bool, n *strictyaml.Node, want strictyaml.Want) bool {
	if !ok {
		c.hide("", n)
		c.add(c.file.Mismatch(n, want))
	}
	return ok
}

func (c *checker) number(f *Field, n *strictyaml.Node) (any, bool) {
	i, ok := n.CoercedInt()
	if !c.typed(ok, n, strictyaml.WantInt) {
		return nil, false
	}
	if problem := f.outside(i); problem != "" {
		c.add(c.file.Errorf(n.Pos, "%s", problem))
		return nil, false
	}
	if f.Type == Minutes {
		i *= 60
	}
	return i, true
}

func (c *checker) choice(f *Field, n *strictyaml.Node, s string) (any, bool) {
	want, words := strings.ReplaceAll(s, " ", ""), f.Choices()
	for _, e := range f.Enum {
		if strings.EqualFold(want, e.Spec) || strings.EqualFold(want, e.ARM) {
			return e.Spec, true
		}
	}
	err := c.file.Errorf(n.Pos, "%s cannot be %q: it is one of %s", f.Name, clip(s), strings.Join(words, ", "))
	if near := strictyaml.Suggest(s, words); near != "" {
		err.Hint = "did you mean " + near + "?"
	}
	if hint := f.slips[strings.ToLower(s)]; hint != "" {
		err.Hint = hint
	}
	c.add(err)
	return nil, false
}

func (c *checker) stringMap(f *Field, n *strictyaml.Node) (any, bool) {
	if n.Kind != strictyaml.Map {
		c.file.Mask(n)
		return nil, c.typed(false, n, strictyaml.WantMap)
	}
	m := make(map[string]string, len(n.Entries))
	for i := range n.Entries {
		e := &n.Entries[i]
		c.hide(e.Key, e.Value)
		if f.Type == Tags && e.Value.IsNull() { // not ours, and no default for it
			c.nodes[join(f.Name, e.Key)] = place{c.file, e.KeyPos}
			continue
		}
		v, ok := e.Value.Text()
		ok = ok || e.Value.IsNull()
		if !c.typed(ok, e.Value, strictyaml.WantString) || !c.harmless(f.Name, e.Value, v) {
			continue
		}
		if f.Type == Tags && strings.HasPrefix(strings.ToLower(e.Key), "computesync-") {
			c.add(c.file.Errorf(e.KeyPos, "tags that begin with computesync- are ours to set").WithHint("remove the tag"))
		}
		m[e.Key] = v
	}
	return m, true
}

func (c *checker) texts(f *Field, n *strictyaml.Node) (any, bool) {
	v, ok := list(c, n, strictyaml.WantString, func(item *strictyaml.Node) (string, bool) { return c.oneWord(f, item) })
	for _, item := range n.Items {
		s, _ := item.Text()
		ok = c.harmless(f.Name, item, s) && ok
	}
	return v, ok
}

func list[T any](c *checker, n *strictyaml.Node, want strictyaml.Want, read func(*strictyaml.Node) (T, bool)) (any, bool) {
	if n.Kind != strictyaml.List {
		return nil, c.typed(false, n, strictyaml.WantList)
	}
	out := make([]T, 0, len(n.Items))
	for _, item := range n.Items {
		v, ok := read(item)
		if c.typed(ok, item, want) {
			out = append(out, v)
		}
	}
	return out, true
}

func (c *checker) objects(f *Field, n *strictyaml.Node) (any, bool) {
	if n.Kind != strictyaml.List {
		return nil, c.typed(false, n, strictyaml.WantList)
	}
	out := make([]any, 0, len(n.Items))
	for _, item := range n.Items {
		if item.Kind != strictyaml.Map {
			c.typed(false, item, strictyaml.WantMap)
			continue
		}
		one := &checker{ws: c.ws, file: c.file, root: item, nodes: map[string]place{}}
		values := one.fields(f.table, item, "", nil)
		one.dropNull(values)
		for i := range f.Fields {
			one.itemField(&f.Fields[i], values)
		}
		one.whens(f, values)
		if f.each != nil {
			f.each(one, values)
		}
		c.errs = append(c.errs, one.errs...)
		c.notices = append(c.notices, one.notices...)
		out = append(out, values)
	}
	return out, true
}

// itemField checks that a field of an item is there if it must be, and fills
// its default.
func (c *checker) itemField(f *Field, values map[string]any) {
	if f.Required && !c.has(f.Name) && c.due(f, values) {
		c.errorAt(f.Name, "add "+f.Name+f.takes(), "%s is missing", f.Name)
	}
	if !c.has(f.Name) && f.Default != nil {
		values[f.Name] = f.Default
	}
}

// whens refuses the keys of an item that its other keys rule out.
func (c *checker) whens(f *Field, values map[string]any) {
	for name := range values {
		if f.table.fields[name].When == "" {
			continue
		}
		fits, want := false, ""
		for i := range f.Fields {
			if sub := &f.Fields[i]; sub.Name == name {
				sibling, word, _ := strings.Cut(sub.When, "=")
				fits, want = fits || text(values[sibling]) == word || values[sibling] == nil, sibling+" "+word
			}
		}
		if !fits {
			c.errorAt(name, "remove it", "%s is for %s only", name, want)
		}
	}
}

// secret takes a reference and nothing else; what else stands there is masked.
func (c *checker) secret(f *Field, n *strictyaml.Node) (any, bool) {
	s, ok := n.Text()
	if ok {
		ref, err := secret.ParseRef(s)
		if err == nil {
			return ref, true
		}
		c.file.Mask(n)
		c.add(c.file.Errorf(n.Pos, "%s: %v", f.Name, err).
			WithHint("write a reference: secret://env/NAME, secret://file/PATH, secret://credential/NAME or secret://keyvault/VAULT/NAME"))
		return nil, false
	}
	c.file.Mask(n)
	return nil, c.typed(false, n, strictyaml.WantString)
}

// dropNull forgets what is stated as null: it counts as not stated from here.
func (c *checker) dropNull(values map[string]any) {
	for name, v := range values {
		if v == nil {
			delete(values, name)
			delete(c.nodes, name)
		}
	}
}

// clip shortens what a person wrote for use in a message.
func clip(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}
