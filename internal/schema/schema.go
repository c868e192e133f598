// Package schema describes specs and the daemon's configuration for editors and
// people: JSON Schemas and reference pages, both written from the tables of the
// packages spec and config.
//
// The schemas are JSON Schema 2020-12. Apart from $defs they use only what
// draft 7 has too, and put nothing but annotations beside a $ref, because
// yaml-language-server reads them as draft 7. They never refuse what the loader
// takes. What one file alone cannot show, or takes two keys to judge, is left
// to `computesync validate`.
package schema

//go:generate sh -c "go run ./gen spec > ../../docs/spec.md"
//go:generate sh -c "go run ./gen guardrails > ../../docs/guardrails.md"
//go:generate sh -c "go run ./gen configuration > ../../docs/configuration.md"

import (
	"encoding/json"
	"slices"

	"github.com/computesync/computesync/internal/policy"
	"github.com/computesync/computesync/internal/spec"
)

const draft = "https://json-schema.org/draft/2020-12/schema"

// base begins the $id of every schema. It is a name; nothing need be there.
const base = "https://github.com/computesync/computesync/schema/"

// Schema is a JSON Schema, with the keywords that ours need. The last three
// are those of editors.
type Schema struct {
	Schema      string `json:"$schema,omitempty"`
	ID          string `json:"$id,omitempty"`
	Ref         string `json:"$ref,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Default     any    `json:"default,omitempty"`
	ReadOnly    bool   `json:"readOnly,omitempty"`

	Type      types    `json:"type,omitempty"`
	Enum      []string `json:"enum,omitempty"`
	Pattern   string   `json:"pattern,omitempty"`
	MinLength int      `json:"minLength,omitempty"`
	MaxLength int      `json:"maxLength,omitempty"`
	Minimum   *int64   `json:"minimum,omitempty"`
	Maximum   *int64   `json:"maximum,omitempty"`

	MinItems             int                `json:"minItems,omitempty"`
	Items                *Schema            `json:"items,omitempty"`
	Required             []string           `json:"required,omitempty"`
	Properties           map[string]*Schema `json:"properties,omitempty"`
	PatternProperties    map[string]*Schema `json:"patternProperties,omitempty"`
	PropertyNames        *Schema            `json:"propertyNames,omitempty"`
	AdditionalProperties any                `json:"additionalProperties,omitempty"` // false or *Schema

	Not   *Schema            `json:"not,omitempty"`
	If    *Schema            `json:"if,omitempty"`
	Then  *Schema            `json:"then,omitempty"`
	AllOf []*Schema          `json:"allOf,omitempty"`
	AnyOf []*Schema          `json:"anyOf,omitempty"`
	Defs  map[string]*Schema `json:"$defs,omitempty"`

	PatternErrorMessage string `json:"patternErrorMessage,omitempty"`
	DoNotSuggest        bool   `json:"doNotSuggest,omitempty"`
}

// types are what a value may be, in JSON's words.
type types []string

// MarshalJSON writes one type as itself, as people do.
func (t types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// Computes is the schema of a compute file: each document is of the kind that
// its type says, so that only that kind's mistakes are told.
func Computes() *Schema {
	s := &Schema{
		Schema: draft, ID: base + "compute.json", Title: "A compute of an Azure Machine Learning workspace",
		Type: types{"object"}, Required: []string{"type"},
		Properties: map[string]*Schema{"name": {Description: nameText}, "type": kindNames()},
		Defs:       map[string]*Schema{},
	}
	for _, k := range spec.Kinds() {
		s.define(k.Name, compute(k))
	}
	s.define(localName, local())
	return s
}

// define says what a document of a type is.
func (s *Schema) define(typ string, is *Schema) {
	s.AllOf = append(s.AllOf, &Schema{
		If:   &Schema{Properties: map[string]*Schema{"type": {Type: types{"string"}, Pattern: anyCase(typ)}}, Required: []string{"type"}},
		Then: &Schema{Ref: "#/$defs/" + typ},
	})
	s.Defs[typ] = is
}

// Kind is the schema of a compute file that holds computes of one kind alone.
func Kind(k *spec.Kind) *Schema {
	s := compute(k)
	s.Schema, s.ID = draft, base+k.Name+".json"
	return s
}

// Workspace is the schema of workspace.yaml.
func Workspace() *Schema {
	s := &Schema{Schema: draft, ID: base + "workspace.json", Title: "A workspace, and what may happen to its computes", Defs: map[string]*Schema{}}
	keys(s, spec.WorkspaceKeys())
	limit := s.Properties[spec.MaxDeletionsKey]
	count := []*Schema{
		{Type: types{"integer"}, Minimum: new(int64), Maximum: ptr(1_000_000)},
		{Type: types{"string"}, Pattern: `^\+?0*(100|[1-9][0-9]?)%$`, PatternErrorMessage: "expected a number, or a share between 1% and 100%"},
	}
	per := &Schema{Type: limit.Type, AdditionalProperties: false, Properties: limit.Properties, Required: limit.Required}
	per.Properties["count"] = &Schema{AnyOf: count, Description: per.Properties["count"].Description}
	*limit = Schema{Description: limit.Description, AnyOf: append(slices.Clip(count), per)}
	limit.Default = int64(spec.DefaultMaxDeletions)
	defaults := s.Properties[spec.DefaultsKey]
	defaults.Type = types{"object", "null"}
	defaults.Properties, defaults.PatternProperties, defaults.AdditionalProperties = map[string]*Schema{}, map[string]*Schema{}, false
	doc := s.Properties[spec.PolicyKey].Description
	s.Properties[spec.PolicyKey] = rails()
	s.Properties[spec.PolicyKey].Description = doc
	codes := s.Properties[spec.IgnoreWarningsKey].Items
	for _, r := range policy.Rules() {
		codes.Enum = append(codes.Enum, r.Code)
	}
	for _, k := range spec.Kinds() {
		s.Defs[k.Name] = partial(k)
		ref := &Schema{Ref: "#/$defs/" + k.Name}
		defaults.Properties[k.Name], defaults.PatternProperties[anyCase(k.Name)] = ref, ref
	}
	return s
}

func ptr(n int64) *int64 { return &n }
