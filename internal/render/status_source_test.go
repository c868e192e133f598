package render_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/render"
)

// TestStatusOfASourceThatAnswers shows what its newest commit misses, and that it does not
// continue the one before.
func TestStatusOfASourceThatAnswers(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	src := daemon.SourceReport{
		Name: "fleet", Attempted: strings.Repeat("0123456789", 4), Answered: at, Asked: at,
		Rewritten: "does not descend from\x1b[8m cafe",
	}
	for i := range 7 {
		src.Missed = append(src.Missed, fmt.Sprintf("b%d: not read", i))
	}
	show := func(wide bool) string {
		var b strings.Builder
		if err := render.Status(&b, &daemon.Report{At: at, Sources: []daemon.SourceReport{src}}, wide); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	const missed = "source fleet: b0: not read\nsource fleet: b1: not read\nsource fleet: b2: not read\nsource fleet: b3: not read\nsource fleet: b4: not read\n"
	const rewritten = "source fleet: commit 012345678901 does not descend from\\u001b[8m cafe\n"
	for wide, want := range map[bool]string{
		false: missed + "and 2 more: -o wide shows all\n" + rewritten,
		true: "source fleet: commit 012345678901, asked 0s ago\n" + missed + "source fleet: b5: not read\nsource fleet: b6: not read\n" +
			rewritten,
	} {
		if got := show(wide); !strings.HasSuffix(got, "\n\n"+want) {
			t.Errorf("wide %v: got\n%s\nwant\n%s", wide, got, want)
		}
	}
}
