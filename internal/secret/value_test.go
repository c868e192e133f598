package secret

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

const plain = "hunter2 <&> \"quoted\""

// holder has a Value where fmt may call its methods and where it may not.
type holder struct {
	Public  Value
	Pointer *Value
	List    []Value
	Map     map[string]Value
	Any     any
	private Value
	nested  struct{ inner Value }
}

func newHolder() holder {
	v := NewValue(plain)
	h := holder{Public: v, Pointer: &v, List: []Value{v}, Map: map[string]Value{"k": v}, Any: v, private: v}
	h.nested.inner = v
	return h
}

func refuse(t *testing.T, how, printed string) {
	t.Helper()
	for _, leak := range []string{"hunter", fmt.Sprintf("%x", "hunter"), fmt.Sprintf("%X", "hunter"), fmt.Sprint([]byte("hunter"))[1:18]} {
		if strings.Contains(printed, leak) {
			t.Errorf("%s prints %s", how, printed)
		}
	}
}

func TestFmtPrintsNoValue(t *testing.T) {
	v, h := NewValue(plain), newHolder()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%c", "%U", "%p", "%20s", "%-20v", "% x", "%z", "%T", "%w"} {
		switch verb {
		case "%T", "%p", "%w": // fmt answers these itself, with the type or the address
		default:
			if got := fmt.Sprintf(verb, v); got != "<secret>" {
				t.Errorf("%s of a value: %s", verb, got)
			}
		}
		for _, arg := range []any{v, &v, h, &h, []any{v, h}, map[string]any{"h": h}, struct{ v Value }{v}} {
			refuse(t, verb, fmt.Sprintf(verb, arg))
		}
	}
	refuse(t, "Print", fmt.Sprint(v, h))
	refuse(t, "error", fmt.Errorf("send %v: %w", v, errors.New(fmt.Sprint(h))).Error())
}

func TestEncodersPrintNoValue(t *testing.T) {
	v, h := NewValue(plain), newHolder()
	for _, in := range []any{v, &v, h, map[string]any{"a": v}} {
		data, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		refuse(t, "json", string(data))
	}
	if data, _ := json.Marshal(v); string(data) != `"<secret>"` && string(data) != `"\u003csecret\u003e"` {
		t.Errorf("json: %s", data)
	}
	data, err := xml.Marshal(h.Public)
	if err != nil {
		t.Fatal(err)
	}
	refuse(t, "xml", string(data))
	if err := gob.NewEncoder(io.Discard).Encode(h.Public); err == nil {
		t.Error("gob takes a value")
	}
}

func TestLoggersPrintNoValue(t *testing.T) {
	v, h := NewValue(plain), newHolder()
	var b bytes.Buffer
	log := zerolog.New(&b)
	log.Info().Any("a", v).Interface("b", h).Stringer("c", v).Fields(map[string]any{"d": v, "e": &v}).Str("f", v.String()).Msgf("%v", v)
	log.Info().Err(fmt.Errorf("send %s", v)).Send()
	slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "a", v, "b", h, "c", &v)
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "a", v, "b", h, "c", &v)
	refuse(t, "log", b.String())
	if n := strings.Count(b.String(), "secret"); n < 10 {
		t.Errorf("only %d values are shown as such:\n%s", n, &b)
	}
}

func TestPanicPrintsNoValue(t *testing.T) {
	defer func() { refuse(t, "panic", fmt.Sprint(recover())) }()
	panic(newHolder())
}

func TestValue(t *testing.T) {
	v := NewValue([]byte(plain))
	if v.Reveal() != plain || v.IsZero() || !v.Equal(NewValue(plain)) || v.Equal(NewValue("x")) {
		t.Error("value does not hold its text")
	}
	var zero Value
	if zero.Reveal() != "" || !zero.IsZero() || zero.String() != "<secret>" || !zero.Equal(NewValue("")) {
		t.Error("zero value is not empty")
	}
}

func TestFingerprint(t *testing.T) {
	v := NewValue("what do ya want for nothing?") // RFC 4231, test case 2
	if got := v.Fingerprint([]byte("Jefe")); got != "5bdcc146bf60754e6a042426089575c7" {
		t.Errorf("got %s", got)
	}
	if v.Fingerprint([]byte("a")) == v.Fingerprint([]byte("b")) || v.Fingerprint([]byte("a")) == NewValue("x").Fingerprint([]byte("a")) {
		t.Error("fingerprints do not depend on key and text")
	}
}

func TestRedact(t *testing.T) {
	long, part, short, multi := NewValue("hunter2-long"), NewValue("hunter2"), NewValue("abc"), NewValue("a\n\"b\"<c>")
	for in, want := range map[string]string{
		"password hunter2-long, hunter2, abc": "password <secret>, <secret>, abc",
		`{"p":"a\n\"b\"<c>"}`:                 `{"p":"<secret>"}`,
		`{"p":"a\n\"b\"\u003cc\u003e"}`:       `{"p":"<secret>"}`,
		"?p=a%0A%22b%22%3Cc%3E&x":             "?p=<secret>&x",
		"nothing":                             "nothing",
	} {
		if got := Redact(in, part, long, short, multi, Value{}); got != want {
			t.Errorf("Redact(%s) = %s", in, got)
		}
	}
	key := NewValue("-----BEGIN KEY-----\nAAAAB3NzaC1yc2E\nQQQQ7890\n  x\n")
	for in, want := range map[string]string{
		"key -----BEGIN KEY----- AAAAB3NzaC1yc2E QQQQ7890 x is bad": "key <secret> is bad",
		"line 2 (AAAAB3NzaC1yc2E) is bad":                           "line 2 (<secret>) is bad",
		"key -----BEGIN KEY----- AAAAB3Nz… (correlation id 1)":      "key <secret> <secret>… (correlation id 1)",
		"key -----BEGIN KEY-----\nAAAAB3Nz…":                        "key <secret>\n<secret>…",
		"hun…":                                                      "hun…",
	} {
		if got := Redact(in, key, long); got != want {
			t.Errorf("Redact(%s) = %s", in, got)
		}
	}
	if got := Redact(`x ends\" y`, NewValue(`ends"`)); got != "x <secret> y" {
		t.Errorf("got %s", got)
	}
}
