package config

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/strictyaml"
)

// goTypes are what each type's field is in Go.
var goTypes = map[Type]string{
	Text: "string", Word: "string", Duration: "time.Duration", Int: "int", Switch: "bool", Override: "*bool", Size: "int64", Secret: "secret.Ref", Texts: "[]string", Rules: "policy.Policy",
}

// TestTable holds the table against the structs that it fills: every key has
// its field, and every field its key.
func TestTable(t *testing.T) {
	checkTable(t, keys, reflect.ValueOf(&Config{}).Elem())
}

func checkTable(t *testing.T, keys []Key, v reflect.Value) {
	t.Helper()
	names := map[string]bool{}
	for i := range keys {
		k := &keys[i]
		if names[k.Name] || !regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)*$`).MatchString(k.Name) {
			t.Errorf("%s is no name, or there twice", k.Name)
		}
		names[k.Name] = true
		if !strings.HasSuffix(k.Doc, ".") {
			t.Errorf("%s has no sentence", k.Name)
		}
		checkKey(t, k, field(v, k.Name).Type())
		checkDefault(t, k)
	}
	if fields := leaves(v); fields != len(keys) {
		t.Errorf("%s has %d fields, its table %d keys", v.Type(), fields, len(keys))
	}
}

func checkKey(t *testing.T, k *Key, field reflect.Type) {
	t.Helper()
	switch k.Type {
	case List, Named:
		if want := map[Type]reflect.Kind{List: reflect.Slice, Named: reflect.Map}[k.Type]; field.Kind() != want || len(k.Keys) == 0 {
			t.Errorf("%s is a %s of %d keys", k.Name, field, len(k.Keys))
			return
		}
		item := reflect.New(field.Elem())
		checkTable(t, k.Keys, item.Elem())
		if k.Unique == "" {
			return
		}
		if _, named := item.Elem().Interface().(interface{ String() string }); !named {
			t.Errorf("no two items of %s are alike, and they have no String", k.Name)
		}
	case Int:
		if k.Max <= k.Min {
			t.Errorf("%s has no bounds", k.Name)
		}
		fallthrough
	default:
		if field.String() != goTypes[k.Type] {
			t.Errorf("%s fills a %s", k.Name, field)
		}
	}
	if k.Type == Word && (len(k.Words) < 2 || k.Default != "" && !slices.Contains(k.Words, k.Default)) {
		t.Errorf("%s has the words %v and the default %s", k.Name, k.Words, k.Default)
	}
}

// checkDefault reads a default as the file's own text.
func checkDefault(t *testing.T, k *Key) {
	t.Helper()
	if k.Default == "" {
		return
	}
	file, errs := strictyaml.Parse("default", []byte(k.Default))
	if len(errs) > 0 || len(file.Docs) != 1 || k.Required {
		t.Errorf("the default of %s is %q: %v", k.Name, k.Default, errs)
		return
	}
	r := &reader{file: file}
	typ := map[Type]reflect.Type{
		Text: reflect.TypeFor[string](), Word: reflect.TypeFor[string](), Duration: reflect.TypeFor[time.Duration](), Int: reflect.TypeFor[int](),
		Switch: reflect.TypeFor[bool](), Override: reflect.TypeFor[*bool](), Size: reflect.TypeFor[int64](), Secret: reflect.TypeFor[secret.Ref](), Texts: reflect.TypeFor[[]string](),
	}[k.Type]
	if r.value(file.Docs[0].Root, k, reflect.New(typ).Elem()); len(r.errs) > 0 {
		t.Errorf("the default of %s: %v", k.Name, r.errs)
	}
}

// leaves counts the fields that keys fill: those of a section, not itself.
func leaves(v reflect.Value) int {
	n := 0
	for _, f := range v.Fields() {
		if f.Kind() == reflect.Struct && f.Type() != reflect.TypeFor[secret.Ref]() {
			n += leaves(f)
		} else {
			n++
		}
	}
	return n
}

// TestRefs gives every secret key of the table a reference of its own, and
// wants all of them back.
func TestRefs(t *testing.T) {
	c := &Config{}
	var want []secret.Ref
	fillRefs(keys, reflect.ValueOf(c).Elem(), &want)
	if len(want) < 4 {
		t.Fatalf("the table has %d secrets", len(want))
	}
	if diff := cmp.Diff(want, c.Refs()); diff != "" {
		t.Error(diff)
	}
}

// TestOwn wants every secret and every file of the table under its key, and the
// state folder.
func TestOwn(t *testing.T) {
	c, errs := Parse("config.yaml", []byte(`sources:
- {url: /srv/a, openpgp_keys: /etc/./keys.asc, auth: {known_hosts: "git.example.com ssh-ed25519 AAAA"}}
- {url: /srv/b, ssh_allowed_signers: /etc/signers, ca_file: /etc/ca.pem, auth: {ssh_key: secret://credential/key, known_hosts: /etc/hosts}}
http: {token: secret://env/TOKEN, certificate: /etc/tls.crt, key: /etc/tls.key}
state_dir: /var/state
`))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	want := []secret.Own{
		secret.OwnFile("sources[0].openpgp_keys", "/etc/keys.asc"),
		{Name: "sources[1].auth.ssh_key", Ref: secret.Ref{Scheme: secret.Credential, Name: "key"}},
		secret.OwnFile("sources[1].auth.known_hosts", "/etc/hosts"),
		secret.OwnFile("sources[1].ca_file", "/etc/ca.pem"),
		secret.OwnFile("sources[1].ssh_allowed_signers", "/etc/signers"),
		{Name: "http.token", Ref: secret.Ref{Scheme: secret.Env, Name: "TOKEN"}},
		secret.OwnFile("http.certificate", "/etc/tls.crt"),
		secret.OwnFile("http.key", "/etc/tls.key"),
		{Name: "state folder", Folder: "/var/state"},
	}
	if d := cmp.Diff(want, c.Own()); d != "" {
		t.Error(d)
	}
}

// TestPathsAreOwn holds every key that takes an absolute path: one of them names
// the state folder, the others files of the daemon's own.
func TestPathsAreOwn(t *testing.T) {
	var check func(keys []Key)
	check = func(keys []Key) {
		for i := range keys {
			if k := &keys[i]; k.Pattern == "^/" && !k.Own && k.Name != "state_dir" {
				t.Errorf("%s is the path of a file, and not kept from specs", k.Name)
			}
			check(keys[i].Keys)
		}
	}
	check(keys)
}

func fillRefs(keys []Key, v reflect.Value, want *[]secret.Ref) {
	for i := range keys {
		k, f := &keys[i], field(v, keys[i].Name)
		switch k.Type {
		case Secret:
			ref := secret.Ref{Scheme: secret.Env, Name: strings.Repeat("A", len(*want)+1)}
			*want = append(*want, ref)
			f.Set(reflect.ValueOf(ref))
		case List:
			f.Set(reflect.MakeSlice(f.Type(), 2, 2))
			fillRefs(k.Keys, f.Index(0), want)
			fillRefs(k.Keys, f.Index(1), want)
		case Named:
			item := reflect.New(f.Type().Elem()).Elem()
			fillRefs(k.Keys, item, want)
			f.Set(reflect.MakeMap(f.Type()))
			f.SetMapIndex(reflect.ValueOf("x"), item)
		}
	}
}

// Every type of key, in a table of our own.
type sample struct {
	Switch bool
	Inner  struct{ Count int }
	Hooks  map[string]hook
	Texts  []string
}

type hook struct {
	Secret secret.Ref
	Wait   time.Duration
}

var sampleKeys = []Key{
	{Name: "switch", Type: Switch, Default: "true", Doc: "."},
	{Name: "inner.count", Type: Int, Min: 1, Max: 9, Required: true, Hint: "state count", Doc: "."},
	{Name: "texts", Type: Texts, Default: "[a, b]", Doc: "."},
	{Name: "hooks", Type: Named, Hint: "write hooks: {name: {secret: …}}", Doc: ".", Keys: []Key{
		{Name: "secret", Type: Secret, Required: true, Hint: "state secret", Doc: "."},
		{Name: "wait", Type: Duration, Default: "5s", Doc: "."},
	}},
}

func TestTypes(t *testing.T) {
	checkTable(t, sampleKeys, reflect.ValueOf(&sample{}).Elem())
	ref := secret.Ref{Scheme: secret.Env, Name: "A"}
	for text, want := range map[string]sample{
		"x: {}":                         {Switch: true, Texts: []string{"a", "b"}},
		"x: {switch: false, texts: []}": {Texts: []string{}},
		"x: {inner: {count: 3}}":        {Switch: true, Texts: []string{"a", "b"}, Inner: struct{ Count int }{3}},
		"x: {inner: }":                  {Switch: true, Texts: []string{"a", "b"}},
		"x: {hooks: {}}":                {Switch: true, Texts: []string{"a", "b"}, Hooks: map[string]hook{}},
		"x: {hooks: {a: {secret: " + ref.String() + "}, b: {secret: " + ref.String() + ", wait: 1m}}}": {
			Switch: true, Texts: []string{"a", "b"}, Hooks: map[string]hook{"a": {ref, 5 * time.Second}, "b": {ref, time.Minute}},
		},
	} {
		got, errs := readSample(text)
		if diff := cmp.Diff(want, got); diff != "" || len(errs) > 0 {
			t.Errorf("%s: %v %s", text, errs, diff)
		}
	}
}

func TestTypesRefuse(t *testing.T) {
	for text, want := range map[string]string{
		"x: {switch: yes}":                  "expected true or false, found a string | write true",
		"x: {inner: {}}":                    "count is missing | state count",
		"x: {inner: {count: 0}}":            "must be between 1 and 9 | state count",
		"x: {hooks: [a]}":                   "expected a map, found a list | write hooks: {name: {secret: …}}",
		"x: {hooks: {a: }}":                 "expected a map, found nothing | write hooks: {name: {secret: …}}",
		"x: {hooks: {a: {wait: 1s}}}":       "secret is missing | state secret",
		"x: {hooks: {a: hunter2}}":          "expected a map, found a string | ",
		"x: {hooks: {a: {scret: hunter2}}}": `unknown key "scret" | did you mean secret?`,
		"x: {texts: [[a]]}":                 "expected a string, found a list | ",
	} {
		_, errs := readSample(text)
		if len(errs) == 0 || errs[0].Msg+" | "+errs[0].Hint != want {
			t.Errorf("%s: got %v", text, errs)
		}
		for _, e := range errs {
			if strings.Contains(e.Excerpt(), "hunter2") {
				t.Errorf("%s shows a secret:\n%s", text, e.Excerpt())
			}
		}
	}
}

func readSample(text string) (sample, strictyaml.Errors) {
	var s sample
	file, errs := strictyaml.Parse("sample", []byte(text))
	r := &reader{file: file, errs: errs}
	r.item(file.Docs[0].Root.Get("x"), sampleKeys, reflect.ValueOf(&s).Elem())
	return s, r.errs
}
