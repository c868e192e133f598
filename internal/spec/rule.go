package spec

import (
	"fmt"
	"slices"
	"strings"
)

// A rule is what no single field can hold: fields that need or exclude each
// other. The loader judges a spec by it, and a plan what a write would send: the
// spec with the live values that it leaves open.
type rule struct {
	fields []string // that it is about; an error of the loader is at the first, which may be a container
	// drops says that the first field means nothing where the rule is broken: its
	// live value is not carried then.
	drops  bool
	broken func(x *Compute) (text, hint string) // "" where it is kept
}

// has reports whether a field has a value, a wrong one included.
func (c *Compute) has(field string) bool { return c.Values[field] != nil }

// only is the rule that a field is for certain values of another one.
func only(field, other, text, hint string, fits func(*Compute) bool) rule {
	return rule{fields: []string{field, other}, drops: true, broken: func(x *Compute) (string, string) {
		return when(x.has(field) && !fits(x), text, hint)
	}}
}

func when(broken bool, text, hint string) (string, string) {
	if !broken {
		return "", ""
	}
	return text, hint
}

// keep judges a spec by the rules of its kind. A field whose value is wrong
// counts as stated: it has an error of its own.
func (c *checker) keep(x *Compute) {
	view := *x
	view.Values = make(map[string]any, len(x.Values))
	for name := range c.nodes {
		if x.Kind.Field(name) != nil {
			view.Values[name] = wrong{}
		}
	}
	for name, v := range x.Values {
		view.Values[name] = v
	}
	for _, r := range x.Kind.rules {
		if text, hint := r.broken(&view); text != "" {
			c.errorAt(r.fields[0], hint, "%s", text)
		}
	}
}

// wrong is in place of a value that could not be read.
type wrong struct{}

// dropUnfit leaves out of full the live values that mean nothing beside what
// want states.
func (c *Compute) dropUnfit(want *Compute) {
	for _, r := range c.Kind.rules {
		if !r.drops || want.states(r.fields[0]) {
			continue
		}
		if text, _ := r.broken(c); text != "" {
			delete(c.Values, r.fields[0])
		}
	}
}

// states reports whether the spec decides the field's value.
func (c *Compute) states(field string) bool {
	return c.has(field) && !slices.Contains(c.Lifecycle.IgnoreChanges, field)
}

// knows reports whether all that a rule is about is known. A secret is never
// carried, so that it is known to be missing.
func (c *Compute) knows(r rule, live *Compute) bool {
	return !slices.ContainsFunc(r.fields, func(name string) bool {
		f := c.Kind.Field(name)
		return f != nil && f.Type != Secret && f.ARM != "" && !c.has(name) && !live.has(name)
	})
}

// Conflicts says which rules of its kind a write of want would break: with what
// live has and want leaves open, and where the write makes the compute, with
// the defaults of a creation. Live may be nil. What is unknown breaks no rule on
// an update, and neither does what want has no part in: Azure took it before.
func Conflicts(want, live *Compute, makes bool) []string {
	full := Carry(want, live)
	if makes {
		full = full.withDefaults()
	}
	var all []string
	for _, r := range want.Kind.rules {
		if !makes && (!slices.ContainsFunc(r.fields, want.states) || !full.knows(r, live)) {
			continue
		}
		alone, _ := r.broken(want) // which the loader reports
		if text, _ := r.broken(full); text != "" && alone == "" {
			all = append(all, text+", and Azure would refuse it: "+r.sources(want, full, live))
		}
	}
	return all
}

// withDefaults is c with what a creation sends for what c leaves open.
func (c *Compute) withDefaults() *Compute {
	full := *c
	full.Values = make(map[string]any, len(c.Values))
	for i := range c.Kind.Fields {
		f := &c.Kind.Fields[i]
		if v := c.Values[f.Name]; v != nil {
			full.Values[f.Name] = v
		} else if f.Default != nil {
			full.Values[f.Name] = f.Default
		}
	}
	return &full
}

// sources says where the values come from that want does not state, and what
// to do.
func (r rule) sources(want, full, live *Compute) string {
	var from, state, ignored []string
	for _, name := range r.fields {
		f := want.Kind.Field(name)
		if f == nil || want.states(name) || f.ARM == "" {
			continue
		}
		value := f.Show(full.Values[name])
		switch {
		case want.has(name):
			from = append(from, fmt.Sprintf("the live %s is %s and ignore_changes keeps it", name, value))
			ignored = append(ignored, name)
			continue
		case live != nil && live.Kind == want.Kind && live.has(name) && full.has(name):
			from = append(from, fmt.Sprintf("the live %s is %s and the spec leaves it open", name, value))
		case full.has(name):
			from = append(from, fmt.Sprintf("%s is %s by default", name, value))
		}
		state = append(state, name)
	}
	text := strings.Join(from, ", ")
	if len(state) > 0 {
		text += "; state " + strings.Join(state, " and ")
	}
	if len(ignored) > 0 {
		text += "; remove " + strings.Join(ignored, " and ") + " from ignore_changes"
	}
	return text
}
