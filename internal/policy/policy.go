// Package policy holds guard rails: what a platform team wants of every
// compute, whoever writes its file. Each rule is one file with one table, and a
// line in the registry.
//
// Rules are set in two places: by the operator for all workspaces, and in a
// workspace.yaml for that one. Each place's rules are judged by themselves, so
// what either refuses is refused, with the stricter severity: nobody who can
// merge to a workspace.yaml can loosen what the operator set.
package policy

import (
	"slices"

	"github.com/computesync/computesync/internal/spec"
)

// Rule is one guard rail.
type Rule struct {
	Code    string // of its findings
	Key     string // under `policy`
	Doc     string // one sentence
	Hint    string // the way out
	Default spec.Severity
	Always  bool   // its severity is no choice
	Priced  bool   // it needs prices: plans judge it, specs alone do not
	Keys    []Key  // its settings; what is written in place of a map is the first one's value
	Example string // the short form
	check   func(*Setting, *Subject) []Breach
}

// Key is one setting of a rule.
type Key struct {
	Name     string
	Type     Type
	Required bool
	Min      float64 // for numbers
	Doc      string  // one sentence
}

// Type is how a setting is written.
type Type uint8

// The types.
const (
	Globs  Type = iota // list of text, in which * stands for any text
	Tags               // list of tag keys, or a map of them to globs of their values
	Number             // whole number
	Amount             // number above 0
)

var typeNames = [...]string{"list of globs", "list of tags, or map of tags to globs", "whole number", "number"}

func (t Type) String() string { return typeNames[t] }

// rules is the registry: one line per rule.
var rules = []*Rule{
	allowedRegions,
	allowedSizes,
	maxNodes,
	requiredTags,
	costCeiling,
	noPublicIP,
	noPublicSSH,
	noLowPriority,
	idleShutdown,
	unmanagedCost,
	protected,
}

// Rules returns every rule, in the order of the documentation.
func Rules() []*Rule { return slices.Clone(rules) }

func ruleBy(same func(*Rule) bool) *Rule {
	if i := slices.IndexFunc(rules, same); i >= 0 {
		return rules[i]
	}
	return nil
}

// Setting is a rule as one place sets it.
type Setting struct {
	Code     string              `json:"rule"`
	Severity spec.Severity       `json:"severity"`
	Names    []string            `json:"names,omitempty"` // globs of the computes it is for; none: all
	List     []string            `json:"list,omitempty"`
	Tags     map[string][]string `json:"tags,omitempty"`
	Numbers  map[string]float64  `json:"numbers,omitempty"`
}

func (s *Setting) rule() *Rule { return ruleBy(func(r *Rule) bool { return r.Code == s.Code }) }

// Policy is what one place sets.
type Policy []Setting

// Subject is a compute that is judged: desired, actual, or what a change would
// make of it.
type Subject struct {
	*spec.Compute
	Home  string     // the workspace's region; "" where it is not stated
	Price spec.Price // nil: nothing is known
}

// Breach is one way in which a compute breaks a rule.
type Breach struct {
	Of      string  // what is broken, where a rule may be in several ways
	Amount  float64 // how badly; a change from more to less improves
	About   float64 // the same by an estimate, where Amount is an upper bound
	Field   string
	Text    string // what of the compute is not as it must be: "has …"
	Unknown bool   // whether it is broken cannot be told
}

// covers reports whether the breach, which is there now, is known and as bad as
// the other.
func (b *Breach) covers(o *Breach) bool {
	return !b.Unknown && b.Amount >= o.Amount && b.About >= o.About
}

// value is a field's value, or what a creation makes of it.
func (s *Subject) value(field string) any {
	f := s.Kind.Field(field)
	if f == nil {
		return nil
	}
	if v, stated := s.Values[field]; stated {
		return v
	}
	return s.Otherwise(f)
}

// has reports whether the compute is of a kind with such a field, on nodes
// that Azure ML makes.
func (s *Subject) has(field string) bool {
	return s.Kind.Field(field) != nil && s.Kind.Managed && !s.Attaches()
}

func (s *Subject) text(field string) string {
	text, _ := s.value(field).(string)
	return text
}
