package source

import (
	"fmt"
	"io/fs"
	"testing"
)

// large makes a repository of 10,000 specs in 100 folders.
func large(b *testing.B) *remoteFleet {
	var files []string
	for i := range 10_000 {
		files = append(files, fmt.Sprintf("w%02d/cpu-%05d.yaml", i%100, i), fmt.Sprintf("name: cpu-%05d\ntype: amlcompute\nsize: Standard_DS3_v2\nmin_instances: 0\nmax_instances: %d\n", i, i%8))
	}
	return newFleet(b, append(files, "a.yaml", "0")...)
}

func benchmarkFetch(b *testing.B, c Config) {
	b.ReportAllocs()
	for b.Loop() {
		snap := fetch(b, open(b, c))
		if list, err := fs.ReadDir(snap.Files, "w07"); err != nil || len(list) != 100 {
			b.Fatal(len(list), err)
		}
	}
}

func BenchmarkFetch10000(b *testing.B) {
	f := large(b)
	web := f.web(b)
	b.Run("folder", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			folder(b, f.dir)
		}
	})
	b.Run("loose", func(b *testing.B) { benchmarkFetch(b, Config{URL: f.dir}) })
	git(b, f.dir, "gc", "-q")
	b.Run("packed", func(b *testing.B) { benchmarkFetch(b, Config{URL: f.dir}) })
	b.Run("http", func(b *testing.B) { benchmarkFetch(b, Config{URL: web.url()}) })
	b.Run("http, unchanged", func(b *testing.B) {
		s := open(b, Config{URL: web.url()})
		first := fetch(b, s)
		for b.Loop() {
			if fetch(b, s) != first {
				b.Fatal("it changed")
			}
		}
	})
}
