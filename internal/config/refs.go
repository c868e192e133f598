package config

import (
	"fmt"
	"path/filepath"
	"reflect"

	"github.com/computesync/computesync/internal/secret"
)

// Refs are all references to secrets that the file states, by the table.
func (c *Config) Refs() (all []secret.Ref) {
	visit(keys, "", reflect.ValueOf(c).Elem(), func(k *Key, _ string, v reflect.Value) {
		if ref, _ := v.Interface().(secret.Ref); k.Type == Secret && !ref.IsZero() {
			all = append(all, ref)
		}
	})
	return all
}

// Own are the secrets and the files that the file states, by the table: what
// specs must not be able to name, each with its key.
func (c *Config) Own() (all []secret.Own) {
	visit(keys, "", reflect.ValueOf(c).Elem(), func(k *Key, name string, v reflect.Value) {
		switch {
		case k.Type == Secret && !v.IsZero():
			ref, _ := v.Interface().(secret.Ref)
			all = append(all, secret.Own{Name: name, Ref: ref})
		case k.Own && filepath.IsAbs(v.String()):
			all = append(all, secret.OwnFile(name, v.String()))
		}
	})
	return append(all, secret.Own{Name: "state folder", Folder: c.StateDir})
}

// visit shows every value that a table's keys fill, with the whole name of its
// key.
func visit(keys []Key, prefix string, v reflect.Value, show func(k *Key, name string, v reflect.Value)) {
	for i := range keys {
		k := &keys[i]
		f, name := field(v, k.Name), prefix+k.Name
		if k.Type != List && k.Type != Named {
			show(k, name, f)
			continue
		}
		for at, item := range f.Seq2() {
			visit(k.Keys, fmt.Sprintf("%s[%v].", name, at), item, show)
		}
	}
}
