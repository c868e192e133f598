package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/policy"
	"github.com/computesync/computesync/internal/region"
	"github.com/computesync/computesync/internal/spec"
)

// limit is a guard that allows clusters so many nodes, and cannot judge what is
// called unknown.
type limit int64

func (limit) Judge(*spec.Compute) []spec.Finding { return nil }
func (limit) Protect() []string                  { return nil }
func (limit) Priced() bool                       { return false }

func (limit) Total(spec.Cost, spec.Cost, int) (string, []string) { return "", nil }

func (l limit) Hold(desired, actual *spec.Compute, _ spec.Price) (string, []string) {
	if desired.Name == "unknown" {
		return "", []string{"not judged"}
	}
	n, _ := spec.Carry(desired, actual).Int("max_instances")
	before := int64(-1)
	if actual != nil {
		before, _ = actual.Int("max_instances")
	}
	if n > int64(l) && n > before {
		return fmt.Sprintf("%d nodes", n), nil
	}
	return "", nil
}

// TestPolicy holds what a guard holds, and nothing that it has no say in.
func TestPolicy(t *testing.T) {
	nodes := func(n int64) fieldsOf { return fieldsOf{"max_instances": n} }
	check(t, []scenario{
		{"what would be made or grow", func(w *world) {
			w.Desired.Guard = limit(10)
			w.declare(cluster("new", nodes(20)), cluster("grows", nodes(20)), cluster("shrinks", nodes(20)), cluster("within", nodes(10)), cluster("same", nodes(20)))
			w.owns(cluster("grows", nodes(15)))
			w.owns(cluster("shrinks", nodes(25)))
			w.owns(cluster("same", nodes(20)))
		}, "grows update (max_instances) held policy\nnew create () held policy\nshrinks update (max_instances): patch\nwithin create (): create"},
		{"what never worked is made anew", func(w *world) {
			w.Desired.Guard = limit(10)
			w.declare(cluster("gpu", nodes(20)))
			w.owns(cluster("gpu", nodes(20)), provisioning("Failed")).Good = false
		}, "gpu remake () held policy"},
		{"what goes may go", func(w *world) {
			w.Desired.Guard = limit(-1)
			w.Desired.Settings.Prune, w.Desired.Settings.AllowEmpty = true, true
			leaving(w, "gpu")
		}, "gpu delete (): delete"},
		{"what is held does not count as a deletion", func(w *world) {
			w.Desired.Guard = limit(10)
			w.Desired.Settings.MaxDeletions = spec.Limit{Count: 1}
			w.declare(cluster("cpu", fieldsOf{"size": "B"}), cluster("gpu", fieldsOf{"size": "B", "max_instances": int64(20)}))
			w.owns(cluster("cpu", nil))
			w.owns(cluster("gpu", nil))
		}, "cpu replace (size): delete create\ngpu replace (size,max_instances) held policy"},
	})
	w := newWorld()
	w.Desired.Guard = limit(10)
	w.declare(cluster("unknown", nil))
	if notes := w.plan().Workspaces[0].Changes[0].Notes; strings.Join(notes, "") != "not judged" {
		t.Errorf("notes %q", notes)
	}
}

// TestCeiling judges cost with the prices of one region, and without any.
func TestCeiling(t *testing.T) {
	var sizes []region.Size
	for name, prices := range map[string][]region.Price{
		"A": {{Retail: 2, OS: "Linux", Tier: "Standard"}},
		"Two": { // as Azure lists Standard_D16ads_v5
			{Retail: 5, OS: "Windows", Tier: "Standard"},
			{Retail: 3, OS: "Linux", Tier: "Standard"},
			{Retail: 1, OS: "Linux", Tier: "Standard"},
			{Retail: .2, OS: "Linux", Tier: "LowPriority"},
		},
		"Odd":  {{Retail: 1.56, OS: "Linux", Tier: "Standard"}},
		"Spot": {{Retail: .2, OS: "Linux", Tier: "Spot"}},
	} {
		size := region.Size{Name: name}
		size.Estimate.Currency, size.Estimate.Unit, size.Estimate.Values = "USD", "OneHour", prices
		sizes = append(sizes, size)
	}
	asked := 0
	ask := func(asks []Ask) Answers {
		asked += len(asks)
		return Answers{Homes: map[string]string{"s/g/ws": "westeurope"}, Regions: map[string]*region.Offer{
			RegionKey("s", "westeurope"): {Name: "westeurope", Sizes: sizes},
		}}
	}
	sized := func(name, size string, n int64) *spec.Compute {
		return cluster(name, fieldsOf{"size": size, "max_instances": n})
	}
	stating := func(field, value string) func(*spec.Compute) *spec.Compute {
		return func(x *spec.Compute) *spec.Compute {
			x.Values[field] = value
			return x
		}
	}
	low, dedicated, windows := stating("tier", "low_priority"), stating("tier", "dedicated"), stating("os_type", "windows")
	for _, c := range []struct {
		name, rails string
		make        func(*world)
		want, notes string
	}{
		{"a compute", "cost_ceiling: {compute_per_hour: 10}", func(w *world) {
			w.declare(sized("dear", "A", 6), sized("fair", "A", 5))
		}, "dear create () held policy\nfair create (): create", ""},
		{"by the month", "cost_ceiling: {compute_per_month: 7300}", func(w *world) {
			w.declare(sized("dear", "A", 6), sized("fair", "A", 5))
		}, "dear create () held policy\nfair create (): create", ""},
		{"cheaper than it was", "cost_ceiling: {compute_per_hour: 10}", func(w *world) {
			w.declare(sized("gpu", "A", 8))
			w.owns(sized("gpu", "A", 9))
		}, "gpu update (max_instances): patch", ""},
		{"a price that nobody tells", "cost_ceiling: {compute_per_hour: 10}", func(w *world) {
			w.declare(sized("gpu", "B", 8))
		}, "gpu create (): create", "cost-ceiling: gpu may cost anything: its price is not known, by the operator's policy"},
		{"a warning", "cost_ceiling: {compute_per_hour: 10, severity: warning}", func(w *world) {
			w.declare(sized("gpu", "A", 6))
		}, "gpu create (): create", "cost-ceiling: gpu costs up to 12.00 an hour (8760 a month), more than the 10.00 (7300) allowed, by the operator's policy"},
		{"an error", "cost_ceiling: {compute_per_hour: 10, severity: error}", func(w *world) { w.declare(sized("gpu", "A", 6)) }, "gpu create () held policy", ""},
		{"a workspace: all that grows", "cost_ceiling: {workspace_per_hour: 20}", func(w *world) {
			w.declare(sized("new", "A", 3), sized("grows", "A", 4), sized("shrinks", "A", 2))
			w.owns(sized("grows", "A", 3))
			w.owns(sized("shrinks", "A", 3))
			w.exists(sized("theirs", "A", 2))
		}, "grows update (max_instances) held policy\nnew create () held policy\nshrinks update (max_instances): patch", ""},
		{"a workspace within", "cost_ceiling: {workspace_per_hour: 20}", func(w *world) {
			w.declare(sized("new", "A", 4))
			w.exists(sized("theirs", "A", 6))
		}, "new create (): create", ""},
		{"a workspace that gets cheaper", "cost_ceiling: {workspace_per_hour: 20}", func(w *world) {
			w.declare(sized("gpu", "A", 11), sized("cpu", "A", 2))
			w.owns(sized("gpu", "A", 15))
			w.owns(sized("cpu", "A", 1))
		}, "cpu update (max_instances): patch\ngpu update (max_instances): patch", ""},
		{"a workspace of unknown cost", "cost_ceiling: {workspace_per_hour: 20}", func(w *world) {
			w.declare(sized("new", "A", 4))
			w.exists(sized("theirs", "B", 6))
		}, "new create (): create", "cost-ceiling: the workspace may cost anything: 1 prices are not known, by the operator's policy"},
		{"Spot nodes, whose price varies up to pay-as-you-go", "cost_ceiling: {compute_per_hour: 9}", func(w *world) {
			w.declare(low(sized("dear", "Two", 4)), low(sized("fair", "Two", 3)))
		}, "dear create () held policy\nfair create (): create", ""},
		{"two prices: the greater", "cost_ceiling: {compute_per_hour: 9}", func(w *world) {
			w.declare(sized("dear", "Two", 4), sized("fair", "Two", 3))
		}, "dear create () held policy\nfair create (): create", ""},
		{"Windows nodes", "cost_ceiling: {compute_per_hour: 9}", func(w *world) {
			w.declare(windows(sized("dear", "Two", 2)), windows(sized("fair", "Two", 1)))
		}, "dear create () held policy\nfair create (): create", ""},
		{"both in what is said", "cost_ceiling: {compute_per_hour: 9, severity: warning}", func(w *world) {
			w.declare(low(sized("gpu", "Two", 4)))
		}, "gpu create (): create", "cost-ceiling: gpu costs up to 12.00 an hour (8760 a month; Azure's estimate is 0.80 an hour), " +
			"more than the 9.00 (6570) allowed, by the operator's policy"},
		{"what sums to the ceiling is within it", "cost_ceiling: {compute_per_hour: 15.6, workspace_per_hour: 15.6}", func(w *world) {
			w.declare(sized("gpu", "Odd", 10))
		}, "gpu create (): create", ""},
		{"a price of Spot is no bound", "cost_ceiling: {compute_per_hour: 9}", func(w *world) {
			w.declare(low(sized("gpu", "Spot", 1)))
		}, "gpu create (): create", "cost-ceiling: gpu may cost anything: its price is not known, by the operator's policy"},
		{"Spot over the ceiling before stays", "cost_ceiling: {compute_per_hour: 9}", func(w *world) {
			w.declare(low(sized("less", "Two", 5)), low(cluster("tags", fieldsOf{"size": "Two", "max_instances": int64(6), "tags": map[string]string{"a": "b"}})))
			w.owns(low(sized("less", "Two", 6)))
			w.owns(low(sized("tags", "Two", 6)))
		}, "less update (max_instances): patch\ntags update (tags): put", ""},
		{"dedicated nodes in place of Spot", "cost_ceiling: {compute_per_hour: 9}", func(w *world) {
			w.declare(dedicated(sized("dearer", "Two", 4)), low(sized("cheaper", "Two", 4)))
			w.owns(low(sized("dearer", "Two", 4)))
			w.owns(dedicated(sized("cheaper", "Two", 4)))
		}, "cheaper replace (tier): delete create\ndearer replace (tier) held policy", ""},
		{"a workspace with Spot nodes", "cost_ceiling: {workspace_per_hour: 20}", func(w *world) {
			w.declare(low(sized("new", "Two", 4)))
			w.exists(low(sized("theirs", "Two", 3)))
		}, "new create () held policy", ""},
		{"a workspace that goes from Spot to dedicated", "cost_ceiling: {workspace_per_hour: 9}", func(w *world) {
			w.declare(dedicated(sized("gpu", "Two", 4)))
			w.owns(low(sized("gpu", "Two", 4)))
		}, "gpu replace (tier) held policy", ""},
		{"a workspace whose Spot nodes have no bound", "cost_ceiling: {workspace_per_hour: 9}", func(w *world) {
			w.declare(sized("new", "A", 4))
			w.exists(low(sized("theirs", "Spot", 3)))
		}, "new create (): create", "cost-ceiling: the workspace may cost anything: 1 prices are not known, by the operator's policy"},
		{"a stopped instance costs nothing", "cost_ceiling: {compute_per_hour: 1}", func(w *world) {
			w.declare(with(box("dev", fieldsOf{"size": "A"}), spec.Lifecycle{State: "stopped"}))
		}, "dev create (): create stop", ""},
	} {
		rails, errs := policy.Parse("p", []byte(c.rails))
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		w := newWorld()
		c.make(w)
		w.Desired.GuardBy(policy.Operator{Policy: rails})
		inputs := []Input{w.Input}
		p := Priced("c0ffee", inputs, ask)
		sound(t, p)
		var notes []string
		for i := range p.Workspaces[0].Changes {
			notes = append(notes, p.Workspaces[0].Changes[i].Notes...)
		}
		if got := show(p); got != c.want || strings.Join(notes, "\n") != c.notes {
			t.Errorf("%s: got\n%s\nnotes %q", c.name, got, notes)
		}
		if blind := w.plan(); blind.Hash != p.Hash || strings.Contains(show(blind), "held") {
			t.Errorf("%s: without prices\n%s", c.name, show(blind))
		}
	}
	w := newWorld()
	w.declare(sized("gpu", "A", 6))
	asked = 0
	if Priced("c0ffee", []Input{w.Input}, ask); asked > 0 {
		t.Error("asked for prices that nobody needs")
	}
}
