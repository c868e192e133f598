package schema_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/config"
	"github.com/computesync/computesync/internal/schema"
	"github.com/computesync/computesync/internal/strictyaml"
)

// configuration holds a text that the daemon takes against the schema.
func (s *schemas) configuration(t *testing.T, text string) {
	t.Helper()
	docs, err := documents(text)
	if err != nil || len(docs) != 1 {
		t.Fatalf("%d documents: %v", len(docs), err)
	}
	if err := s.config.Validate(docs[0]); err != nil {
		t.Error(err)
	}
}

// commented matches a key that stands in a comment, as it would stand outside.
var commented = regexp.MustCompile(`(?m)^( *)# ((?:- |  )*[a-z_]+:)`)

// TestConfigExample wants every key in the example, some of them in comments,
// and takes it with and without these.
func TestConfigExample(t *testing.T) {
	s := compileAll(t)
	data, err := os.ReadFile("../../examples/config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	whole := commented.ReplaceAllString(string(data), "$1$2")
	for _, text := range []string{string(data), whole} {
		if _, errs := config.Parse("config.yaml", []byte(text)); len(errs) > 0 {
			t.Errorf("%v in\n%s", errs, text)
		}
		s.configuration(t, text)
	}
	file, _ := strictyaml.Parse("config.yaml", []byte(whole))
	stated := map[string]bool{}
	for _, d := range file.Docs {
		collect(d.Root, "", stated)
	}
	wantKeys(t, config.Keys(), "", stated)
}

// collect notes the dotted names of all that a node states.
func collect(n *strictyaml.Node, at string, stated map[string]bool) {
	stated[strings.TrimPrefix(at, ".")] = true
	for _, e := range n.Entries {
		collect(e.Value, at+"."+e.Key, stated)
	}
	for _, item := range n.Items {
		collect(item, at, stated)
	}
}

// wantKeys wants each key of a table below a place, which is a pattern: what a
// map calls its items is the operator's choice.
func wantKeys(t *testing.T, keys []config.Key, place string, stated map[string]bool) {
	t.Helper()
	for _, k := range keys {
		pattern := place + regexp.QuoteMeta(k.Name)
		is := regexp.MustCompile("^" + pattern + "$").MatchString
		if !slices.ContainsFunc(slices.Collect(maps.Keys(stated)), is) {
			t.Errorf("examples/config.yaml does not state %s", pattern)
		}
		if k.Type == config.Named {
			pattern += `\.[^.]+`
		}
		wantKeys(t, k.Keys, pattern+`\.`, stated)
	}
}

// TestConfigSchema refuses what the parser refuses, as far as a schema can.
func TestConfigSchema(t *testing.T) {
	s := compileAll(t)
	const source = "sources: [{url: /srv/fleet}]\n"
	for _, text := range []string{
		"azure: {}\n", "sources: []\n", "sources:\n", "sources: [/srv/fleet]\n", "sources: [{branch: main}]\n",
		source + "sorces: 1\n", source + "azure: {cloud: public, clod: x}\n", source + "azure: {cloud: mars}\n", source + "azure: {api_version: latest}\n",
		source + "reconcile: {drift_interval: 10}\n", source + "reconcile: {drift_interval: soon}\n", source + "reconcile: {parallelism: 0}\n",
		source + "reconcile: {parallelism: '5'}\n", source + "state_dir: state\n", source + "secrets: {allow: x}\n",
		source + "secrets: {allow: [[a]]}\n", source + "secrets: {allow: [{for: {kinds: [virtualmachine]}}]}\n",
		source + "secrets: {allow: [{ref: 'secret://env/*', for: {workspaces: [rg/*]}}]}\n",
		"sources: [{url: /a, workspaces: [rg/*]}]\n", "sources: [{url: /a, owners: [a b]}]\n",
		"sources: [{url: /a, auth: {token: hunter2}}]\n", "sources: [{url: /a, interval: 1}]\n",
	} {
		if _, errs := config.Parse("config.yaml", []byte(text)); len(errs) == 0 {
			t.Errorf("the daemon takes %s", text)
		}
		docs, err := documents(text)
		if err != nil {
			t.Fatal(err)
		}
		if s.config.Validate(docs[0]) == nil {
			t.Errorf("the schema takes %s", text)
		}
	}
}

// TestConfigDefaults takes every default that the schema shows.
func TestConfigDefaults(t *testing.T) {
	walkDefaults(t, schema.Config())
}

func walkDefaults(t *testing.T, s *schema.Schema) {
	t.Helper()
	if s.Default != nil {
		own := *s
		own.ID = "default.json"
		if err := compile(t, &own).Validate(s.Default); err != nil {
			t.Errorf("default %v: %v", s.Default, err)
		}
	}
	for _, below := range s.Properties {
		walkDefaults(t, below)
	}
	if s.Items != nil {
		walkDefaults(t, s.Items)
	}
}
