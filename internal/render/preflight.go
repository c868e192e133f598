package render

import (
	"fmt"
	"strings"

	"github.com/computesync/computesync/internal/plan"
)

// hours are those of the 30 days that a cost is told for.
const hours = 24 * 30

// estimate says what the figures are worth.
const estimate = "prices are Azure ML's own estimates for Linux or Windows nodes, without discounts, disks, addresses and traffic; " +
	"that of Spot nodes varies up to pay-as-you-go; quota is no promise of capacity"

// findings are the lines that a reviewer must not miss, those of what Azure is
// going to refuse first.
func findings(p *plan.Plan) []string {
	var refused, warned []string
	for i := range p.Preflight.Findings {
		f := &p.Preflight.Findings[i]
		text := visible(f.Text)
		if f.Name != "" {
			text = visible(f.Name) + in(p, f.Workspace) + ": " + text
		}
		if f.Refused {
			refused = append(refused, "Azure is going to refuse it: "+text)
		} else {
			warned = append(warned, text)
		}
	}
	return append(refused, warned...)
}

// in names a workspace, where there are several.
func in(p *plan.Plan, id string) string {
	if len(p.Workspaces) < 2 {
		return ""
	}
	return " in " + workspaceName(p, id)
}

func workspaceName(p *plan.Plan, id string) string {
	for i := range p.Workspaces {
		if p.Workspaces[i].ID == id {
			return visible(p.Workspaces[i].Target.Name)
		}
	}
	return visible(id)
}

// quotaLine tells of one quota in words.
func quotaLine(q *plan.Quota) string {
	line := fmt.Sprintf("%s in %s: %d of %d used, %d needed", visible(q.Name), visible(q.Region), q.Used, q.Limit, q.Needed)
	if q.Freed > 0 {
		line += fmt.Sprintf(", %d freed", q.Freed)
	}
	if q.Maximum > q.Needed {
		line += fmt.Sprintf(", %d at the maximum of nodes", q.Maximum)
	}
	if q.Used-q.Freed+q.Needed > q.Limit {
		line += ": too little"
	}
	return line
}

// costRow is a cost in columns: whose, what an hour costs before and after at
// the fewest and the most nodes, and the same of 30 days.
type costRow struct{ name, hour, month, note string }

func costRows(p *plan.Plan) []costRow {
	f := p.Preflight
	var rows []costRow
	for i := range f.Costs {
		c := &f.Costs[i]
		rows = append(rows, newCostRow(visible(c.Name)+in(p, c.Workspace), c, f.Currency))
	}
	for i := range f.Totals {
		c := &f.Totals[i]
		rows = append(rows, newCostRow("all of "+workspaceName(p, c.Workspace), c, f.Currency))
	}
	return rows
}

func newCostRow(name string, c *plan.Cost, currency string) costRow {
	row := costRow{name: name, hour: span(c, 1, 2, currency), month: span(c, hours, 0, currency)}
	var notes []string
	if c.Note != "" {
		notes = append(notes, visible(c.Note))
	}
	if n := max(c.Before.Unknown, c.After.Unknown); c.Name == "" && n > 0 {
		notes = append(notes, fmt.Sprintf("without %d whose price is unknown", n))
	}
	if r := c.After; r.AtMost > r.Max && r.Unbounded == 0 {
		notes = append(notes, "at most "+priced(currency, fmt.Sprintf("%.2f an hour, by pay-as-you-go", r.AtMost)))
	}
	row.note = strings.Join(notes, "; ")
	return row
}

// span is what some hours cost before and after. Prices are estimates: only
// nothing is exact.
func span(c *plan.Cost, hours float64, digits int, currency string) string {
	text := priced(currency, amount(c.Before, hours, digits)+" → "+amount(c.After, hours, digits))
	if c.Before.Max > 0 || c.After.Max > 0 {
		return "about " + text
	}
	return text
}

// priced puts the currency, where one is known, before an amount.
func priced(currency, text string) string {
	if currency == "" {
		return text
	}
	return visible(currency) + " " + text
}

// amount is what a rate comes to in some hours, from the fewest nodes to the
// most.
func amount(r plan.Rate, hours float64, digits int) string {
	if r.Unknown > 0 && r.Min == 0 && r.Max == 0 {
		return "unknown"
	}
	low, high := fmt.Sprintf("%.*f", digits, r.Min*hours), fmt.Sprintf("%.*f", digits, r.Max*hours)
	if low == high {
		return low
	}
	return low + "–" + high
}

// writePreflight writes a plan's preflight as text.
func writePreflight(b *strings.Builder, p *plan.Plan) {
	f := p.Preflight
	if f == nil {
		return
	}
	b.WriteString("preflight\n")
	for _, line := range findings(p) {
		wrap(b, "  ! ", 4, 6, line)
	}
	for i := range f.Quotas {
		wrap(b, "  quota  ", 9, 11, quotaLine(&f.Quotas[i]))
	}
	for _, r := range costRows(p) {
		wrap(b, "  cost   ", 9, 11, fmt.Sprintf("%s: %s an hour, %s in 30 days", r.name, r.hour, r.month))
		if r.note != "" {
			wrap(b, "           # ", 13, 13, r.note)
		}
	}
	for _, n := range f.Notes {
		wrap(b, "  note   ", 9, 11, visible(n))
	}
	if len(f.Costs)+len(f.Totals)+len(f.Quotas) > 0 {
		wrap(b, "  # ", 4, 4, estimate)
	}
	b.WriteByte('\n')
}

// preflightPieces are a plan's preflight in a comment: what Azure is going to
// refuse and the warnings as a list, the rest folded.
func preflightPieces(p *plan.Plan) (head, body string) {
	f := p.Preflight
	if f == nil {
		return "", ""
	}
	var b strings.Builder
	list := findings(p)
	for _, line := range list[:min(len(list), maxFindings)] {
		fmt.Fprintf(&b, "- %s\n", prose(clip(line, maxText)))
	}
	if more := len(list) - maxFindings; more > 0 {
		fmt.Fprintf(&b, "- and %d more findings\n", more)
	}
	if b.Len() > 0 {
		head = "\n**Preflight:**\n\n" + b.String()
	}
	return head, foldedPreflight(p)
}

// How many findings, quotas and notes a comment lists, and how many costs; and
// how many characters of a name.
const (
	maxFindings = 10
	maxRows     = 20
	maxShort    = 40
)

func foldedPreflight(p *plan.Plan) string {
	f := p.Preflight
	var b strings.Builder
	rows := costRows(p)
	computes, totals := rows[:len(f.Costs)], rows[len(f.Costs):]
	if len(rows) > 0 {
		b.WriteString("| cost | an hour | in 30 days | |\n|---|---|---|---|\n")
	}
	writeCosts(&b, computes)
	writeCosts(&b, totals)
	if more := max(0, len(computes)-maxRows) + max(0, len(totals)-maxRows); more > 0 {
		fmt.Fprintf(&b, "\nThe cost of %d more is left out.\n", more)
	}
	b.WriteByte('\n')
	for i := range f.Quotas[:min(len(f.Quotas), maxRows)] {
		fmt.Fprintf(&b, "- %s\n", prose(clip(quotaLine(&f.Quotas[i]), maxText)))
	}
	for _, n := range f.Notes[:min(len(f.Notes), maxRows)] {
		fmt.Fprintf(&b, "- %s\n", prose(clip(visible(n), maxText)))
	}
	return fmt.Sprintf("<details><summary>Quota and cost</summary>\n\n%s\n%s.\n\n</details>\n", b.String(), inert(estimate))
}

func writeCosts(b *strings.Builder, rows []costRow) {
	for _, r := range rows[:min(len(rows), maxRows)] {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", code(clip(r.name, maxShort)), code(clip(r.hour, maxName)), code(clip(r.month, maxName)), prose(clip(r.note, maxText)))
	}
}
