package secret

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

const version = "0123456789abcdef0123456789abcdef"

func TestParseRef(t *testing.T) {
	for text, want := range map[string]Ref{
		"secret://env/NAME":                                 {Scheme: Env, Name: "NAME"},
		"secret://env/_a9":                                  {Scheme: Env, Name: "_a9"},
		"secret://file/etc/computesync/token":               {Scheme: File, Name: "/etc/computesync/token"},
		"secret://file/with space":                          {Scheme: File, Name: "/with space"},
		"secret://credential/git-token":                     {Scheme: Credential, Name: "git-token"},
		"secret://keyvault/kv-prod/vm-password":             {Scheme: KeyVaults, Vault: "kv-prod", Name: "vm-password"},
		"secret://keyvault/KV-prod/Vm-1/" + version:         {Scheme: KeyVaults, Vault: "kv-prod", Name: "vm-1", Version: version},
		"secret://keyvault/abc/" + strings.Repeat("a", 127): {Scheme: KeyVaults, Vault: "abc", Name: strings.Repeat("a", 127)},
	} {
		got, err := ParseRef(text)
		if err != nil || got != want {
			t.Errorf("%s: got %+v, %v", text, got, err)
			continue
		}
		again, err := ParseRef(got.String())
		if err != nil || again != got {
			t.Errorf("%s: String gives %s, which reads as %+v, %v", text, got, again, err)
		}
	}
}

func TestParseRefRefuses(t *testing.T) {
	for _, text := range []string{
		"secret://", "secret://env", "secret://env/", "secret://env/9a", "secret://env/A-B", "secret://env/A/B", "secret://env/Ä", "secret://env/A\n",
		"secret://file", "secret://file/", "secret://file//etc/x", "secret://file/etc/../x", "secret://file/etc/./x", "secret://file/etc/", "secret://file/etc//x", "secret://file/a\x00b",
		"secret://credential/", "secret://credential/a/b", "secret://credential/.", "secret://credential/..", "secret://credential/a\x1bb",
		"secret://keyvault/kv", "secret://keyvault/kv-prod/", "secret://keyvault/k/n", "secret://keyvault/" + strings.Repeat("k", 25) + "/n", "secret://keyvault/9vault/n",
		"secret://keyvault/evil.example/n", "secret://keyvault/vault-/n", "secret://keyvault/va--ult/n", "secret://keyvault/kv-prod/a_b", "secret://keyvault/kv-prod/" + strings.Repeat("n", 128),
		"secret://keyvault/kv-prod/n/1", "secret://keyvault/kv-prod/n/" + version + "/x", "secret://vault/x/y", "secret://ENV/X",
	} {
		if r, err := ParseRef(text); err == nil || errors.Is(err, ErrLiteral) {
			t.Errorf("%q: got %v, %v", text, r, err)
		}
		if !IsRef(text) {
			t.Errorf("%q is meant as a reference", text)
		}
	}
}

// TestErrorsHoldNoText proves that what stands in a reference's place is not repeated.
func TestErrorsHoldNoText(t *testing.T) {
	for _, text := range []string{
		"hunter2", "", "SECRET://env/hunter2", "secret:/hunter2", "secret://hunter2", "secret://env/hunter2!", "secret://keyvault/hunter2", "secret://file/../hunter2",
	} {
		_, err := ParseRef(text)
		if err == nil || strings.Contains(err.Error(), "hunter") {
			t.Errorf("%q: %v", text, err)
		}
		if literal := !IsRef(text); literal != errors.Is(err, ErrLiteral) {
			t.Errorf("%q: literal %v, error %v", text, literal, err)
		}
	}
}

func TestRefAsText(t *testing.T) {
	in := map[string]Ref{"a": {Scheme: Env, Name: "X"}, "b": {}}
	data, err := json.Marshal(in)
	if err != nil || string(data) != `{"a":"secret://env/X","b":""}` {
		t.Fatalf("got %s, %v", data, err)
	}
	var out map[string]Ref
	if err := json.Unmarshal(data, &out); err != nil || out["a"] != in["a"] || !out["b"].IsZero() {
		t.Errorf("got %v, %v", out, err)
	}
	if err := json.Unmarshal([]byte(`{"a":"hunter2"}`), &out); !errors.Is(err, ErrLiteral) {
		t.Errorf("got %v", err)
	}
}
