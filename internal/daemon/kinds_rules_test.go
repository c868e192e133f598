package daemon_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/spec"
)

// TestLocal is the row of the local computer.
func TestLocal(t *testing.T) {
	const cpu = "---\nname: cpu\ntype: amlcompute\n"
	live(t, []life{{steps: []step{
		{spec: "name: laptop\ntype: Local\n", warns: "local"},
		{spec: "name: laptop\ntype: local\nport: 6789\n" + cpu, warns: "local", does: "create cpu", sends: "PUT cpu"},
	}}})
	for port, want := range map[string]string{"70000": "port", "abc": "whole number", "0": "port"} {
		if err := loadSpecs("name: laptop\ntype: local\nport: " + port + "\n").AllErrors(); len(err) != 1 || !strings.Contains(err[0].Error(), want) {
			t.Errorf("port %s: %v", port, err)
		}
	}
	notices := loadSpecs("name: laptop\ntype: local\n").AllNotices()
	if len(notices) != 1 || !strings.Contains(notices[0].Text, "needs nothing") {
		t.Errorf("got notices %v", notices)
	}
}

// TestRefusedTypes is the row of what exists only while a model is deployed.
func TestRefusedTypes(t *testing.T) {
	for typ, way := range map[string]string{"aci": "managed online endpoint", "ACI": "managed online endpoint", "functions": "package", "iotedge": "module"} {
		errs := loadSpecs("name: some\ntype: " + typ + "\n").AllErrors()
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), "cannot be managed") || !strings.Contains(errs[0].Hint, way) {
			t.Errorf("%s: %v", typ, errs)
		}
	}
}

// TestWarningsAreSwitchedOff turns warnings off by their codes.
func TestWarningsAreSwitchedOff(t *testing.T) {
	const some = "name: cpu\ntype: amlcompute\nmin_instances: 1\nmax_instances: 200\nssh_public_access_enabled: true\n---\nname: box\ntype: computeinstance\n"
	for _, c := range []struct{ off, want string }{
		{"", "always-on many-nodes no-idle-shutdown nobody-can-open-it public-ssh"},
		{"ignore_warnings: [always-on]\n", "many-nodes no-idle-shutdown nobody-can-open-it public-ssh"},
		{"ignore_warnings: [always-on, many-nodes, public-ssh, no-idle-shutdown, nobody-can-open-it]\n", ""},
	} {
		set := loadSpecs(some, c.off)
		expect(t, c.off, codes(set.AllNotices()), c.want)
		expect(t, "valid", set.Valid(), true)
	}
}

// TestExpiring is the row of the cluster that is gone after its run.
func TestExpiring(t *testing.T) {
	until := func(d time.Duration) string {
		return "computesync: {expires: " + time.Now().Add(d).UTC().Format(time.RFC3339) + "}\n"
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		const vm = "name: lab\ntype: virtualmachine\nresource_group: rg-data\nvm_name: gpu\n" + withPassword
		both := "name: cpu\ntype: amlcompute\n" + until(5*time.Hour) + "---\n" + vm + until(5*time.Hour)
		s.take(step{spec: both, warns: "public-ip ubuntu-only", does: "create cpu, attach lab", sends: "PUT cpu, PUT lab", anyOrder: true})
		if !strings.Contains(s.told.String(), "no longer desired from: cpu") {
			t.Error("the plan does not say ahead of time what goes")
		}
		if err := s.sim.Patch(ref("prod", "theirs"), []byte(theirCluster)); err != nil {
			t.Fatal(err)
		}
		theirs := both + "---\nname: theirs\ntype: amlcompute\n" + until(-time.Hour)
		s.take(step{later: 5 * time.Hour, spec: theirs, warns: "public-ip ubuntu-only", does: "delete cpu, detach lab", sends: "DELETE cpu Delete, DELETE lab Detach", anyOrder: true})
		expect(t, "what was not ours is there", s.exists("theirs"), true)
		expect(t, "computes", len(s.computes()), 1)
	})
}

const theirCluster = `{"location":"westeurope","properties":{"computeType":"AmlCompute","provisioningState":"Succeeded","isAttachedCompute":false,
	"properties":{"vmSize":"STANDARD_DS3_V2","scaleSettings":{"minNodeCount":0,"maxNodeCount":4}}}}`

// TestRawProperties is the row of what passes through properties.
func TestRawProperties(t *testing.T) {
	raw := func(v string) string { return "properties: {flavor: " + v + ", more: {deep: [1, two]}}\n" }
	behind := func(name, v string) string {
		return name + ` {"properties":{"properties":{"flavor":"` + v + `"}}}`
	}
	const cpu, lab = "name: cpu\ntype: amlcompute\n", "name: lab\ntype: virtualmachine\nresource_group: rg-data\nvm_name: gpu\n" + withPassword
	live(t, []life{
		{name: "of a cluster", steps: []step{
			{spec: cpu + raw("sweet"), warns: "unknown-property", does: "create cpu", sends: "PUT cpu"},
			{behind: behind("cpu", "sweet"), spec: cpu + raw("sweet"), warns: "unknown-property", does: ""},
			{
				behind: behind("cpu", "sour"), spec: cpu + raw("sweet"), warns: "unknown-property",
				does: "none cpu (cannot-change-in-place)",
			},
			{spec: cpu + raw("sour"), warns: "unknown-property", does: ""},
		}},
		{name: "of an attachment", steps: []step{
			{spec: lab + raw("sweet"), warns: "public-ip ubuntu-only unknown-property", does: "attach lab", sends: "PUT lab"},
			{behind: behind("lab", "sour"), spec: lab, warns: "public-ip ubuntu-only", does: ""},
			{spec: lab + raw("sweet"), warns: "public-ip ubuntu-only unknown-property", does: "re-attach lab", sends: again},
		}},
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.take(step{spec: cpu + raw("sweet"), warns: "unknown-property", does: "create cpu", sends: "PUT cpu"})
		if where := lacks(decoded(t, []byte(s.last[0].body)), decoded(t, []byte(`{"properties":{"properties":{"flavor":"sweet","more":{"deep":[1,"two"]}}}}`)), ""); where != "" {
			t.Errorf("sent %s: %s", where, s.last[0].body)
		}
	})
}

// TestUnknownType: a computeType that nobody knows is listed, never touched,
// never fatal.
func TestUnknownType(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		const quantum = `{"location":"westeurope","properties":{"computeType":"Quantum","provisioningState":"Succeeded","properties":{"qubits":7}}}`
		const cpu = "name: cpu\ntype: amlcompute\n"
		s.take(step{behind: "qpu " + quantum, spec: cpu, does: "create cpu", sends: "PUT cpu"})
		s.take(step{spec: "", does: "delete cpu", sends: "DELETE cpu Delete"})
		for _, kind := range []string{"amlcompute\n", "computeinstance\nidle_time_before_shutdown_minutes: 30\n" + allowed} {
			s.take(step{spec: "name: qpu\ntype: " + kind, does: "replace qpu (not-ours)"})
		}
		s.take(step{spec: "name: qpu\ntype: virtualmachine\naddress: a.example.org\n" + withPassword, warns: "address-dropped public-ip ubuntu-only", does: "replace qpu (not-ours)"})
		ws, _ := s.pass("c", "")
		expect(t, "unmanaged", ws.Unmanaged, 1)
		s.shows("qpu", quantum)
	})
}

// TestTwoAttachments: a second attachment would break the first.
func TestTwoAttachments(t *testing.T) {
	const kind = "Microsoft.ContainerService/managedClusters"
	vm := func(name, how string) string {
		return "name: " + name + "\ntype: virtualmachine\n" + how + withPassword + "---\n"
	}
	hdi := func(name, how string) string {
		return "name: " + name + "\ntype: hdinsight\n" + how + withPassword + "---\n"
	}
	byID := "resource_id: " + azure("Microsoft.Compute/virtualMachines", "gpu") + "\n"
	for name, both := range map[string]string{
		"one VM, by ID and by name":      vm("one", byID) + vm("two", "resource_group: RG-DATA\nvm_name: GPU\n"),
		"one address":                    vm("one", "address: a.example.org\n") + vm("two", "address: A.example.org\n"),
		"one HDInsight, by ID and by it": hdi("one", "resource_group: rg-data\ncluster_name: spark\n") + hdi("two", "address: Spark-ssh.azurehdinsight.net\n"),
		"AKS and Kubernetes":             "name: one\ntype: aks\nresource_id: " + azure(kind, "k8s") + "\n---\nname: two\ntype: kubernetes\nresource_group: rg-data\ncluster_name: k8s\n",
	} {
		errs := loadSpecs(both).AllErrors()
		if len(errs) != 1 || !strings.Contains(errs[0].Error(), "two attaches what is attached already at ws/computes.yaml:1") {
			t.Errorf("%s: %v", name, errs)
		}
	}
	t.Run("theirs", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			theirs := fmt.Sprintf(`theirs {"location":"westeurope","properties":{"computeType":"VirtualMachine","provisioningState":"Succeeded",
				"isAttachedCompute":true,"resourceId":%q,"properties":{"sshPort":22}}}`, azure("Microsoft.Compute/virtualMachines", "gpu"))
			s.take(step{behind: theirs, spec: vm("ours", byID), warns: "public-ip ubuntu-only", does: "takeover ours (not-ours)"})
			ws, _ := s.pass("again", vm("ours", byID))
			if text := ws.Changes[0].Name + " " + ws.Changes[0].Held.Text; !strings.Contains(text, "ours") || !strings.Contains(text, "theirs") {
				t.Errorf("held without both names: %s", text)
			}
			// Ours, known to the journal, meets a second name in the specs only after it left.
			s.take(step{spec: vm("new", strings.Replace(byID, "gpu", "cpu", 1)), warns: "public-ip ubuntu-only", does: "attach new", sends: "PUT new"})
			s.take(step{spec: vm("newer", strings.Replace(byID, "gpu", "cpu", 1)), warns: "public-ip ubuntu-only", does: "takeover newer", sends: "DELETE new Detach, PUT newer"})
			s.take(step{spec: vm("newer", byID), warns: "public-ip ubuntu-only", does: "re-attach newer (not-ours)"})
			expect(t, "theirs stays", s.exists("theirs"), true)
		})
	})
}

// TestTakeoverGivesBack: when the new name fails, the old one is put back.
func TestTakeoverGivesBack(t *testing.T) {
	for _, kind := range spec.Kinds() {
		how, ok := attachments[kind.Name]
		if !ok {
			if kind.Attachable() {
				t.Errorf("no attachment of a %s is tried", kind.Name)
			}
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				old, renamed := "name: old\ntype: "+kind.Name+"\n"+how, "name: new\ntype: "+kind.Name+"\n"+how
				warns := codes(loadSpecs(old).AllNotices())
				s.take(step{spec: old, warns: warns, does: "attach old", sends: "PUT old"})
				s.fault(armsim.Fault{
					Match: armsim.Match{Method: "PUT", Name: "new"}, Times: 1,
					Operation: &armsim.OperationFault{Shape: "b", Code: "UserError", Message: "it cannot be reached"},
				})
				ws, result := s.pass("renamed", renamed)
				expect(t, "does", does(ws), "takeover new")
				expect(t, "sends", writes(s.wire.take()), "DELETE old Detach, PUT new, DELETE new Detach, PUT old")
				if len(result.Failed) != 1 || !strings.Contains(result.Failed[0].Error(), "it cannot be reached") {
					t.Errorf("got failures %v", result.Failed)
				}
				expect(t, "the old one is there", s.exists("old"), true)
				expect(t, "the new one is not", s.exists("new"), false)
				ws, _ = s.pass("renamed", renamed)
				expect(t, "at once it does", does(ws), "takeover new (failed)")
				s.take(step{later: time.Hour, spec: renamed, warns: warns, does: "takeover new", sends: "DELETE old Detach, PUT new"})
				s.leave()
			})
		})
	}
}

// attachments are what each kind attaches.
var attachments = map[string]string{
	"virtualmachine":    "resource_group: rg-data\nvm_name: gpu\n" + withPassword,
	"hdinsight":         "resource_group: rg-data\ncluster_name: spark\n" + withKey,
	"kubernetes":        "resource_group: rg-data\ncluster_name: k8s\n",
	"aks":               "resource_group: rg-data\ncluster_name: k8s\n",
	"databricks":        "resource_group: rg-data\nworkspace_name: dbw\naccess_token: secret://env/COMPUTESYNC_SECRET_A\n",
	"datalakeanalytics": "resource_group: rg-data\naccount_name: lake\n",
	"batch":             "resource_group: rg-data\naccount_name: jobs\n",
	"datafactory":       "resource_group: rg-data\nfactory_name: adf\n",
	"synapsespark":      "resource_id: " + azure("Microsoft.Synapse/workspaces/ws/bigDataPools", "pool") + "\n",
}
