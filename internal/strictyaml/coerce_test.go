package strictyaml

import (
	"fmt"
	"testing"
)

// TestCoerced compares with what PyYAML and marshmallow 3 make of the same text.
func TestCoerced(t *testing.T) {
	const no = "-"
	for _, tc := range []struct{ in, integer, boolean, yesNo string }{
		{"8", "8", no, no},
		{`"8"`, "8", no, no},
		{"'-8'", "-8", no, no},
		{"8.0", "8", no, no},
		{"8.", "8", no, no},
		{"-8.00", "-8", no, no},
		{"8.5", no, no, no},
		{`"8.0"`, no, no, no},
		{"1e3", no, no, no},
		{".5", no, no, no},
		{"010", no, no, no},
		{`"010"`, no, no, no},
		{"0x10", no, no, no},
		{"1_000", no, no, no},
		{"9223372036854775808.0", no, no, no},
		{"1", "1", "true", no},
		{`"0"`, "0", "false", no},
		{"true", no, "true", "true"},
		{`"true"`, no, "true", no},
		{"False", no, "false", "false"},
		{"yes", no, "true", "true"},
		{"'no'", no, "false", no},
		{"On", no, "true", "true"},
		{"OFF", no, "false", "false"},
		{"y", no, "true", no},
		{"N", no, "false", no},
		{"t", no, "true", no},
		{"tRuE", no, no, no},
		{"yEs", no, no, no},
		{"2", "2", no, no},
		{"enabled", no, no, no},
		{"null", no, no, no},
		{"", no, no, no},
		{`""`, no, no, no},
		{"{}", no, no, no},
		{"[8]", no, no, no},
	} {
		_, n := value(t, tc.in)
		show := func(v any, ok bool) string {
			if !ok {
				return no
			}
			return fmt.Sprint(v)
		}
		i, ok1 := n.CoercedInt()
		b, ok2 := n.CoercedBool()
		y, ok3 := n.YesNo()
		if got := [3]string{show(i, ok1), show(b, ok2), show(y, ok3)}; got != [3]string{tc.integer, tc.boolean, tc.yesNo} {
			t.Errorf("%s: got %q", tc.in, got)
		}
	}
	var none *Node
	if _, ok := none.CoercedInt(); ok {
		t.Error("nothing is a number")
	}
	if _, ok := none.CoercedBool(); ok {
		t.Error("nothing is a switch")
	}
}
