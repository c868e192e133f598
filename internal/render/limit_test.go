package render

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// many is a plan of n changes, by turns of each action and held ones.
func many(n int) *plan.Plan {
	actions := append([]plan.Action{plan.None}, plan.Actions...)
	ws := make([]plan.Workspace, 4)
	for i := range ws {
		ws[i] = workspace(fmt.Sprintf("ml-%d", i))
		ws[i].Unchanged = 10
	}
	for i := range n {
		c := plan.Change{
			Name: fmt.Sprintf("cluster-%05d", i), Kind: "amlcompute", Action: actions[i%len(actions)], File: fmt.Sprintf("fleet/team-%03d/clusters.yaml", i/10), Line: i%10*12 + 1,
			Fields: []plan.Field{{Path: "size", From: "STANDARD_DS3_V2", To: "Standard_D16s_v3", Reason: "size cannot change in place"}, {Path: "max_instances", From: "4", To: "8"}},
			Desired: &spec.Compute{Name: fmt.Sprintf("cluster-%05d", i), Kind: spec.KindByName("amlcompute"), Values: map[string]any{
				"size": "Standard_D16s_v3", "min_instances": int64(0), "max_instances": int64(8), "tags": map[string]string{"team": "ml"},
			}},
		}
		if c.Action == plan.None || i%50 == 7 {
			c.Held = &plan.Held{Code: plan.Protected, Text: c.Name + " is protected"}
		} else {
			c.Steps = steps(plan.Step{Verb: plan.VerbDelete, Name: c.Name}, plan.Step{Verb: plan.VerbCreate, Name: c.Name, AfterRemovals: true})
		}
		w := &ws[i*len(ws)/n]
		w.Changes = append(w.Changes, c)
	}
	return summed(&plan.Plan{Commit: "6798742a1b2c3d4e5f60718293a4b5c6d7e8f901", Hash: "0123456789abcdef0123456789abcdef", Workspaces: ws})
}

// TestLimit leaves whole changes out of a comment, what destroys last, and
// counts them: shown and left out make up the plan.
func TestLimit(t *testing.T) {
	for _, n := range []int{50, 200, 1000, 10_000} {
		p := many(n)
		got := render(t, p).markdown
		if err := checkComment(got, p); err != nil {
			t.Fatalf("%d changes: %v", n, err)
		}
		destroying := 0
		for _, a := range plan.Actions {
			if a.Destroys() {
				destroying += p.Summary[string(a)]
			}
		}
		rows, more := strings.Count(got, "\n| ± ")+strings.Count(got, "\n| - "), number(got, `\*\*And (\d+) more that destroy`)
		if rows+more != destroying || rows == 0 {
			t.Errorf("%d changes: %d rows and %d more, of %d that destroy", n, rows, more, destroying)
		}
		folds, left := strings.Count(got, "<details>"), 0
		if _, omitted, some := strings.Cut(got, "details of "); some {
			for _, m := range regexp.MustCompile(`(\d+) (to|held)`).FindAllStringSubmatch(omitted, -1) {
				k, _ := strconv.Atoi(m[1])
				left += k
			}
		}
		if folds+left != n || n <= 50 && left > 0 || n >= 1000 && len(got) < limit*9/10 {
			t.Errorf("%d changes: %d shown, %d left out, %d bytes", n, folds, left, len(got))
		}
	}
}

func number(s, pattern string) int {
	m := regexp.MustCompile(pattern).FindStringSubmatch(s)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// TestLeastImportantGoFirst shrinks the limit step by step: what is left out is
// never more important than what is kept, and rows of what destroys go last.
func TestLeastImportantGoFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newComment(drawPlan(t), nil)
		c.choose(rapid.IntRange(0, limit).Draw(t, "size"))
		kept, gone := row, aside+1
		for _, p := range c.pieces {
			if p.kept {
				kept = max(kept, p.rank)
			} else {
				gone = min(gone, p.rank)
			}
		}
		if kept > gone || c.whole != (gone > aside) {
			t.Fatalf("kept up to rank %d, left out from %d, whole %v", kept, gone, c.whole)
		}
	})
}

// TestOneHugeChange hides nothing else: a value without end is shortened, and
// says so.
func TestOneHugeChange(t *testing.T) {
	p := fleet()
	p.Workspaces[0].Changes[2].Fields[0].To = strings.Repeat("x|`", 100_000)
	got := render(t, p).markdown
	if err := checkComment(got, p); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "… (299000 more characters)") || strings.Contains(got, "Left out") || strings.Count(got, "<details>") != 16 {
		t.Errorf("got:\n%s", got)
	}
}
