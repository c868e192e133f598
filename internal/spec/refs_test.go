package spec

import "testing"

// TestDefaultSecrets gives a kind its secret by reference in the defaults.
func TestDefaultSecrets(t *testing.T) {
	ws := loadValid(t, map[string]string{
		WorkspaceFile: workspaceYAML + "defaults: {hdinsight: {ssh_settings: {admin_username: sshuser, admin_password: \"secret://credential/spark\"}}}\n",
		"a.yaml":      "name: spark-a\ntype: hdinsight\naddress: a-ssh.azurehdinsight.net\n",
		"b.yaml":      "name: spark-b\ntype: hdinsight\naddress: b-ssh.azurehdinsight.net\nssh_settings: {admin_password: \"secret://credential/own\"}\n",
	})
	for i, want := range []string{"secret://credential/spark", "secret://credential/own"} {
		refs := ws.Computes[i].Secrets()
		if len(refs) != 1 || refs["ssh_settings.admin_password"].String() != want {
			t.Errorf("%s has %v, want %s", ws.Computes[i].Name, refs, want)
		}
	}
	if refs := one(t, "name: cpu\ntype: amlcompute\n").Secrets(); refs != nil {
		t.Errorf("secrets from nowhere: %v", refs)
	}
}
