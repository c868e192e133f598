package spec

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/secret"
)

// Type is how a field's value is written, normalised and compared.
type Type uint8

// The normal form, in which values stand in Compute.Values, is named behind
// each type.
const (
	Text     Type = iota // string, compared as it is
	Word                 // string, compared without regard to case (VM sizes)
	Region               // string, compared without case and blanks: "West Europe" is westeurope
	Resource             // string: an ARM resource ID, compared without regard to case
	Choice               // string: the spec's word of Enum
	Switch               // bool
	Int                  // int64
	Seconds              // int64 seconds; a number in the spec, ISO 8601 in ARM
	Minutes              // int64 seconds; a number of minutes in the spec, ISO 8601 in ARM
	ISO                  // int64 seconds; ISO 8601 in both
	Timeout              // int64 minutes; a number in the spec, "20m" in ARM
	Tags                 // map[string]string: stated keys are ours, the others are kept
	Map                  // map[string]string, compared whole
	Words                // []string, compared as a set without regard to case
	Ints                 // []int64, compared as a set
	List                 // []string, compared as it is
	Objects              // []any of map[string]any by Fields
	Raw                  // map[string]any as in JSON: of it, only what is stated is compared
	Empty                // nothing: the key is taken, and what stands there is an error
	Secret               // secret.Ref: never compared, Azure does not return it
)

var typeNames = [...]string{
	"text", "text", "region", "resource ID", "choice", "true or false", "whole number",
	"seconds", "minutes", "ISO 8601 duration", "minutes", "map of text", "map of text", "list of text", "list of whole numbers", "list of text", "list", "ARM properties", "empty", "secret reference",
}

func (t Type) String() string { return typeNames[t] }

// Equal reports whether two normal forms of this field mean the same to
// Azure. For Tags it asks only whether every wanted key is there.
func (f *Field) Equal(want, have any) bool {
	switch f.Type {
	case Word, Resource:
		return strings.EqualFold(text(want), text(have))
	case Region:
		return FoldRegion(text(want)) == FoldRegion(text(have))
	case Tags:
		w, _ := want.(map[string]string)
		h, _ := have.(map[string]string)
		for k, v := range w {
			if key, ok := FindTag(h, k); !ok || h[key] != v {
				return false
			}
		}
		return true
	case Map:
		w, _ := want.(map[string]string)
		h, _ := have.(map[string]string)
		return maps.Equal(w, h)
	case Words:
		w, _ := want.([]string)
		h, _ := have.([]string)
		return slices.Equal(foldSet(w), foldSet(h))
	case Ints:
		w, _ := want.([]int64)
		h, _ := have.([]int64)
		return slices.Equal(slices.Sorted(slices.Values(w)), slices.Sorted(slices.Values(h)))
	case Objects:
		return f.equalObjects(want, have)
	case Raw:
		return coversRaw(want, have)
	}
	return reflect.DeepEqual(f.normal(want), f.normal(have))
}

// normal is a text of a Form as it is compared. What has not that form, which
// Azure may return, stays as it is.
func (f *Field) normal(v any) any {
	if s, ok := v.(string); ok && f.Form != nil {
		if normal, wrong := f.Form.normal(s); wrong == (fault{}) {
			return normal
		}
	}
	return v
}

// equalObjects reports whether each wanted item has an item of its own on the
// other side. Nobody knows in which order Azure returns a list, and in none does
// the order mean anything.
func (f *Field) equalObjects(want, have any) bool {
	w, _ := want.([]any)
	h, _ := have.([]any)
	return len(w) == len(h) && !slices.Contains(f.match(w, h), none)
}

// none is no item.
const none = -1

// match gives each item that is there the wanted item that it equals, by index,
// each at most once.
func (f *Field) match(w, h []any) []int {
	of := slices.Repeat([]int{none}, len(h))
	for i := range w {
		f.assign(w, h, i, of, make([]bool, len(h)))
	}
	return of
}

// assign finds an item for w[i]. Where another wanted item has it, that one gets
// another if it can: an item that states little fits many.
func (f *Field) assign(w, h []any, i int, of []int, tried []bool) bool {
	for j := range h {
		if tried[j] || !f.equalItem(w[i], h[j]) {
			continue
		}
		tried[j] = true
		if of[j] == none || f.assign(w, h, of[j], of, tried) {
			of[j] = i
			return true
		}
	}
	return false
}

// equalItem compares of an item only what is stated, and returned.
func (f *Field) equalItem(want, have any) bool {
	w, _ := want.(map[string]any)
	h, _ := have.(map[string]any)
	for i := range f.Fields {
		sub := &f.Fields[i]
		wv, stated := w[sub.Name]
		if hv, known := h[sub.Name]; stated && known && !sub.Equal(wv, hv) {
			return false
		}
	}
	return true
}

// FindTag finds a key as Azure compares the names of tags, without regard to
// case.
func FindTag(tags map[string]string, name string) (key string, found bool) {
	if _, ok := tags[name]; ok {
		return name, true
	}
	for k := range tags {
		if strings.EqualFold(k, name) {
			return k, true
		}
	}
	return "", false
}

func foldSet(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = strings.ToLower(w)
	}
	slices.Sort(out)
	return out
}

// Show is a normal form as people read it, in the spec's own units. What does
// not show, or a terminal would obey, is escaped: anybody may have written it.
func (f *Field) Show(v any) string { return output.Visible(f.show(v)) }

func (f *Field) show(v any) string {
	switch x := v.(type) {
	case nil:
		return "(none)"
	case string:
		if x == "" {
			return "(none)"
		}
		return x
	case int64:
		return f.showNumber(x)
	case secret.Ref:
		return x.String()
	case map[string]any:
		return showRaw(x)
	case map[string]string:
		if len(x) == 0 {
			return "{}"
		}
		parts := make([]string, 0, len(x))
		for _, k := range slices.Sorted(maps.Keys(x)) {
			parts = append(parts, k+": "+x[k])
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []string:
		return "[" + strings.Join(x, ", ") + "]"
	case []any:
		parts := make([]string, len(x))
		for i, item := range x {
			parts[i] = f.showItem(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(v)
}

func (f *Field) showNumber(n int64) string {
	switch {
	case f.Type == Minutes && n%60 == 0:
		return strconv.FormatInt(n/60, 10)
	case f.Type == ISO, f.Type == Minutes:
		return FormatDuration(n)
	}
	return strconv.FormatInt(n, 10)
}

func (f *Field) showItem(item any) string {
	m, _ := item.(map[string]any)
	var parts []string
	shown := map[string]bool{} // one key may stand twice in the table, under different conditions
	for i := range f.Fields {
		name := f.Fields[i].Name
		if v, ok := m[name]; ok && !shown[name] {
			shown[name] = true
			parts = append(parts, name+": "+f.Fields[i].Show(v))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// FoldRegion brings the ways to write a region to one: "West Europe" and
// WestEurope are westeurope.
func FoldRegion(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, " ", ""))
}

// FormatDuration writes whole seconds as ISO 8601: 300 is PT5M.
func FormatDuration(seconds int64) string {
	if seconds == 0 {
		return "PT0S"
	}
	var b strings.Builder
	if seconds < 0 {
		b.WriteByte('-')
		seconds = -seconds
	}
	b.WriteString("PT")
	for _, u := range []struct {
		n int64
		c byte
	}{{3600, 'H'}, {60, 'M'}, {1, 'S'}} {
		if n := seconds / u.n; n > 0 {
			b.WriteString(strconv.FormatInt(n, 10))
			b.WriteByte(u.c)
			seconds %= u.n
		}
	}
	return b.String()
}

// ParseDuration reads an ISO 8601 duration of days, hours, minutes and whole
// seconds: P1DT2H, PT1M40S.
func ParseDuration(s string) (seconds int64, err error) {
	bad := fmt.Errorf("%q is not an ISO 8601 duration such as PT30M", s)
	rest, ok := strings.CutPrefix(strings.ToUpper(s), "P")
	if !ok || rest == "" {
		return 0, bad
	}
	units, inTime := map[byte]int64{'W': 7 * 86400, 'D': 86400}, false
	for rest != "" {
		if rest[0] == 'T' && !inTime && len(rest) > 1 {
			units, inTime, rest = map[byte]int64{'H': 3600, 'M': 60, 'S': 1}, true, rest[1:]
			continue
		}
		digits := strings.TrimLeft(rest, "0123456789")
		count := rest[:len(rest)-len(digits)]
		if count == "" || digits == "" {
			return 0, bad
		}
		if frac, cut := strings.CutPrefix(digits, "."); cut { // PT120.0S: only zeros may follow
			digits = strings.TrimLeft(frac, "0")
			if digits == "" {
				return 0, bad
			}
		}
		unit, known := units[digits[0]]
		n, err := strconv.ParseInt(count, 10, 40)
		if !known || err != nil {
			return 0, bad
		}
		seconds += n * unit
		rest = digits[1:]
		delete(units, digits[0])
	}
	if seconds > int64(1000*24*time.Hour/time.Second) {
		return 0, bad
	}
	return seconds, nil
}
