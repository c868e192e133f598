package armsim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object that keeps the order of its keys: the service writes its documents in one fixed order, and a
// document that somebody edits behind its back must come out as it went in. Values are nil, bool, int, string,
// json.Number, *object and []any. Reading from a nil object finds nothing.
type object struct{ members []member }

type member struct {
	key   string
	value any
}

// obj builds an object from keys and values in turn.
func obj(pairs ...any) *object {
	o := &object{members: make([]member, 0, len(pairs)/2)}
	for i := 0; i < len(pairs); i += 2 {
		o.members = append(o.members, member{pairs[i].(string), pairs[i+1]})
	}
	return o
}

func (o *object) index(key string) int {
	if o == nil {
		return -1
	}
	return slices.IndexFunc(o.members, func(m member) bool { return m.key == key })
}

// get is the value at the end of a path of keys, nil where the path breaks off.
func (o *object) get(path ...string) any {
	for _, key := range path[:len(path)-1] {
		o = o.at(key)
	}
	if i := o.index(path[len(path)-1]); i >= 0 {
		return o.members[i].value
	}
	return nil
}

// at is the object under key, nil if there is none.
func (o *object) at(key string) *object {
	if i := o.index(key); i >= 0 {
		child, _ := o.members[i].value.(*object)
		return child
	}
	return nil
}

func (o *object) str(path ...string) string {
	s, _ := o.get(path...).(string)
	return s
}

// num is the integer at a path, or otherwise where no integer stands.
func (o *object) num(otherwise int, path ...string) int {
	switch v := o.get(path...).(type) {
	case int:
		return v
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
	}
	return otherwise
}

// or is the value under key, or otherwise where it is absent or null.
func (o *object) or(key string, otherwise any) any {
	if v := o.get(key); v != nil {
		return v
	}
	return otherwise
}

func (o *object) set(key string, value any) {
	if i := o.index(key); i >= 0 {
		o.members[i].value = value
		return
	}
	o.members = append(o.members, member{key, value})
}

// setAfter is set, but a key that is new takes the place after another one.
func (o *object) setAfter(other, key string, value any) {
	if i := o.index(other); i >= 0 && o.index(key) < 0 {
		o.members = slices.Insert(o.members, i+1, member{key, value})
		return
	}
	o.set(key, value)
}

func (o *object) remove(key string) {
	if i := o.index(key); i >= 0 {
		o.members = slices.Delete(o.members, i, i+1)
	}
}

func (o *object) clone() *object {
	if o == nil {
		return nil
	}
	c := &object{members: slices.Clone(o.members)}
	for i := range c.members {
		c.members[i].value = cloneValue(c.members[i].value)
	}
	return c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case *object:
		return v.clone()
	case []any:
		c := make([]any, len(v))
		for i := range v {
			c[i] = cloneValue(v[i])
		}
		return c
	}
	return v
}

// merge applies a JSON merge patch (RFC 7396) to o.
func (o *object) merge(patch *object) {
	for _, m := range patch.members {
		sub, isObject := m.value.(*object)
		switch {
		case m.value == nil:
			o.remove(m.key)
		case isObject:
			child := o.at(m.key)
			if child == nil {
				child = obj()
				o.set(m.key, child)
			}
			child.merge(sub)
		default:
			o.set(m.key, cloneValue(m.value))
		}
	}
}

// parseObject reads exactly one JSON object.
func parseObject(data []byte) (*object, error) {
	v, err := parseOne(data)
	if err != nil {
		return nil, err
	}
	o, ok := v.(*object)
	if !ok {
		return nil, fmt.Errorf("parse json: %T where an object is needed", v)
	}
	return o, nil
}

// parseObjects reads exactly one JSON array of objects.
func parseObjects(data []byte) ([]*object, error) {
	v, err := parseOne(data)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("parse json: %T where an array is needed", v)
	}
	objects := make([]*object, len(list))
	for i := range list {
		if objects[i], ok = list[i].(*object); !ok {
			return nil, fmt.Errorf("parse json: %T where an object is needed", list[i])
		}
	}
	return objects, nil
}

func parseOne(data []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := parseValue(d)
	if err != nil {
		return nil, fmt.Errorf("parse json: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("parse json: more than one value")
	}
	return v, nil
}

func parseValue(d *json.Decoder) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t {
	case json.Delim('{'):
		return parseMembers(d)
	case json.Delim('['):
		return parseElements(d)
	}
	return t, nil
}

func parseMembers(d *json.Decoder) (*object, error) {
	o := obj()
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := parseValue(d)
		if err != nil {
			return nil, err
		}
		o.set(key.(string), v)
	}
	_, err := d.Token()
	return o, err
}

func parseElements(d *json.Decoder) ([]any, error) {
	list := []any{}
	for d.More() {
		v, err := parseValue(d)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err := d.Token()
	return list, err
}

// appendJSON appends v pretty-printed, as the service prints its answers; depth is how deep v stands.
func appendJSON(dst []byte, v any, depth int) []byte {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...)
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case json.Number:
		return append(dst, v...)
	case string:
		return appendString(dst, v)
	case *object:
		return appendMembers(dst, v, depth)
	case []any:
		return appendElements(dst, v, depth)
	}
	panic(fmt.Sprintf("armsim: no JSON for %T", v))
}

func appendMembers(dst []byte, o *object, depth int) []byte {
	if o == nil {
		return append(dst, "null"...)
	}
	if len(o.members) == 0 {
		return append(dst, "{}"...)
	}
	dst = append(dst, '{')
	for i, m := range o.members {
		dst = newline(dst, i, depth+1)
		dst = appendString(dst, m.key)
		dst = append(dst, ": "...)
		dst = appendJSON(dst, m.value, depth+1)
	}
	return append(newline(dst, 0, depth), '}')
}

func appendElements(dst []byte, list []any, depth int) []byte {
	if len(list) == 0 {
		return append(dst, "[]"...)
	}
	dst = append(dst, '[')
	for i, v := range list {
		dst = newline(dst, i, depth+1)
		dst = appendJSON(dst, v, depth+1)
	}
	return append(newline(dst, 0, depth), ']')
}

const spaces = "                                                                "

func newline(dst []byte, i, depth int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	dst = append(dst, '\n')
	return append(dst, spaces[:min(2*depth, len(spaces))]...)
}

func appendString(dst []byte, s string) []byte {
	plain := func(r rune) bool { return r >= ' ' && r < 0x7f && r != '"' && r != '\\' }
	if strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		dst = append(dst, '"')
		dst = append(dst, s...)
		return append(dst, '"')
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return append(dst, quoted...)
}
