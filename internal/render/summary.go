package render

import (
	"fmt"
	"strings"

	"github.com/computesync/computesync/internal/plan"
)

// Summary counts the plan's changes in one line. It names every action: what
// replaces never hides among what updates.
func Summary(p *plan.Plan) string {
	return fmt.Sprintf("plan %s: %s", short(p.Hash), counts(p.Summary))
}

// counts tells a summary in words.
func counts(s plan.Summary) string {
	list := changed(s)
	if list == "" {
		list = "nothing to do"
	}
	return fmt.Sprintf("%s, %d unchanged", list, s["unchanged"])
}

// changed is counts without what does not change; "" when nothing does.
func changed(s plan.Summary) string {
	var parts []string
	for _, a := range plan.Actions {
		if n := s[string(a)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", n, a))
		}
	}
	if n := s["held"]; n > 0 {
		parts = append(parts, fmt.Sprintf("%d held", n))
	}
	return strings.Join(parts, ", ")
}

// tally counts one workspace as the plan's summary counts all.
func tally(ws *plan.Workspace, list []block) plan.Summary {
	s := plan.Summary{"unchanged": ws.Unchanged}
	for i := range list {
		s[list[i].action]++
	}
	return s
}

// short is how people tell hashes apart.
func short(hash string) string { return visible(hash[:min(12, len(hash))]) }

// shortCommit names a commit, or the digest of files that are none.
func shortCommit(c string) string {
	if hash, ok := strings.CutPrefix(c, "sha256:"); ok {
		return "files " + short(hash)
	}
	return short(c)
}

// expiries lists what is not declared for ever.
func expiries(list []plan.Expiry) []string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = visible(e.Name) + " at " + e.At.UTC().Format("2006-01-02T15:04:05Z")
	}
	return parts
}

func visibles(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = visible(s)
	}
	return out
}

// against says what a plan was made against where Azure was not asked.
func against(a plan.Against) string {
	switch a {
	case plan.Nothing:
		return "Azure was not asked: this is the plan for an empty workspace"
	case plan.SavedList:
		return "Azure was not asked: this is the plan for a saved list of computes"
	}
	return ""
}
