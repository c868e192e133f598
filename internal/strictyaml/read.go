package strictyaml

import (
	"math"
	"strconv"
	"strings"
)

// Want says what a field takes, in the words of its error message.
type Want string

// What the typed readers take.
const (
	WantString Want = "a string"
	WantInt    Want = "a whole number"
	WantFloat  Want = "a number"
	WantBool   Want = "true or false"
	WantMap    Want = "a map"
	WantList   Want = "a list"
)

// Text returns the literal text of a scalar, whatever it looks like: 123 and
// true are good strings, as they are for az ml. Null, maps and lists are not.
func (n *Node) Text() (string, bool) {
	if n == nil || n.Kind != Scalar || n.IsNull() {
		return "", false
	}
	return n.Value, true
}

// Int returns a whole number written in plain decimal digits. 1.5, 1e3, 0x10,
// 010, 1_000 and a quoted "8" are refused: each means different things to
// different readers.
func (n *Node) Int() (int64, bool) {
	if n == nil || n.Kind != Scalar || !n.plain || n.tag != tagInt {
		return 0, false
	}
	return decimal(n.Value)
}

func decimal(s string) (int64, bool) {
	i, err := strconv.ParseInt(s, 10, 64)
	return i, err == nil && plainDecimal(s)
}

// Float returns a finite number. Whole numbers are numbers; quoted ones, .inf
// and .nan are not.
func (n *Node) Float() (float64, bool) {
	if i, ok := n.Int(); ok {
		return float64(i), true
	}
	if n == nil || n.Kind != Scalar || !n.plain || n.tag != tagFloat || strings.Contains(n.Value, "_") {
		return 0, false
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	return f, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// Bool returns true or false, unquoted. The yes, no, on and off of YAML 1.1
// are refused.
func (n *Node) Bool() (value, ok bool) {
	if n == nil || n.Kind != Scalar || !n.plain || n.tag != tagBool {
		return false, false
	}
	switch n.Value {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return false, false
}

// Is says what n is in the words of a message, without its content.
func (n *Node) Is() string {
	switch {
	case n.IsNull():
		return "nothing"
	case n.Kind != Scalar:
		return n.Kind.String()
	case !n.plain && n.Value == "":
		return "an empty text"
	case !n.plain:
		return "a quoted string"
	}
	switch n.tag {
	case tagInt:
		if !plainDecimal(n.Value) {
			return "a number in another notation"
		}
		return "a whole number"
	case tagFloat:
		return "a decimal number"
	case tagBool:
		return "true or false"
	}
	return "a string"
}

// Mismatch is the error for a node that a typed reader refused. It carries a
// hint where a likely slip explains the value, and never the value itself.
func (f *File) Mismatch(n *Node, want Want) *Error {
	e := f.Errorf(n.Pos, "expected %s, found %s", want, n.Is())
	if quoted := n.Kind == Scalar && !n.plain && n.Value != ""; quoted && want == WantInt && !plainDecimal(n.Value) {
		e.Msg += " that is no whole number"
	}
	e.Hint = slip(n, want)
	return e
}

// slip explains the usual mistakes.
func slip(n *Node, want Want) string {
	if n.Kind != Scalar {
		return ""
	}
	word := strings.ToLower(n.Value)
	switch {
	case want == WantBool && (word == "yes" || word == "on" || word == "y"):
		return "write true"
	case want == WantBool && (word == "no" || word == "off" || word == "n"):
		return "write false"
	case !n.plain && (want == WantBool && (word == "true" || word == "false") || want == WantInt && plainDecimal(n.Value)):
		return "remove the quotes"
	case want == WantInt && n.plain && n.tag == tagInt:
		return "write it in decimal digits, without leading zeros"
	}
	return ""
}

// plainDecimal accepts 0, 7, -12: an optional minus and digits without leading zeros.
func plainDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	if s == "" || len(s) > 1 && s[0] == '0' {
		return false
	}
	return strings.Trim(s, "0123456789") == ""
}
