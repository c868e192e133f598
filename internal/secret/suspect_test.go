package secret

import (
	"slices"
	"strings"
	"testing"
)

func TestSuspect(t *testing.T) {
	long := strings.Repeat("aB3+", 16)
	for _, c := range []struct{ name, value string }{
		{"password", "hunter2"},
		{"DB_PASSWORD", "1234"},
		{"dbPwd", "x"},
		{"client-secret", "x"},
		{"apiKey", "x"},
		{"API_KEY", "x"},
		{"storagekey", "x"},
		{"HF_TOKEN", "x"},
		{"sasToken", "x"},
		{"SAS", "x"},
		{"ConnectionString", "x"},
		{"conn.str", "x"},
		{"key", "x"},
		{"note", "-----BEGIN RSA PRIVATE KEY-----\nMII"},
		{"note", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"},
		{"url", "https://a.blob.core.windows.net/c?sv=1&sig=abcdefghijklmnopqrst%3D"},
		{"store", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc="},
		{"id", "abc8Q~" + strings.Repeat("x", 34)},
		{"x", "ghp_abcdefghijklmnopqrst"},
		{"repo", "https://me:hunter2@example.com"},
		{"x", strings.Repeat("0f", 16)},
		{"x", long},
		{"creds", "x"},
		{"gitCred", "x"},
		{"jwt", "x"},
		{"id_rsa", "x"},
		{"SharedAccessPolicy", "x"},
		{"x", "npm_abcdefghijklmnopqrst"},
		{"x", "sk-proj-abcdefghijklmnopqrst"},
		{"x", "AKIAIOSFODNN7EXAMPLE"},
		{"x", "AIzaSyA-abcdefghijklmnopqrstuvwxyz"},
		{"x", "Authorization: Bearer abcdefghijklmnopqrst"},
	} {
		if !Suspect(c.name, c.value) {
			t.Errorf("%s=%s is not suspected", c.name, c.value)
		}
	}
	for _, c := range []struct{ name, value string }{
		{"team", "ml"},
		{"monkey", "x"},
		{"TOKENIZERS_PARALLELISM", "x"},
		{"use_token", "false"},
		{"password", ""},
		{"public_key", "x"},
		{"token", "$TOKEN"},
		{"password", "secret://env/X"},
		{"cost-center", "aaaabbbb-0000-1111-2222-ccccddddeeee"},
		{"keyboard", "qwerty"},
		{"subnet", "/subscriptions/aaaabbbb-0000-1111-2222-ccccddddeeee/resourceGroups/rgML01/providers/MicrosoftXComputeXvirtualMachines/x1"},
		{"admin", "ssh-rsa " + long},
		{"sentence", strings.Repeat("abcd ", 30)},
		{"url", "https://example.com/a/b"},
	} {
		if Suspect(c.name, c.value) {
			t.Errorf("%s=%s is suspected", c.name, c.value)
		}
	}
}

func TestSuspectsIn(t *testing.T) {
	const script = `#!/bin/bash
export TOKEN=$(az account get-access-token)
export API_KEY="abc"
mysql --password hunter2 --user me
login --token=abc
curl https://me:hunter2@example.com
echo "type: password"
`
	want := []string{"API_KEY", "password", "token", "line 6"}
	if got := SuspectsIn(script); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
