package policy

import (
	"fmt"

	"github.com/computesync/computesync/internal/spec"
)

// hoursOfMonth is what Azure's own price lists count.
const hoursOfMonth = 730

// costCeiling needs prices, so it is judged by plans and not by specs alone.
var costCeiling = &Rule{
	Code: "cost-ceiling", Key: "cost_ceiling", Default: spec.Holds, Priced: true, Example: "{compute_per_hour: 40, workspace_per_month: 20000}",
	Doc:  "A compute, or all of a workspace, costs at most so much with as many nodes as it may have, by the highest pay-as-you-go price that Azure lists for the size.",
	Hint: "lower max_instances, or choose another size",
	Keys: []Key{
		{Name: "compute_per_hour", Type: Amount, Doc: "For each cluster and instance."},
		{Name: "compute_per_month", Type: Amount, Doc: "The same for a month of 730 hours."},
		{Name: "workspace_per_hour", Type: Amount, Doc: "For all clusters and instances of a workspace together, whoever made them."},
		{Name: "workspace_per_month", Type: Amount, Doc: "The same for a month of 730 hours."},
	},
	check: func(s *Setting, x *Subject) []Breach {
		if !x.Kind.Quota || s.limit("compute") == 0 {
			return nil
		}
		hourly, known := spec.Cost{}, false
		if x.Price != nil {
			hourly, known = x.Price(x.Compute)
		}
		switch {
		case !known:
			return []Breach{{Field: "size", Unknown: true, Text: "may cost anything: its price is not known"}}
		case hourly.AtMost > s.limit("compute"):
			return []Breach{{Amount: hourly.AtMost, About: hourly.About, Field: "size", Text: dearer(hourly, s.limit("compute"))}}
		}
		return nil
	},
}

// limit is the lower limit in an hour of a compute or a workspace; 0 is none.
func (s *Setting) limit(of string) float64 {
	hour, month := s.Numbers[of+"_per_hour"], s.Numbers[of+"_per_month"]/hoursOfMonth
	if hour == 0 || month > 0 && month < hour {
		return month
	}
	return hour
}

func dearer(hourly spec.Cost, limit float64) string {
	estimate := ""
	if hourly.About > 0 && hourly.About < hourly.AtMost {
		estimate = fmt.Sprintf("; Azure's estimate is %.2f an hour", hourly.About)
	}
	return fmt.Sprintf("costs up to %.2f an hour (%.0f a month%s), more than the %.2f (%.0f) allowed",
		hourly.AtMost, hourly.AtMost*hoursOfMonth, estimate, limit, limit*hoursOfMonth)
}

// Total holds what would make a workspace dearer than it may be.
func (g *guard) Total(before, after spec.Cost, unknown int) (why string, notes []string) {
	for i := range g.settings {
		p := &g.settings[i]
		limit := 0.0
		if p.Code == costCeiling.Code {
			limit = p.limit("workspace")
		}
		switch {
		case limit == 0:
		case after.AtMost <= limit && unknown > 0:
			notes = append(notes, fmt.Sprintf("%s: the workspace may cost anything: %d prices are not known, by %s", p.Code, unknown, p.place()))
		case after.AtMost <= limit || !after.Exceeds(before):
		case p.Severity < spec.Holds:
			notes = append(notes, fmt.Sprintf("%s: the workspace %s, by %s", p.Code, dearer(after, limit), p.place()))
		case why == "":
			why = fmt.Sprintf("%s: the workspace %s, by %s", p.Code, dearer(after, limit), p.place())
		}
	}
	return why, notes
}

// Priced reports whether there is a rule that needs prices.
func (g *guard) Priced() bool {
	for i := range g.settings {
		if g.settings[i].rule().Priced {
			return true
		}
	}
	return false
}

func (unreadable) Total(spec.Cost, spec.Cost, int) (string, []string) { return "", nil }

func (unreadable) Priced() bool { return false }
