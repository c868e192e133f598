package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/region"
	"github.com/computesync/computesync/internal/spec"
)

// offered is a region with a few sizes: a node of A has 4 vCPUs and costs 1 an
// hour, of B 8 and 2; C serves clusters alone and has neither price nor
// low-priority nodes.
func offered(usages map[string][2]int) *region.Offer {
	o := &region.Offer{Name: "here", Usages: []region.Usage{}}
	for name, vCPUs := range map[string]int{"A": 4, "B": 8, "C": 2} {
		size := region.Size{Name: name, Family: "family" + name, VCPUs: vCPUs, LowPriority: name != "C"}
		size.Estimate.Unit, size.Estimate.Currency = "OneHour", "USD"
		if name == "C" {
			size.Kinds = []string{"AmlCompute"}
		} else {
			price := float64(vCPUs) / 4
			size.Estimate.Values = []region.Price{{Retail: price, OS: "Linux", Tier: "Standard"}, {Retail: price / 10, OS: "Linux", Tier: "LowPriority"}}
		}
		o.Sizes = append(o.Sizes, size)
	}
	for name, u := range usages {
		usage := region.Usage{Used: u[0], Limit: u[1]}
		usage.Name.Value = name
		o.Usages = append(o.Usages, usage)
	}
	return o
}

func answered(o *region.Offer) Answers {
	return Answers{Homes: map[string]string{"s/g/ws": "here"}, Regions: map[string]*region.Offer{"s/here": o}}
}

func sized(name, size string, least, most int64) *spec.Compute {
	return cluster(name, fieldsOf{"size": size, "min_instances": least, "max_instances": most})
}

func idle(n int) func(*spec.Compute) {
	return func(a *spec.Compute) { a.Live.Nodes.Idle = n }
}

// told puts a preflight into lines that a table can hold.
func told(f *Preflight) string {
	if f == nil {
		return "nothing"
	}
	var lines []string
	for _, x := range f.Findings {
		lines = append(lines, fmt.Sprintf("%s %s %t: %s", x.Name, x.Code, x.Refused, x.Text))
	}
	for _, q := range f.Quotas {
		lines = append(lines, fmt.Sprintf("quota %s %d/%d need %d free %d max %d", q.Name, q.Used, q.Limit, q.Needed, q.Freed, q.Maximum))
	}
	slices.Sort(lines)
	for _, c := range append(f.Costs, f.Totals...) {
		lines = append(lines, fmt.Sprintf("cost %s %s -> %s %s", c.Name, shown(c.Before), shown(c.After), c.Note))
	}
	return strings.Join(append(lines, f.Notes...), "\n")
}

func shown(r Rate) string {
	s := fmt.Sprintf("%g-%g", r.Min, r.Max)
	if r.Unknown > 0 {
		s += fmt.Sprintf("+%d?", r.Unknown)
	}
	return s
}

func TestPreflight(t *testing.T) {
	for _, c := range []struct {
		name   string
		usages map[string][2]int
		world  func(w *world)
		want   string // lines that must all be there; "nothing": there is no preflight
		not    string // what must not
	}{
		{"a creation needs room for one node", map[string][2]int{"familyA": {2, 4}}, func(w *world) {
			w.declare(sized("cpu", "A", 0, 1))
		}, " quota false: here: 4 vCPUs of familyA are needed for cpu; 2 of 4 are used; where the minimum is 0, nodes wait for room\nquota familyA 2/4 need 4 free 0 max 4\ncost cpu 0-0 -> 0-1 ", ""},
		{"which the limit must allow", map[string][2]int{"familyA": {0, 3}}, func(w *world) {
			w.declare(sized("cpu", "A", 0, 1))
		}, " quota true: here: 4 vCPUs of familyA are needed for cpu; 0 of 3 are used", ""},
		{"one room is enough for all that take none", map[string][2]int{"familyA": {0, 4}}, func(w *world) {
			w.declare(sized("one", "A", 0, 1), sized("two", "A", 0, 1))
		}, "quota familyA 0/4 need 4 free 0 max 8", "true:"},
		{"and has to be there beside what is taken", map[string][2]int{"familyA": {0, 4}}, func(w *world) {
			w.declare(sized("one", "A", 0, 1), sized("two", "A", 1, 1))
		}, " quota false: here: 8 vCPUs of familyA are needed for one, two; 0 of 4 are used", ""},
		{"or for the minimum", map[string][2]int{"familyA": {0, 12}, region.TotalDedicatedCores: {0, 11}}, func(w *world) {
			w.declare(sized("cpu", "A", 3, 3))
		}, "12 vCPUs of TotalDedicatedCores are needed for cpu; 0 of 11 are used\nquota familyA 0/12 need 12 free 0 max 12", "vCPUs of familyA"},
		{"low priority is one pool, and cheaper", map[string][2]int{"familyA": {4, 4}, region.TotalLowPriorityCores: {0, 100}}, func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"size": "A", "tier": "low_priority"}))
		}, "quota TotalLowPriorityCores 0/100 need 4 free 0 max 16\ncost cpu 0-0 -> 0-0.4", "familyA"},
		{"a low-priority pool may no longer count", map[string][2]int{region.TotalLowPriorityCores: {0, 0}}, func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"size": "A", "tier": "low_priority"}))
		}, " quota false: here: 4 vCPUs of TotalLowPriorityCores are needed for cpu; 0 of 0 are used; whether Spot nodes still count against it is not documented", "true:"},
		{"or not be listed", nil, func(w *world) {
			w.declare(cluster("one", fieldsOf{"size": "A", "tier": "low_priority"}), cluster("two", fieldsOf{"size": "A", "tier": "low_priority"}))
		}, "0-0.8 \nthe quota of Spot nodes in here: Azure lists no limit for TotalLowPriorityCores; it is not checked", "not checked\nthe quota"},
		{"what a replacement frees counts", map[string][2]int{"familyB": {8, 8}, "familyA": {0, 4}}, func(w *world) {
			w.owns(sized("cpu", "B", 0, 1), idle(1))
			w.declare(sized("cpu", "A", 0, 1))
		}, "quota familyA 0/4 need 4 free 0 max 4\nquota familyB 8/8 need 0 free 8 max 0\ncost cpu 0-2 -> 0-1", "true:"},
		{"what a deletion frees counts for a creation", map[string][2]int{"familyA": {8, 8}, region.TotalClusters: {1, 1}}, func(w *world) {
			w.Desired.Settings.Prune = true
			w.owns(sized("old", "A", 0, 2), idle(2))
			w.declare(sized("new", "A", 2, 2))
		}, "quota familyA 8/8 need 8 free 8 max 8\nquota TotalClusters 1/1 need 1 free 1 max 1\ncost old 0-2 -> 0-0 \ncost  0-2 -> 2-2", "true:"},
		{"what is held frees nothing", map[string][2]int{"familyA": {8, 8}}, func(w *world) {
			w.owns(sized("old", "A", 0, 2), idle(2)) // no prune
			w.declare(sized("new", "A", 0, 2))
		}, "4 vCPUs of familyA are needed for new; 8 of 8 are used", "frees"},
		{"too many computes in the region", map[string][2]int{region.TotalClusters: {499, 500}}, func(w *world) {
			w.declare(sized("one", "A", 0, 1), sized("two", "A", 0, 1))
		}, " clusters true: here: 2 computes in the region are needed for one, two; 499 of 500 are used", ""},
		{"a size that there is not", nil, func(w *world) {
			w.declare(sized("cpu", "D", 0, 1))
		}, "cpu size true: size D is not to be had in here; near it are \ncost cpu 0-0 -> 0-0+1? ", ""},
		{"a size for clusters alone", nil, func(w *world) {
			w.declare(box("desk", fieldsOf{"size": "C"}))
		}, "desk size true: size C is not to be had in here for a computeinstance", ""},
		{"no low-priority nodes", nil, func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"size": "C", "tier": "low_priority"}))
		}, "cpu size true: size C has no low-priority nodes in here", ""},
		{"a maximum that no quota allows", map[string][2]int{"familyA": {0, 10}}, func(w *world) {
			w.declare(sized("cpu", "A", 0, 9))
		}, "cpu maximum false: 9 nodes of A are 36 vCPUs, and the limit of familyA is 10: it grows to 2 at most", "true:"},
		{"growing needs what the new minimum adds", map[string][2]int{"familyA": {8, 16}}, func(w *world) {
			w.owns(sized("cpu", "A", 1, 4), idle(2))
			w.declare(sized("cpu", "A", 3, 6))
		}, "quota familyA 8/16 need 4 free 0 max 24\ncost cpu 1-4 -> 3-6 ", "true:"},
		{"shrinking is asked nobody for", map[string][2]int{"familyA": {8, 8}}, func(w *world) {
			w.owns(sized("cpu", "A", 1, 4))
			w.declare(sized("cpu", "a", 0, 2)) // Azure writes sizes in its own case
		}, "nothing", ""},
		{"tags cost nothing", nil, func(w *world) {
			w.owns(sized("cpu", "A", 1, 4))
			w.declare(cluster("cpu", fieldsOf{"size": "A", "min_instances": int64(1), "tags": map[string]string{"a": "b"}}))
		}, "nothing", ""},
		{"an instance stops: its disk goes on", nil, func(w *world) {
			w.owns(box("desk", fieldsOf{"size": "A"}))
			w.declare(with(box("desk", fieldsOf{"size": "A"}), spec.Lifecycle{State: spec.StateStopped}), sized("new", "A", 0, 1))
		}, "cost desk 1-1 -> 0-0 stopped: no compute is billed, but its disk and address are", ""},
		{"an instance starts: it may have lost its quota", map[string][2]int{"familyA": {8, 8}}, func(w *world) {
			w.owns(box("desk", fieldsOf{"size": "A"}), func(a *spec.Compute) { a.Live.State = "Stopped" })
			w.declare(with(box("desk", fieldsOf{"size": "A"}), spec.Lifecycle{State: spec.StateRunning}))
		}, "desk quota false: it needs 4 vCPUs of familyA, of which 8 of 8 are used: it starts only if it kept its quota\ncost desk 0-0 -> 1-1 ", "true:"},
		{"a new instance that is to be stopped costs its disk", map[string][2]int{"familyA": {0, 4}}, func(w *world) {
			w.declare(with(box("desk", fieldsOf{"size": "A"}), spec.Lifecycle{State: spec.StateStopped}))
		}, "quota familyA 0/4 need 4 free 0 max 4\ncost desk 0-0 -> 0-0 stopped: no compute is billed, but its disk and address are", "true:"},
		{"what is made again runs, also where the former one was stopped", nil, func(w *world) {
			w.owns(box("desk", fieldsOf{"size": "A"}), func(a *spec.Compute) { a.Live.State = "Stopped" })
			w.declare(with(box("desk", fieldsOf{"size": "B"}), spec.Lifecycle{ReplaceAllow: true}))
		}, "cost desk 0-0 -> 2-2 ", "stopped:"},
		{"what its schedule stopped is not started", map[string][2]int{"familyA": {8, 8}}, func(w *world) {
			w.owns(box("desk", fieldsOf{"size": "A", "idle_time_before_shutdown_minutes": int64(30)}), func(a *spec.Compute) { a.Live.State, a.Live.StateTrigger = "Stopped", "Schedule" })
			w.declare(with(box("desk", fieldsOf{"size": "A", "idle_time_before_shutdown_minutes": int64(60)}), spec.Lifecycle{State: spec.StateRunning}))
		}, "nothing", ""},
		{"a maximum that is ignored is the live one", map[string][2]int{"familyA": {0, 20}}, func(w *world) {
			w.owns(sized("cpu", "A", 0, 3))
			w.declare(with(sized("cpu", "A", 1, 9), spec.Lifecycle{IgnoreChanges: []string{"max_instances"}}))
		}, "quota familyA 0/20 need 4 free 0 max 12\ncost cpu 0-3 -> 1-3 ", "maximum false"},
		{"an expired compute frees what it has", map[string][2]int{"familyA": {8, 8}}, func(w *world) {
			w.owns(sized("old", "A", 0, 2), idle(2))
			w.declare(with(sized("old", "A", 0, 2), spec.Lifecycle{Expires: w.Now.Add(-1)}), sized("new", "A", 2, 2))
		}, "quota familyA 8/8 need 8 free 8 max 8\ncost old 0-2 -> 0-0", "true:"},
		{"the total knows all, and what it does not know", nil, func(w *world) {
			w.owns(sized("same", "B", 1, 2))
			w.declare(sized("same", "B", 1, 2), sized("new", "A", 0, 1))
			w.exists(sized("foreign", "C", 0, 5))
		}, "cost  2-4+1? -> 2-5+1? ", "cost same"},
		{"attachments have no nodes of Azure ML's", nil, func(w *world) { w.declare(vm("lab", 1, nil)) }, "nothing", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			c.world(w)
			inputs := []Input{w.Input}
			p := Build("commit", inputs)
			hash := p.Hash
			asked := len(p.Asks(inputs)) > 0
			p.Check(inputs, answered(offered(c.usages)))
			got := told(p.Preflight)
			if asked != (p.Preflight != nil) {
				t.Errorf("asked: %t, and yet the preflight tells %s", asked, got)
			}
			for want := range strings.SplitSeq(c.want, "\n") {
				if !strings.Contains(got, want) {
					t.Errorf("no %q in:\n%s", want, got)
				}
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("%q in:\n%s", c.not, got)
			}
			if p.Hash != hash || planHash(p) != hash {
				t.Error("the preflight changes the hash")
			}
		})
	}
}

// TestPreflightWithoutAnswers has a plan of which nothing could be found out: a
// note says so, and not each compute once more.
func TestPreflightWithoutAnswers(t *testing.T) {
	w := newWorld()
	w.declare(sized("cpu", "A", 0, 1), box("desk", nil))
	p := Build("commit", []Input{w.Input})
	p.Check([]Input{w.Input}, Answers{Notes: []string{"nobody answered"}})
	if got, want := told(p.Preflight), "nobody answered"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// TestPreflightRetiredSize says of what is made that its size is retired, also
// where nobody answered, and nothing of what keeps such a size.
func TestPreflightRetiredSize(t *testing.T) {
	w := newWorld()
	w.Now = time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
	w.declare(
		sized("made", "Standard_NC24rs_v3", 0, 1), sized("later", "Standard_DS3_v2", 0, 1), sized("replaced", "Standard_NP10s", 0, 1),
		sized("grows", "STANDARD_NC6", 0, 2), sized("leaves", "Standard_D4s_v5", 0, 1),
	)
	w.owns(sized("replaced", "Standard_D4s_v5", 0, 1))
	w.owns(sized("grows", "STANDARD_NC6", 0, 1))
	w.owns(sized("leaves", "STANDARD_NC6", 0, 1))
	p := Build("commit", []Input{w.Input})
	hash := p.Hash
	p.Check([]Input{w.Input}, Answers{})
	var got []string
	for _, f := range p.Preflight.Findings {
		text, _, _ := strings.Cut(f.Text, ";")
		got = append(got, fmt.Sprintf("%s %s %t: %s", f.Name, f.Code, f.Refused, text))
	}
	want := []string{
		"made retired-size false: Azure retired Standard_NC24rs_v3 on 2025-03-31",
		"replaced retired-size false: Azure retires Standard_NP10s on 2027-05-31",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if p.Hash != hash || planHash(p) != hash {
		t.Error("the finding changes the hash")
	}
}

// TestPreflightNames has a name that somebody else has.
func TestPreflightNames(t *testing.T) {
	w := newWorld()
	w.declare(box("Desk", nil), sized("cpu", "A", 0, 1))
	inputs := []Input{w.Input}
	p := Build("commit", inputs)
	asks := p.Asks(inputs)
	if len(asks) != 1 || len(asks[0].Names) != 1 || asks[0].Names[0].Name != "Desk" || !slices.Equal(asks[0].Regions, []string{""}) {
		t.Fatalf("asks %+v", asks)
	}
	a := answered(offered(nil))
	a.Taken = map[string]string{"s/g/ws/desk": "the name Desk is not to be had"}
	p.Check(inputs, a)
	if got := told(p.Preflight); !strings.Contains(got, "Desk name-taken true: the name Desk is not to be had") {
		t.Errorf("got:\n%s", got)
	}
}

// TestPreflightSharesQuota has two workspaces of one subscription and region.
func TestPreflightSharesQuota(t *testing.T) {
	one, two := newWorld(), newWorld()
	two.Desired.ID.Name, two.Desired.ID.ResourceGroup = "ws2", "g2"
	one.declare(sized("a", "A", 1, 1))
	two.declare(sized("b", "A", 1, 1))
	inputs := []Input{one.Input, two.Input}
	p := Build("commit", inputs)
	a := answered(offered(map[string][2]int{"familyA": {0, 4}}))
	a.Homes["s/g2/ws2"] = "here"
	p.Check(inputs, a)
	if got := told(p.Preflight); !strings.Contains(got, "8 vCPUs of familyA are needed for a in ws, b in ws2; 0 of 4 are used") {
		t.Errorf("got:\n%s", got)
	}
}

// TestGuess says what may be asked ahead of the list.
func TestGuess(t *testing.T) {
	w := newWorld()
	w.declare(sized("cpu", "A", 0, 1))
	if ask, worth := Guess(&w.Input); worth {
		t.Errorf("guesses %+v without knowing anything", ask)
	}
	w.owns(sized("cpu", "A", 0, 1))
	if ask, worth := Guess(&w.Input); worth {
		t.Errorf("guesses %+v of what was applied so", ask)
	}
	w.declare(box("desk", nil))
	if ask, worth := Guess(&w.Input); !worth || len(ask.Names) != 1 || len(ask.Regions) != 1 {
		t.Errorf("guesses %+v of a new instance", ask)
	}
}

// TestQuotaIsEnough draws worlds: where no finding says otherwise, what is needed fits into what is left and freed.
func TestQuotaIsEnough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld()
		w.Desired.Settings.Prune, w.Desired.Settings.MaxDeletions = true, spec.Limit{Count: 100}
		most := func(label string, n int64) int64 { return rapid.Int64Range(0, n).Draw(t, label) }
		for i := range 4 {
			name := fmt.Sprintf("c%d", i)
			size := rapid.SampledFrom([]string{"A", "B"}).Draw(t, "size")
			least := most("min", 2)
			if rapid.Bool().Draw(t, "exists") {
				w.owns(sized(name, rapid.SampledFrom([]string{"A", "B"}).Draw(t, "was"), most("min was", 2), 4), idle(int(most("nodes", 4))))
			}
			if rapid.Bool().Draw(t, "declared") {
				w.declare(sized(name, size, least, least+most("more", 3)))
			}
		}
		usages := map[string][2]int{}
		for _, pool := range []string{"familyA", "familyB", region.TotalDedicatedCores, region.TotalClusters} {
			usages[pool] = [2]int{int(most("used", 40)), int(most("limit", 60))}
		}
		inputs := []Input{w.Input}
		p := Build("commit", inputs)
		p.Check(inputs, answered(offered(usages)))
		if p.Preflight == nil {
			return
		}
		for _, q := range p.Preflight.Quotas {
			told := slices.ContainsFunc(p.Preflight.Findings, func(f Finding) bool {
				return f.Code != FindingMaximum && (strings.Contains(f.Text, q.Name) || f.Code == FindingClusters && q.Name == region.TotalClusters)
			})
			if short := q.Needed > 0 && q.Used-q.Freed+q.Needed > q.Limit; short != told {
				t.Fatalf("%+v: told %t", q, told)
			}
		}
	})
}
