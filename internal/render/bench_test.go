package render

import (
	"io"
	"syscall"
	"testing"
	"time"
)

// BenchmarkThousand renders a plan of 1,000 changes in all three forms. Its goal
// is 100 ms of CPU, garbage collection included.
func BenchmarkThousand(b *testing.B) {
	p := many(1000)
	b.ReportAllocs()
	b.ResetTimer()
	start := cpu(b)
	for b.Loop() {
		for _, err := range []error{Text(io.Discard, p, Style{Color: true}), Markdown(io.Discard, p), JSON(io.Discard, p)} {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric((cpu(b)-start).Seconds()*1000/float64(b.N), "cpu-ms/op")
}

// cpu is what this process has used so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
