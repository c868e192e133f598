package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// rank orders changes by how much a reviewer must not miss them.
type rank int

const (
	destroys rank = iota // removes something that exists
	guarded              // held by a guard
	held                 // held, and goes on by itself
	changes              // leaves the compute standing
	arrives              // something new
)

// block is one change as people read it. Text and Markdown lay out the same
// blocks; their texts are harmless in a line, and no more than that.
type block struct {
	rank   rank
	action string // how a summary counts it: an action, or "held"
	symbol string
	verb   string // "replace", "held (busy): delete"
	kind   string
	name   string
	former string // takeover: the name that leaves
	place  string // file:line
	fields []plan.Field
	why    string // of the whole change, where no field says it
	held   string
	notes  []string
	waits  []string
}

// symbols say at a glance what becomes of a compute; nothing depends on colour.
var symbols = map[plan.Action]string{
	plan.Create: "+", plan.Attach: "+", plan.Update: "~", plan.Adopt: "~", plan.Replace: "±", plan.Reattach: "±",
	plan.Takeover: "±", plan.Remake: "±", plan.Detach: "-", plan.Delete: "-", plan.Start: "▶", plan.Stop: "■",
}

// group is changes under one heading, what destroys first.
type group struct {
	title  string // "" in a plan that was compared with nothing
	there  bool   // the changes are there without what is introduced, too
	counts plan.Summary
	blocks []block
}

// groups are a workspace's changes: all, or where the plan was compared with a
// base what is introduced before what is already there, unless there is none.
func groups(p *plan.Plan, ws *plan.Workspace) []group {
	removals := 0
	for i := range ws.Changes {
		removals += removes(&ws.Changes[i])
	}
	introduced, there := ws.Split()
	var list []group
	add := func(title string, there bool, changes []plan.Change) {
		if p.Base == nil {
			title = ""
		}
		list = append(list, group{title, there, tally(plan.Summary{"unchanged": ws.Unchanged}, changes), blocks(changes, removals)})
	}
	if len(introduced) > 0 || len(there) == 0 {
		add("introduced here", false, introduced)
	}
	if len(there) > 0 {
		add("already there", true, there)
	}
	return list
}

func blocks(changes []plan.Change, removals int) []block {
	list := make([]block, len(changes))
	for i := range changes {
		list[i] = newBlock(&changes[i], removals > removes(&changes[i]))
	}
	slices.SortStableFunc(list, func(x, y block) int { return cmp.Compare(x.rank, y.rank) })
	return list
}

// removes is 1 for a change that is going to remove something, else 0.
func removes(c *plan.Change) int {
	if c.Held == nil && c.Action.Destroys() {
		return 1
	}
	return 0
}

// newBlock needs to know whether other changes of the workspace remove anything.
func newBlock(c *plan.Change, others bool) block {
	b := block{
		rank: rankOf(c), action: string(c.Action), symbol: symbols[c.Action], verb: visible(string(c.Action)),
		kind: visible(c.Kind), name: visible(c.Name), former: visible(c.Former),
		fields: fieldsOf(c), why: why(c), waits: waits(c, others),
	}
	if c.File != "" {
		b.place = visible(fmt.Sprintf("%s:%d", c.File, c.Line))
	}
	if c.Held != nil {
		b.action, b.symbol, b.held = "held", "!", visible(c.Held.Text)
		verb := b.verb
		b.verb = visible("held (" + string(c.Held.Code) + ")")
		if c.Action != plan.None {
			b.verb += ": " + verb
		}
	}
	for _, n := range c.Notes {
		b.notes = append(b.notes, visible(n))
	}
	return b
}

func rankOf(c *plan.Change) rank {
	switch {
	case c.Held != nil && c.Held.Code.Guards():
		return guarded
	case c.Held != nil:
		return held
	case c.Action.Destroys():
		return destroys
	case c.Action == plan.Create || c.Action == plan.Attach:
		return arrives
	}
	return changes
}

// fieldsOf are the differences; of what is new, what the spec states, with
// nothing that it was before.
func fieldsOf(c *plan.Change) []plan.Field {
	var list []plan.Field
	for _, f := range c.Fields {
		list = append(list, plan.Field{Path: visible(f.Path), From: visible(f.From), To: visible(f.To), Reason: visible(f.Reason)})
	}
	if d := c.Desired; d != nil && d.Kind != nil && (c.Action == plan.Create || c.Action == plan.Attach) {
		for i := range d.Kind.Fields {
			f := &d.Kind.Fields[i]
			if v, stated := d.Values[f.Name]; stated {
				list = append(list, plan.Field{Path: f.Name, To: visible(f.Show(v))})
			}
		}
		if d.Lifecycle.State == spec.StateStopped {
			list = append(list, plan.Field{Path: "computesync.state", To: spec.StateStopped})
		}
	}
	return list
}

// why says what causes a change that no difference of a field does.
func why(c *plan.Change) string {
	switch {
	case (c.Action == plan.Delete || c.Action == plan.Detach) && c.File == "":
		return "no longer declared"
	case c.Action == plan.Remake:
		return "it failed, and never once worked"
	case c.Action == plan.Adopt:
		return "it exists and nobody owns it"
	}
	return ""
}

// waits names what of other computes the change waits for.
func waits(c *plan.Change, others bool) []string {
	own := map[string]bool{}
	for _, s := range c.Steps {
		own[s.ID] = true
	}
	var list []string
	for _, s := range c.Steps {
		for _, need := range s.Needs {
			if !own[need] {
				name, verb, _ := strings.Cut(need, "/")
				list = append(list, visible(fmt.Sprintf("%s of %s", verb, name)))
			}
		}
		if s.AfterRemovals && others {
			list = append(list, "this workspace's removals, which free quota (5 minutes at most)")
		}
	}
	return list
}

// reasons are all that says why it happens and what it brings.
func (b *block) reasons() []string {
	var list []string
	add := func(s string) {
		if s != "" && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	add(b.why)
	for _, f := range b.fields {
		add(f.Reason)
	}
	for _, n := range b.notes {
		add(n)
	}
	return list
}
