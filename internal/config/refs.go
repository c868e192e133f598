package config

import (
	"reflect"

	"github.com/computesync/computesync/internal/secret"
)

// Refs are all references to secrets that the file states, by the table: what
// specs must not be able to name.
func (c *Config) Refs() []secret.Ref { return refs(keys, reflect.ValueOf(c).Elem()) }

func refs(keys []Key, v reflect.Value) []secret.Ref {
	var all []secret.Ref
	for i := range keys {
		k := &keys[i]
		f := field(v, k.Name)
		switch k.Type {
		case Secret:
			if ref, _ := f.Interface().(secret.Ref); !ref.IsZero() {
				all = append(all, ref)
			}
		case Text:
			if ref, err := secret.ParseRef(f.String()); err == nil {
				all = append(all, ref)
			}
		case List, Named:
			for _, item := range f.Seq2() {
				all = append(all, refs(k.Keys, item)...)
			}
		}
	}
	return all
}
