package spec

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/strictyaml"
)

// coversRaw compares raw properties. Of those, the ones that Azure did not
// return are unknown; the ones that it returned as null are none.
func coversRaw(want, have any) bool {
	w, _ := want.(map[string]any)
	h, _ := have.(map[string]any)
	for k, v := range w {
		if hv, known := h[k]; known && !covers(v, hv) {
			return false
		}
	}
	return true
}

// covers reports whether have holds all that want states: maps key by key, a
// null as nothing stated, everything else whole.
func covers(want, have any) bool {
	w, ok := want.(map[string]any)
	if !ok {
		return want == nil || reflect.DeepEqual(want, have)
	}
	h, _ := have.(map[string]any)
	for k, v := range w {
		if !covers(v, h[k]) {
			return false
		}
	}
	return true
}

// Project is the part of have that want states, for showing the two side by
// side.
func Project(want, have any) any {
	w, ok := want.(map[string]any)
	if !ok {
		return have
	}
	h, _ := have.(map[string]any)
	out := make(map[string]any, len(w))
	for k, v := range w {
		if hv, known := h[k]; known {
			out[k] = Project(v, hv)
		}
	}
	return out
}

// showRaw prints raw properties as one line of JSON.
func showRaw(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "?" // plain data: cannot happen
	}
	return string(b)
}

// raw reads ARM properties as JSON would hold them. What has a field of its own
// belongs there, a secret above all.
func (c *checker) raw(f *Field, n *strictyaml.Node) (any, bool) {
	if n.Kind != strictyaml.Map {
		c.file.Mask(n)
		return nil, c.typed(false, n, strictyaml.WantMap)
	}
	return c.rawMap(nil, n), true
}

// rawMap reads the properties below a place in ARM's.
func (c *checker) rawMap(at []string, n *strictyaml.Node) map[string]any {
	m := make(map[string]any, len(n.Entries))
	for i := range n.Entries {
		e := &n.Entries[i]
		key := c.kind.rawName(at, e.Key)
		below := append(slices.Clip(at), key)
		path := armInner + "." + strings.Join(below, ".")
		if f := c.kind.lifted[strings.ToLower(path)]; f != nil {
			c.lifted = append(c.lifted, lifted{f, e})
			continue
		}
		owner := c.kind.owns(path)
		if owner == "" && c.kind.above[strings.ToLower(path)] && e.Value.Kind != strictyaml.Map {
			owner = "it is a map, and parts of it have keys of their own"
		}
		if owner != "" && e.Value.IsNull() {
			continue // states nothing
		}
		if owner != "" {
			c.file.Mask(e.Value)
			c.add(c.file.Errorf(e.KeyPos, "%s does not belong under properties", clip(e.Key)).WithHint("%s", owner))
			continue
		}
		if c.secretBelow(below, e) {
			c.refuseSecret(e.KeyPos, e.Value, below)
			continue
		}
		c.nodes[join("properties", strings.Join(below, "."))] = place{c.file, e.KeyPos}
		c.warnUnknown(e, below)
		if _, twice := m[key]; twice {
			c.add(c.file.Errorf(e.KeyPos, "%s is stated twice, in two spellings", clip(e.Key)).WithHint("keep %s", clip(key)))
		}
		v := c.rawValue(below, e.Value)
		if inner, isMap := v.(map[string]any); isMap && len(inner) == 0 && len(e.Value.Entries) > 0 {
			continue // all of it belongs elsewhere
		}
		m[key] = v
	}
	return m
}

// warnUnknown warns of a raw property that the kind's schema does not have.
func (c *checker) warnUnknown(e *strictyaml.Entry, path []string) {
	names := c.kind.rawBelow(path[:len(path)-1])
	key := path[len(path)-1]
	if names == nil || slices.Contains(names, key) { // rawName brought it to the kind's spelling
		return
	}
	text := fmt.Sprintf("%s has no property %s that is known here; it is sent as it is", c.kind.Name, clip(e.Key))
	if near := strictyaml.Suggest(e.Key, names); near != "" {
		text += ": did you mean " + near + "?"
	}
	c.warn(join("properties", strings.Join(path, ".")), "unknown-property", "%s", text)
}

// rawBelow are the names of ARM properties below a path in a kind's; nil where any
// may be.
func (k *Kind) rawBelow(path []string) []string {
	if len(path) > 0 {
		if f := k.keeps(path[0]); f != nil {
			return f.rawBelow(path[1:])
		}
	}
	return k.below[strings.ToLower(strings.Join(path, "."))]
}

// rawBelow are those below a path in a raw property.
func (f *Field) rawBelow(path []string) []string {
	depth := 0
	if f.Key == "*" { // people choose the names of the first level
		depth = 1
	}
	if len(path) != depth {
		return nil
	}
	var names []string
	for i := range f.Fields {
		names = append(names, f.Fields[i].Name)
	}
	return names
}

// RawToo are the fields that may be stated as raw properties as well, by ARM's
// name.
func (k *Kind) RawToo() map[string]*Field {
	fields := make(map[string]*Field, len(k.rawToo))
	for _, name := range k.rawToo {
		f := k.Field(name)
		fields[f.ARM[strings.LastIndexByte(f.ARM, '.')+1:]] = f
	}
	return fields
}

// lifted is a raw property that has a field of its own.
type lifted struct {
	field *Field
	entry *strictyaml.Entry
}

// lift brings raw properties to their fields.
func (c *checker) lift(values map[string]any) {
	for _, l := range c.lifted {
		if l.entry.Value.IsNull() {
			continue
		}
		v, ok := c.value(l.field, l.entry.Value)
		if own := values[l.field.Name]; ok && own != nil && !l.field.Equal(own, v) {
			c.add(c.file.Errorf(l.entry.KeyPos, "properties.%s is stated twice, with different values: here and as %s",
				l.entry.Key, l.field.Name).
				WithHint("keep %s", l.field.Name))
			continue
		}
		if ok {
			values[l.field.Name], c.nodes[l.field.Name] = v, place{c.file, l.entry.Value.Pos}
		}
	}
	c.lifted = nil
}

// rawName is ARM's name of a raw property, for one in another case too: ARM takes no
// notice of it. Of a map by names that people choose, the second level is such a name.
func (k *Kind) rawName(at []string, key string) string {
	place := strings.Join(append(slices.Clip(at), key), ".")
	if len(at) == 2 {
		place = at[0] + ".*." + key
	}
	for other, name := range k.rawNames {
		if strings.EqualFold(other, place) {
			return name
		}
	}
	for _, name := range k.rawBelow(at) {
		if strings.EqualFold(name, key) {
			return name
		}
	}
	return key
}

func (c *checker) rawValue(at []string, n *strictyaml.Node) any {
	switch {
	case n.IsNull():
		return nil
	case n.Kind == strictyaml.Map:
		return c.rawMap(at, n)
	case n.Kind == strictyaml.List:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = c.rawValue(append(slices.Clip(at), "*"), item)
		}
		return list
	}
	if at[0] != c.kind.rawText {
		if b, ok := n.YesNo(); ok {
			return b
		}
		if f, ok := n.Float(); ok {
			return f
		}
	}
	s, _ := n.Text()
	if !c.harmless("properties", n, s) {
		return nil
	}
	if secret.Suspect("", s) || secretText(s) {
		c.refuseSecret(n.Pos, n, at)
		return nil
	}
	return s
}

// Strip is ARM properties without what fields of their own hold: what raw
// properties are compared with.
func (k *Kind) Strip(properties map[string]any) map[string]any {
	return k.strip(armInner, properties)
}

func (k *Kind) strip(prefix string, m map[string]any) map[string]any {
	out := map[string]any{}
	for key, v := range m {
		path := prefix + "." + key
		if k.owns(path) != "" || v == nil && k.above[strings.ToLower(path)] {
			continue
		}
		inner, ok := v.(map[string]any)
		if !ok {
			out[key] = v
		} else if rest := k.strip(path, inner); len(rest) > 0 {
			out[key] = rest
		}
	}
	return out
}

// owns tells where a value at an ARM path belongs, "" where nothing but raw
// properties has a place for it.
func (k *Kind) owns(path string) string {
	kindIndex()
	return k.places[strings.ToLower(path)]
}

// setPlaces notes the ARM paths that have a place of their own, with what to do
// instead, and what stands above them.
func (k *Kind) setPlaces() {
	k.places, k.above, k.lifted, k.below = map[string]string{}, map[string]bool{}, map[string]*Field{}, map[string][]string{}
	add := func(path, hint string) {
		path = strings.ToLower(path)
		k.places[path] = hint
		for i := strings.LastIndexByte(path, '.'); i > 0; i = strings.LastIndexByte(path[:i], '.') {
			k.above[path[:i]] = true
		}
	}
	for i := range k.Fields {
		if f := &k.Fields[i]; f.Type != Raw && f.ARM != "" {
			add(f.ARM, "write it as "+f.Name)
			k.addBelow(f.ARM)
		}
	}
	for i := range k.Keep {
		k.addBelow(k.Keep[i].ARM)
	}
	for _, name := range k.rawToo {
		f := k.table.fields[name]
		k.lifted[strings.ToLower(f.ARM)] = f
	}
	for path := range k.Also {
		if lower := strings.ToLower(path); k.places[lower] == "" {
			add(path, "remove it: it is always sent")
		}
	}
	for _, path := range k.readOnly {
		add(armInner+"."+path, "remove it: Azure alone sets it")
	}
}

// addBelow notes the names on an ARM path below properties.properties.
func (k *Kind) addBelow(path string) {
	rest, isInner := strings.CutPrefix(path, armInner+".")
	if !isInner {
		return
	}
	at := ""
	for name := range strings.SplitSeq(rest, ".") {
		if !slices.Contains(k.below[at], name) {
			k.below[at] = append(k.below[at], name)
		}
		at = strings.ToLower(join(at, name))
	}
}

// keeps is the field of Keep for a raw property; nil where there is none.
func (k *Kind) keeps(name string) *Field {
	i := slices.IndexFunc(k.Keep, func(f Field) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return nil
	}
	return &k.Keep[i]
}
