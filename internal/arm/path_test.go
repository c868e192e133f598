package arm

import (
	"errors"
	"net/http"
	"testing"
)

// Nothing that a spec, a journal or an answer names leads a request elsewhere.
func TestNamesCannotLeadElsewhere(t *testing.T) {
	sent := 0
	c, _ := serve(t, func(http.ResponseWriter, *http.Request) { sent++ })
	for _, name := range []string{
		"", ".", "..", "../../x?y=", "a/b", "a/../b", `a\b`, "a?b", "a#b", "a%2fb", "a;b", "a b", "a\x00b", "a\nb", "a:b", "a@b", "ä", "..%2f",
	} {
		path := Path("subscriptions", "11111111-2222-3333-4444-555555555555", "providers", "P", "locations", name, "usages")
		_, get := c.Get(t.Context(), path, nil)
		_, list := c.List(t.Context(), path, func([]map[string]any) error { return nil })
		_, write := c.Do(t.Context(), http.MethodPut, path, nil, nil)
		for _, err := range []error{get, list, write} {
			if e, ok := errors.AsType[*PathError](err); !ok || e.Hint() == "" {
				t.Errorf("%q: got %v", name, err)
			}
		}
	}
	for _, path := range []string{"", "a", "a/b", "//host/a", "/a/", "/a//b"} {
		if _, err := c.Get(t.Context(), path, nil); err == nil {
			t.Errorf("%q was taken", path)
		}
	}
	if sent > 0 {
		t.Errorf("%d requests were sent", sent)
	}
	if _, err := c.Get(t.Context(), Path("resourceGroups", "rg_ml-(west).1", "computes", "cpu-1"), nil); err != nil || sent != 1 {
		t.Errorf("names as Azure has them: %v", err)
	}
}
