package render

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// limit is how many bytes of UTF-8 a comment may have. GitHub documents 65,536
// characters, Azure DevOps 150,000.
const limit = 60_000

// Markdown writes a plan for a comment on a pull request: counts, a table of
// what is destroyed, each change folded, at most 60,000 bytes. Where that is
// too little, whole changes are left out from the least important up, what
// destroys last, and counted.
func Markdown(w io.Writer, p *plan.Plan) error {
	c := newComment(p, nil)
	c.choose(limit)
	_, err := io.WriteString(w, c.String())
	return err
}

// Marker is the hidden line by which a comment about these workspaces is found
// again. It is made of digits alone: no name can forge one.
func Marker(p *plan.Plan) string { return marker(p, nil) }

func marker(p *plan.Plan, missing []spec.WorkspaceID) string {
	keys := make([]string, 0, len(p.Workspaces)+len(missing))
	for i := range p.Workspaces {
		keys = append(keys, p.Workspaces[i].Target.Key())
	}
	for _, id := range missing {
		keys = append(keys, id.Key())
	}
	slices.Sort(keys)
	return fmt.Sprintf("<!-- computesync plan/v1 %x -->", sha256.Sum256([]byte(strings.Join(keys, "\n"))))
}

// comment is a plan in pieces, of which some may have to go.
type comment struct {
	head, foot string
	sections   []string // a heading for each workspace with changes
	pieces     []piece  // in the order of the comment
	whole      bool     // nothing was left out
}

// piece is what is kept or left out whole.
type piece struct {
	rank    rank
	section int    // index of its workspace's heading; -1: a row of the table
	action  string // how a summary counts it; "" for what is no change
	text    string
	kept    bool
}

const (
	row    rank = -1          // of the table: the last to go
	aside  rank = arrives + 1 // what is no change: the first
	inRows      = -1
)

// newComment takes a plan to pieces. Of the missing workspaces there is no plan.
func newComment(p *plan.Plan, missing []spec.WorkspaceID) *comment {
	warn, preflight := preflightPieces(p)
	c := &comment{head: title(p, missing) + warn}
	var details []piece
	var quiet []string
	for i := range p.Workspaces {
		ws := &p.Workspaces[i]
		lists := asides(ws)
		if len(ws.Changes)+len(lists)+len(ws.Notices) == 0 {
			quiet = append(quiet, ws.Target.Name)
			continue
		}
		for _, g := range groups(p, ws) {
			section := len(c.sections)
			c.sections = append(c.sections, heading(ws, &g))
			for j := range g.blocks {
				x := &g.blocks[j]
				if x.rank == destroys {
					c.pieces = append(c.pieces, piece{rank: row, section: inRows, action: x.action, text: tableRow(ws, &g, x)})
				}
				details = append(details, piece{rank: x.rank, section: section, action: x.action, text: folded(x)})
			}
		}
		for j := range ws.Notices {
			details = append(details, piece{rank: held, section: len(c.sections) - 1, text: noticeLine(&ws.Notices[j])})
		}
		for _, text := range lists {
			details = append(details, piece{rank: aside, section: len(c.sections) - 1, text: text})
		}
	}
	c.pieces = append(c.pieces, details...)
	if preflight != "" {
		c.sections = append(c.sections, "\n#### preflight\n\n")
		c.pieces = append(c.pieces, piece{rank: guarded, section: len(c.sections) - 1, text: preflight})
	}
	c.foot = footer(p, quiet, marker(p, missing))
	return c
}

// choose keeps what fits into size bytes, the most important first. From the
// first rank on of which something is left out, what is less important goes.
func (c *comment) choose(size int) {
	order := make([]*piece, len(c.pieces))
	for i := range c.pieces {
		order[i] = &c.pieces[i]
	}
	slices.SortStableFunc(order, func(x, y *piece) int { return cmp.Compare(x.rank, y.rank) })
	left := size - len(c.head) - len(c.foot) - len(tableHead) - room
	headed := make([]bool, len(c.sections))
	last := aside
	c.whole = true
	for _, p := range order {
		cost := len(p.text)
		if p.section != inRows && !headed[p.section] {
			cost += len(c.sections[p.section])
		}
		if p.rank > last || cost > left {
			last, c.whole = min(last, p.rank), false
			continue
		}
		left -= cost
		p.kept = true
		if p.section != inRows {
			headed[p.section] = true
		}
	}
}

// room is for what tells of pieces left out.
const room = 1000

func (c *comment) String() string {
	var b strings.Builder
	b.WriteString(c.head)
	c.writeTable(&b)
	section := inRows
	for i := range c.pieces {
		p := &c.pieces[i]
		if !p.kept || p.section == inRows {
			continue
		}
		if p.section != section {
			section = p.section
			b.WriteString(c.sections[section])
		}
		b.WriteString(p.text)
	}
	if !c.whole {
		b.WriteString(c.omitted())
	}
	b.WriteString(c.foot)
	return b.String()
}

func (c *comment) writeTable(b *strings.Builder) {
	rows, more := 0, 0
	for i := range c.pieces {
		p := &c.pieces[i]
		switch {
		case p.section != inRows:
			continue
		case !p.kept:
			more++
			continue
		case rows == 0:
			b.WriteString(tableHead)
		}
		rows++
		b.WriteString(p.text)
	}
	if more > 0 {
		fmt.Fprintf(b, "\n**And %d more that destroy.**\n", more)
	}
}

// omitted counts the changes of which no details are shown.
func (c *comment) omitted() string {
	s := plan.Summary{}
	lists := 0
	for i := range c.pieces {
		switch p := &c.pieces[i]; {
		case p.kept || p.section == inRows:
		case p.action == "":
			lists++
		default:
			s[p.action]++
		}
	}
	what := changed(s)
	if lists > 0 {
		what = strings.TrimPrefix(fmt.Sprintf("%s, %d lists", what, lists), ", ")
	}
	return fmt.Sprintf("\n**Left out here, where %d bytes are the limit:** details of %s. <code>computesync plan</code> shows all.\n", limit, what)
}
