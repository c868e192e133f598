package secret

import (
	"strings"
	"testing"
)

func mustRef(t *testing.T, text string) Ref {
	t.Helper()
	r, err := ParseRef(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestPolicyAllows(t *testing.T) {
	for _, tc := range []struct {
		globs, ref string
		want       bool
	}{
		{"secret://env/X", "secret://env/X", true},
		{"secret://env/X", "secret://env/XY", false},
		{"secret://env/X", "secret://env/x", false},
		{"secret://env/APP_*", "secret://env/APP_TOKEN", true},
		{"secret://env/APP_*", "secret://env/MY_APP_TOKEN", false},
		{"secret://env/[AB]?", "secret://env/B1", true},
		{"secret://file/etc/app/*", "secret://file/etc/app/token", true},
		{"secret://file/etc/app/*", "secret://file/etc/app/a/token", false},
		{"secret://file/etc/app/*", "secret://file/etc/app", false},
		{"secret://file/etc/app/**", "secret://file/etc/app/a/token", true},
		{"secret://file/etc/app/**", "secret://file/etc/app", false},
		{"secret://file/etc/app/**", "secret://file/etc/apple/token", false},
		{"secret://file/**/token", "secret://file/a/b/c/token", true},
		{"secret://file/**/token", "secret://file/a/b/c/other", false},
		{"secret://**", "secret://keyvault/kv-prod/x", true},
		{"secret://*/*", "secret://keyvault/kv-prod/x", false},
		{"secret://keyvault/KV-Prod/*", "secret://keyvault/kv-prod/X", true},
		{"secret://keyvault/kv-prod/*", "secret://keyvault/kv-prod/x/" + version, false},
		{"secret://keyvault/kv-prod/**", "secret://keyvault/kv-prod/x/" + version, true},
		{"secret://keyvault/kv-prod/*", "secret://keyvault/kv-test/x", false},
		{"secret://env/A secret://env/B", "secret://env/B", true},
		{"", "secret://env/B", false},
	} {
		p, err := ParsePolicy(Rules(strings.Fields(tc.globs)...))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Allows(mustRef(t, tc.ref), Destination{}); got != tc.want {
			t.Errorf("%s allows %s: %v", tc.globs, tc.ref, got)
		}
	}
}

func TestDefaultPolicy(t *testing.T) {
	for ref, want := range map[string]bool{
		"secret://credential/git-token":         true,
		"secret://env/COMPUTESYNC_SECRET_X":     true,
		"secret://env/COMPUTESYNC_SECRET_":      true,
		"secret://env/AZURE_CLIENT_SECRET":      false,
		"secret://env/XCOMPUTESYNC_SECRET_X":    false,
		"secret://file/etc/shadow":              false,
		"secret://keyvault/kv-prod/vm-password": false,
	} {
		if got := DefaultPolicy().Allows(mustRef(t, ref), Destination{}); got != want {
			t.Errorf("%s: %v", ref, got)
		}
	}
	if DefaultPolicy().Allows(Ref{}, Destination{}) || Policy(Rules("secret://**")).Allows(Ref{}, Destination{}) {
		t.Error("the zero reference is allowed")
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	for _, g := range []string{"", "*", "env/X", "secret://", "secret://env/", "secret://env//x", "secret://env/[", "secret://file/etc/a**"} {
		if p, err := ParsePolicy(Rules(g)); err == nil {
			t.Errorf("%q: got %v", g, p)
		}
	}
}
