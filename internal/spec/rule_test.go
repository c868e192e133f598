package spec

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/computesync/computesync/internal/secret"
)

// TestRulesNameFields has every row of every kind's rules name keys of the kind,
// and be kept by a compute that states nothing.
func TestRulesNameFields(t *testing.T) {
	for _, k := range Kinds() {
		for _, r := range k.rules {
			for _, name := range r.fields {
				if k.Field(name) == nil && k.table.children[name] == nil {
					t.Errorf("%s: a rule is about %s", k.Name, name)
				}
			}
			if text, _ := r.broken(&Compute{Kind: k, Values: map[string]any{}}); text != "" {
				t.Errorf("%s: nothing stated, and %s", k.Name, text)
			}
		}
	}
}

type values = map[string]any

// conflictCase is a spec over a live compute. A want of "" goes through.
type conflictCase struct {
	name       string
	kind       string
	spec, live values // live nil: there is none
	ignore     []string
	makes      bool
	want       string // a part of the one conflict; each rule that it breaks must be in a case
}

var (
	aSecret = secret.Ref{Scheme: secret.Env, Name: "X"}
	userIDs = []any{values{"resource_id": "/i"}}
	tlsOwn  = values{"ssl.status": "enabled", "ssl.cname": "c"}
	tlsAuto = values{"ssl.status": "auto", "ssl.leaf_domain_label": "l", "ssl.cname": "l.azure.com"}
)

var conflictCases = []conflictCase{
	{
		"a maximum below the live minimum", "amlcompute",
		values{"max_instances": int64(1)},
		values{"min_instances": int64(2), "max_instances": int64(4)},
		nil, false,
		"min_instances 2 is above max_instances 1, and Azure would refuse it: the live min_instances is 2 and the spec leaves it open; state min_instances",
	},
	{
		"a minimum above the live maximum", "amlcompute",
		values{"min_instances": int64(5)},
		values{"min_instances": int64(0), "max_instances": int64(4)},
		nil, false,
		"the live max_instances is 4 and the spec leaves it open; state max_instances",
	},
	{
		"a maximum that ignore_changes keeps", "amlcompute",
		values{"min_instances": int64(5), "max_instances": int64(9)},
		values{"max_instances": int64(4)},
		[]string{"max_instances"},
		false, "the live max_instances is 4 and ignore_changes keeps it; remove max_instances from ignore_changes",
	},
	{"equal", "amlcompute", values{"max_instances": int64(2)}, values{"min_instances": int64(2)}, nil, false, ""},
	{"a minimum that is not shown", "amlcompute", values{"max_instances": int64(1)}, values{"max_instances": int64(4)}, nil, false, ""},
	{"live alone", "amlcompute", values{"tags": map[string]string{"a": "b"}}, values{"min_instances": int64(5), "max_instances": int64(4)}, nil, false, ""},
	{
		"remade, live alone", "amlcompute",
		values{"size": "b"},
		values{"min_instances": int64(5), "max_instances": int64(4)},
		nil, true,
		"the live min_instances is 5 and the spec leaves it open, the live max_instances is 4 and the spec leaves it open; state min_instances and max_instances",
	},
	{"a creation's default", "amlcompute", values{"min_instances": int64(5)}, nil, nil, true, "max_instances is 1 by default; state max_instances"},
	{"remade from what does not show a maximum", "amlcompute", values{"min_instances": int64(5)}, values{}, nil, true, "max_instances is 1 by default; state max_instances"},
	{"remade as another kind", "amlcompute", values{"min_instances": int64(1)}, nil, nil, true, ""},
	{"an administrator who keeps a password", "amlcompute", values{"size": "b"}, values{adminUser: "ml"}, nil, true, ""},
	{"an image for Windows", "amlcompute", values{"os_type": "linux"}, values{"os_type": "windows", "virtual_machine_image": "/i"}, nil, true, ""},
	{
		"an image, and an os_type that ignore_changes keeps", "amlcompute",
		values{"os_type": "windows", "virtual_machine_image": "/i", "size": "b"},
		values{"os_type": "linux"},
		[]string{"os_type"},
		true, "an image of one's own is for Windows nodes, and Azure would refuse it: the live os_type is linux and ignore_changes keeps it",
	},

	{
		"a system-assigned identity in place of others", "amlcompute",
		values{"identity.type": "system_assigned"},
		values{"identity.type": "user_assigned", "identity.user_assigned_identities": userIDs},
		nil, false, "",
	},
	{
		"an identity's type that ignore_changes keeps", "amlcompute",
		values{"identity.type": "user_assigned", "identity.user_assigned_identities": userIDs},
		values{"identity.type": "system_assigned"},
		[]string{"identity.type"},
		false, "user-assigned identities need identity.type user_assigned",
	},
	{
		"identities that ignore_changes keeps", "amlcompute",
		values{"identity.type": "user_assigned", "identity.user_assigned_identities": userIDs},
		values{"identity.type": "none", "identity.user_assigned_identities": []any{}},
		[]string{"identity.user_assigned_identities"},
		false,
		"user_assigned needs user-assigned identities",
	},

	{
		"open ssh without the key that Azure does not show", "computeinstance",
		values{"size": "b"},
		values{"ssh_public_access_enabled": true},
		nil, true,
		"public ssh access needs a key, and Azure would refuse it: the live ssh_public_access_enabled is true",
	},
	{"open ssh with its key", "computeinstance", values{"size": "b"}, values{"ssh_public_access_enabled": true, "ssh_settings.ssh_key_value": "k"}, nil, true, ""},
	{"half of a person", "computeinstance", values{"size": "b"}, values{tenantOf: "t"}, nil, true, "create_on_behalf_of needs both"},
	{
		"a path in place of a script in the spec", "computeinstance",
		values{"setup_scripts.creation_script.path": "setup.sh"},
		values{"setup_scripts.creation_script.path": "ZWNobw==", "setup_scripts.creation_script.source": "inline"},
		nil, true, "",
	},
	{
		"a script, and a path that ignore_changes keeps", "computeinstance",
		values{"size": "b", "setup_scripts.startup_script.path": "ZWNobw==", "setup_scripts.startup_script.source": "inline"},
		values{"setup_scripts.startup_script.path": "setup.sh", "setup_scripts.startup_script.source": "workspace"},
		[]string{"setup_scripts.startup_script.path"},
		true, "path must be the script itself in base64",
	},
	{"a person", "computeinstance", values{"size": "b"}, values{tenantOf: "t", personOf: "p"}, nil, true, ""},

	{"a made cluster again, without its certificate", "aks", values{"agent_count": int64(5)}, tlsOwn, nil, true, "ssl.status enabled needs ssl.cert"},
	{"TLS off", "aks", values{"ssl.status": "disabled"}, tlsOwn, nil, false, ""},
	{"TLS of its own in place of a leaf domain", "aks", values{"ssl.status": "enabled", "ssl.cname": "c", "ssl.cert": aSecret, "ssl.key": aSecret}, tlsAuto, nil, false, ""},
	{"a leaf domain in place of a certificate", "aks", values{"ssl.status": "auto", "ssl.leaf_domain_label": "l"}, tlsOwn, nil, false, ""},
	{"a host name that is not shown", "aks", values{"agent_count": int64(5)}, values{"ssl.status": "enabled"}, nil, true, "ssl.status enabled needs ssl.cname"},
	{"a leaf domain that is not shown", "aks", values{"agent_count": int64(5)}, values{"ssl.status": "auto"}, nil, true, "ssl.status auto needs ssl.leaf_domain_label"},
	{"a public load balancer", "aks", values{"load_balancer_type": "public_ip"}, values{"load_balancer_type": "internal", "load_balancer_subnet": "s"}, nil, false, ""},
	{
		"a subnet, and a load balancer that ignore_changes keeps", "aks",
		values{"load_balancer_type": "internal", "load_balancer_subnet": "s"},
		values{"load_balancer_type": "public_ip"},
		[]string{"load_balancer_type"},
		false, "load_balancer_subnet is for an internal load balancer",
	},
	{"attached in place of made", "aks", values{"resource_id": "/k"}, values{"size": "D3", "agent_count": int64(3), "location": "westeurope"}, nil, true, ""},

	{
		"a certificate, and a status that ignore_changes keeps", "aks",
		values{"ssl.status": "enabled", "ssl.cname": "c", "ssl.cert": aSecret, "ssl.key": aSecret},
		tlsAuto,
		[]string{"ssl.status"},
		false, "ssl.cert is for ssl.status enabled",
	},
	{"attached in place of a whole one", "aks", values{"resource_id": "/k"}, values{
		"size": "D3", "agent_count": int64(3), "location": "westeurope", "network_settings.subnet": "s", "network_settings.service_cidr": "c",
		"network_settings.dns_service_ip": "d", "network_settings.docker_bridge_cidr": "b",
	}, nil, true, ""},
}

// TestCarryWith has a field that says something of another one go with it.
func TestCarryWith(t *testing.T) {
	path, source := "setup_scripts.creation_script.path", "setup_scripts.creation_script.source"
	live := values{path: "ZWNobw==", source: "inline"}
	for _, c := range []struct{ spec, want values }{
		{values{"size": "b"}, values{"size": "b", path: "ZWNobw==", source: "inline"}},
		{values{path: "setup"}, values{path: "setup"}},
		{values{path: "ZWNobw==", source: "inline"}, values{path: "ZWNobw==", source: "inline"}},
	} {
		want, actual := (&conflictCase{kind: "computeinstance", spec: c.spec, live: live}).computes()
		if got := Carry(want, actual).Values; !maps.Equal(got, c.want) {
			t.Errorf("%v becomes %v, want %v", c.spec, got, c.want)
		}
	}
}

func init() { // what all kinds with an identity share
	for _, k := range []string{"amlcompute", "computeinstance", "kubernetes", "synapsespark"} {
		conflictCases = append(
			conflictCases,
			conflictCase{
				"no identity in place of one", k,
				values{"identity.type": "none"},
				values{"identity.type": "user_assigned", "identity.user_assigned_identities": userIDs},
				nil, true, "",
			},
			conflictCase{
				"an identity that ignore_changes keeps away", k,
				values{"identity.type": "user_assigned", "identity.user_assigned_identities": userIDs},
				values{"identity.type": "none", "identity.user_assigned_identities": []any{}},
				[]string{"identity.user_assigned_identities"},
				true,
				"user_assigned needs user-assigned identities",
			},
		)
	}
}

// TestEveryRuleHasACase merges each case as nothing but a case would be, and
// finds no rule that none of them breaks.
func TestEveryRuleHasACase(t *testing.T) {
	for _, k := range Kinds() {
		for i, r := range k.rules {
			if !slices.ContainsFunc(conflictCases, func(c conflictCase) bool { return c.breaks(k, r) }) {
				t.Errorf("%s: no case breaks rule %d, about %s", k.Name, i, r.fields)
			}
		}
	}
}

func (c *conflictCase) breaks(k *Kind, r rule) bool {
	if c.kind != k.Name {
		return false
	}
	want, _ := c.computes()
	merged := &Compute{Kind: k, Values: maps.Clone(c.live)}
	if c.live == nil {
		merged = want.withDefaults()
	}
	for name, v := range c.spec {
		if !slices.Contains(c.ignore, name) {
			merged.Values[name] = v
		}
	}
	text, _ := r.broken(merged)
	return text != ""
}

func (c *conflictCase) computes() (want, live *Compute) {
	k := KindByName(c.kind)
	want = &Compute{Name: "x", Kind: k, Values: c.spec, Lifecycle: Lifecycle{IgnoreChanges: c.ignore}}
	if c.live != nil {
		live = &Compute{Name: "x", Kind: k, Values: c.live, Live: &Live{}}
	}
	return want, live
}

// TestConflicts judges what a write would send.
func TestConflicts(t *testing.T) {
	for _, c := range conflictCases {
		want, live := c.computes()
		got := Conflicts(want, live, c.makes)
		if len(got) == 0 && c.want == "" {
			continue
		}
		if !slices.ContainsFunc(got, func(text string) bool { return c.want != "" && strings.Contains(text, c.want) }) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCarryDropsUnfit leaves out what means nothing beside what the spec states,
// and nothing else.
func TestCarryDropsUnfit(t *testing.T) {
	for _, c := range conflictCases {
		want, live := c.computes()
		if live == nil || c.want != "" {
			continue
		}
		full := Carry(want, live)
		for _, r := range want.Kind.rules {
			if text, _ := r.broken(full); text != "" && r.drops {
				t.Errorf("%s: %s", c.name, text)
			}
		}
		for name := range c.spec {
			if !slices.Contains(c.ignore, name) && full.Values[name] == nil {
				t.Errorf("%s: %s is stated and not there", c.name, name)
			}
		}
	}
	want, live := (&conflictCase{kind: "aks", spec: values{"load_balancer_type": "public_ip"}, live: values{
		"load_balancer_type": "internal", "load_balancer_subnet": "s", "ssl.status": "enabled", "ssl.cname": "c",
	}}).computes()
	full := Carry(want, live)
	if full.Values["load_balancer_subnet"] != nil || full.Values["ssl.cname"] != "c" {
		t.Errorf("carried %v", full.Values)
	}
}
