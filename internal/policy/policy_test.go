package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/computesync/computesync/internal/spec"
)

// home is a workspace.yaml without guard rails.
const home = "subscription_id: s\nresource_group: rg\nworkspace_name: ml-a\nlocation: westeurope\nowner: me\n"

// load reads a workspace of one compute, with guard rails of its own and the
// operator's.
func load(t interface{ Fatal(...any) }, own, operator, compute string) *spec.Workspace {
	text := home
	if own != "" {
		text += "policy: {" + own + "}\n"
	}
	tree := fstest.MapFS{"workspace.yaml": {Data: []byte(text)}, "c.yaml": {Data: []byte(compute)}}
	set := spec.Load(tree, spec.Options{Guards: Operator{parse(t, operator)}})
	if len(set.Errors) > 0 || len(set.Workspaces) != 1 {
		t.Fatal(set.Errors)
	}
	return set.Workspaces[0]
}

// parse reads the operator's guard rails; "" is none.
func parse(t interface{ Fatal(...any) }, text string) Policy {
	if text == "" {
		return nil
	}
	p, errs := Parse("operator.yaml", []byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return p
}

// told is all that was found: errors and the notices of guard rails.
func told(ws *spec.Workspace) []string {
	var all []string
	for _, e := range ws.Errors {
		all = append(all, fmt.Sprintf("error %d:%d %s", e.Pos.Line, e.Pos.Col, e.Msg))
	}
	for _, n := range ws.Notices {
		if n.Guard {
			all = append(all, fmt.Sprintf("notice %d:%d %s [%s]", n.Pos.Line, n.Pos.Col, n.Text, n.Code))
		}
	}
	return all
}

const (
	cluster  = "name: gpu\ntype: amlcompute\n"
	instance = "name: box\ntype: computeinstance\n"
	machine  = "name: lab\ntype: virtualmachine\nresource_id: /subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/r1\n" +
		"ssh_settings: {admin_username: ml, admin_password: \"secret://env/COMPUTESYNC_SECRET_VM\"}\n"
)

// What leaves nothing open.
const (
	clusterWhole = cluster + "size: Standard_NC6\nmin_instances: 0\nmax_instances: 1\nidle_time_before_scale_down: 120\n" +
		"ssh_public_access_enabled: false\nenable_node_public_ip: false\ndisable_local_auth: true\nidentity: {type: none}\ntier: dedicated\n"
	instanceWhole = instance + "size: Standard_NC6\nidle_time_before_shutdown: PT1H\nschedules: {compute_start_stop: []}\n" +
		"ssh_public_access_enabled: false\nenable_node_public_ip: false\napplication_sharing_policy: personal\nenable_sso: true\n" +
		"enable_root_access: false\ndisable_local_auth: true\nidentity: {type: none}\n"
)

// ruleCases have each rule broken, and kept, by files; at is where it is found.
var ruleCases = []struct {
	rule          string // with %s where a severity belongs, in its long form
	bad, at, text string
	good          []string
}{
	{
		"allowed_regions: {regions: [West Europe, north*], %s}", cluster + "location: eastus\n", "3:11", "gpu is in eastus, which is not allowed",
		[]string{cluster, cluster + "location: northeurope\n", instance, machine},
	},
	{"allowed_regions: {regions: [eastus], %s}", instance, "1:1", "box is in westeurope, which is not allowed", []string{machine, cluster + "location: EastUS\n"}},
	{
		`allowed_sizes: {sizes: ["standard_d*_v5"], %s}`, cluster + "size: Standard_NC6\n", "3:7", "gpu has size Standard_NC6, which is not allowed",
		[]string{cluster + "size: STANDARD_D4S_V5\n", instance + "size: Standard_D2s_v5\n", machine},
	},
	{`allowed_sizes: {sizes: ["standard_d*_v5"], %s}`, instance, "1:1", "box has size STANDARD_DS3_V2, which is not allowed", []string{machine}},
	{
		"max_nodes: {nodes: 4, %s}", cluster + "max_instances: 5\n", "3:16", "gpu may have 5 nodes, more than the 4 allowed",
		[]string{cluster, cluster + "max_instances: 4\n", instance, machine},
	},
	{"max_nodes: {nodes: 0, %s}", cluster, "1:1", "gpu may have 1 nodes, more than the 0 allowed", []string{instance}},
	{"required_tags: {tags: [team], %s}", cluster, "1:1", "gpu has no tag team", []string{cluster + "tags: {Team: ml}\n", machine + "tags: {team: ml}\n"}},
	{"required_tags: {tags: [team], %s}", machine + "tags: {team: ''}\n", "5:7", "lab has no tag team", []string{}},
	{
		"required_tags: {tags: {env: [dev, 'prod-*']}, %s}", cluster + "tags: {env: test}\n", "3:7", "gpu has the tag env with a value that is none of dev, prod-*",
		[]string{cluster + "tags: {env: DEV}\n", cluster + "tags: {env: prod-1}\n"},
	},
	{"no_public_ip: {%s}", cluster, "1:1", "gpu has public addresses", []string{cluster + "enable_node_public_ip: false\n", machine}},
	{"no_public_ip: {%s}", instance + "enable_node_public_ip: true\n", "3:24", "box has public addresses", []string{instance + "enable_node_public_ip: false\n"}},
	{
		"no_public_ssh: {%s}", cluster, "1:1", "gpu has its ssh port open to the internet",
		[]string{cluster + "ssh_public_access_enabled: false\n", cluster + "network_settings: {vnet_name: v, subnet: s}\n", instance, machine},
	},
	{"no_public_ssh: {%s}", instance + "ssh_public_access_enabled: true\nssh_settings: {ssh_key_value: ssh-rsa x}\n", "3:28", "box has its ssh port open to the internet", nil},
	{
		"no_low_priority: {names: ['G*'], %s}", cluster + "tier: low_priority\n", "3:7", "gpu has low-priority nodes",
		[]string{cluster, "name: cpu\ntype: amlcompute\ntier: low_priority\n", instance},
	},
	{"no_low_priority: {%s}", cluster + "tier: LowPriority\n", "3:7", "gpu has low-priority nodes", nil},
	{"idle_shutdown: {%s}", instance, "1:1", "box does not stop when it idles", []string{instance + "idle_time_before_shutdown_minutes: 4000\n", cluster}},
	{
		"idle_shutdown: {minutes: 60, %s}", instance + "idle_time_before_shutdown: PT2H\n", "1:1", "box stops after 120 minutes of idling, later than the 60 allowed",
		[]string{instance + "idle_time_before_shutdown_minutes: 60\n"},
	},
	{
		"unmanaged_cost: {%s}", cluster + "size: Standard_NC6\nmin_instances: 0\nidle_time_before_scale_down: 120\n" +
			"computesync: {ignore_changes: [max_instances]}\n", "1:1",
		"gpu leaves open what costs money or grants access: tier (az ml: dedicated), ssh_public_access_enabled (Azure: true), " +
			"enable_node_public_ip (az ml: true), disable_local_auth (Azure: false), identity.type (Azure: none)",
		[]string{clusterWhole, instanceWhole, machine},
	},
	{
		"unmanaged_cost: {%s}", strings.Replace(clusterWhole, "tier: dedicated", "tier: ", 1), "1:1",
		"gpu leaves open what costs money or grants access: tier (az ml: dedicated)", nil,
	},
	{
		"unmanaged_cost: {%s}", instance, "1:1",
		"box leaves open what costs money or grants access: size (az ml: STANDARD_DS3_V2), " +
			"idle_time_before_shutdown_minutes (Azure: none), ssh_public_access_enabled (Azure: false), enable_node_public_ip (Azure: true), " +
			"application_sharing_policy (az ml: shared), enable_sso (Azure: true), enable_root_access (Azure: true), disable_local_auth (Azure: false), " +
			"schedules.compute_start_stop (Azure: none), identity.type (Azure: none)", nil,
	},
	{
		"unmanaged_cost: {%s}", "name: k8s\ntype: aks\nload_balancer_type: internal\n", "1:1",
		"k8s leaves open what costs money or grants access: size (Azure chooses), agent_count (Azure chooses), disable_local_auth (Azure: false)",
		[]string{"name: k8s\ntype: aks\nresource_group: rg\ncluster_name: prod\n"},
	},
	{
		"idle_shutdown: {minutes: 60, names: ['b?x'], %s}", instance + "idle_time_before_shutdown_minutes: 61\n", "3:36", "box stops after 61 minutes of idling, later than the 60 allowed",
		[]string{strings.Replace(instance, "box", "other", 1)},
	},
}

// TestRules has each rule found with each severity, set in either place.
func TestRules(t *testing.T) {
	found := map[string]bool{}
	for _, c := range ruleCases {
		key, _, _ := strings.Cut(c.rule, ":")
		found[key] = true
		rule := ruleBy(func(r *Rule) bool { return r.Key == key })
		for _, severity := range spec.SeverityNames() {
			set := fmt.Sprintf(c.rule, "severity: "+severity)
			for place, by := range map[string]string{"own": "policy in workspace.yaml", "operator": "the operator's policy"} {
				rails := map[string]string{place: set}
				what := place + " " + set
				text := c.text + ", by " + by
				kind := "notice"
				switch severity {
				case "hold":
					text += "; a change to that is held"
				case "error":
					kind = "error"
				}
				want := fmt.Sprintf("%s %s %s [%s]", kind, c.at, text, rule.Code)
				ws := load(t, rails["own"], rails["operator"], c.bad)
				if got := told(ws); len(got) != 1 || got[0] != want {
					t.Errorf("%s of\n%s\ngot  %q\nwant %q", what, c.bad, got, want)
				}
				checkHold(t, what, ws, severity != "warning")
				for _, good := range c.good {
					if got := told(load(t, rails["own"], rails["operator"], good)); len(got) > 0 {
						t.Errorf("%s of\n%s\ngot %q", what, good, got)
					}
				}
			}
		}
	}
	for _, r := range rules {
		if r.check != nil && !r.Priced && !found[r.Key] { // what needs prices is tested with plans
			t.Errorf("%s is not tested", r.Key)
		}
		if !strings.HasSuffix(r.Doc, ".") || r.Hint == "" || r.Example == "" || strings.ReplaceAll(r.Key, "_", "-") != r.Code {
			t.Errorf("%s is not described", r.Key)
		}
		if p, errs := Parse("p", []byte(r.Key+": "+r.Example)); len(errs) > 0 || len(p) != 1 {
			t.Errorf("%s: its example is not taken: %v", r.Key, errs)
		}
	}
}

// checkHold wants the creation of the workspace's one compute held or not, and
// a compute that is there in that very way left alone.
func checkHold(t *testing.T, what string, ws *spec.Workspace, want bool) {
	t.Helper()
	d := ws.Computes[0]
	why, _ := ws.Guard.Hold(d, nil, nil)
	if (why != "") != want {
		t.Errorf("%s: creation held for %q", what, why)
	}
	if why, _ := ws.Guard.Hold(d, alive(d), nil); why != "" {
		t.Errorf("%s: held where nothing gets worse: %s", what, why)
	}
}

// alive is an actual compute as a desired one has it.
func alive(d *spec.Compute) *spec.Compute {
	a := *d
	a.Live = &spec.Live{ComputeType: d.Kind.ComputeType, ProvisioningState: "Succeeded"}
	return &a
}

// TestUnknownRegion says that it cannot tell, and makes nothing: whoever leaves
// the region out is bound by the rule all the same. What is there goes on.
func TestUnknownRegion(t *testing.T) {
	p, _ := Parse("p", []byte("allowed_regions: [westeurope]"))
	mild, _ := Parse("p", []byte("allowed_regions: {regions: [westeurope], severity: warning}"))
	tree := fstest.MapFS{"workspace.yaml": {Data: []byte(strings.Replace(home, "location: westeurope\n", "", 1))}, "c.yaml": {Data: []byte(cluster)}}
	ws := spec.Load(tree, spec.Options{Guards: Operator{p}}).Workspaces[0]
	const want = "notice 1:1 gpu may be in any region: workspace.yaml does not state location, by the operator's policy; making it is held [allowed-regions]"
	if got := told(ws); len(got) != 1 || got[0] != want {
		t.Errorf("got %q", got)
	}
	d := ws.Computes[0]
	if why, unjudged := ws.Guard.Hold(d, nil, nil); !strings.Contains(why, "does not state location") || len(unjudged) > 0 {
		t.Errorf("a creation is held for %q, not judged: %q", why, unjudged)
	}
	if why, unjudged := ws.Guard.Hold(d, alive(d), nil); why != "" || len(unjudged) != 1 {
		t.Errorf("a change is held for %q, not judged: %q", why, unjudged)
	}
	if why, _ := (Operator{mild}).Guard(ws).Hold(d, nil, nil); why != "" {
		t.Errorf("a warning holds: %q", why)
	}
}

// TestUnstatedNodes makes no cluster of AKS whose size or number of nodes Azure
// would choose, where they are limited.
func TestUnstatedNodes(t *testing.T) {
	const made = "name: infer\ntype: aks\n"
	for _, c := range []struct{ rule, spec, told, why string }{
		{"allowed_sizes: [Standard_D*]", made, "infer may have any size", "allowed-sizes: infer may have any size"},
		{"allowed_sizes: ['*']", made, "", ""},
		{"allowed_sizes: [Standard_D*]", made + "size: Standard_D2s_v5\n", "", ""},
		{"max_nodes: 2", made, "infer may have any number of nodes: it does not state agent_count", "max-nodes: infer may have any number of nodes"},
		{"max_nodes: 2", made + "agent_count: 2\n", "", ""},
	} {
		ws := load(t, "", c.rule, c.spec)
		if got := strings.Join(told(ws), ", "); !strings.Contains(got, c.told) || c.told == "" && got != "" {
			t.Errorf("%s: told %q", c.rule, got)
		}
		d := ws.Computes[0]
		if why, _ := ws.Guard.Hold(d, nil, nil); !strings.HasPrefix(why, c.why) || c.why == "" && why != "" {
			t.Errorf("%s: a creation is held for %q", c.rule, why)
		}
		if why, _ := ws.Guard.Hold(d, alive(d), nil); why != "" {
			t.Errorf("%s: what is there is held for %q", c.rule, why)
		}
	}
}

// TestLeftOpen makes nothing whose spec leaves open what it must state, and
// changes what is there all the same, also where Azure shows that it has none.
func TestLeftOpen(t *testing.T) {
	ws := load(t, "", "unmanaged_cost: hold", strings.Replace(clusterWhole, "identity: {type: none}", "tags: {team: ml}", 1))
	d := ws.Computes[0]
	there := alive(d)
	there.Values = maps.Clone(d.Values)
	there.Values["identity.type"] = "none"
	if why, _ := ws.Guard.Hold(d, nil, nil); !strings.HasPrefix(why, "unmanaged-cost: gpu leaves open") {
		t.Errorf("a creation is held for %q", why)
	}
	if why, _ := ws.Guard.Hold(d, there, nil); why != "" {
		t.Errorf("a change is held for %q", why)
	}
}

// TestIgnoredWarnings turns off the workspace's own warnings, and no others.
func TestIgnoredWarnings(t *testing.T) {
	ignoring := func(own, operator string) int {
		return len(told(load(t, own+"}\nignore_warnings: [no-public-ip]\nprotect: ["+"]\ndefaults: {", operator, cluster)))
	}
	for _, c := range []struct {
		own, operator string
		want          int
	}{
		{"no_public_ip: warning", "", 0},
		{"no_public_ip: hold", "", 1},
		{"no_public_ip: error", "", 1},
		{"", "no_public_ip: warning", 1},
		{"no_public_ip: warning", "no_public_ip: warning", 1},
	} {
		if got := ignoring(c.own, c.operator); got != c.want {
			t.Errorf("own %q, operator's %q: %d told, want %d", c.own, c.operator, got, c.want)
		}
	}
}

// TestProtected unites what both places protect with protect.
func TestProtected(t *testing.T) {
	ws := load(t, "protected: [b*]}\nprotect: [c*]\ndefaults: {", "protected: [a*, c*]", cluster)
	if got := slices.Sorted(slices.Values(ws.Settings.Protect)); !slices.Equal(got, []string{"a*", "b*", "c*"}) {
		t.Errorf("got %v", got)
	}
}

// TestNoGuards refuses to pass guard rails over.
func TestNoGuards(t *testing.T) {
	tree := fstest.MapFS{"workspace.yaml": {Data: []byte(home + "policy: {no_public_ip: true}\n")}}
	if spec.Load(tree, spec.Options{}).Valid() {
		t.Error("guard rails were passed over")
	}
	if set := spec.Load(tree, spec.Options{Unguarded: true}); !set.Valid() {
		t.Error(set.AllErrors())
	}
}

// TestRecalled judges a workspace by guard rails that were kept as JSON, and
// makes nothing by those that it cannot read.
func TestRecalled(t *testing.T) {
	ws := load(t, "no_public_ip: hold, required_tags: {tags: {env: [dev]}}, idle_shutdown: 60", "", cluster+"tags: {env: dev}\n")
	kept := *ws
	kept.GuardBy(Operator{})
	want, _ := ws.Guard.Hold(ws.Computes[0], nil, nil)
	if got, _ := kept.Guard.Hold(ws.Computes[0], nil, nil); got != want || want == "" {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, damaged := range []string{`{`, `[{"rule":"no-such-rule","severity":"error"}]`, `[{"rule":"no-public-ip","severity":"stop"}]`} {
		kept.Settings.Policy = []byte(damaged)
		kept.GuardBy(Operator{})
		if why, _ := kept.Guard.Hold(ws.Computes[0], nil, nil); why == "" || !kept.Settings.Protects("gpu") {
			t.Errorf("%s was passed over", damaged)
		}
	}
}

func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                           "1:1: the policy must be one map | write rules such as allowed_regions: [westeurope]",
		"[no_public_ip]":                             "1:1: expected a map, found a list | write rules such as allowed_regions: [westeurope]",
		"no_pubic_ip: true":                          `1:1: unknown key "no_pubic_ip" | did you mean no_public_ip?`,
		"no_public_ip: yes":                          "1:15: expected true, false, or one of warning, hold, error | write no_public_ip: true",
		"no_public_ip: {severity: loud}":             "1:26: expected one of warning, hold, error | ",
		"no_public_ip: {severty: hold}":              `1:16: unknown key "severty" | did you mean severity?`,
		"max_nodes: true":                            "1:12: expected a whole number, found true or false | ",
		"max_nodes: -1":                              "1:12: nodes must be at least 0 | ",
		"max_nodes: {severity: hold}":                "1:12: max_nodes.nodes is missing | write max_nodes: 20",
		"allowed_sizes: []":                          "1:16: the list is empty | leave the rule out, or list something",
		"allowed_sizes: Standard_D2":                 "1:16: expected a list, found a string | ",
		"allowed_sizes: ['[']":                       `1:17: "[" is not a glob | `,
		"required_tags: {tags: {a: []}}":             "1:27: the list is empty | leave the rule out, or list something",
		"required_tags: {team: ml}":                  "1:16: required_tags.tags is missing | write required_tags: [team, cost-center]\n" + `1:17: unknown key "team" | known keys: tags, names, severity`,
		"idle_shutdown: 5":                           "1:16: minutes must be at least 15 | ",
		"protected: {names: [a], severity: warning}": `1:25: unknown key "severity" | known keys: names`,
		"protected: hold":                            "1:12: expected a list, found a string | ",
	} {
		_, errs := Parse("p.yaml", []byte(text))
		var got []string
		for _, e := range errs {
			got = append(got, fmt.Sprintf("%d:%d: %s | %s", e.Pos.Line, e.Pos.Col, e.Msg, e.Hint))
		}
		if all := strings.Join(got, "\n"); all != want {
			t.Errorf("%q: got\n%s\nwant\n%s", text, all, want)
		}
	}
	if p, errs := Parse("p", []byte("no_public_ip: false\nidle_shutdown: true\n")); len(errs) > 0 || len(p) != 1 {
		t.Errorf("got %v %v", p, errs)
	}
}

// drawRails draws guard rails, in their order or another.
func drawRails(t *rapid.T, label string) string {
	word := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, label) }
	severity := func() string { return "severity: " + word(spec.SeverityNames()...) }
	lines := []string{
		"allowed_regions: {regions: [" + word("westeurope", "eastus", "'*us'") + "], " + severity() + "}",
		"allowed_sizes: {sizes: [" + word("'*_v5'", "'standard_n*'", "standard_ds3_v2") + "], " + severity() + "}",
		"max_nodes: {nodes: " + word("1", "4", "9") + ", " + severity() + "}",
		"required_tags: {tags: " + word("[team]", "[env, team]", "{env: [dev]}") + ", " + severity() + "}",
		"no_public_ip: " + word(append(spec.SeverityNames(), "true")...),
		"no_public_ssh: " + word(spec.SeverityNames()...),
		"no_low_priority: {names: [" + word("g*", "c*") + "], " + severity() + "}",
		"protected: [" + word("g*", "c*") + "]",
	}
	lines = rapid.Permutation(lines).Draw(t, label+" order")
	return strings.Join(lines[:rapid.IntRange(0, len(lines)).Draw(t, label+" rules")], "\n")
}

func drawCluster(t *rapid.T, label string) string {
	word := func(words ...string) string { return rapid.SampledFrom(words).Draw(t, label) }
	return cluster + word("", "location: eastus\n", "location: westeurope\n") + word("", "size: Standard_NC6\n", "size: Standard_D4_v5\n") +
		word("", "max_instances: 4\n", "max_instances: 9\n") + word("", "tags: {team: ml}\n", "tags: {env: dev}\n", "tags: {env: prod, team: ml}\n") +
		word("", "enable_node_public_ip: false\n") + word("", "ssh_public_access_enabled: false\n") + word("", "tier: low_priority\n")
}

// worst is the strictest severity of each rule that a workspace's findings have.
func worst(g spec.Guard, x *spec.Compute) map[string]spec.Severity {
	all := map[string]spec.Severity{}
	for _, f := range g.Judge(x) {
		key := f.Code + " " + f.Field
		if have, ok := all[key]; !ok || f.Severity > have {
			all[key] = f.Severity
		}
	}
	return all
}

// TestStricterWins draws what two places set: together they refuse what either
// refuses, as strictly as the stricter one, and nothing else; in any order, and
// of three in any grouping.
func TestStricterWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := load(t, "", "", drawCluster(t, "cluster")).Computes[0]
		actual := load(t, "", "", drawCluster(t, "actual")).Computes[0]
		var parts []Policy
		for _, label := range []string{"a", "b", "c"} {
			parts = append(parts, parse(t, drawRails(t, label)))
		}
		guardOf := func(list ...Policy) spec.Guard {
			return Operator{slices.Concat(list...)}.Guard(&spec.Workspace{Location: "westeurope"})
		}
		a, b, c := guardOf(parts[0]), guardOf(parts[1]), guardOf(parts[2])
		want := map[string]spec.Severity{}
		for _, g := range []spec.Guard{a, b, c} {
			for key, s := range worst(g, x) {
				if have, ok := want[key]; !ok || s > have {
					want[key] = s
				}
			}
		}
		held := func(g spec.Guard) bool { why, _ := g.Hold(x, alive(actual), nil); return why != "" }
		for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {0, 0, 1, 2, 2}} {
			var list []Policy
			for _, i := range order {
				list = append(list, parts[i])
			}
			all := guardOf(list...)
			if got := worst(all, x); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("in the order %v: %v, want %v", order, got, want)
			}
			if got := held(all); got != (held(a) || held(b) || held(c)) {
				t.Fatalf("in the order %v: held %v", order, got)
			}
		}
	})
}

// TestImprovement draws two clusters, and holds a change from one to the other
// only where something gets worse that a rule is about.
func TestImprovement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rails := drawRails(t, "rails")
		desired, actual := load(t, "", "", drawCluster(t, "desired")).Computes[0], load(t, "", "", drawCluster(t, "actual")).Computes[0]
		g := Operator{parse(t, rails)}.Guard(&spec.Workspace{Location: "westeurope"})
		why, _ := g.Hold(desired, alive(actual), nil)
		worse := false
		for _, f := range g.Judge(spec.Carry(desired, alive(actual))) {
			if f.Severity < spec.Holds {
				continue
			}
			same := slices.ContainsFunc(g.Judge(actual), func(o spec.Finding) bool { return o.Code == f.Code && o.Field == f.Field && o.Text == f.Text })
			fewer := f.Code == maxNodes.Code && nodes(desired) <= nodes(actual)
			worse = worse || !same && !fewer
		}
		if (why != "") != worse {
			t.Fatalf("rails\n%s\nheld for %q, worse: %v", rails, why, worse)
		}
		if why, _ := g.Hold(actual, alive(actual), nil); why != "" {
			t.Fatalf("held where nothing changes: %s", why)
		}
	})
}

func nodes(x *spec.Compute) int64 {
	if n, stated := x.Int("max_instances"); stated {
		return n
	}
	return 1
}

// TestUnpriced says of a spec alone that cost was not judged, unless nobody
// wants to read that.
func TestUnpriced(t *testing.T) {
	for own, want := range map[string]int{
		"cost_ceiling: {compute_per_hour: 4}":                                               1,
		"cost_ceiling: {workspace_per_month: 4}}\nignore_warnings: [unpriced]\ndefaults: {": 0,
		"no_public_ip: warning":                                                             0,
	} {
		said := 0
		for _, n := range load(t, own, "", cluster).Notices {
			if n.Code == "unpriced" {
				said++
			}
		}
		if said != want {
			t.Errorf("%s: told %d times, want %d", own, said, want)
		}
	}
	for text, want := range map[string]string{
		"cost_ceiling: {severity: hold}":      "cost_ceiling states no limit",
		"cost_ceiling: {compute_per_hour: 0}": "compute_per_hour must be above 0",
	} {
		if _, errs := Parse("p", []byte(text)); len(errs) == 0 || errs[0].Msg != want {
			t.Errorf("%s: got %v, want %s", text, errs, want)
		}
	}
}
