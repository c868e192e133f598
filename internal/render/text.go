// Package render shows plans to people and programs: as text for a terminal,
// as Markdown for a comment on a pull request, and as JSON. All three are made
// from the same plan, and nothing that stands in it can leave its place.
package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/computesync/computesync/internal/plan"
)

// Style is how text is dressed up.
type Style struct {
	Color bool // ANSI colours
}

var colors = map[string]string{"+": "32", "~": "33", "±": "31", "-": "31", "!": "35", "▶": "36", "■": "36"}

func (s Style) paint(symbol string) string {
	if code := colors[symbol]; s.Color && code != "" {
		return "\x1b[" + code + "m" + symbol + "\x1b[0m"
	}
	return symbol
}

// Text writes a plan for a terminal of 80 columns: what destroys first, what is
// unchanged counted and not listed, and a summary that names every action.
func Text(w io.Writer, p *plan.Plan, style Style) error {
	var b strings.Builder
	if p.Base != nil {
		wrap(&b, "", 0, 2, compared(p.Base))
		b.WriteByte('\n')
	}
	for i := range p.Workspaces {
		writeWorkspace(&b, p, &p.Workspaces[i], style)
		b.WriteByte('\n')
	}
	writePreflight(&b, p)
	b.WriteString(Summary(p) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func writeWorkspace(b *strings.Builder, p *plan.Plan, ws *plan.Workspace, style Style) {
	head, place := "workspace "+visible(ws.Target.Name), "("+visible(ws.Path)+" at "+shortCommit(p.Commit)+")"
	writePlaced(b, "", 0, 2, head, place)
	wrap(b, "  ", 2, 4, fmt.Sprintf("of group %s in subscription %s", visible(ws.Target.ResourceGroup), visible(ws.Target.Subscription)))
	if made := against(ws.Against); made != "" {
		wrap(b, "  ", 2, 4, made)
	}
	if len(ws.Changes) == 0 {
		fmt.Fprintf(b, "  %s: %d as declared%s\n", verdict("", ws.Notices), ws.Unchanged, noticed(ws.Notices))
	} else {
		wrap(b, "  ", 2, 4, counts(tally(plan.Summary{"unchanged": ws.Unchanged}, ws.Changes), ws.Notices))
	}
	for i := range ws.Notices {
		writeNotice(b, &ws.Notices[i], style)
	}
	for _, g := range groups(p, ws) {
		if g.title != "" && len(g.blocks) > 0 {
			b.WriteString("\n  " + g.title + ":")
			if g.there {
				b.WriteString(" by drift, or merged and not yet applied")
			}
			b.WriteByte('\n')
		}
		for i := range g.blocks {
			writeBlock(b, &g.blocks[i], style)
		}
	}
	writeList(b, "no longer desired from: ", expiries(ws.Expiring))
	writeList(b, "no longer declared and left as they are: ", visibles(ws.Orphaned))
}

func writeList(b *strings.Builder, title string, list []string) {
	if len(list) > 0 {
		b.WriteByte('\n')
		wrap(b, "  ", 2, 4, title+strings.Join(list, ", "))
	}
}

func writeNotice(b *strings.Builder, n *plan.Notice, style Style) {
	b.WriteByte('\n')
	wrap(b, "  "+style.paint("!")+" ", 4, 6, visible(string(n.Code))+" "+visible(n.Name))
	wrap(b, "      note: ", 12, 12, visible(n.Text))
	if remedy := n.Code.Kind().Remedy; remedy != "" {
		wrap(b, "      hint: ", 12, 12, remedy)
	}
}

func writeBlock(b *strings.Builder, x *block, style Style) {
	head := x.verb + " " + x.kind + " " + x.name
	if x.former != "" {
		head += " from " + x.former
	}
	place := ""
	if x.place != "" {
		place = "(" + x.place + ")"
	}
	b.WriteByte('\n')
	writePlaced(b, "  "+style.paint(x.symbol)+" ", 4, 6, head, place)
	if x.why != "" {
		writeReason(b, x.why)
	}
	for i := range x.fields {
		writeField(b, &x.fields[i])
	}
	if x.held != "" {
		wrap(b, "      held: ", 12, 12, x.held)
	}
	for _, n := range x.notes {
		wrap(b, "      note: ", 12, 12, n)
	}
	for _, n := range x.waits {
		wrap(b, "      waits for: ", 17, 17, n)
	}
}

// writePlaced writes a headline behind first, which is width columns wide, and
// where it comes from: in the same line if that fits.
func writePlaced(b *strings.Builder, first string, width, hang int, head, place string) {
	line := head
	if place != "" {
		line += "  " + place
	}
	if place == "" || width+utf8.RuneCountInString(line) <= columns {
		wrap(b, first, width, hang, line)
		return
	}
	wrap(b, first, width, hang, head)
	wrap(b, strings.Repeat(" ", hang), hang, hang+1, place)
}

// writeField writes a difference in one line or, where it is too long for
// that, the old value above the new one.
func writeField(b *strings.Builder, f *plan.Field) {
	line := "      " + f.Path + ": "
	if f.From != "" {
		line += f.From + " → "
	}
	line += f.To
	reason := ""
	if f.Reason != "" {
		reason = "  # " + f.Reason
	}
	switch {
	case fits(line + reason):
		b.WriteString(line + reason + "\n")
		return
	case fits(line):
		b.WriteString(line + "\n")
	case f.From == "":
		wrap(b, "      ", 6, 10, f.Path+": "+f.To)
	default:
		wrap(b, "      ", 6, 8, f.Path+":")
		wrap(b, "          ", 10, 10, f.From)
		wrap(b, "        → ", 10, 10, f.To)
	}
	if f.Reason != "" {
		writeReason(b, f.Reason)
	}
}

func writeReason(b *strings.Builder, reason string) { wrap(b, "      # ", 8, 8, reason) }
