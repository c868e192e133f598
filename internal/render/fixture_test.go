package render

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden holds what was rendered against testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got); -update writes it anew:\n%s", file, d)
	}
}

// rendered is one plan in all three forms.
type rendered struct{ text, markdown, json string }

func render(t testing.TB, p *plan.Plan) rendered {
	t.Helper()
	var text, markdown, json strings.Builder
	for _, err := range []error{Text(&text, p, Style{}), Markdown(&markdown, p), JSON(output.New(&json), p)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return rendered{text.String(), markdown.String(), json.String()}
}

// summed fills in what follows from the rest of a plan.
func summed(p *plan.Plan) *plan.Plan {
	p.Format, p.Summary = plan.Format, plan.Summary{"held": 0, "unchanged": 0}
	for i := range p.Workspaces {
		ws := &p.Workspaces[i]
		ws.ID = ws.Target.String()
		for j := range ws.Changes {
			c := &ws.Changes[j]
			if c.Fields == nil {
				c.Fields = []plan.Field{}
			}
			if c.Steps == nil {
				c.Steps = []plan.Step{}
			}
			if c.Held != nil {
				p.Summary["held"]++
			} else {
				p.Summary[string(c.Action)]++
			}
		}
		p.Summary["unchanged"] += ws.Unchanged
	}
	return p
}

func workspace(name string, changes ...plan.Change) plan.Workspace {
	return plan.Workspace{
		Target: spec.WorkspaceID{Subscription: "11111111-2222-3333-4444-555555555555", ResourceGroup: "rg-ml", Name: name},
		Path:   "fleet/" + strings.TrimPrefix(name, "ml-"), Owner: "ml-platform", Location: "westeurope", Changes: changes,
		Settings: spec.Settings{Owner: "ml-platform", Prune: true, MaxDeletions: spec.Limit{Count: spec.DefaultMaxDeletions}},
	}
}

func steps(verbs ...plan.Step) []plan.Step {
	for i := range verbs {
		s := &verbs[i]
		s.ID = s.Name + "/" + string(s.Verb)
		if i > 0 {
			s.Needs = append(s.Needs, verbs[i-1].ID)
		}
		if s.Needs == nil {
			s.Needs = []string{}
		}
	}
	return verbs
}

const machine = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-lab/providers/Microsoft.Compute/virtualMachines/lab01"

// fleet is a plan with every action, holds of both sorts, long and short values.
func fleet() *plan.Plan {
	kind := spec.KindByName
	at := time.Date(2026, 12, 24, 18, 0, 0, 0, time.UTC)
	ref, _ := secret.ParseRef("secret://env/COMPUTESYNC_SECRET_VM")
	prod := workspace(
		"ml-prod",
		plan.Change{
			Name: "batch-new", Kind: "amlcompute", Action: plan.Create, File: "fleet/prod/clusters.yaml", Line: 12,
			Steps: steps(plan.Step{Verb: plan.VerbCreate, Name: "batch-new", AfterRemovals: true}),
			Desired: &spec.Compute{Name: "batch-new", Kind: kind("amlcompute"), File: "fleet/prod/clusters.yaml", Line: 12, Values: map[string]any{
				"size": "Standard_DS3_v2", "min_instances": int64(0), "max_instances": int64(4), "tags": map[string]string{"team": "ml"},
			}},
		},
		plan.Change{
			Name: "cpu", Kind: "amlcompute", Action: plan.Update, File: "fleet/prod/clusters.yaml", Line: 1, Fingerprint: "0123", CreatedOn: "2025-11-23T10:00:00Z",
			Fields: []plan.Field{{Path: "max_instances", From: "4", To: "8"}, {Path: "tags", From: "{}", To: "{team: ml}"}},
			Steps:  steps(plan.Step{Verb: plan.VerbPut, Name: "cpu"}),
		},
		plan.Change{
			Name: "gpu", Kind: "amlcompute", Action: plan.Replace, File: "fleet/prod/clusters.yaml", Line: 22,
			Fields: []plan.Field{{Path: "size", From: "STANDARD_NC6S_V3", To: "Standard_NC24ads_A100_v4", Reason: "size cannot change in place"}},
			Steps:  steps(plan.Step{Verb: plan.VerbDelete, Name: "gpu"}, plan.Step{Verb: plan.VerbCreate, Name: "gpu"}),
		},
		plan.Change{
			Name: "lab-vm", Kind: "virtualmachine", Action: plan.Reattach, File: "fleet/prod/a-folder-with-a-long-name/attached.yaml", Line: 3,
			Fields: []plan.Field{{Path: "resource_id", From: machine, To: strings.Replace(machine, "lab01", "lab02", 1), Reason: "an attachment cannot change in place"}},
			Steps:  steps(plan.Step{Verb: plan.VerbDetach, Name: "lab-vm"}, plan.Step{Verb: plan.VerbAttach, Name: "lab-vm", Needs: []string{"old-vm/detach"}}),
			Notes:  []string{"whether something runs on it is unknown: Azure does not tell for attached computes"},
		},
		plan.Change{Name: "old-vm", Kind: "virtualmachine", Action: plan.Detach, Steps: steps(plan.Step{Verb: plan.VerbDetach, Name: "old-vm"})},
		plan.Change{
			Name: "nightly", Kind: "amlcompute", Action: plan.Delete, File: "fleet/prod/clusters.yaml", Line: 40, Notes: []string{"expired 2026-11-20T18:00:00Z"},
			Steps: steps(plan.Step{Verb: plan.VerbDelete, Name: "nightly"}),
		},
		plan.Change{
			Name: "notebook", Kind: "computeinstance", Action: plan.Replace, File: "fleet/prod/notebooks.yaml", Line: 1,
			Fields: []plan.Field{{Path: "size", From: "STANDARD_DS3_V2", To: "Standard_D16s_v3", Reason: "size cannot change in place"}},
			Held:   &plan.Held{Code: plan.CannotChangeInPlace, Text: "its disk is somebody's work; permit it with computesync: {replace: allow}"},
		},
		plan.Change{
			Name: "sweep", Kind: "amlcompute", Action: plan.Delete,
			Held: &plan.Held{Code: plan.Busy, Text: "sweep has 3 running and 1 preparing nodes"},
		},
		plan.Change{
			Name: "wobbly", Kind: "kubernetes", Action: plan.None, File: "fleet/prod/attached.yaml", Line: 30,
			Held: &plan.Held{Code: plan.Failed, Text: "wobbly is Failed: the extension does not answer"},
		},
	)
	prod.Unchanged, prod.Unmanaged = 12, 2
	prod.Expiring, prod.Orphaned = []plan.Expiry{{Name: "cpu", At: at}}, []string{"adopted-one", "adopted-two"}
	dev := workspace(
		"ml-dev",
		plan.Change{
			Name: "train-vm", Kind: "virtualmachine", Action: plan.Takeover, Former: "lab-vm", File: "fleet/dev/lab-vm.yaml", Line: 1,
			Fields: []plan.Field{{Path: "name", From: "lab-vm", To: "train-vm", Reason: "one resource takes one attachment"}},
			Steps:  steps(plan.Step{Verb: plan.VerbDetach, Name: "lab-vm"}, plan.Step{Verb: plan.VerbAttach, Name: "train-vm"}),
			Previous: &spec.Compute{Name: "lab-vm", Kind: kind("virtualmachine"), Values: map[string]any{
				"resource_id": machine, "ssh_settings.admin_username": "me", "ssh_settings.admin_password": ref,
			}},
		},
		plan.Change{Name: "lab", Kind: "computeinstance", Action: plan.Stop, File: "fleet/dev/lab.yaml", Line: 1, Fields: []plan.Field{{Path: "computesync.state", From: "running", To: "stopped"}}, Steps: steps(plan.Step{Verb: plan.VerbStop, Name: "lab"})},
		plan.Change{Name: "desk", Kind: "computeinstance", Action: plan.Start, File: "fleet/dev/lab.yaml", Line: 9, Fields: []plan.Field{{Path: "computesync.state", From: "stopped", To: "running"}}, Steps: steps(plan.Step{Verb: plan.VerbStart, Name: "desk"})},
		plan.Change{Name: "found", Kind: "batch", Action: plan.Adopt, File: "fleet/dev/found.yaml", Line: 1, Steps: steps(plan.Step{Verb: plan.VerbAdopt, Name: "found"})},
		plan.Change{Name: "broken", Kind: "amlcompute", Action: plan.Remake, File: "fleet/dev/broken.yaml", Line: 1, Steps: steps(plan.Step{Verb: plan.VerbDelete, Name: "broken"}, plan.Step{Verb: plan.VerbCreate, Name: "broken"})},
		plan.Change{
			Name: "pool", Kind: "virtualmachine", Action: plan.Attach, File: "fleet/dev/pool.yaml", Line: 1, Steps: steps(plan.Step{Verb: plan.VerbAttach, Name: "pool"}),
			Desired: &spec.Compute{Name: "pool", Kind: kind("virtualmachine"), Values: map[string]any{
				"resource_id": machine, "ssh_settings.admin_username": "me", "ssh_settings.admin_password": ref,
			}},
		},
	)
	dev.Against = plan.SavedList
	quiet := workspace("ml-quiet")
	quiet.Changes, quiet.Unchanged = []plan.Change{}, 40
	return summed(&plan.Plan{
		Commit: "6798742a1b2c3d4e5f60718293a4b5c6d7e8f901", Hash: "0123456789abcdef0123456789abcdef",
		Workspaces: []plan.Workspace{prod, dev, quiet}, Preflight: preflight(prod.Target.String()),
	})
}

// preflight is one with everything in it.
func preflight(ws string) *plan.Preflight {
	return &plan.Preflight{
		Findings: []plan.Finding{
			{Workspace: ws, Name: "batch-new", Code: plan.FindingMaximum, Text: "4 nodes of Standard_DS3_v2 are 16 vCPUs, and the limit of standardDSv2Family is 12: it grows to 3 at most"},
			{Workspace: ws, Name: "gpu", Code: plan.FindingSize, Refused: true, Text: "size Standard_NC24ads_A100_v4 is not to be had in westeurope; near it are Standard_NC6s_v3"},
			{Code: plan.FindingQuota, Refused: true, Text: "westeurope: 4 vCPUs of standardDSv2Family are needed for batch-new; 12 of 12 are used"},
		},
		Quotas: []plan.Quota{
			{Subscription: "11111111-2222-3333-4444-555555555555", Region: "westeurope", Name: "standardDSv2Family", Used: 12, Limit: 12, Needed: 4, Maximum: 16},
			{Subscription: "11111111-2222-3333-4444-555555555555", Region: "westeurope", Name: "TotalDedicatedCores", Used: 30, Limit: 300, Needed: 28, Freed: 6, Maximum: 112},
		},
		Costs: []plan.Cost{
			{Workspace: ws, Name: "batch-new", After: plan.Rate{Max: 1.16, AtMost: 5.8}},
			{Workspace: ws, Name: "gpu", Before: plan.Rate{Min: 3.06, Max: 12.24}, After: plan.Rate{Unknown: 1, Unbounded: 1}},
		},
		Totals:   []plan.Cost{{Workspace: ws, Before: plan.Rate{Min: 4.1, Max: 20, AtMost: 20}, After: plan.Rate{Min: 1.04, Max: 8.92, Unknown: 1, AtMost: 13.56, Unbounded: 1}}},
		Currency: "USD",
		Notes:    []string{"the quotas of northeurope: not permitted to read it; quota not checked"},
	}
}
