package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestUnknownShown: the value of an unknown key is hidden, unless a key with nearly that
// name is known and it looks like no secret.
func TestUnknownShown(t *testing.T) {
	const mark = "zq7"
	for line, shown := range map[string]bool{
		"max_instence: zq7":                          true,
		"vm_sizes: Standard_zq7_v2":                  true,
		"labels: {team: zq7}":                        true,
		"labels: [zq7, b]":                           true,
		"subnets: /subscriptions/s/zq7":              true,
		"note: zq7 # for the team":                   true,
		"admin_passwrod: zq7":                        false,
		"max_instence: 77 # zq7":                     true,
		"descriptin: zq7 is a note":                  true,
		"creds: zq7":                                 false,
		"login: azureuser:zq7Sup3r!":                 false,
		"note: my password is zq7":                   false,
		"psw: zq7":                                   false,
		"phrase: zq7":                                false,
		"conn: zq7":                                  false,
		"access: zq7":                                false,
		"x: zq7S3cr3t!pw":                            false,
		"kennwort: zq7":                              false,
		"connstr: zq7":                               false,
		"jwt: zq7":                                   false,
		"x: Bearer zq7":                              false,
		"x: Basic zq7":                               false,
		"x: user:zq7@host":                           false,
		"descriptin: user:zq7@host":                  false,
		"descriptin: Bearer zq7":                     false,
		"descriptin: the token is zq7":               false,
		"sizes: {creds: zq7}":                        false,
		"adminPasswrod: zq7":                         false,
		"ADMIN_PASWORD: zq7":                         false,
		"paswd: zq7":                                 false,
		"sshpw: zq7":                                 false,
		"sshkey: zq7":                                false,
		"keystone: zq7":                              true,
		"passive: zq7":                               true,
		"pass: zq7":                                  false,
		"login: {user: me, pw: zq7}":                 false,
		"logins: [{user: me, scret: zq7}]":           false,
		"credentials: {value: zq7}":                  false,
		"crendentials: [zq7]":                        false,
		"accessTokne: zq7":                           false,
		"api_keys: [zq7]":                            false,
		"ssh_key: zq7":                               false,
		"Authorization: zq7":                         false,
		"note: zq7 # password is hunter":             false,
		"note: zq7 # password: hunter":               false,
		"note: --password zq7":                       false,
		"note: API_KEY=zq7":                          false,
		"url: https://me:zq7@example.com":            false,
		"note: ghp_zq7abcdefghijklmnop":              false,
		"note: zq7 0123456789abcdef0123456789abcde0": false,
	} {
		set := load(t, map[string]string{"c.yaml": "name: cpu\ntype: amlcompute\n" + line + "\n"}, Options{})
		got := printed(set)
		if !strings.Contains(got, "unknown key") || strings.Contains(got, mark) != shown || strings.Contains(got, "<secret>") == shown {
			t.Errorf("%s: shown %v, want %v:\n%s", line, !shown, shown, got)
		}
	}
}

// TestMisspeltSecret misspells the key of a secret that the kind needs: no value of an
// unknown key is shown.
func TestMisspeltSecret(t *testing.T) {
	for _, line := range []string{"databricksAccessTokn: zq7", "acess: 7777", "acces_tken: zq7", "resource_groop: zq7"} {
		text := "name: brick\ntype: databricks\nresource_group: rg\nworkspace_name: w\n" + line + "\n"
		got := printed(load(t, map[string]string{"c.yaml": text}, Options{}))
		if !strings.Contains(got, "unknown key") || strings.Contains(got, "zq7") || strings.Contains(got, "7777") {
			t.Errorf("%s:\n%s", line, got)
		}
	}
}

// TestSecretsBesideErrors has an error in the line of a known value that looks like a
// secret.
func TestSecretsBesideErrors(t *testing.T) {
	for _, field := range []string{
		"environment_variables: {DB_PASSWORD: zq7}", "environment_variables: {LOGIN: 'me:zq7@host'}",
		"environment_variables: [DB_PASSWORD=zq7]", "environment_variables: zq7", "environment_variables: {creds: {a: zq7}}",
		"kernel: {argv: [run, --password, zq7, password=zq7]}", "kernel: {display_name: {password: zq7}}",
		"privileged: {password: zq7}", "bind_mounts: [{source: a, target: b, read_only: password=zq7}]", "bind_mounts: [password=zq7]",
	} {
		text := "name: box\ntype: computeinstance\ncustom_applications: [{name: a, image: {reference: r}, " + field + ", endpoints: 1}]\n"
		got := printed(load(t, map[string]string{"c.yaml": text}, Options{}))
		if !strings.Contains(got, "expected a list") || strings.Contains(got, "zq7") {
			t.Errorf("%s:\n%s", field, got)
		}
	}
	for _, line := range []string{"{tags: {apiKey: zq7}, size: []", "{description: password=zq7, size: []", "{tags: {a: password is zq7}, size: []"} {
		got := printed(load(t, map[string]string{"c.yaml": line + ", name: cpu, type: amlcompute}\n"}, Options{}))
		if !strings.Contains(got, "expected a string") || strings.Contains(got, "zq7") {
			t.Errorf("%s:\n%s", line, got)
		}
	}
}

// TestManyUnknown reads large files that are nothing but
// unknown keys: that costs no more than a file does.
func TestManyUnknown(t *testing.T) {
	head := "name: cpu\ntype: amlcompute\n"
	block, flow := strings.Builder{}, strings.Builder{}
	for i := range 10_000 {
		fmt.Fprintf(&block, "pw%d: x\n", i)
		fmt.Fprintf(&flow, "p%d: pp, ", i)
	}
	for _, text := range []string{head + block.String(), head + "tags: {}\nlabels: {" + flow.String() + "a: b}\n"} {
		start := time.Now()
		set := load(t, map[string]string{"c.yaml": text}, Options{})
		if took := time.Since(start); set.Valid() || took > 20*time.Second {
			t.Errorf("%d errors in %v", len(set.AllErrors()), took)
		}
	}
}

// TestKeysOfOtherKinds states every key of every kind for every other one: the
// error names the kinds that have it.
func TestKeysOfOtherKinds(t *testing.T) {
	for _, k := range Kinds() {
		for _, other := range Kinds() {
			for i := range other.Fields {
				key, _, _ := strings.Cut(other.Fields[i].Name, ".")
				if other.Fields[i].ReadOnly || k.Field(key) != nil || k.table.children[key] != nil || k.SDKv1[key] != "" {
					continue
				}
				set := load(t, map[string]string{"c.yaml": "name: abc\ntype: " + k.Name + "\n" + key + ": null\n"}, Options{})
				want := "hint: " + key + " is a key of "
				_, after, found := strings.Cut(printed(set), want)
				kinds, todo, more := strings.Cut(after, "; ")
				if !found || !more || !strings.Contains(kinds, other.Name) || todo == "" {
					t.Errorf("%s of %s in a file of %s:\n%s", key, other.Name, k.Name, printed(set))
				}
			}
		}
	}
}
