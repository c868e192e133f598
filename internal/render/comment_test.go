package render

import (
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// TestCommentOfIncompletePlans keeps one marker, whatever is missing, and says what is.
func TestCommentOfIncompletePlans(t *testing.T) {
	whole := many(1000)
	want := render(t, whole).markdown
	if body, mark := Comment(whole, nil); body != want || mark != Marker(whole) {
		t.Error("the comment of a whole plan is not its Markdown")
	}
	for n := range whole.Workspaces {
		part := summed(&plan.Plan{Commit: whole.Commit, Hash: whole.Hash, Workspaces: whole.Workspaces[:n]})
		var missing []spec.WorkspaceID
		for i := range whole.Workspaces[n:] {
			missing = append(missing, whole.Workspaces[n+i].Target)
		}
		body, mark := Comment(part, missing)
		if mark != Marker(whole) || !strings.HasSuffix(body, "\n"+mark+"\n") || strings.Count(body, "<!--") != 1 {
			t.Errorf("%d of 4 workspaces: the marker is %s, not that of all", n, mark)
		}
		if !strings.Contains(body, "**There is no plan of <code>"+missing[0].Name) || len(body) > limit {
			t.Errorf("%d of 4 workspaces: %d bytes, and begins %.300s", n, len(body), body)
		}
		if n == 0 && strings.Contains(body, "Nothing to do") {
			t.Error("without any plan it says that there is nothing to do")
		}
	}
}

func TestVerdict(t *testing.T) {
	p := many(13)
	if got := Verdict(p); got != planCounts(p) {
		t.Errorf("verdict %q", got)
	}
	no := false
	for i := range p.Workspaces[0].Changes {
		p.Workspaces[0].Changes[i].Introduced = &no
	}
	p.Base = &plan.Base{Revision: "main"}
	if got := Verdict(p); !strings.HasPrefix(got, "introduced here: 1 to ") || !strings.Contains(got, "; already there: 1 to create") {
		t.Errorf("verdict %q", got)
	}
}
