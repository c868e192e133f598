// Package spec knows the kinds of compute and their fields, loads compute
// specs from a folder tree and checks them. A Compute is the same value
// whether a person declared it (desired) or Azure reported it (actual).
package spec

import (
	"slices"
	"strings"
	"sync"
)

// Kind describes one type of compute: the single place that the decoder, the
// differ, the ARM codec and the documentation read.
type Kind struct {
	Name        string  // the spec's `type`, lower case
	ComputeType string  // ARM's properties.computeType
	Title       string  // for people: "compute cluster"
	Managed     bool    // Azure ML can make it; with a resource rule it may be attached as well
	Quota       bool    // its nodes count against Azure ML's own quota
	Fields      []Field // every key a spec may hold, read-only ones included

	// Unique is ARM's type for asking whether a name is free, where names are
	// unique in a region, across workspaces and tenants.
	Unique string
	// Also is what a creation sends besides the fields: ARM path to value.
	Also map[string]any
	// Keep are the writable ARM properties that have no key of their own: raw
	// properties may state them, and a PUT carries what is live of them, lest it reset
	// them. Fields of one are what it may hold, behind any name where Key is "*".
	Keep []Field
	// stays are the ARM properties that only actions change: what is made in place of
	// a compute does not have them.
	stays []string
	// noNumberedTail says that no name may end in - and a number. The API
	// description (2025-12-01 and newer) has that for all kinds, but clusters with
	// such names exist, and only of instances is it known to be refused.
	noNumberedTail bool
	// SDKv1 maps a key of the retired Python SDK to the key that replaced it.
	SDKv1 map[string]string
	// instead maps a key of another kind, which people write here, to the key that
	// does the same.
	instead map[string]string
	// rawNames maps the names that CLI v2 has for raw properties to ARM's, by
	// their place.
	rawNames map[string]string
	// rawToo are the fields that may be stated as raw properties as well, under
	// ARM's name: files that are older than the field do.
	rawToo []string
	// rawText is the raw property below which every value is text.
	rawText string
	// readOnly are the ARM properties that Azure alone sets.
	readOnly []string
	// resource tells how an attached kind names what it attaches; nil for
	// kinds that only create.
	resource *resourceRule
	// rules are what fields need of each other.
	rules []rule
	// check reports what else no table can say, and warns.
	check func(*checker, *Compute)

	table     *table
	versioned []*Field            // see versionedIn
	places    map[string]string   // ARM paths, folded, that have a place of their own
	lifted    map[string]*Field   // those of rawToo, by ARM path, folded
	above     map[string]bool     // ARM paths, folded, that have such a path below them
	below     map[string][]string // ARM paths below properties.properties, folded, to the names below them
}

// kinds is the registry: one line per kind.
var kinds = []*Kind{
	amlcompute,
	computeinstance,
	kubernetes,
	virtualmachine,
	synapsespark,
	aks,
	hdinsight,
	databricks,
	datalakeanalytics,
	batch,
	datafactory,
}

// Kinds returns every kind, in the order of the documentation.
func Kinds() []*Kind { return slices.Clone(kinds) }

// kindNames are the names of every kind.
func kindNames() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name
	}
	return names
}

// KindByName finds a kind by the spec's `type`, in any case; nil when unknown.
func KindByName(name string) *Kind { return kindIndex().byName[strings.ToLower(name)] }

// KindByComputeType finds a kind by ARM's computeType; nil when unknown.
func KindByComputeType(t string) *Kind { return kindIndex().byType[strings.ToLower(t)] }

// MayLose reports whether a compute of the kind has something that goes when it
// is made again, so that its spec may say `replace: allow`.
func (k *Kind) MayLose() bool { return k.Managed || k.Field("identity.type") != nil }

// Field finds a field by its dotted name; nil when the kind has none.
func (k *Kind) Field(name string) *Field {
	kindIndex()
	return k.table.fields[name]
}

type index struct{ byName, byType map[string]*Kind }

// kindIndex is built on first use, so that a command that reads no spec pays
// nothing for it.
var kindIndex = sync.OnceValue(func() index {
	x := index{map[string]*Kind{}, map[string]*Kind{}}
	for _, k := range kinds {
		x.byName[k.Name] = k
		x.byType[strings.ToLower(k.ComputeType)] = k
		k.table = newTable(k.Fields)
		k.versioned = versionedIn(k.Fields)
		k.setPlaces()
	}
	return x
})

// table finds the fields of a kind, or of one item of a list, by name.
type table struct {
	fields   map[string]*Field
	children map[string][]string // the keys that may stand under a dotted prefix, "" for the top
}

func newTable(fields []Field) *table {
	t := &table{map[string]*Field{}, map[string][]string{}}
	for i := range fields {
		f := &fields[i]
		if f.Type == Objects && !f.ReadOnly {
			f.table = newTable(f.Fields)
		}
		if t.fields[f.Name] != nil {
			continue // the same key under another When
		}
		t.fields[f.Name] = f
		prefix, rest := "", f.Name
		for {
			head, tail, more := strings.Cut(rest, ".")
			if !slices.Contains(t.children[prefix], head) {
				t.children[prefix] = append(t.children[prefix], head)
			}
			if !more {
				break
			}
			prefix, rest = join(prefix, head), tail
		}
	}
	return t
}

// join appends a key to a dotted prefix.
func join(prefix, key string) string {
	if prefix == "" {
		return key
	}
	return prefix + "." + key
}

// A Field is one key of a spec and where it lives in ARM.
type Field struct {
	Name     string // dotted key in the spec: ssh_settings.admin_username
	Type     Type
	ARM      string            // dotted path in the ARM document, relative to the item for a field of a list; "" when the spec alone needs it
	Change   Change            // what changing it on a live compute costs
	Reattach bool              // on an attached compute it costs a detach and attach instead
	Action   *Action           // for ByAction: what changes it
	Enum     []Enum            // for Choice, and each of Words (and Switch, when ARM wants words for true and false)
	slips    map[string]string // for Choice: what people write that it has no word for, folded, to a hint
	Form     *Form             // for Text: how it is written; nil for any text
	Default  any               // CLI v2's default, sent on creation when the spec is silent
	Filled   any               // what Azure fills in where a creation is silent and CLI v2 sends nothing
	Absent   any               // what it means when ARM returns none; nil: nothing is known
	AtStake  Stake             // what a change in Azure may do where the spec leaves it open: export always states it
	Min, Max int64             // for numbers, and each of Ints: bounds; Max 0 is unbounded
	Required bool              // with When: where that holds, and what the key is in is stated
	ReadOnly bool              // a key that `az ml` prints and drops on input; dropped here too
	Fields   []Field           // for Objects: the keys of one item
	Key      string            // for Objects that ARM keeps as a map: the item's field that is the map's key
	Item     string            // for Map: the key under which ARM keeps each value
	// Also is what ARM wants sent beside the value: path to value, from where
	// ARM starts; from within each item for Objects and for Map with Item.
	Also map[string]any
	// With is the field that it says something of: where a spec states that one,
	// this one is not left open but absent.
	With string
	// When limits the ARM path to values whose sibling says so, as in
	// "trigger.type=cron". Fields of one name and different When are one key.
	When string
	// Stable and Preview are the first api-versions of either sort whose schema
	// has the field: "" where none has. Both empty: every version that we speak has it.
	Stable, Preview string
	Doc             string // one sentence

	readOnly  []string                                // for Objects: ARM properties of an item that Azure alone sets
	each      func(c *checker, values map[string]any) // for Objects: reports what no single key of an item can
	table     *table                                  // of Fields
	versioned []*Field                                // among Fields: see versionedIn
}

// A Form is how a text is written that is more than text.
type Form struct {
	// normal brings a text to the form in which it is compared and sent.
	normal func(s string) (string, fault)
	// Offer is what such a text may be, for editors and tests: all, or examples.
	Offer func() []string
}

// fault is what is wrong with a text, and what to write; the zero value is
// nothing.
type fault struct{ problem, hint string }

// Cost is what changing the field takes on a live compute.
func (f *Field) Cost(live *Compute) Change {
	if f.Reattach && !live.Made() {
		return ByReattach
	}
	return f.Change
}

// Enum pairs a word of the spec with ARM's word for it.
type Enum struct{ Spec, ARM string }

// Change is what it takes to change a field of a live compute.
type Change uint8

// The zero value is the safest: a field whose change nothing is known about
// is set at creation and held afterwards.
const (
	CreateOnly Change = iota // set at creation; a later difference is held
	ByPatch                  // in place: PATCH of the scale settings
	ByPut                    // in place: PUT of the whole resource
	ByAction                 // in place: a POST action of its own
	ByReplace                // only by delete and create
	ByReattach               // only by detach and attach
)

var changeNames = [...]string{"create-only", "patch", "put", "action", "replace", "re-attach"}

func (c Change) String() string { return changeNames[c] }

// InPlace reports whether the change leaves the compute standing.
func (c Change) InPlace() bool { return c == ByPatch || c == ByPut || c == ByAction }

// Remakes reports whether the change takes another compute of that name.
func (c Change) Remakes() bool { return c == ByReplace || c == ByReattach }
