package render

import (
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// Comment is Markdown with its Marker, for a plan that may be incomplete: of the
// missing workspaces there is none. The comment says so on top. They count for
// the marker, so that one comment is found again when a plan of them is.
func Comment(p *plan.Plan, missing []spec.WorkspaceID) (body, mark string) {
	c := newComment(p, missing)
	c.choose(limit)
	return c.String(), marker(p, missing)
}

// Verdict tells a plan in few words, for a status beside a commit. Where the
// plan was compared with a base, what is introduced comes first.
func Verdict(p *plan.Plan) string {
	if p.Base == nil {
		return planCounts(p)
	}
	introduced, there := parted(p)
	return "introduced here: " + orNothing(changed(introduced)) + "; already there: " + orNothing(changed(there)) + noticed(allNotices(p))
}

// title is the headline, which says nothing of a plan where there is none at all.
func title(p *plan.Plan, missing []spec.WorkspaceID) string {
	if len(missing) == 0 {
		return headline(p)
	}
	names := make([]string, len(missing))
	for i, id := range missing {
		names[i] = id.Name
	}
	head := "### computesync plan\n"
	if len(p.Workspaces) > 0 {
		head = headline(p)
	}
	return head + "\n**There is no plan of " + nameList(names) + ".** The log of this run says why.\n"
}
