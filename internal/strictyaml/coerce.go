package strictyaml

import (
	"slices"
	"strings"
)

// What `az ml` makes of a number or a switch that is written as something else:
// PyYAML reads the file as YAML 1.1, where yes, no, on and off are booleans, and
// marshmallow's Integer and Boolean take what follows of the rest.

// switchWords are marshmallow's truthy and falsy texts.
var switchWords = map[bool][]string{
	true:  {"true", "True", "TRUE", "t", "T", "yes", "Yes", "YES", "y", "Y", "on", "On", "ON", "1"},
	false: {"false", "False", "FALSE", "f", "F", "no", "No", "NO", "n", "N", "off", "Off", "OFF", "0"},
}

// SwitchWords returns the texts that CoercedBool reads as v.
func SwitchWords(v bool) []string { return slices.Clone(switchWords[v]) }

// CoercedInt is Int as `az ml` reads it: a quoted "8" and 8.0 are whole numbers
// too. 8.5, which az cuts to 8, is none.
func (n *Node) CoercedInt() (int64, bool) {
	if i, ok := n.Int(); ok {
		return i, true
	}
	if n == nil || n.Kind != Scalar || n.IsNull() {
		return 0, false
	}
	if !n.plain {
		return decimal(n.Value)
	}
	whole, zeros, _ := strings.Cut(n.Value, ".")
	if n.tag != tagFloat || strings.Trim(zeros, "0") != "" {
		return 0, false
	}
	return decimal(whole)
}

// CoercedBool is Bool as `az ml` reads it: yes, on, "true", 1 and the like.
func (n *Node) CoercedBool() (value, ok bool) {
	if n == nil || n.Kind != Scalar || n.IsNull() {
		return false, false
	}
	value = slices.Contains(switchWords[true], n.Value)
	return value, value || slices.Contains(switchWords[false], n.Value)
}

// YesNo is Bool as YAML 1.1 has it, where yes, no, on and off without quotes are
// booleans.
func (n *Node) YesNo() (value, ok bool) {
	if n == nil || !n.plain || len(n.Value) < 2 {
		return false, false
	}
	return n.CoercedBool()
}
