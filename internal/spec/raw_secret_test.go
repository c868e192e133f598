package spec

import (
	"strings"
	"testing"
)

// kinds with the least that a document of theirs states.
var rawHeads = []string{
	"name: cpu\ntype: amlcompute\n",
	"name: box\ntype: computeinstance\n",
	"name: kube\ntype: kubernetes\nresource_group: rg\ncluster_name: c\n",
	"name: brick\ntype: databricks\nresource_group: rg\nworkspace_name: w\naccess_token: secret://env/T\n",
}

// TestRawSecrets states what looks like a secret under properties: it is refused, and
// not shown.
func TestRawSecrets(t *testing.T) {
	for _, head := range rawHeads {
		for _, properties := range []string{
			"{adminPassword: zq7}", "{token: zq7}", "{databricksAccessTokn: zq7}", "{adminPasswrod: 7777777}",
			"{settings: {admin_password: zq7}}", "{settings: [{apiKey: zq7}]}", "{credentials: {user: zq7}}", "{tokens: [zq7]}",
			"{creds: zq7}", "{psw: zq7}", "{jwt: zq7}", "{id_rsa: zq7}", "{connectionString: zq7}", "{kennwort: zq7}",
			"{endpoint: https://me:zq7@example.com}", "{login: 'azureuser:zq7Sup3r!'}", "{header: Bearer zq7}", "{header: Basic zq7=}",
			"{note: my password is zq7}", "{note: ghp_zq7abcdefghijklmnop}", "{note: ['password=zq7']}",
			"{instanceTypes: {gpu: {adminPassword: zq7}}}", "{instanceTypes: {gpu: {nodeSelector: {password: zq7}}}}",
			"{instanceTypes: {token: zq7}}", "{vcName: me:zq7@host}",
		} {
			got := printed(load(t, map[string]string{"c.yaml": head + "properties: " + properties + "\n"}, Options{}))
			if got == "" || strings.Contains(got, "zq7") || strings.Contains(got, "7777777") {
				t.Errorf("%s%s:\n%s", head, properties, got)
			}
		}
	}
}

// TestRawNoSecrets states what looks like no secret.
func TestRawNoSecrets(t *testing.T) {
	for _, properties := range []string{
		"{extensionPrincipalId: 11111111-2222-3333-4444-555555555555, vcName: v}",
		"{instanceTypes: {token-small: {nodeSelector: {kubernetes.azure.com/agentpool: keys, team: a}, " +
			"resources: {limits: {cpu: '1', nvidia.com/gpu: 1}, requests: {memory: 2Gi}}}}}",
		"{tokenizer: fast, tokenizersParallelism: 2, usePassword: false, adminPassword: null, publicKeyword: x, keystone: x}",
		"{image: 'nginx:1.2', version: '1:2'}",
	} {
		set := load(t, map[string]string{"c.yaml": rawHeads[2] + "properties: " + properties + "\n"}, Options{})
		if !set.Valid() {
			t.Errorf("%s:\n%s", properties, printed(set))
		}
	}
}
