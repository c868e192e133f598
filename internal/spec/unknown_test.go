package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestUnknownShown: the value of an unknown key is shown, unless it may be
// a secret.
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
		"note: zq7 # password is hunter":             true,
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
