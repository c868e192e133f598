package spec

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// owned is of an instance that its user can open.
const owned = "create_on_behalf_of: {user_tenant_id: t, user_object_id: o}\n"

// warned are documents and the codes that are said of them, with positions.
var warned = []struct{ text, want string }{
	{"name: cpu\ntype: amlcompute\nmax_instances: 100\nmin_instances: 0\n", ""},
	{
		"name: cpu\ntype: amlcompute\nmax_instances: 101\nmin_instances: 1\ntier: low_priority\nssh_public_access_enabled: true\n",
		"c.yaml:3:16 many-nodes, c.yaml:4:16 always-on, c.yaml:5:7 low-priority, c.yaml:6:28 public-ssh",
	},
	{"name: dev-box\ntype: computeinstance\n" + owned, "c.yaml:1:7 no-idle-shutdown"},
	{"name: dev-box\ntype: computeinstance\nidle_time_before_shutdown: PT1H\n", "c.yaml:1:7 nobody-can-open-it"},
	{"name: dev-box\ntype: computeinstance\nidle_time_before_shutdown: PT1H\ncreate_on_behalf_of: null\n", "c.yaml:1:7 nobody-can-open-it"},
	{"name: dev-box\ntype: computeinstance\nidle_time_before_shutdown: PT1H\n" + owned, ""},
	{"name: dev-box\ntype: computeinstance\nidle_time_before_shutdown_minutes: 30\n" + owned, ""},
	{"name: dev-box\ntype: computeinstance\nschedules: {compute_start_stop: [{action: start, trigger: {type: cron, expression: 0 8 * * *}}]}\n" + owned, "c.yaml:1:7 no-idle-shutdown"},
	{"name: dev-box\ntype: computeinstance\nschedules: {compute_start_stop: [{action: stop, state: disabled, trigger: {type: cron, expression: 0 8 * * *}}]}\n" + owned, "c.yaml:1:7 no-idle-shutdown"},
	{"name: dev-box\ntype: computeinstance\nschedules: {compute_start_stop: [{action: stop, trigger: {type: cron, expression: 0 18 * * *}}]}\n" + owned, ""},
	{
		"name: dev-box\ntype: computeinstance\nschedules:\n  compute_start_stop:\n  - {action: stop, trigger: {type: cron, expression: 0 18 31 feb *}}\n" + owned,
		"c.yaml:1:7 no-idle-shutdown, c.yaml:5:54 never-fires",
	},
	{"name: dev-box\ntype: computeinstance\nschedules: {compute_start_stop: [{action: stop, trigger: {type: recurrence, frequency: day, interval: 1}}]}\n" + owned, ""},
	{"name: dev-box\ntype: computeinstance\nschedules: {compute_start_stop: [{action: stop, state: disabled, trigger: {type: recurrence, frequency: day, interval: 1}}]}\n" + owned, "c.yaml:1:7 no-idle-shutdown"},
	{"name: dev-box\ntype: computeinstance\ncomputesync: {state: stopped}\n" + owned, ""},
	{
		"name: dev-box\ntype: computeinstance\nidle_time_before_shutdown_minutes: 30\nssh_settings: {ssh_key_value: k}\nssh_public_access_enabled: true\ncreate_on_behalf_of: {user_tenant_id: t, user_object_id: o}\n",
		"c.yaml:4:31 ssh-on-behalf, c.yaml:5:28 public-ssh",
	},
	{
		"name: a-name-of-17-char\ntype: virtualmachine\naddress: h\nssh_settings: {admin_username: u, admin_password: secret://env/P}\n",
		"c.yaml:1:7 long-name, c.yaml:2:7 public-ip, c.yaml:2:7 ubuntu-only, c.yaml:3:10 address-dropped",
	},
	{"name: spark\ntype: hdinsight\nresource_group: rg\ncluster_name: c\nssh_settings: {admin_username: u, admin_password: secret://env/P}\n", "c.yaml:2:7 public-ip"},
	{
		"name: spark\ntype: hdinsight\naddress: c-ssh.azurehdinsight.net\nssh_settings: {admin_username: u, admin_password: secret://env/P}\n",
		"c.yaml:2:7 public-ip, c.yaml:3:10 address-dropped",
	},
	{"name: gpu-V100-6\ntype: amlcompute\n", "c.yaml:1:7 numbered-name"},
	{"name: a1-b2\ntype: amlcompute\n", ""},
	{"name: infer\ntype: aks\n", "c.yaml:2:7 superseded"},
	{"name: infer-for-everyone\ntype: aks\n", "c.yaml:2:7 superseded"}, // Azure ML makes it
	{"name: infer-for-everyone\ntype: aks\nresource_group: rg\ncluster_name: c\n", "c.yaml:1:7 long-name, c.yaml:2:7 superseded"},
	{"name: pool\ntype: batch\nresource_group: rg\naccount_name: b\n", "c.yaml:2:7 sdk-v1-only"},
	{"name: lake\ntype: datalakeanalytics\nresource_group: rg\naccount_name: l\n", "c.yaml:2:7 retired-service"},
	{"name: cpu\ntype: amlcompute\nproperties: {propertyBagg: {}}\n", "c.yaml:3:14 unknown-property"},
	{"name: cpu\ntype: amlcompute\nproperties: {propertyBag: {anything: 1}}\n", ""},
	{
		"name: k8s\ntype: kubernetes\nresource_group: rg\ncluster_name: c\n" +
			"properties: {instance_types: {mine: {nodeSelecter: {a: b}, resources: {limits: {cpu: 1}}}}}\n",
		"c.yaml:5:38 unknown-property",
	},
	{"type: local\nport: 8890\n", "c.yaml:1:1 local"},
	{"name: raw\ntype: uri_folder\n", "c.yaml:1:1 other-asset"},
}

// TestWarnings has every code where it is due, and none where the workspace
// turned it off.
func TestWarnings(t *testing.T) {
	// Package policy, without which there is none, tests unpriced; TestIgnore, TestStrays and
	// TestUnread others, which are about no document, TestRetiredSizeIsWarnedOf retired-size, and
	// TestVersionWarnings api-version.
	said := map[string]bool{
		"unpriced": true, "ignored": true, "no-workspace": true, "not-followed": true, "link-not-followed": true, "retired-size": true,
		"api-version": true,
	}
	for _, c := range warned {
		var got, codes []string
		for _, n := range loadValid(t, map[string]string{"c.yaml": c.text}).Notices {
			got = append(got, n.Pos.String()+" "+n.Code)
			codes = append(codes, n.Code)
			said[n.Code] = true
		}
		slices.Sort(got)
		if d := cmp.Diff(c.want, strings.Join(got, ", ")); d != "" {
			t.Errorf("%s(-want +got):\n%s", c.text, d)
		}
		off := workspaceYAML + "ignore_warnings: [" + strings.Join(codes, ", ") + "]\n"
		if rest := loadValid(t, map[string]string{WorkspaceFile: off, "c.yaml": c.text}).Notices; len(rest) > 0 {
			t.Errorf("%sis told in spite of ignore_warnings: %v", c.text, rest)
		}
	}
	var before string
	for _, w := range Warnings() {
		if w.Code <= before || !strings.HasSuffix(w.Doc, ".") {
			t.Errorf("%s is out of order or has no sentence: %q", w.Code, w.Doc)
		}
		before = w.Code
		if !said[w.Code] {
			t.Errorf("nothing gives %s", w.Code)
		}
		delete(said, w.Code)
	}
	for code := range said {
		t.Errorf("%s is in no table", code)
	}
}
