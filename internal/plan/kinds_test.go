package plan

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/computesync/computesync/internal/spec"
)

// resourceTypes are what each kind attaches.
var resourceTypes = map[string]string{
	"kubernetes": "Microsoft.Kubernetes/connectedClusters", "virtualmachine": "Microsoft.Compute/virtualMachines",
	"synapsespark": "Microsoft.Synapse/workspaces/w/bigDataPools", "aks": "Microsoft.ContainerService/managedClusters",
	"hdinsight": "Microsoft.HDInsight/clusters", "databricks": "Microsoft.Databricks/workspaces",
	"datalakeanalytics": "Microsoft.DataLakeAnalytics/accounts", "batch": "Microsoft.Batch/batchAccounts", "datafactory": "Microsoft.DataFactory/factories",
}

// resource is the ID of the nth thing that a kind attaches.
func resource(kind string, n int) string {
	return fmt.Sprintf("/subscriptions/s/resourceGroups/g/providers/%s/r%d", resourceTypes[kind], n)
}

// attached is a compute of a kind that attaches resource n.
func attached(kind, name string, n int, over fieldsOf) *spec.Compute {
	return compute(kind, name, fieldsOf{"resource_id": resource(kind, n)}, over)
}

// aks is a cluster that Azure ML is to make.
func aks(name string, over fieldsOf) *spec.Compute {
	return compute("aks", name, fieldsOf{"size": "STANDARD_D3_V2", "agent_count": int64(3), "ssl.status": "disabled"}, over)
}

// TestAttachedKinds takes every attached kind through its life.
func TestAttachedKinds(t *testing.T) {
	for _, k := range spec.Kinds() {
		if !k.Attachable() {
			continue
		}
		one, two := attached(k.Name, "lab", 1, nil), attached(k.Name, "lab", 2, nil)
		fold := attached(k.Name, "lab", 1, fieldsOf{"resource_id": strings.ToUpper(resource(k.Name, 1))})
		list := []scenario{
			{"attach", func(w *world) { w.declare(one) }, "lab attach (): attach"},
			{"as declared", func(w *world) { w.declare(fold); w.owns(one) }, ""},
			{"another resource", func(w *world) { w.declare(two); w.owns(one) }, "lab re-attach (resource_id): detach attach"},
			{"another resource and no way back", func(w *world) { w.declare(two); w.owns(one).Spec = nil }, "lab re-attach (resource_id) held no-way-back"},
			{"another name", func(w *world) { w.declare(attached(k.Name, "new", 1, nil)); w.owns(one) }, "new takeover from lab (name): lab/detach attach"},
			{"another's", func(w *world) { w.declare(attached(k.Name, "new", 1, nil)); w.exists(one) }, "new takeover from lab (name) held not-ours"},
			{"adopt", func(w *world) { w.declare(one); w.exists(one) }, "lab adopt (): adopt"},
			{"another description", func(w *world) {
				w.declare(attached(k.Name, "lab", 1, fieldsOf{"description": "x"}))
				w.owns(one)
			}, "lab none (description) held cannot-change-in-place"},
			{"prune", func(w *world) { pruning(w); w.owns(one) }, "lab detach (): detach"},
			{"a failed attachment", func(w *world) { w.declare(one); w.owns(one, provisioning("Failed")).Good = false }, "lab remake (): detach attach"},
			{"it is not known who made it", func(w *world) {
				pruning(w)
				w.owns(one, func(a *spec.Compute) { a.Live.AttachedKnown = false })
			}, "lab detach (): detach"},
		}
		for i := range k.Fields {
			f := &k.Fields[i]
			if f.Type == spec.Secret {
				list = append(list, scenario{f.Name + " rotated", func(w *world) {
					w.declare(attached(k.Name, "lab", 1, fieldsOf{f.Name: password}))
					w.owns(attached(k.Name, "lab", 1, fieldsOf{f.Name: password}))
					w.Rotated = map[string][]string{"lab": {f.Name}}
				}, "lab re-attach (" + f.Name + "): detach attach"})
			}
		}
		t.Run(k.Name, func(t *testing.T) { check(t, list) })
	}
}

// TestMadeOrAttached has AKS and Data Factory, which come both ways.
func TestMadeOrAttached(t *testing.T) {
	enabled := fieldsOf{"ssl.status": "enabled", "ssl.cname": "ml.example", "ssl.cert": password, "ssl.key": password}
	allowed := spec.Lifecycle{ReplaceAllow: true}
	factory := compute("datafactory", "pipes", nil, nil)
	standsOn := set("resource_id", resource("aks", 1)) // of what Azure ML made, Azure tells the cluster
	check(t, []scenario{
		{"make", func(w *world) { w.declare(aks("infer", nil), factory) }, "infer create (): create\npipes create (): create"},
		{"TLS on a made cluster", func(w *world) { w.declare(aks("infer", enabled)); w.owns(aks("infer", nil)) }, "infer update (ssl.status,ssl.cert,ssl.key): put"},
		{"a certificate rotated on a made cluster", func(w *world) {
			w.declare(aks("infer", enabled))
			w.owns(aks("infer", enabled))
			w.Rotated = map[string][]string{"infer": {"ssl.cert", "ssl.key"}}
		}, "infer update (ssl.cert,ssl.key): put"},
		{"the load balancer of a made cluster", func(w *world) {
			w.declare(aks("infer", fieldsOf{"load_balancer_type": "internal"}))
			w.owns(aks("infer", fieldsOf{"load_balancer_type": "public_ip"}))
		}, "infer update (load_balancer_type): put"},
		{"TLS on an attached cluster", func(w *world) {
			w.declare(attached("aks", "infer", 1, enabled))
			w.owns(attached("aks", "infer", 1, fieldsOf{"ssl.status": "disabled"}))
		}, "infer re-attach (ssl.status,ssl.cert,ssl.key): detach attach"},
		{"the purpose of an attached cluster", func(w *world) {
			w.declare(attached("aks", "infer", 1, fieldsOf{"cluster_purpose": "dev_test"}))
			w.owns(attached("aks", "infer", 1, fieldsOf{"cluster_purpose": "fast_prod"}))
		}, "infer re-attach (cluster_purpose): detach attach"},
		{
			"more agents", func(w *world) { w.declare(aks("infer", fieldsOf{"agent_count": int64(5)})); w.owns(aks("infer", nil)) },
			"infer replace (agent_count) held cannot-change-in-place",
		},
		{"more agents with permission", func(w *world) {
			w.declare(with(aks("infer", fieldsOf{"agent_count": int64(5)}), allowed))
			w.owns(aks("infer", nil))
		}, "infer replace (agent_count): delete create"},
		{"prune what was made and what was attached", func(w *world) {
			pruning(w)
			w.owns(aks("infer", nil))
			w.owns(attached("aks", "train", 2, nil))
			w.owns(factory)
		}, "infer delete (): delete\npipes delete (): delete\ntrain detach (): detach"},
		{"attach in place of what was made", func(w *world) {
			w.declare(with(attached("aks", "infer", 2, nil), allowed))
			w.owns(aks("infer", nil), standsOn)
		}, "infer replace (resource_id): delete attach"},
		{"no takeover of what was made", func(w *world) {
			pruning(w)
			w.declare(attached("kubernetes", "train", 1, fieldsOf{"resource_id": resource("aks", 1)}))
			w.owns(aks("infer", nil), standsOn)
		}, "infer delete () held not-ours\ntrain attach () held not-ours"},
		{"nothing stands on what goes", func(w *world) {
			w.declare(with(attached("kubernetes", "infer", 1, fieldsOf{"resource_id": resource("aks", 1)}), allowed))
			w.owns(aks("infer", nil), standsOn)
		}, "infer replace (type) held not-ours"},
		{"the newer kind on the same cluster", func(w *world) {
			w.declare(attached("kubernetes", "train", 1, fieldsOf{"resource_id": resource("aks", 1)}))
			w.owns(attached("aks", "infer", 1, nil))
		}, "train takeover from infer (name): infer/detach attach"},
		{"the newer kind under the same name", func(w *world) {
			w.declare(attached("kubernetes", "infer", 1, fieldsOf{"resource_id": resource("aks", 1)}))
			w.owns(attached("aks", "infer", 1, nil))
		}, "infer re-attach (type): detach attach"},
	})
}

// TestIdentityOfAttached keeps the identity that roles were assigned to.
func TestIdentityOfAttached(t *testing.T) {
	identity := func(a *spec.Compute) { a.Live.SystemIdentity = true }
	allowed := spec.Lifecycle{ReplaceAllow: true}
	check(t, []scenario{
		{"re-attach", func(w *world) {
			w.declare(attached("kubernetes", "train", 1, fieldsOf{"namespace": "ml"}))
			w.owns(attached("kubernetes", "train", 1, fieldsOf{"namespace": "default"}), identity)
		}, "train re-attach (namespace) held cannot-change-in-place"},
		{"re-attach with permission", func(w *world) {
			w.declare(with(attached("kubernetes", "train", 1, fieldsOf{"namespace": "ml"}), allowed))
			w.owns(attached("kubernetes", "train", 1, fieldsOf{"namespace": "default"}), identity)
		}, "train re-attach (namespace): detach attach"},
		{"takeover", func(w *world) {
			w.declare(attached("synapsespark", "new", 1, nil))
			w.owns(attached("synapsespark", "old", 1, nil), identity)
		}, "new takeover from old (name) held cannot-change-in-place"},
		{"takeover with permission", func(w *world) {
			w.declare(with(attached("synapsespark", "new", 1, nil), allowed))
			w.owns(attached("synapsespark", "old", 1, nil), identity)
		}, "new takeover from old (name): old/detach attach"},
	})
}

// TestFieldsOfTheirOwn routes what came with the complete tables.
func TestFieldsOfTheirOwn(t *testing.T) {
	app := func(image string) []any { return []any{fieldsOf{"name": "a", "image.reference": image}} }
	types := func(gpu string) fieldsOf {
		return fieldsOf{"instanceTypes": fieldsOf{"gpu": fieldsOf{"resources": gpu}}}
	}
	check(t, []scenario{
		{"custom applications and idle shutdown go by their actions", func(w *world) {
			w.declare(box("dev", fieldsOf{"custom_applications": app("r:2"), "idle_time_before_shutdown_minutes": int64(1800)}))
			w.owns(box("dev", fieldsOf{"custom_applications": app("r:1"), "idle_time_before_shutdown_minutes": int64(0)}))
		}, "dev update (idle_time_before_shutdown_minutes,custom_applications): post:updateIdleShutdownSetting post:customServices"},
		{"an instance's policy", func(w *world) {
			w.declare(box("dev", fieldsOf{"application_sharing_policy": "personal"}))
			w.owns(box("dev", fieldsOf{"application_sharing_policy": "shared"}))
		}, "dev replace (application_sharing_policy) held cannot-change-in-place"},
		{"a cluster's system", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"os_type": "windows"}))
			w.owns(cluster("cpu", fieldsOf{"os_type": "linux"}))
		}, "cpu replace (os_type): delete create"},
		{"raw properties of an attachment", func(w *world) {
			w.declare(attached("kubernetes", "train", 1, fieldsOf{"properties": types("8")}))
			w.owns(attached("kubernetes", "train", 1, fieldsOf{"properties": types("4")}))
		}, "train re-attach (properties): detach attach"},
		{"raw properties of a cluster", func(w *world) {
			w.declare(cluster("cpu", fieldsOf{"properties": fieldsOf{"propertyBag": fieldsOf{"a": "1"}}}))
			w.owns(cluster("cpu", fieldsOf{"properties": fieldsOf{"propertyBag": fieldsOf{"a": "2", "b": "3"}}}))
		}, "cpu none (properties) held cannot-change-in-place"},
	})
}

// TestRawFingerprint moves with the raw properties that are stated, and with no
// others.
func TestRawFingerprint(t *testing.T) {
	want := attached("kubernetes", "train", 1, fieldsOf{"properties": fieldsOf{"vcName": "a"}})
	print := func(properties fieldsOf) string {
		a := newWorld().exists(attached("kubernetes", "train", 1, fieldsOf{"properties": properties}))
		return Fingerprint(want, a)
	}
	base := print(fieldsOf{"vcName": "b", "other": 1.0})
	if print(fieldsOf{"vcName": "b", "other": 2.0}) != base || print(fieldsOf{"vcName": "c", "other": 1.0}) == base {
		t.Error("the fingerprint rests on other raw properties than the stated ones")
	}
}

// TestUnknownType lists a compute of a type that nobody knows, and leaves it.
func TestUnknownType(t *testing.T) {
	unknown := func(name string) *spec.Compute {
		return &spec.Compute{
			Name: name, Values: fieldsOf{"tags": map[string]string{spec.OwnerTag: "me/" + name}},
			Live: &spec.Live{ComputeType: "Quantum", CreatedOn: "t", ProvisioningState: "Succeeded", AttachedKnown: true},
		}
	}
	w := newWorld()
	pruning(w)
	w.Records["future"] = &spec.Record{Name: "future", CreatedOn: "t", Good: true}
	w.Actual = append(w.Actual, unknown("future"))
	p := w.plan()
	if ws := p.Workspaces[0]; len(ws.Changes) > 0 || ws.Unmanaged != 1 {
		t.Errorf("unmanaged %d, plan:\n%s", ws.Unmanaged, show(p))
	}
	w.declare(cluster("future", nil))
	p = w.plan()
	sound(t, p)
	if d := cmp.Diff("future replace (type) held not-ours", show(p)); d != "" {
		t.Errorf("declared by its name (-want +got):\n%s", d)
	}
}

// TestExpiring tells ahead of time what is to go.
func TestExpiring(t *testing.T) {
	w := newWorld()
	soon := now.Add(time.Hour).In(time.FixedZone("", 3600))
	w.declare(cluster("cpu", nil), with(cluster("gone", nil), spec.Lifecycle{Expires: now}), with(cluster("run", nil), spec.Lifecycle{Expires: soon}))
	w.owns(cluster("run", nil))
	p := w.plan()
	if d := cmp.Diff([]Expiry{{"run", soon.UTC()}}, p.Workspaces[0].Expiring); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	hash := p.Hash
	w.Now = now.Add(time.Minute)
	if w.plan().Hash != hash {
		t.Error("time alone made another plan")
	}
}

// TestUnknownJobs says before a removal that Azure does not show what runs, for
// every kind of which it does not.
func TestUnknownJobs(t *testing.T) {
	for _, k := range spec.Kinds() {
		c := compute(k.Name, "gone", nil, nil)
		if !k.Managed {
			c = attached(k.Name, "gone", 1, nil)
		}
		w := newWorld()
		pruning(w)
		w.owns(c)
		notes := strings.Join(w.plan().Workspaces[0].Changes[0].Notes, "\n")
		if said := strings.Contains(notes, "whether something runs on it is unknown"); said == k.Quota {
			t.Errorf("%s: notes %q", k.Name, notes)
		}
	}
}
