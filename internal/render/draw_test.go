package render

import (
	"time"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/spec/spectest"
)

// hostile is what somebody may write who wants out of where it stands.
var hostile = []string{
	"", "cpu", "Standard_DS3_v2", "a|b", `a\|b`, `\`, "`", "```", "\n```\n# out\n", "~~~", "</code>", "</details>", "<script>", "<!--", "-->",
	"<!-- computesync plan/v1 ", "@acme/everyone", "#12", "https://evil.example", "www.evil.example", "[x](javascript:alert)", "![x](y)", "&lt;", "&#60;",
	"**x**", "$x$", ":tada:", "\x1b[2J", "\x1b]0;title\a", "\u009b31m", "\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\U000e0041", "\r", "\x00", "\x7f", "\t", "\n\n",
	"\xff\xfe", "\xc2", "日本語", "é", "\ufffd", " ", "  ", "- ", "+ ", "| - | - |", "|---|---|", "1 to delete", machine,
}

// text draws values, some of which are long.
func text() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		s := ""
		for range rapid.IntRange(0, 4).Draw(t, "pieces") {
			s += rapid.OneOf(rapid.SampledFrom(hostile), rapid.String()).Draw(t, "piece")
		}
		for len(s) > 0 && len(s) < 3000 && rapid.IntRange(0, 20).Draw(t, "long") == 0 {
			s += s
		}
		return s
	})
}

var codes = []plan.Code{
	plan.Policy, plan.Protected, plan.PruneOff, plan.MaxDeletions, plan.EmptySource, plan.ForeignOwner, plan.NotOurs, plan.Busy, plan.Transitional,
	plan.NotApplied, plan.CannotChangeInPlace, plan.NoWayBack, plan.Failed, plan.Suspended, plan.Window, plan.Approval, plan.DuplicateWorkspace, plan.ConflictingValues,
}

var verbs = []plan.Verb{
	plan.VerbCreate, plan.VerbAttach, plan.VerbPut, plan.VerbPatch, plan.VerbPost, plan.VerbDelete, plan.VerbDetach, plan.VerbStart, plan.VerbStop, plan.VerbAdopt,
}

func drawChange(t *rapid.T) plan.Change {
	s := func(label string) string { return text().Draw(t, label) }
	c := plan.Change{
		Name: s("name"), Kind: s("kind"), Action: rapid.SampledFrom(append([]plan.Action{plan.None}, plan.Actions...)).Draw(t, "action"),
		File: s("file"), Line: rapid.IntRange(0, 9999).Draw(t, "line"), CreatedOn: s("created"), Fingerprint: s("fingerprint"),
		Notes: rapid.SliceOfN(text(), 0, 3).Draw(t, "notes"),
	}
	for range rapid.IntRange(0, 4).Draw(t, "fields") {
		c.Fields = append(c.Fields, plan.Field{Path: s("path"), From: s("from"), To: s("to"), Reason: s("reason")})
	}
	if c.Action == plan.None || rapid.Bool().Draw(t, "held") {
		c.Held = &plan.Held{Code: rapid.SampledFrom(codes).Draw(t, "code"), Text: s("why")}
	} else {
		for range rapid.IntRange(1, 3).Draw(t, "steps") {
			c.Steps = append(c.Steps, plan.Step{
				ID: s("id"), Verb: rapid.SampledFrom(verbs).Draw(t, "verb"), Name: s("of"), Action: s("post"), Needs: append([]string{}, s("need")),
				AfterRemovals: rapid.Bool().Draw(t, "after"),
			})
		}
	}
	if c.Action == plan.Takeover {
		c.Former = s("former")
	}
	if rapid.Bool().Draw(t, "desired") {
		c.Desired = spectest.Compute(t, rapid.SampledFrom(spec.Kinds()).Draw(t, "kind"))
		c.Previous = c.Desired
	}
	return c
}

// drawPlan draws plans of any shape and with any text in them.
func drawPlan(t *rapid.T) *plan.Plan {
	p := &plan.Plan{Commit: text().Draw(t, "commit"), Hash: text().Draw(t, "hash"), Workspaces: []plan.Workspace{}}
	if rapid.Bool().Draw(t, "compared") {
		p.Base = &plan.Base{Revision: text().Draw(t, "revision"), Commit: text().Draw(t, "base"), Head: text().Draw(t, "head")}
	}
	for range rapid.IntRange(0, 3).Draw(t, "workspaces") {
		s := func(label string) string { return text().Draw(t, label) }
		ws := plan.Workspace{
			Target: spec.WorkspaceID{Subscription: s("subscription"), ResourceGroup: s("group"), Name: s("workspace")}, Location: s("location"),
			Path: s("path"), Owner: s("owner"), Orphaned: rapid.SliceOfN(text(), 0, 12).Draw(t, "orphaned"), Changes: []plan.Change{},
			Against:   rapid.SampledFrom([]plan.Against{"", plan.Nothing, plan.SavedList}).Draw(t, "against"),
			Settings:  spec.Settings{Owner: s("settings.owner"), Prune: rapid.Bool().Draw(t, "prune"), Protect: rapid.SliceOfN(text(), 0, 2).Draw(t, "protect")},
			Unchanged: rapid.IntRange(0, 99).Draw(t, "unchanged"), Unmanaged: rapid.IntRange(0, 99).Draw(t, "unmanaged"),
		}
		if rapid.Bool().Draw(t, "declared") {
			ws.Declared = []*spec.Compute{spectest.Compute(t, rapid.SampledFrom(spec.Kinds()).Draw(t, "kind"))}
		}
		for range rapid.IntRange(0, 2).Draw(t, "expiring") {
			ws.Expiring = append(ws.Expiring, plan.Expiry{Name: s("expiring"), At: time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "at"), 0).UTC()})
		}
		for range rapid.IntRange(0, 2).Draw(t, "notices") {
			ws.Notices = append(ws.Notices, plan.Notice{Name: s("noticed"), Code: rapid.SampledFrom(plan.NoticeKinds).Draw(t, "notice").Code, Text: s("notice")})
		}
		for range rapid.IntRange(0, 5).Draw(t, "changes") {
			c := drawChange(t)
			if p.Base != nil {
				introduced := rapid.Bool().Draw(t, "introduced")
				c.Introduced = &introduced
			}
			ws.Changes = append(ws.Changes, c)
		}
		p.Workspaces = append(p.Workspaces, ws)
	}
	if rapid.Bool().Draw(t, "preflight") {
		p.Preflight = drawPreflight(t)
	}
	return summed(p)
}

func drawPreflight(t *rapid.T) *plan.Preflight {
	s := func(label string) string { return text().Draw(t, label) }
	rate := func() plan.Rate {
		amount, count := rapid.Float64Range(0, 1e6), rapid.IntRange(0, 3)
		return plan.Rate{
			Min: amount.Draw(t, "min"), Max: amount.Draw(t, "max"), Unknown: count.Draw(t, "unknown"),
			AtMost: amount.Draw(t, "at most"), Unbounded: count.Draw(t, "unbounded"),
		}
	}
	f := &plan.Preflight{
		Findings: []plan.Finding{}, Quotas: []plan.Quota{}, Costs: []plan.Cost{}, Totals: []plan.Cost{},
		Currency: s("currency"), Notes: append([]string{}, rapid.SliceOfN(text(), 0, 30).Draw(t, "notes")...),
	}
	for range rapid.IntRange(0, 20).Draw(t, "findings") {
		f.Findings = append(f.Findings, plan.Finding{
			Workspace: s("workspace"), Name: s("name"), Code: rapid.SampledFrom(findingCodes).Draw(t, "code"), Refused: rapid.Bool().Draw(t, "refused"), Text: s("text"),
		})
	}
	for range rapid.IntRange(0, 30).Draw(t, "quotas") {
		f.Quotas = append(f.Quotas, plan.Quota{Subscription: s("subscription"), Region: s("region"), Name: s("quota"), Used: 1, Limit: 2, Needed: 3, Freed: 1, Maximum: 9})
	}
	for range rapid.IntRange(0, 30).Draw(t, "costs") {
		f.Costs = append(f.Costs, plan.Cost{Workspace: s("workspace"), Name: s("name"), Before: rate(), After: rate(), Note: s("note")})
		f.Totals = append(f.Totals, plan.Cost{Workspace: s("workspace"), Before: rate(), After: rate()})
	}
	return f
}

var findingCodes = []string{plan.FindingSize, plan.FindingRetired, plan.FindingQuota, plan.FindingMaximum, plan.FindingClusters, plan.FindingNameTaken}
