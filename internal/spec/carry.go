package spec

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Carry is want completed by what it leaves open and live has: what a PUT must
// send, because it replaces the resource, and what a compute that is remade
// should keep. Fields of ignore_changes stay as they live. What means nothing
// beside the rest is left out, such as a subnet of a load balancer that becomes
// public. Neither argument is changed.
func Carry(want, live *Compute) *Compute {
	if live == nil || live.Kind != want.Kind {
		return want
	}
	full := *want
	if strings.EqualFold(want.Text("resource_id"), live.Text("resource_id")) { // what was kept of one resource fits no other
		full.Kept = live.Kept
	}
	full.Values = make(map[string]any, len(want.Values)+len(live.Values))
	maps.Copy(full.Values, want.Values)
	for i := range want.Kind.Fields {
		f := &want.Kind.Fields[i]
		have, known := live.Values[f.Name]
		v, stated := want.Values[f.Name]
		ignored := slices.Contains(want.Lifecycle.IgnoreChanges, f.Name)
		switch {
		case !known:
		case f.Type == Raw: // what Azure adds to raw properties is its own
			if ignored && stated {
				full.Values[f.Name] = Project(v, have)
			}
		case reflect.DeepEqual(have, f.Absent):
			if ignored {
				delete(full.Values, f.Name)
			}
		case f.Type == Tags && !ignored:
			full.Values[f.Name] = mergeMaps(have, v)
		case !stated && want.states(f.With): // the live value is about another one
		case !stated && NamesResource(f.Name): // a resource is named in one way, and want does
		case !stated || ignored:
			full.Values[f.Name] = have
		}
	}
	full.dropUnfit(want)
	return &full
}

// ForUpdate is c as a PUT onto a live compute sends it: without the secrets that
// only a creation takes, and without an administrator who could not log in then.
// What c is without, the live compute keeps.
func (c *Compute) ForUpdate() *Compute {
	update := *c
	update.Values = maps.Clone(c.Values)
	for name := range c.Secrets() {
		if c.Kind.Field(name).Change == CreateOnly {
			delete(update.Values, name)
		}
	}
	if !update.hasLogin() {
		delete(update.Values, adminUser)
	}
	return &update
}

// NamesResource reports whether a field names what is attached. Azure fills in
// the address of what was attached by its resource ID.
func NamesResource(field string) bool { return field == "resource_id" || field == "address" }

const adminUser = "ssh_settings.admin_username"

// hasLogin reports whether the administrator has a key or a password.
func (c *Compute) hasLogin() bool {
	for _, name := range []string{"admin_password", "ssh_key_value", "ssh_private_key_file"} {
		if c.Values["ssh_settings."+name] != nil {
			return true
		}
	}
	return false
}

// mergeMaps lays over on top of under; keys that differ in case alone are one.
func mergeMaps(under, over any) map[string]string {
	merged := map[string]string{}
	for _, side := range []any{under, over} {
		m, _ := side.(map[string]string)
		for k, v := range m {
			if old, ok := FindTag(merged, k); ok {
				delete(merged, old)
			}
			merged[k] = v
		}
	}
	return merged
}
