// Package render shows plans to people.
package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/plan"
)

// Style is how text is dressed up.
type Style struct {
	Color bool // ANSI colours
}

// symbols say at a glance what becomes of a compute; nothing depends on colour.
var symbols = map[plan.Action]string{
	plan.Create: "+", plan.Attach: "+", plan.Update: "~", plan.Adopt: "~", plan.Replace: "±", plan.Reattach: "±",
	plan.Takeover: "±", plan.Remake: "±", plan.Detach: "-", plan.Delete: "-", plan.Start: "▶", plan.Stop: "■",
}

var colors = map[string]string{"+": "32", "~": "33", "±": "31", "-": "31", "!": "35", "▶": "36", "■": "36"}

// Text writes a plan for a terminal: what destroys first, what is unchanged
// counted and not listed, and a summary that names every action.
func Text(w io.Writer, p *plan.Plan, style Style) error {
	var b strings.Builder
	for i := range p.Workspaces {
		if i > 0 {
			b.WriteByte('\n')
		}
		writeWorkspace(&b, &p.Workspaces[i], p.Commit, style)
	}
	fmt.Fprintf(&b, "\n%s\n", Summary(p))
	_, err := io.WriteString(w, b.String())
	return err
}

func writeWorkspace(b *strings.Builder, ws *plan.Workspace, commit string, style Style) {
	fmt.Fprintf(b, "workspace %s (%s) at %s\n", ws.ID, ws.Path, shortCommit(commit))
	changes := slices.Clone(ws.Changes)
	slices.SortStableFunc(changes, func(x, y plan.Change) int { return rank(&x) - rank(&y) })
	for i := range changes {
		writeChange(b, &changes[i], style)
	}
	if len(ws.Expiring) > 0 {
		fmt.Fprintf(b, "\n  no longer desired from: %s\n", expiries(ws.Expiring))
	}
	if len(ws.Orphaned) > 0 {
		fmt.Fprintf(b, "\n  no longer declared and left as they are: %s\n", strings.Join(ws.Orphaned, ", "))
	}
	if len(changes) == 0 {
		fmt.Fprintf(b, "  nothing to do: %d as declared\n", ws.Unchanged)
	}
}

func expiries(list []plan.Expiry) string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = e.Name + " at " + e.At.Format("2006-01-02T15:04:05Z")
	}
	return strings.Join(parts, ", ")
}

// rank puts what destroys before what is held, and both before the rest.
func rank(c *plan.Change) int {
	switch {
	case c.Held != nil:
		return 1
	case c.Action.Destroys():
		return 0
	}
	return 2
}

func writeChange(b *strings.Builder, c *plan.Change, style Style) {
	symbol, verb := symbols[c.Action], string(c.Action)
	if c.Held != nil {
		symbol, verb = "!", "held ("+string(c.Held.Code)+")"
		if c.Action != plan.None {
			verb += ": " + string(c.Action)
		}
	}
	fmt.Fprintf(b, "\n  %s %s %s %s", style.paint(symbol, symbol), verb, c.Kind, c.Name)
	if c.Former != "" {
		fmt.Fprintf(b, " from %s", c.Former)
	}
	if c.File != "" {
		fmt.Fprintf(b, "  (%s:%d)", c.File, c.Line)
	}
	b.WriteByte('\n')
	for _, f := range c.Fields {
		fmt.Fprintf(b, "      %s: %s → %s", f.Path, f.From, f.To)
		if f.Reason != "" {
			fmt.Fprintf(b, "  # %s", f.Reason)
		}
		b.WriteByte('\n')
	}
	if c.Held != nil {
		fmt.Fprintf(b, "      held: %s\n", c.Held.Text)
	}
	for _, n := range c.Notes {
		fmt.Fprintf(b, "      note: %s\n", n)
	}
	writeWaits(b, c)
}

// writeWaits names what other computes the change waits for.
func writeWaits(b *strings.Builder, c *plan.Change) {
	own := map[string]bool{}
	for _, s := range c.Steps {
		own[s.ID] = true
	}
	for _, s := range c.Steps {
		for _, need := range s.Needs {
			if !own[need] {
				fmt.Fprintf(b, "      waits for: %s\n", need)
			}
		}
	}
}

func (s Style) paint(symbol, text string) string {
	if code := colors[symbol]; s.Color && code != "" {
		return "\x1b[" + code + "m" + text + "\x1b[0m"
	}
	return text
}

// Summary counts the plan's changes in one line.
func Summary(p *plan.Plan) string {
	var parts []string
	for _, a := range plan.Actions {
		if n := p.Summary[string(a)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", n, a))
		}
	}
	if n := p.Summary["held"]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d held", n))
	}
	if len(parts) == 0 {
		parts = []string{"nothing to do"}
	}
	return fmt.Sprintf("plan %s: %s, %d unchanged", p.Hash[:12], strings.Join(parts, ", "), p.Summary["unchanged"])
}

func shortCommit(c string) string {
	prefix := ""
	if hash, ok := strings.CutPrefix(c, "sha256:"); ok {
		prefix, c = "files ", hash
	}
	return prefix + c[:min(12, len(c))]
}
