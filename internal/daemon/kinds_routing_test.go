package daemon_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/computesync/computesync/internal/armsim"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// bases are a compute of each kind, and of each way in which it comes.
var bases = map[string]string{
	"amlcompute":        "name: some\ntype: amlcompute\nmax_instances: 2\n",
	"computeinstance":   "name: some\ntype: computeinstance\nidle_time_before_shutdown_minutes: 30\n",
	"aks made":          "name: some\ntype: aks\n",
	"datafactory made":  "name: some\ntype: datafactory\n",
	"virtualmachine":    "", // and the others: attachments
	"hdinsight":         "",
	"kubernetes":        "",
	"aks":               "",
	"databricks":        "",
	"datalakeanalytics": "",
	"batch":             "",
	"datafactory":       "",
	"synapsespark":      "",
}

// inPlace is what Azure is known to change on a compute that exists, and the
// calls that do it: by PUT or PATCH, or an action by its name. It repeats the
// service's description, not the tables of package spec.
var inPlace = map[string][]string{
	"amlcompute min_instances":                          {"patch", "put"},
	"amlcompute max_instances":                          {"patch", "put"},
	"amlcompute idle_time_before_scale_down":            {"patch", "put"},
	"amlcompute tags":                                   {"put"},
	"amlcompute identity.type":                          {"patch", "put"},
	"amlcompute identity.user_assigned_identities":      {"put"},
	"computeinstance idle_time_before_shutdown_minutes": {"updateIdleShutdownSetting"},
	"computeinstance custom_applications":               {"customServices"},
	"computeinstance schedules.compute_start_stop":      {"updateSchedules"},
	"computeinstance enable_sso":                        {"enableSso"},
	"computeinstance size":                              {"resize"},
	"aks made ssl.status":                               {"put"},
	"aks made ssl.cname":                                {"put"},
	"aks made ssl.leaf_domain_label":                    {"put"},
	"aks made ssl.overwrite_existing_domain":            {"put"},
	"aks made load_balancer_type":                       {"put"},
	"aks made load_balancer_subnet":                     {"put"},
}

// unseen are fields that Azure does not return: that a change of them was
// ignored cannot be noticed.
var unseen = []string{
	"virtualmachine ssh_settings.admin_username", "hdinsight ssh_settings.admin_username", "virtualmachine notebook_instance",
}

// samples are two values of fields whose type does not say what is good.
var samples = map[string][2]any{
	"location":                {"northeurope", "eastus"},
	"size":                    {"STANDARD_DS3_V2", "STANDARD_DS4_V2"},
	"network_settings.subnet": {subnetElsewhere, subnetElsewhere + "2"},
	"identity.type":           {"none", "system_assigned"},
	"identity.user_assigned_identities": {
		[]any{map[string]any{"resource_id": identityOne}}, []any{map[string]any{"resource_id": identityTwo}},
	},
	"idle_time_before_scale_down":       {int64(300), int64(600)},
	"idle_time_before_shutdown_minutes": {int64(1800), int64(3600)},
	"schedules.compute_start_stop":      {[]any{cron("0 18 * * *")}, []any{cron("0 19 * * *")}},
	"custom_applications":               {[]any{application("ghcr.io/r:1")}, []any{application("ghcr.io/r:2")}},
	"ssl.status":                        {"disabled", "auto"},
	"agent_count":                       {int64(3), int64(4)},
	"max_instances":                     {int64(2), int64(3)},
	"min_instances":                     {int64(0), int64(1)},
	"virtualmachine resource_id":        {azure("Microsoft.Compute/virtualMachines", "one"), azure("Microsoft.Compute/virtualMachines", "two")},
	"hdinsight resource_id":             {azure("Microsoft.HDInsight/clusters", "one"), azure("Microsoft.HDInsight/clusters", "two")},
	"kubernetes resource_id":            {azure("Microsoft.ContainerService/managedClusters", "one"), azure("Microsoft.Kubernetes/connectedClusters", "two")},
	"aks resource_id":                   {azure("Microsoft.ContainerService/managedClusters", "one"), azure("Microsoft.ContainerService/managedClusters", "two")},
	"databricks resource_id":            {azure("Microsoft.Databricks/workspaces", "one"), azure("Microsoft.Databricks/workspaces", "two")},
	"datalakeanalytics resource_id":     {azure("Microsoft.DataLakeAnalytics/accounts", "one"), azure("Microsoft.DataLakeAnalytics/accounts", "two")},
	"batch resource_id":                 {azure("Microsoft.Batch/batchAccounts", "one"), azure("Microsoft.Batch/batchAccounts", "two")},
	"datafactory resource_id":           {azure("Microsoft.DataFactory/factories", "one"), azure("Microsoft.DataFactory/factories", "two")},
	"synapsespark resource_id":          {azure("Microsoft.Synapse/workspaces/w/bigDataPools", "one"), azure("Microsoft.Synapse/workspaces/w/bigDataPools", "two")},
	"virtualmachine address":            {"one.example.org", "two.example.org"},
	"hdinsight address":                 {"one-ssh.azurehdinsight.net", "two-ssh.azurehdinsight.net"},
}

var certificate = secret.Ref{Scheme: secret.Env, Name: "COMPUTESYNC_SECRET_A"}

// beside are values that a field needs next to it.
var beside = map[string]map[string]any{
	"identity.user_assigned_identities": {"identity.type": "user_assigned"},
	"ssl.status":                        {"ssl.leaf_domain_label": "acme"},
	"ssl.leaf_domain_label":             {"ssl.status": "auto"},
	"ssl.overwrite_existing_domain":     {"ssl.status": "auto", "ssl.leaf_domain_label": "acme"},
	"ssl.cname":                         {"ssl.status": "enabled", "ssl.cert": certificate, "ssl.key": certificate},
	"load_balancer_subnet":              {"load_balancer_type": "internal"},
	"ssh_settings.ssh_key_value":        {"ssh_settings.admin_username": "ada"},
}

func cron(expression string) map[string]any {
	return map[string]any{"action": "stop", "state": "enabled", "trigger.type": "cron", "trigger.expression": expression}
}

func application(image string) map[string]any {
	return map[string]any{"name": "rstudio", "type": "docker", "image.reference": image, "privileged": true}
}

// TestWrongRoutesFail changes every field of every kind by every call there
// is. What the service does not do by that call must not pass for done: it is
// found by the look after the write, told once and held.
func TestWrongRoutesFail(t *testing.T) {
	for _, kind := range spec.Kinds() {
		for _, variant := range []string{kind.Name, kind.Name + " made"} {
			base, ok := bases[variant]
			if !ok {
				continue
			}
			if base == "" {
				base = "name: some\ntype: " + kind.Name + "\n" + attachments[kind.Name]
			}
			for i := range kind.Fields {
				f := &kind.Fields[i]
				if f.ReadOnly || f.ARM == "" || f.Type == spec.Secret || f.Type == spec.Raw || strings.HasSuffix(variant, " made") && f.Name == "resource_id" {
					continue
				}
				name := variant + " " + f.Name
				routes := []string{"patch", "put"}
				if kind.Name == "computeinstance" {
					routes = append(routes, "updateIdleShutdownSetting", "customServices", "updateSchedules", "enableSso", "resize")
				}
				for _, route := range routes {
					t.Run(name+" by "+route, func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { tryRoute(t, base, variant, f, route) })
					})
				}
				works := inPlace[name]
				if variant == "aks" { // a PUT would do it, and Microsoft's guide says to detach first
					works = nil
				}
				if now := routeOf(f, strings.HasSuffix(variant, " made") || !kind.Attachable()); now != "" && !slices.Contains(works, now) {
					t.Errorf("%s is routed by %s, which does not change it", name, now)
				} else if now == "" && len(works) > 0 {
					t.Errorf("%s could change in place by %v", name, works)
				}
			}
		}
	}
}

// routeOf is the call by which a field changes in place, "" for none.
func routeOf(f *spec.Field, made bool) string {
	switch {
	case f.Reattach && !made || !f.Change.InPlace():
		return ""
	case f.Change == spec.ByAction:
		return f.Action.Name
	}
	return f.Change.String()
}

// actionOf is an action that changes a field, sent with a version that has every
// one; own is the field's.
func actionOf(f *spec.Field, own *spec.Action, name string) *spec.Action {
	a := &spec.Action{Name: name, At: "properties.properties", Known: "2026-03-15-preview", Preview: true}
	switch {
	case own != nil && own.Name == name:
		a.At, a.Key = own.At, own.Key
	case f.Type == spec.Objects:
		a.At = f.ARM
	}
	return a
}

// tryRoute routes a field by a call and changes it.
func tryRoute(t *testing.T, base, variant string, f *spec.Field, route string) {
	anyState, err := armsim.Assume("resize-when=any")
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, anyState)
	from, to := values(t, variant, f)
	declare := func(v any) *spec.Workspace {
		ws := s.load(base)
		for name, v := range beside[f.Name] {
			ws.Computes[0].Values[name] = v
		}
		if f.Name == "address" {
			delete(ws.Computes[0].Values, "resource_id")
		}
		ws.Computes[0].Values[f.Name] = v
		return ws
	}
	if _, result := s.make("c1", declare(from)); len(result.Failed) > 0 {
		t.Fatal(result.Failed)
	}
	before := *f
	defer func() { *f = before }()
	f.Reattach, f.Action = false, nil
	switch route {
	case "put":
		f.Change = spec.ByPut
	case "patch":
		f.Change = spec.ByPatch
	default:
		f.Change, f.Action = spec.ByAction, actionOf(f, before.Action, route)
	}
	s.wire.take()
	ws, result := s.make("c2", declare(to))
	name := variant + " " + f.Name
	expect(t, "does", does(ws), "update some")
	if slices.Contains(unseen, name) {
		return
	}
	if len(s.wire.take()) == 0 {
		t.Error("nothing was sent")
	}
	works := slices.Contains(inPlace[name], route) || variant == "aks" && slices.Contains(inPlace["aks made "+f.Name], route)
	if works != (len(result.Failed)+len(result.Stale) == 0) {
		t.Errorf("works: %v, failures: %v, stale: %v", works, result.Failed, result.Stale)
	}
	if f.Change == spec.ByAction && !works || len(result.Stale) > 0 {
		return // it may have broken something else, which the next pass mends
	}
	for range 2 {
		ws, _ = s.make("c2", declare(to))
		want := ""
		switch {
		case works:
		case len(result.Failed) > 0 && strings.Contains(result.Failed[0].Error(), "did not apply"):
			want = "none some (not-applied)"
		case route == "put":
			t.Errorf("refused, not ignored: %v", result.Failed)
		default:
			continue // refused: it is tried again
		}
		expect(t, "afterwards it does", does(ws), want)
		expect(t, "afterwards it sends", writes(s.wire.take()), "")
	}
}

// values are two values of a field.
func values(t *testing.T, variant string, f *spec.Field) (from, to any) {
	if v, ok := samples[variant+" "+f.Name]; ok {
		return v[0], v[1]
	}
	if v, ok := samples[f.Name]; ok {
		return v[0], v[1]
	}
	switch f.Type {
	case spec.Text, spec.Word:
		return "one", "two"
	case spec.Resource:
		return azure("Microsoft.Compute/images", "one"), azure("Microsoft.Compute/images", "two")
	case spec.Choice:
		return f.Enum[0].Spec, f.Enum[1].Spec
	case spec.Switch:
		return true, false
	case spec.Int, spec.Timeout:
		return int64(2000), int64(3000)
	case spec.Tags:
		return map[string]string{"team": "ml"}, map[string]string{"team": "ai"}
	}
	t.Fatalf("no two values of %s", f.Name)
	return nil, nil
}

// TestGhost: Azure brings a detached cluster's size back with its name. That
// is told once, then held.
func TestGhost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		const small = "name: cpu\ntype: amlcompute\nsize: STANDARD_DS3_V2\n"
		large := strings.Replace(small, "DS3", "DS4", 1)
		s.take(step{spec: small, does: "create cpu", sends: "PUT cpu"})
		s.detach("cpu")
		pass(drift)
		s.take(step{spec: large, does: "create cpu", sends: "PUT cpu", fails: "size is STANDARD_DS3_V2, not STANDARD_DS4_V2", still: "none cpu (not-applied)"})
		s.take(step{spec: large + "max_instances: 5\n", does: "none cpu (not-applied), update cpu", sends: "PATCH cpu"})
		s.take(step{
			spec: strings.Replace(small, "DS3", "DS5", 1), does: "replace cpu", sends: "DELETE cpu Delete, PUT cpu",
			shows: `cpu {"properties":{"properties":{"vmSize":"STANDARD_DS5_V2"}}}`,
		})
	})
}

// detach is what nobody should do to a cluster: it goes, and its ghost stays.
func (s *stage) detach(name string) {
	s.t.Helper()
	r := ref("prod", name)
	rq, err := http.NewRequestWithContext(s.t.Context(), http.MethodDelete, endpoint+"/subscriptions/"+r.Subscription+"/resourceGroups/"+r.Group+
		"/providers/Microsoft.MachineLearningServices/workspaces/"+r.Workspace+"/computes/"+r.Name+"?api-version=2025-12-01&underlyingResourceAction=Detach", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	answer, err := s.wire.next.Do(rq)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusAccepted {
		s.t.Fatal(answer.Status, err)
	}
}

// TestRefusedPUT: where Azure refuses what it is said to ignore, nothing is
// taken for done either.
func TestRefusedPUT(t *testing.T) {
	f := spec.KindByName("computeinstance").Field("schedules.compute_start_stop")
	before := *f
	defer func() { *f = before }()
	f.Change = spec.ByPut
	for put, want := range map[armsim.IgnoredPUT]string{armsim.PUTIgnored: "did not apply", armsim.PUTRefused: "cannot be changed"} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, armsim.WithIgnoredPUT(put))
			s.pass("c1", box+schedule("18", "enabled"))
			_, result := s.pass("c2", box+schedule("19", "enabled"))
			if len(result.Failed) != 1 || !strings.Contains(result.Failed[0].Error(), want) {
				t.Errorf("%s: got %v, want %q", put, result.Failed, want)
			}
		})
	}
}
