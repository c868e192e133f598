package config

import (
	"slices"
	"strings"
)

// Type is how a key is written, and what Go type its field has.
type Type uint8

// The Go type of the field is named behind each type.
const (
	Text     Type = iota // string; Check may narrow it
	Word                 // string: one of Words
	Duration             // time.Duration, of Min nanoseconds and more
	Int                  // int, from Min to Max
	Switch               // bool
	Override             // *bool: nil where the file is silent, and what holds then depends on other keys
	Size                 // int64: bytes, from Min to Max
	Secret               // secret.Ref: a reference, never the secret itself
	Texts                // []string: nil where the file is silent; Check may narrow each
	List                 // []T: maps of Keys
	Named                // map[string]T: maps of Keys, by a name that the operator chooses
	Rules                // policy.Policy: what package policy reads
)

var typeNames = [...]string{"text", "word", "duration", "whole number", "true or false", "true or false", "size", "secret reference", "list of text", "list", "map by name", "map of rules"}

func (t Type) String() string { return typeNames[t] }

// A Key is one key of the configuration: the single place that the parser, the
// defaults, the JSON Schema and the reference page read.
//
// Its value goes to the field of the same name, without underscores and without
// regard to case: reconcile.drift_interval to Reconcile.DriftInterval.
type Key struct {
	Name     string // dotted; that of an item's key begins at the item
	Type     Type
	Default  string // as the file would write it; "" is the zero value
	Required bool   // where the map above it stands
	Hint     string // the way out where it is missing, empty, or of another shape
	Words    []string
	Min, Max int64
	Keys     []Key  // for List and Named: those of one item
	Unique   string // for List: what an item is called, of which no two have the same String
	Doc      string // one sentence, or two

	// Check refuses a text, with what is wrong in full and a way out. Hide says
	// that what is refused may be a secret, which no excerpt shows.
	Check func(text string) (problem, hint string)
	Hide  bool
	// Own says that a Text is the path of a file, or that it may be, which specs
	// must not have sent anywhere. A Secret is so in any case.
	Own bool
	// Short is the key of an item of a List that an item which is a text states.
	Short string
	// Pattern is as much of Check as a JSON Schema can say.
	Pattern string
	// Whole refuses an item of a List for how its keys go together.
	Whole func(item any) (problem, hint string)
}

// Keys are all keys of the file, in the order of the documentation.
func Keys() []Key { return slices.Clone(keys) }

// children are the keys that may stand directly under a dotted prefix, which
// is empty or ends in a dot.
func children(keys []Key, prefix string) []string {
	var names []string
	for i := range keys {
		rest, below := strings.CutPrefix(keys[i].Name, prefix)
		name, _, _ := strings.Cut(rest, ".")
		if below && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// find finds a key by its dotted name; nil where there is none.
func find(keys []Key, name string) *Key {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &keys[i]
}
