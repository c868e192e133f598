package config

import (
	"fmt"
	"strings"
	"testing"
)

func TestSizes(t *testing.T) {
	for text, want := range map[string]string{
		"1MiB": "1048576", "1GiB": "1073741824", "2048KiB": "2097152", "256MiB": "268435456",
		"":              "expected a size",
		"64":            "expected a size",
		"64MB":          "expected a size",
		"1.5GiB":        "expected a size",
		"-1GiB":         "expected a size",
		"4294967296GiB": "expected a size",
		"4294967295GiB": "between 1MiB and 16GiB",
		"1KiB":          "between 1MiB and 16GiB",
	} {
		c, errs := Parse("config.yaml", fmt.Appendf(nil, "sources: [{url: /fleet, max_size: %q}]", text))
		got := fmt.Sprint(errs)
		if len(errs) == 0 {
			got = fmt.Sprint(c.Sources[0].MaxSize)
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
	for bytes, want := range map[int64]string{1 << 30: "1GiB", 3 << 20: "3MiB", 5 << 10: "5KiB", 7: "7 bytes"} {
		if got := SizeText(bytes); got != want {
			t.Errorf("%d is %s", bytes, got)
		}
	}
}

func TestProxyHidesCredentials(t *testing.T) {
	for text, want := range map[string]string{
		"http://ada:hunter2@proxy:3128": "credentials must not stand",
		"http://hunter2@proxy:3128":     "credentials must not stand",
		"hunter2":                       "proxy is not valid",
		"http://ada:hunter2@proxy:port": "proxy is not valid",
	} {
		_, errs := Parse("config.yaml", fmt.Appendf(nil, "sources:\n  - url: https://host/x\n    proxy: %s\n", text))
		if got := fmt.Sprintf("%v %+v", errs, errs); len(errs) != 1 || !strings.Contains(got, want) || strings.Contains(got, "hunter2") {
			t.Errorf("%s: %s", text, got)
		}
	}
}
