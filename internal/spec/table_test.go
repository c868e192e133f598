package spec

import (
	"regexp"
	"strings"
	"testing"
)

// withoutARM are the fields that the spec alone needs, by kind.
var withoutARM = map[string]bool{
	"network_settings.vnet_name": true, "idle_time_before_shutdown": true,
	"setup_scripts.creation_script.script": true, "setup_scripts.startup_script.script": true,
	"custom_applications/bind_mounts": true, "bind_mounts/source": true, "bind_mounts/target": true, "bind_mounts/read_only": true, // part of volumes
	"resource_group": true, "vm_name": true, "cluster_name": true, "workspace_name": true, "account_name": true, "factory_name": true,
	"identity.user_assigned_identities/resource_id": true, // the key of ARM's map
}

var fieldName = regexp.MustCompile(`^[a-z][a-z_]*(\.[a-z][a-z_]*)*$`)

// TestTables checks that every line of every kind's table says what the
// decoder, the differ and the codec need of it.
func TestTables(t *testing.T) {
	types := map[string]bool{}
	for _, k := range Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			if k.Name != strings.ToLower(k.Name) || k.ComputeType == "" || k.Title == "" || types[k.ComputeType] {
				t.Errorf("kind %+v", k)
			}
			types[k.ComputeType] = true
			if KindByName(strings.ToUpper(k.Name)) != k || KindByComputeType(strings.ToLower(k.ComputeType)) != k {
				t.Error("the registry does not find it")
			}
			if !k.Managed && k.resource == nil {
				t.Error("a kind is neither made nor attached")
			}
			checkTable(t, "", k.Fields)
			for old, now := range k.SDKv1 {
				now, _, _ = strings.Cut(now, " ")
				if f := k.Field(now); k.Field(old) != nil || f == nil || f.ReadOnly {
					t.Errorf("SDK v1 key %s points to %s", old, now)
				}
			}
			for other, now := range k.instead {
				now, _, _ := strings.Cut(now, ",")
				if f := k.Field(now); f == nil || f.ReadOnly || k.Field(other) != nil || len(k.others(other)) == 0 {
					t.Errorf("%s of another kind points to %s", other, now)
				}
			}
		})
	}
}

func checkTable(t *testing.T, prefix string, fields []Field) {
	t.Helper()
	seen, arm, documented := map[string]bool{}, map[string]string{}, map[string]bool{}
	for i := range fields {
		f := &fields[i]
		if seen[f.Name+" "+f.When] {
			t.Errorf("%s stands twice for %q", f.Name, f.When)
		}
		seen[f.Name+" "+f.When] = true
		if f.ReadOnly {
			continue
		}
		if !fieldName.MatchString(f.Name) {
			t.Errorf("%s is no key of a spec", f.Name)
		}
		if (f.ARM == "") != (withoutARM[prefix+f.Name] || f.Type == Empty) {
			t.Errorf("%s lives at %q in ARM", f.Name, f.ARM)
		}
		if other := arm[f.ARM]; f.ARM != "" && other != "" {
			t.Errorf("%s and %s are one in ARM", f.Name, other)
		}
		arm[f.ARM] = f.Name
		if f.Doc == "" && !documented[f.Name] || f.Doc != "" && !strings.HasSuffix(f.Doc, ".") {
			t.Errorf("%s is documented as %q", f.Name, f.Doc)
		}
		documented[f.Name] = true
		checkField(t, f)
		if f.Type == Objects {
			checkTable(t, f.Name+"/", f.Fields)
		}
	}
}

func checkField(t *testing.T, f *Field) {
	t.Helper()
	if f.Type == Choice && len(f.Enum) == 0 || f.Type != Choice && f.Type != Switch && f.Type != Words && len(f.Enum) > 0 {
		t.Errorf("%s has the words %v", f.Name, f.Enum)
	}
	if (f.Change == ByAction) != (f.Action != nil) {
		t.Errorf("%s changes by %s with the action %v", f.Name, f.Change, f.Action != nil)
	}
	if (f.Type == Objects) != (len(f.Fields) > 0) || f.Key != "" && f.Type != Objects || f.Item != "" && f.Type != Map {
		t.Errorf("%s is a %s with %d fields", f.Name, f.Type, len(f.Fields))
	}
	if f.Type == Secret && (f.Default != nil || f.Absent != nil || f.Change == ByPatch || f.Change == ByAction) {
		t.Errorf("%s is a secret that is known, or goes where no secret can", f.Name)
	}
	if f.AtStake != 0 && (f.ARM == "" || f.Type == Secret) {
		t.Errorf("%s is at stake, and nothing shows whether it changed", f.Name)
	}
	if f.Max > 0 && f.Min > f.Max {
		t.Errorf("%s is between %d and %d", f.Name, f.Min, f.Max)
	}
	for _, v := range []any{f.Default, f.Filled, f.Absent} {
		if v != nil && !f.fits(v) {
			t.Errorf("%s: %v is no normal form of a %s", f.Name, v, f.Type)
		}
	}
	if f.When != "" {
		if sibling, word, ok := strings.Cut(f.When, "="); !ok || sibling == "" || word == "" {
			t.Errorf("%s applies when %q", f.Name, f.When)
		}
	}
}

// fits reports whether v has the Go type of the field's normal form.
func (f *Field) fits(v any) bool {
	var ok bool
	switch f.Type {
	case Switch:
		_, ok = v.(bool)
	case Int, Seconds, Minutes, ISO, Timeout:
		_, ok = v.(int64)
	case Tags, Map:
		_, ok = v.(map[string]string)
	case Objects:
		_, ok = v.([]any)
	case Raw:
		_, ok = v.(map[string]any)
	case Words, List:
		_, ok = v.([]string)
	case Ints:
		_, ok = v.([]int64)
	default:
		_, ok = v.(string)
	}
	return ok
}
