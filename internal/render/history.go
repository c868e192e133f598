package render

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// History writes what happened, a line for each event, the newest first.
func History(w io.Writer, events []Past) error {
	var b strings.Builder
	names := map[string]bool{}
	for i := range events {
		names[events[i].Workspace] = true
	}
	for i := range events {
		e := &events[i]
		first := e.At.UTC().Format("2006-01-02 15:04:05Z") + "  "
		text := strings.TrimSpace(fmt.Sprintf("%s %s %s", e.Outcome, e.Verb, e.Name))
		if len(names) > 1 {
			text = e.Workspace + ": " + text
		}
		if e.Commit != "" {
			text += " at " + commitOf(e.Commit)
		}
		if e.By != "" {
			text += " by " + e.By
		}
		if e.Text != "" {
			text += ": " + e.Text
		}
		wrap(&b, first, len(first), 4, clip(visible(text), 600))
	}
	if len(events) == 0 {
		b.WriteString("nothing has happened yet\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Past is an event of a workspace's history.
type Past struct {
	At                                    time.Time
	Workspace                             string
	Commit, Name, Verb, Outcome, By, Text string
}
