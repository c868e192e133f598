package spec

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// in is an attachment of one cluster: its kind, and its namespace.
func in(kind, namespace string, live bool) *Compute {
	c := &Compute{Kind: KindByName(kind), Values: map[string]any{"resource_id": "/K"}}
	if namespace != "" {
		c.Values["namespace"] = namespace
	}
	if live {
		c.Live = &Live{}
	}
	return c
}

// TestNamespaces says of pairs on one cluster whether one breaks the other.
func TestNamespaces(t *testing.T) {
	a, b := in("kubernetes", "a", false), in("kubernetes", "b", false)
	for _, c := range []struct {
		name           string
		desired, other *Compute
		overlaps       bool
	}{
		{"the same namespace", a, in("kubernetes", "a", true), true},
		{"the same in another case", a, in("kubernetes", "A", true), true},
		{"two namespaces", a, b, false},
		{"two namespaces, one live", a, in("kubernetes", "b", true), false},
		{"none and the default", in("kubernetes", "", false), in("kubernetes", "default", true), true},
		{"none and another", in("kubernetes", "", false), b, false},
		{"one that Azure does not show", a, in("kubernetes", "", true), true},
		{"none and one that Azure does not show", in("kubernetes", "", false), in("kubernetes", "", true), true},
		{"the older kind", a, in("aks", "", true), true},
		{"the older kind after a namespace", in("aks", "", false), in("kubernetes", "a", true), true},
		{"the older kind twice", in("aks", "", false), in("aks", "", true), true},
	} {
		overlaps, back := Overlap(c.desired.Underlying(), c.other.Underlying()), Overlap(c.other.Underlying(), c.desired.Underlying())
		if overlaps != c.overlaps || back != c.overlaps {
			t.Errorf("%s: overlap %v, and %v the other way", c.name, overlaps, back)
		}
	}
}

// TestByUnderlying finds exactly what overlaps.
func TestByUnderlying(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.Custom(func(t *rapid.T) Underlying {
			return Underlying{rapid.SampledFrom([]string{"x", "y"}).Draw(t, "resource"), rapid.SampledFrom([]string{"", "a", "b", UnknownPart}).Draw(t, "part")}
		})
		var m ByUnderlying[int]
		all := rapid.SliceOfN(one, 0, 8).Draw(t, "all")
		for i, u := range all {
			m.Add(u, i)
		}
		asked := one.Draw(t, "asked")
		var want []int
		for i, u := range all {
			if u.Overlaps(asked) {
				want = append(want, i)
			}
		}
		got := slices.Clone(m.Overlapping(asked))
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%v in %v finds %v, want %v", asked, all, got, want)
		}
	})
}

// TestRecordedNamespace has a record say what Azure does not show.
func TestRecordedNamespace(t *testing.T) {
	shown, unknown := in("kubernetes", "a", true), in("kubernetes", "", true)
	for _, c := range []struct {
		name   string
		record *Record
		actual *Compute
		part   string
	}{
		{"no record", nil, unknown, UnknownPart},
		{"a record without a spec", &Record{}, unknown, UnknownPart},
		{"as we attached it", &Record{Spec: in("kubernetes", "b", false)}, unknown, "b"},
		{"as we attached it, by default", &Record{Spec: in("kubernetes", "", false)}, unknown, "default"},
		{"as Azure shows it", &Record{Spec: in("kubernetes", "b", false)}, shown, "a"},
		{"adopted", &Record{Spec: in("kubernetes", "b", false), Adopted: true}, unknown, UnknownPart},
		{"another incarnation", &Record{Spec: in("kubernetes", "b", false), CreatedOn: "t"}, unknown, UnknownPart},
		{"another kind", &Record{Spec: in("aks", "", false)}, unknown, UnknownPart},
	} {
		if got := c.record.Underlying(c.actual); len(got) != 1 || got[0] != (Underlying{"/k", c.part}) {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
