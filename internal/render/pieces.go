package render

import (
	"fmt"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/plan"
)

// How many characters of one value a comment shows; and how many names of a
// list.
const (
	maxName  = 100
	maxText  = 300
	maxValue = 1000
	maxNames = 10
)

func headline(p *plan.Plan) string {
	what := fmt.Sprintf("%d workspaces", len(p.Workspaces))
	if len(p.Workspaces) == 1 {
		what = code(clip(p.Workspaces[0].Target.Name, maxName))
	}
	notices := allNotices(p)
	found := verdict(changed(p.Summary), notices)
	head := fmt.Sprintf("### computesync plan: %s\n\n**%s**, %d unchanged%s\n", what,
		strings.ToUpper(found[:1])+found[1:], p.Summary["unchanged"], noticed(notices))
	if p.Base != nil {
		introduced, there := parted(p)
		head += fmt.Sprintf("\n**Introduced here: %s.** Already there, by drift or because it is merged and not yet applied: %s.\n\n%s\n",
			orNothing(changed(introduced)), orNothing(changed(there)), code(clip(compared(p.Base), maxText)))
	}
	if names := behindGuards(p); len(names) > 0 {
		head += "\n**A guard holds, so that merging alone does not bring it about:** " + nameList(names) + "\n"
	}
	for _, a := range []plan.Against{plan.Nothing, plan.SavedList} {
		if slices.ContainsFunc(p.Workspaces, func(ws plan.Workspace) bool { return ws.Against == a }) {
			head += "\n" + inert(against(a)) + "\n"
		}
	}
	return head
}

// behindGuards names what a guard holds: a deletion among it must not hide in a
// count.
func behindGuards(p *plan.Plan) []string {
	var names []string
	for i := range p.Workspaces {
		ws := &p.Workspaces[i]
		for j := range ws.Changes {
			c := &ws.Changes[j]
			if c.Held == nil || !c.Held.Code.Guards() {
				continue
			}
			what := c.Name
			if c.Action != plan.None {
				what = string(c.Action) + " " + what
			}
			names = append(names, fmt.Sprintf("%s%s (%s)", what, in(p, ws.ID), c.Held.Code))
		}
	}
	return names
}

const tableHead = "\n| destroys | compute | why | where |\n|---|---|---|---|\n"

func tableRow(ws *plan.Workspace, g *group, x *block) string {
	verb := inert(x.verb)
	if g.there {
		verb += " (already there)"
	}
	name := code(clip(x.name, maxName))
	if x.former != "" {
		name += " from " + code(clip(x.former, maxName))
	}
	place := code(clip(ws.Target.Name, maxName))
	if x.place != "" {
		place = code(clip(x.place, maxName))
	}
	return fmt.Sprintf("| %s %s | %s %s | %s | %s |\n", x.symbol, verb, prose(clip(x.kind, maxName)), name,
		prose(clip(strings.Join(x.reasons(), "; "), maxText)), place)
}

func heading(ws *plan.Workspace, g *group) string {
	name := code(clip(ws.Target.Name, maxName))
	if g.title != "" {
		name += ": " + g.title
	}
	return fmt.Sprintf("\n#### workspace %s\n\ngroup %s, subscription %s, declared in %s: %s\n\n", name,
		code(clip(ws.Target.ResourceGroup, maxName)), code(clip(ws.Target.Subscription, maxName)), code(clip(ws.Path, maxName)), counts(g.counts, ws.Notices))
}

// folded is one change, folded.
func folded(x *block) string {
	title := fmt.Sprintf("%s %s %s %s", x.symbol, inert(x.verb), prose(clip(x.kind, maxName)), code(clip(x.name, maxName)))
	if x.former != "" {
		title += " from " + code(clip(x.former, maxName))
	}
	if x.place != "" {
		title += ", " + code(clip(x.place, maxName))
	}
	body := diffLines(x)
	if body == "" {
		body = "# no field differs\n"
	}
	fence := fenceFor(body)
	return fmt.Sprintf("<details><summary>%s</summary>\n\n%sdiff\n%s%s\n\n</details>\n", title, fence, body, fence)
}

// diffLines tells a change in the colours of a diff: - and + for values, ! for
// what holds it, # for remarks. Each line begins with one of these.
func diffLines(x *block) string {
	var b strings.Builder
	line := func(mark, text string) {
		if text != "" {
			b.WriteString(mark + " " + fenced(text) + "\n")
		}
	}
	line("#", x.why)
	for i := range x.fields {
		f := &x.fields[i]
		if f.From != "" {
			line("-", f.Path+": "+clip(f.From, maxValue))
		}
		line("+", f.Path+": "+clip(f.To, maxValue))
		line("#", f.Reason)
	}
	if x.held != "" {
		line("!", "held: "+x.held)
	}
	for _, n := range x.notes {
		line("#", n)
	}
	for _, n := range x.waits {
		line("#", "waits for: "+n)
	}
	return b.String()
}

// fenced is a line inside of a fence, where nothing can be escaped and nothing
// need be, but what would look like a marker to who looks for one.
func fenced(line string) string {
	return strings.ReplaceAll(clip(line, 2*maxValue), "<!--", `<\x21--`)
}

// fenceFor is a fence that nothing in the body closes.
func fenceFor(body string) string {
	fence := "```"
	for strings.Contains(body, fence) {
		fence += "`"
	}
	return fence
}

// asides tell what is no change.
func asides(ws *plan.Workspace) []string {
	var out []string
	add := func(title string, names []string) {
		if len(names) > 0 {
			out = append(out, "\n"+title+": "+nameList(names)+"\n")
		}
	}
	add("No longer desired from", expiries(ws.Expiring))
	add("No longer declared and left as they are", ws.Orphaned)
	return out
}

// noticeLine is one notice.
func noticeLine(n *plan.Notice) string {
	return fmt.Sprintf("\n**%s** %s: %s\n", prose(string(n.Code)), code(clip(n.Name, maxName)), prose(clip(n.Text, maxText)))
}

func nameList(names []string) string {
	shown := make([]string, 0, maxNames)
	for _, n := range names[:min(maxNames, len(names))] {
		shown = append(shown, code(clip(n, maxName)))
	}
	list := strings.Join(shown, ", ")
	if more := len(names) - len(shown); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	return list
}

func footer(p *plan.Plan, quiet []string, marker string) string {
	var b strings.Builder
	if len(quiet) > 0 && len(p.Workspaces) > 1 {
		fmt.Fprintf(&b, "\nNothing to do in %s\n", nameList(quiet))
	}
	fmt.Fprintf(&b, "\n<sub>Plan %s of %s. Nothing was written to Azure.</sub>\n%s\n", code(short(p.Hash)), code(shortCommit(p.Commit)), marker)
	return b.String()
}
