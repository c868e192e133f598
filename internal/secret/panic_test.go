package secret

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const panicking = "COMPUTESYNC_TEST_PANIC"

// TestPanicsKeepSecrets crashes a process in several ways with a secret in
// hand, and looks for it in everything that the runtime prints of that.
func TestPanicsKeepSecrets(t *testing.T) {
	const known = "hunter2hunter2"
	if how := os.Getenv(panicking); how != "" {
		t.Setenv("GOTRACEBACK", "all")
		crash(how, NewValue(known), map[Ref]Value{{Scheme: Env, Name: "A"}: NewValue(known)})
		return
	}
	for _, how := range []string{"value", "pointer", "error", "struct", "text", "nil"} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPanicsKeepSecrets$")
		child.Env = append(os.Environ(), panicking+"="+how, "GOTRACEBACK=all")
		out, err := child.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "goroutine ") {
			t.Fatalf("%s did not crash: %v\n%s", how, err, out)
		}
		if strings.Contains(string(out), known) {
			t.Errorf("%s: the secret is in what the crash printed:\n%s", how, out)
		}
	}
}

// crash panics with the secret in its frame.
func crash(how string, v Value, held map[Ref]Value) {
	switch how {
	case "value":
		panic(v)
	case "pointer":
		panic(&v)
	case "error":
		panic(fmt.Errorf("send %v: %w", v, errors.New("refused")))
	case "struct":
		panic(struct {
			V Value
			M map[Ref]Value
		}{v, held})
	case "text":
		panic(fmt.Sprintf("%+v %#v %s %q %x", v, held, v, v, v))
	}
	var none *Value
	fmt.Fprintln(os.Stderr, none.Reveal(), held)
}
