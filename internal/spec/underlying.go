package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Underlying is what an attached compute takes of the world outside: a
// resource, or a part of one. Azure ML supports one attachment of each: a
// second one breaks the first (MicrosoftDocs/azure-docs#41778). Only Kubernetes
// clusters have parts: Microsoft documents one cluster that is attached once
// for each of its namespaces.
type Underlying struct {
	Resource string // folded: a resource ID, or "hdinsight:" or "address:" and what names it there
	Part     string // folded: a namespace; "": all of the resource; UnknownPart
}

// UnknownPart is a part that Azure does not show: it may be any.
const UnknownPart = "?"

// Unknown reports whether Azure does not show the part.
func (a Underlying) Unknown() bool { return a.Part == UnknownPart }

// Overlaps reports whether one of the two would, or may, break the other.
func (a Underlying) Overlaps(b Underlying) bool {
	return a.Resource == b.Resource && (a.Part == b.Part || a.any() || b.any())
}

// any reports whether it may overlap with every part of the resource.
func (a Underlying) any() bool { return a.Part == "" || a.Unknown() }

// Overlap reports whether computes with these underlying resources break each other.
func Overlap(a, b []Underlying) bool {
	return slices.ContainsFunc(a, func(x Underlying) bool { return slices.ContainsFunc(b, x.Overlaps) })
}

// ByUnderlying finds values by what they attach. The zero value is empty.
type ByUnderlying[T any] struct {
	exact map[Underlying][]T // those that overlap with every part have none
	whole map[string][]T     // by resource, whatever the part
}

// Add notes a value under an attachment.
func (m *ByUnderlying[T]) Add(a Underlying, v T) {
	if m.exact == nil {
		m.exact, m.whole = map[Underlying][]T{}, map[string][]T{}
	}
	m.whole[a.Resource] = append(m.whole[a.Resource], v)
	if a.any() {
		a.Part = ""
	}
	m.exact[a] = append(m.exact[a], v)
}

// Overlapping returns the values whose attachment overlaps with a, those of one
// attachment in the order in which they were added.
func (m *ByUnderlying[T]) Overlapping(a Underlying) []T {
	if a.any() {
		return m.whole[a.Resource]
	}
	return slices.Concat(m.exact[a], m.exact[Underlying{Resource: a.Resource}])
}

// Underlying is what an attached compute takes, in every way by which another
// could name the same: nil when nothing was attached.
func (c *Compute) Underlying() []Underlying {
	if c.Kind == nil || c.Kind.resource == nil {
		return nil
	}
	var all []Underlying
	if id := c.Text("resource_id"); id != "" {
		all = append(all, Underlying{strings.ToLower(id), c.part()})
		if _, _, _, kind, name, err := ParseResourceID(id); err == nil && kind != "" && c.Kind == hdinsight {
			// The names of these clusters are unique in all of Azure.
			all = append(all, Underlying{Resource: clusterName + strings.ToLower(name)})
		}
	}
	if address := strings.ToLower(c.Text("address")); address != "" {
		if suffix := c.Kind.resource.addressSuffix; suffix != "" && strings.HasSuffix(address, suffix) {
			return append(all, Underlying{Resource: clusterName + strings.TrimSuffix(address, suffix)})
		}
		port, ok := c.Int("ssh_settings.ssh_port")
		if !ok {
			port = 22
		}
		all = append(all, Underlying{Resource: fmt.Sprintf("address:%s:%d", address, port)})
	}
	return all
}

// part is the part of the resource that the compute takes. What a spec leaves
// open is the default that a creation sends.
func (c *Compute) part() string {
	f := c.Kind.Field(c.Kind.resource.part)
	if f == nil {
		return ""
	}
	switch part := c.Text(f.Name); {
	case part != "":
		return strings.ToLower(part)
	case c.Live != nil:
		return UnknownPart
	}
	return text(f.Default)
}

// clash says which part of a resource two declared computes both attach, and what to do;
// of a resource that has no parts there is nothing to say.
func clash(x, other *Compute) (what, hint string) {
	mine, theirs := x.part(), other.part()
	switch {
	case mine == "" && theirs == "":
		return "", "keep one of them"
	case mine == "":
		return ": " + x.Kind.Name + " takes the whole cluster", "keep one of them"
	case theirs == "":
		return ": " + other.Kind.Name + " takes the whole cluster", "keep one of them"
	}
	part := x.Kind.resource.part
	what = ": both take its " + part + " " + clip(mine)
	if !x.has(part) || !other.has(part) {
		what += ", which is taken where none is stated"
	}
	return what, "state another " + part + " in one of them, or keep one"
}

// InPartOf is c in the part of the resource that live has, where c leaves that
// open: another part is another compute's.
func (c *Compute) InPartOf(live *Compute) *Compute {
	if c.Kind != live.Kind || c.Kind.resource == nil {
		return c
	}
	field := c.Kind.resource.part
	if c.has(field) || !live.has(field) {
		return c
	}
	placed := *c
	placed.Values = maps.Clone(c.Values)
	placed.Values[field] = live.Values[field]
	return &placed
}

// Underlying is what the actual compute of a record has attached: as Azure shows
// it, and where Azure does not show the part, as we attached it. Of what was
// adopted, the spec may be wrong about that. r may be nil.
func (r *Record) Underlying(actual *Compute) []Underlying {
	all := actual.Underlying()
	if r == nil || r.Spec == nil || r.Adopted || r.CreatedOn != actual.Live.CreatedOn || r.Spec.Kind != actual.Kind {
		return all
	}
	for i := range all {
		if all[i].Unknown() {
			all[i].Part = r.Spec.part()
		}
	}
	return all
}

// clusterName begins the resource of an HDInsight cluster, whichever way the
// spec names it.
const clusterName = "hdinsight:"

// ByClusterName reports whether the attachment is named by an HDInsight
// cluster's name.
func (a Underlying) ByClusterName() bool { return strings.HasPrefix(a.Resource, clusterName) }
