package secret

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestFingerprints(t *testing.T) {
	f, other := NewFingerprints([]byte("key"), []byte("former")), NewFingerprints([]byte("other"), []byte("former"))
	short, token := NewValue("hunter2"), NewValue(strings.Repeat("t", long))
	for _, v := range []Value{short, token} {
		p := f.Of(v, "")
		switch {
		case p != f.Of(v, "") || p != NewFingerprints([]byte("key"), nil).Of(v, ""):
			t.Error("a fingerprint is not the same each time")
		case p == other.Of(v, "") || p == f.Of(NewValue("x"), ""):
			t.Error("a fingerprint does not depend on key and text")
		case strings.Contains(p, v.Reveal()) || strings.Contains(p, v.Fingerprint([]byte("key"))) == (v == short):
			t.Errorf("%s: a short secret is hashed quickly, or a long one slowly", p)
		}
	}
	for _, c := range []struct {
		f       *Fingerprints
		print   string
		version string
		want    bool
	}{
		{f, f.Of(short, ""), "", true},
		{f, f.Of(token, ""), "", false},
		{f, short.Fingerprint([]byte("former")), "", true},
		{f, short.Fingerprint([]byte("key")), "", false},
		{f, f.Of(short, "1"), "1", true},
		{f, f.Of(short, "1"), "2", false},
		{f, f.Of(short, "1"), "", false},
		{f, f.Of(short, ""), "1", false},
		{nil, f.Of(short, ""), "", true},
		{nil, f.Of(short, "1"), "", true},
		{nil, f.Of(short, "1"), "1", true},
		{nil, f.Of(short, "1"), "2", false},
	} {
		if got := c.f.Same(c.print, short, c.version); got != c.want {
			t.Errorf("%q is the same as version %q: %t", c.print, c.version, got)
		}
	}
	var none *Fingerprints
	if none.Of(short, "") != "" || none.Of(short, "1") != "version 1" {
		t.Error("fingerprints without a key")
	}
}

// TestSlowHashIsMadeOnce measures the memory of a second pass over many secrets:
// it is less than a single slow hash takes.
func TestSlowHashIsMadeOnce(t *testing.T) {
	f := NewFingerprints([]byte("key"), nil)
	pass := func() (bytes uint64) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() { f.Of(NewValue(fmt.Sprint("secret-", i)), "") })
		}
		all.Wait()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if first, second := pass(), pass(); first < 20*slowKiB<<10 || second > slowKiB<<10/2 {
		t.Errorf("a first pass takes %d bytes, a second one %d", first, second)
	}
}

func BenchmarkFirstPass(b *testing.B) {
	for b.Loop() {
		f := NewFingerprints([]byte("key"), nil)
		for i := range 1000 {
			f.Of(NewValue(fmt.Sprint("secret-", i)), "")
		}
	}
}

func BenchmarkLaterPass(b *testing.B) {
	f := NewFingerprints([]byte("key"), nil)
	for i := range 1000 {
		f.Of(NewValue(fmt.Sprint("secret-", i)), "")
	}
	for b.Loop() {
		for i := range 1000 {
			f.Of(NewValue(fmt.Sprint("secret-", i)), "")
		}
	}
}
