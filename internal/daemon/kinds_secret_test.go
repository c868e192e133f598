package daemon_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// vault is a key vault: the value of each secret, the newest version alone.
type vault map[string]string

// Secret implements secret.KeyVault.
func (v vault) Secret(_ context.Context, _, name, _ string) (secret.Value, string, error) {
	text, ok := v[name]
	if !ok {
		return secret.Value{}, "", secret.ErrNoSecret
	}
	return secret.NewValue(text), fmt.Sprintf("%032x", len(text)), nil
}

// secretFields are a spec for every secret field of every kind, with %s where
// the reference goes, and what a rotation comes to.
var secretFields = map[string]struct{ spec, does, sends string }{
	"virtualmachine ssh_settings.admin_password": {
		"name: lab\ntype: virtualmachine\naddress: a.example.org\nssh_settings: {admin_username: ada, admin_password: %s}\n",
		"re-attach lab", again,
	},
	"virtualmachine ssh_settings.ssh_private_key_file": {
		"name: lab\ntype: virtualmachine\naddress: a.example.org\nssh_settings: {admin_username: ada, ssh_private_key_file: %s}\n",
		"re-attach lab", again,
	},
	"virtualmachine ssh_settings.private_key_passphrase": {
		"name: lab\ntype: virtualmachine\naddress: a.example.org\nssh_settings: {admin_username: ada, ssh_private_key_file: secret://env/COMPUTESYNC_SECRET_A, private_key_passphrase: %s}\n",
		"re-attach lab", again,
	},
	"hdinsight ssh_settings.admin_password": {
		"name: lab\ntype: hdinsight\nresource_group: g\ncluster_name: c\nssh_settings: {admin_username: ada, admin_password: %s}\n",
		"re-attach lab", again,
	},
	"hdinsight ssh_settings.ssh_private_key_file": {
		"name: lab\ntype: hdinsight\nresource_group: g\ncluster_name: c\nssh_settings: {admin_username: ada, ssh_private_key_file: %s}\n",
		"re-attach lab", again,
	},
	"hdinsight ssh_settings.private_key_passphrase": {
		"name: lab\ntype: hdinsight\nresource_group: g\ncluster_name: c\nssh_settings: {admin_username: ada, ssh_private_key_file: secret://env/COMPUTESYNC_SECRET_A, private_key_passphrase: %s}\n",
		"re-attach lab", again,
	},
	"databricks access_token": {"name: lab\ntype: databricks\nresource_group: g\nworkspace_name: w\naccess_token: %s\n", "re-attach lab", again},
	"kubernetes relay_connection_string": {
		"name: lab\ntype: kubernetes\nresource_group: g\ncluster_name: c\nrelay_connection_string: %s\n",
		"re-attach lab", again,
	},
	"kubernetes service_bus_connection_string": {
		"name: lab\ntype: kubernetes\nresource_group: g\ncluster_name: c\nservice_bus_connection_string: %s\n",
		"re-attach lab", again,
	},
	"aks ssl.cert": {
		"name: lab\ntype: aks\nresource_group: g\ncluster_name: c\nssl: {status: enabled, cname: a.example.org, cert: %s, key: secret://env/COMPUTESYNC_SECRET_A}\n",
		"re-attach lab", again,
	},
	"aks ssl.key": {
		"name: lab\ntype: aks\nssl: {status: enabled, cname: a.example.org, key: %s, cert: secret://env/COMPUTESYNC_SECRET_A}\n",
		"update lab", "PUT lab",
	},
	"amlcompute ssh_settings.admin_password": {
		"name: lab\ntype: amlcompute\nssh_settings: {admin_username: ada, admin_password: %s}\n",
		"none lab (cannot-change-in-place)", "",
	},
}

// TestRotation: of every secret field, and every kind of reference, a rotation
// is noticed and answered once.
func TestRotation(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	references := map[string]struct {
		ref string
		set func(s *stage, text string)
	}{
		"env":        {"secret://env/COMPUTESYNC_SECRET_R", func(s *stage, text string) { s.env["COMPUTESYNC_SECRET_R"] = text }},
		"file":       {"secret://file" + dir + "/file", func(_ *stage, text string) { write("file", text) }},
		"credential": {"secret://credential/cred", func(s *stage, text string) { s.env["CREDENTIALS_DIRECTORY"] = dir; write("cred", text) }},
		"keyvault":   {"secret://keyvault/kv-ml/rotating", func(s *stage, text string) { s.vault["rotating"] = text }},
	}
	for _, kind := range spec.Kinds() {
		for i := range kind.Fields {
			if f := &kind.Fields[i]; f.Type == spec.Secret {
				name := kind.Name + " " + f.Name
				if secretFields[name].spec == "" {
					t.Errorf("%s is not rotated", name)
				}
			}
		}
	}
	for field, c := range secretFields {
		for scheme, r := range references {
			t.Run(field+" "+scheme, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStage(t)
					text := fmt.Sprintf(c.spec, r.ref)
					warns := codes(loadSpecs(text).AllNotices())
					verb := "attach"
					if c.sends != again || strings.Contains(field, "amlcompute") {
						verb = "create"
					}
					r.set(s, "hunter2-first")
					s.take(step{spec: text, warns: warns, does: verb + " lab", sends: "PUT lab"})
					r.set(s, "hunter2-second")
					s.take(step{spec: text, warns: warns, does: c.does, sends: c.sends})
					if c.sends != "" && !strings.Contains(s.last[len(s.last)-1].body, "hunter2-second") {
						t.Error("the new secret was not sent")
					}
					s.leave()
					s.grep("hunter2-first", "hunter2-second")
				})
			})
		}
	}
}

// TestUnsentPassword: an update of a cluster does not make a held password
// good.
func TestUnsentPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		text := fmt.Sprintf(secretFields["amlcompute ssh_settings.admin_password"].spec, "secret://env/COMPUTESYNC_SECRET_A")
		s.take(step{spec: text, does: "create lab", sends: "PUT lab"})
		s.env["COMPUTESYNC_SECRET_A"] = "hunter2-delta"
		const held = "none lab (cannot-change-in-place)"
		s.take(step{spec: text, does: held})
		s.take(step{spec: text + "tags: {team: ml}\n", does: held + ", update lab", sends: "PUT lab"})
		s.take(step{spec: text + "tags: {team: ml}\nmax_instances: 5\n", does: held + ", update lab", sends: "PATCH lab"})
		s.env["COMPUTESYNC_SECRET_A"] = "hunter2-alpha"
		s.take(step{spec: text, does: "", sends: ""})
	})
}

// TestPlanWithoutSecrets: who resolves no secrets says nothing of rotation,
// but sees what the spec did not state before.
func TestPlanWithoutSecrets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		lab := "name: lab\ntype: virtualmachine\naddress: a.example.org\n"
		s.pass("c1", lab+withPassword)
		s.env["COMPUTESYNC_SECRET_A"] = "hunter2-delta"
		blind := *s.r
		blind.Secrets = nil
		for text, want := range map[string]string{lab + withPassword: "", lab + withKey: "re-attach lab", lab + otherPort: "re-attach lab"} {
			v, err := blind.Look(t.Context(), s.load(text), "c2")
			if err != nil {
				t.Fatal(err)
			}
			p := v.Plan()
			s.tell(p)
			expect(t, "without secrets", does(&p.Workspaces[0]), want)
		}
		s.grep("hunter2-alpha", "hunter2-beta", "hunter2-delta")
	})
}

// TestSecretsOfEveryKindStayInside looks for secrets in all that is told and
// kept of a run in which Azure repeats them in its errors.
func TestSecretsOfEveryKindStayInside(t *testing.T) {
	for field, c := range secretFields {
		t.Run(field, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				text, repeated := fmt.Sprintf(c.spec, "secret://env/COMPUTESYNC_SECRET_B"), "hunter2-beta"
				if strings.Contains(text, "SECRET_A") {
					repeated += " and hunter2-alpha"
				}
				for _, f := range []armsim.Fault{
					{Status: http.StatusBadRequest, Message: "bad " + repeated},
					{Status: http.StatusBadRequest, Message: "bad " + repeated, Code: "hunter2-beta"},
					{Operation: &armsim.OperationFault{Shape: "c", Code: "Bad", Message: repeated + " is bad"}},
				} {
					f.Match, f.Times = armsim.Match{Method: "PUT"}, 1
					s.fault(f)
					for range 2 {
						s.pass("c1", text)
						pass(time.Hour)
					}
				}
				expect(t, "made at last", s.exists("lab"), true)
				for _, one := range s.wire.take() {
					if strings.Contains(one.body, "hunter2") && one.method != http.MethodPut {
						t.Errorf("a secret went by %s", one.method)
					}
				}
				if !strings.Contains(s.told.String(), "bad") {
					t.Error("no answer repeated a secret: the test shows nothing")
				}
				s.grep("hunter2")
			})
		})
	}
}

// grep looks for texts in all that is told and kept.
func (s *stage) grep(texts ...string) {
	s.t.Helper()
	for where, content := range s.everywhere() {
		for _, text := range texts {
			if i := strings.Index(content, text); i >= 0 {
				s.t.Errorf("%s has a secret: ...%q", where, content[max(0, i-200):i+len(text)])
			}
		}
	}
}

// TestDaemonTellsNoSecret is the same with the daemon, its log and its status.
func TestDaemonTellsNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.newRepo("fleet", one(machine("lab", "vm1"), cluster("cpu", 4)))
		w.fault(armsim.Fault{Match: armsim.Match{Method: "PUT", Name: "lab"}, Times: 3, Status: http.StatusBadRequest, Message: "refused " + vmPassword})
		w.fault(armsim.Fault{
			Match: armsim.Match{Method: "PUT", Name: "lab"}, Times: 1,
			Operation: &armsim.OperationFault{Shape: "a", Code: "Bad", Message: "cannot log in with " + vmPassword},
		})
		s := w.start()
		pass(2 * time.Hour)
		expect(t, "attached at last", w.exists("lab"), true)
		s.end()
		if !strings.Contains(w.log.String(), "refused") {
			t.Error("no answer repeated a secret: the test shows nothing")
		}
		file, err := os.ReadFile(filepath.Join(w.dir, "journal.db"))
		if err != nil {
			t.Fatal(err)
		}
		for where, content := range map[string]string{"the log": w.log.String(), "the journal": string(file), "the status": strings.Join(s.status, "\n")} {
			if strings.Contains(content, vmPassword) {
				t.Errorf("%s has the password", where)
			}
		}
	})
}
