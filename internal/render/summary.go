package render

import (
	"fmt"
	"strings"

	"github.com/computesync/computesync/internal/plan"
)

// Summary counts the plan's changes in one line. It names every action: what
// replaces never hides among what updates. Where the plan was compared with a
// base, it also counts what is introduced.
func Summary(p *plan.Plan) string {
	line := fmt.Sprintf("plan %s: %s", short(p.Hash), planCounts(p))
	if p.Base != nil {
		introduced, _ := parted(p)
		line += "; introduced here: " + orNothing(changed(introduced))
	}
	return line
}

// planCounts counts what is in a plan.
func planCounts(p *plan.Plan) string { return counts(p.Summary, allNotices(p)) }

func allNotices(p *plan.Plan) (all []plan.Notice) {
	for i := range p.Workspaces {
		all = append(all, p.Workspaces[i].Notices...)
	}
	return all
}

// counts tells a summary in words, with what is noticed beside it.
func counts(s plan.Summary, notices []plan.Notice) string {
	list := verdict(changed(s), notices)
	return fmt.Sprintf("%s, %d unchanged%s", list, s["unchanged"], noticed(notices))
}

// verdict is the list of what changes, or that nothing does: there is something
// for a person to do where something is noticed.
func verdict(list string, notices []plan.Notice) string {
	switch {
	case list != "":
		return list
	case len(notices) > 0:
		return "nothing to change"
	}
	return "nothing to do"
}

// noticed counts notices by their codes: ", 2 degraded"; "" where there is none.
func noticed(notices []plan.Notice) string {
	n, text := map[plan.NoticeCode]int{}, ""
	for i := range notices {
		n[notices[i].Code]++
	}
	for _, k := range plan.NoticeKinds {
		if n[k.Code] > 0 {
			text += fmt.Sprintf(", %d %s", n[k.Code], k.Code)
		}
	}
	return text
}

func orNothing(list string) string {
	if list == "" {
		return "nothing"
	}
	return list
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

// tally counts changes as the plan's summary does.
func tally(s plan.Summary, changes []plan.Change) plan.Summary {
	for i := range changes {
		if c := &changes[i]; c.Held != nil {
			s["held"]++
		} else {
			s[string(c.Action)]++
		}
	}
	return s
}

// parted counts what is introduced and what is already there.
func parted(p *plan.Plan) (introduced, there plan.Summary) {
	introduced, there = plan.Summary{}, plan.Summary{}
	for i := range p.Workspaces {
		here, before := p.Workspaces[i].Split()
		tally(introduced, here)
		tally(there, before)
	}
	return introduced, there
}

// compared says which commits a plan compares, "" when none.
func compared(b *plan.Base) string {
	if b == nil {
		return ""
	}
	text := fmt.Sprintf("compared with %s, commit %s", visible(b.Revision), shortCommit(b.Commit))
	if b.Head != "" {
		text += "; checked out is " + shortCommit(b.Head)
	}
	return text
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
