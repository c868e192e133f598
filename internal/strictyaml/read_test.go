package strictyaml

import (
	"errors"
	"fmt"
	"testing"
)

func value(t *testing.T, text string) (*File, *Node) {
	t.Helper()
	f, errs := Parse("f", []byte("k: "+text+"\n"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return f, f.Docs[0].Root.Get("k")
}

func TestTypedReaders(t *testing.T) {
	const no = "-"
	for _, tc := range []struct{ in, text, integer, float, boolean string }{
		{"abc", "abc", no, no, no},
		{"8", "8", "8", "8", no},
		{"-8", "-8", "-8", "-8", no},
		{"0", "0", "0", "0", no},
		{`"8"`, "8", no, no, no},
		{"'true'", "true", no, no, no},
		{"1.5", "1.5", no, "1.5", no},
		{"1e3", "1e3", no, "1000", no},
		{"0x10", "0x10", no, no, no},
		{"0o10", "0o10", no, no, no},
		{"010", "010", no, no, no},
		{"1_000", "1_000", no, no, no},
		{"+5", "+5", no, no, no},
		{"9223372036854775808", "9223372036854775808", no, no, no},
		{".inf", ".inf", no, no, no},
		{".nan", ".nan", no, no, no},
		{"true", "true", no, no, "true"},
		{"False", "False", no, no, "false"},
		{"yes", "yes", no, no, no},
		{"off", "off", no, no, no},
		{"!!bool yes", "yes", no, no, no},
		{"2026-12-24T18:00:00Z", "2026-12-24T18:00:00Z", no, no, no},
		{"null", no, no, no, no},
		{"~", no, no, no, no},
		{"", no, no, no, no},
		{`""`, "", no, no, no},
		{"{}", no, no, no, no},
		{"[]", no, no, no, no},
	} {
		_, n := value(t, tc.in)
		show := func(v any, ok bool) string {
			if !ok {
				return no
			}
			return fmt.Sprint(v)
		}
		text, ok1 := n.Text()
		integer, ok2 := n.Int()
		float, ok3 := n.Float()
		boolean, ok4 := n.Bool()
		got := [4]string{show(text, ok1), show(integer, ok2), show(float, ok3), show(boolean, ok4)}
		if want := [4]string{tc.text, tc.integer, tc.float, tc.boolean}; got != want {
			t.Errorf("%q: got %q, want %q", tc.in, got, want)
		}
	}
}

func TestMismatch(t *testing.T) {
	for _, tc := range []struct {
		in        string
		want      Want
		msg, hint string
	}{
		{"yes", WantBool, "f:1:4: expected true or false, found a string", "write true"},
		{"Off", WantBool, "f:1:4: expected true or false, found a string", "write false"},
		{`"true"`, WantBool, "f:1:4: expected true or false, found a quoted string", "remove the quotes"},
		{`""`, WantInt, "f:1:4: expected a whole number, found an empty text", ""},
		{`"1_000"`, WantInt, "f:1:4: expected a whole number, found a quoted string that is no whole number", ""},
		{`"8"`, WantInt, "f:1:4: expected a whole number, found a quoted string", "remove the quotes"},
		{"1.5", WantInt, "f:1:4: expected a whole number, found a decimal number", ""},
		{"0x10", WantInt, "f:1:4: expected a whole number, found a number in another notation", "write it in decimal digits, without leading zeros"},
		{"99999999999999999999", WantInt, "f:1:4: expected a whole number, found a decimal number", ""},
		{"[a]", WantString, "f:1:4: expected a string, found a list", ""},
		{"{a: b}", WantList, "f:1:4: expected a list, found a map", ""},
		{"", WantMap, "f:1:3: expected a map, found nothing", ""},
		{"hunter2", WantMap, "f:1:4: expected a map, found a string", ""},
	} {
		f, n := value(t, tc.in)
		e := f.Mismatch(n, tc.want)
		if e.Error() != tc.msg || e.Hint != tc.hint {
			t.Errorf("%q: got %q, hint %q", tc.in, e, e.Hint)
		}
	}
}

func TestNilNode(t *testing.T) {
	var n *Node
	_, ok1 := n.Text()
	_, ok2 := n.Int()
	_, ok3 := n.Bool()
	_, ok4 := n.Float()
	if ok1 || ok2 || ok3 || ok4 || !n.IsNull() || n.Get("x") != nil {
		t.Error("a nil node has a value")
	}
}

func TestErrors(t *testing.T) {
	f, _ := value(t, "x")
	at := func(file string, line, col int) Pos { return Pos{file, line, col} }
	es := Errors{f.Errorf(at("b", 1, 1), "m"), f.Errorf(at("a", 2, 1), "m"), f.Errorf(at("a", 1, 9), "m"), f.Errorf(at("a", 2, 1), "m"), f.Errorf(at("a", 1, 10), "%d", 7)}
	if got, want := es.Sorted().Error(), "a:1:9: m\na:1:10: 7\na:2:1: m\nb:1:1: m"; got != want {
		t.Errorf("got %q", got)
	}
	var e *Error
	if err := fmt.Errorf("load: %w", es.Err()); !errors.As(err, &e) {
		t.Error("no *Error inside")
	}
	if Errors(nil).Err() != nil {
		t.Error("no problems are an error")
	}
}

func TestSuggest(t *testing.T) {
	known := []string{"min_instances", "max_instances", "size", "tier", "tags", "type", "ssh_settings"}
	for got, want := range map[string]string{
		"max_instance": "max_instances", "min-instances": "min_instances", "Size": "size", "tyep": "type", "szie": "size",
		"sshsettings": "ssh_settings", "vm_size": "", "x": "", "": "", "frobnicate": "", "tag": "tags",
	} {
		if s := Suggest(got, known); s != want {
			t.Errorf("Suggest(%q) = %q, want %q", got, s, want)
		}
	}
}
