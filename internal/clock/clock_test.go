package clock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestClockOfTheProgramIsTheSystems(t *testing.T) {
	if Offset != nil || offsetFile != "" {
		t.Fatal("the clock can be set though neither the linker nor a test asked for it")
	}
	if now := Now().String(); !strings.Contains(now, " m=") {
		t.Errorf("%s has no monotonic reading", now)
	}
	if n := testing.AllocsPerRun(100, func() { Now() }); n > 0 {
		t.Errorf("reading the clock allocates %v times", n)
	}
}

func TestClockIsSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		offset := time.Duration(0)
		Offset = func() time.Duration { return offset }
		t.Cleanup(func() { Offset = nil })
		before := Now()
		<-time.After(time.Second)
		for _, offset = range []time.Duration{24 * time.Hour, -24 * time.Hour} {
			if got, want := Now().Sub(before), time.Second+offset; got != want {
				t.Errorf("set by %s: %s passed, want %s", offset, got, want)
			}
			if got, want := Until(before), -time.Second-offset; got != want {
				t.Errorf("set by %s: it is %s until a time before, want %s", offset, got, want)
			}
		}
	})
}

func TestFileSetsTheClock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "offset")
	synctest.Test(t, func(t *testing.T) {
		f := &file{name: name}
		if got := f.offset(); got != 0 {
			t.Errorf("a file that is missing sets the clock by %s", got)
		}
		last := time.Duration(0)
		for _, c := range []struct {
			content string
			want    time.Duration
		}{
			{"24h\n", 24 * time.Hour},
			{"-24h0m1s", -24*time.Hour - time.Second},
			{"soon", -24*time.Hour - time.Second},
			{"0s", 0},
		} {
			if err := os.WriteFile(name, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := f.offset(); got != last {
				t.Errorf("%q was read after no time at all", c.content)
			}
			<-time.After(rereadAfter)
			if last = f.offset(); last != c.want {
				t.Errorf("%q sets the clock by %s, want %s", c.content, last, c.want)
			}
		}
	})
}
