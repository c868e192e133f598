package spec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// mixed is a document of every kind, clusters and instances more than once, to
// be told apart by a number.
var mixed = []string{
	"name: cpu%[1]d\ntype: amlcompute\nsize: STANDARD_DS3_V2\nmin_instances: 0\nmax_instances: 4\nidle_time_before_scale_down: 300\ntags: {cost: x}\n",
	"name: low%[1]d\ntype: amlcompute\ntier: low_priority\nmax_instances: 200\nnetwork_settings: {vnet_name: v, subnet: s}\nidentity: {type: system_assigned}\n",
	"name: dev%[1]d\ntype: computeinstance\nsize: STANDARD_DS3_V2\nidle_time_before_shutdown_minutes: 30\ncomputesync: {state: stopped}\n",
	"name: box%[1]d\ntype: computeinstance\nschedules: {compute_start_stop: [{action: stop, trigger: {type: cron, expression: 0 18 * * *}}]}\n" +
		"custom_applications: [{name: a, image: {reference: r}, endpoints: [{target: 80, published: 8080}]}]\n",
	"name: lab%[1]d\ntype: virtualmachine\nresource_group: rg\nvm_name: vm%[1]d\nssh_settings: {admin_username: ml, admin_password: secret://env/P}\n",
	"name: hdi%[1]d\ntype: hdinsight\naddress: c%[1]d-ssh.azurehdinsight.net\nssh_settings: {admin_username: ml, admin_password: secret://env/P}\n",
	"name: kube%[1]d\ntype: kubernetes\nresource_group: rg\ncluster_name: k%[1]d\nnamespace: ml\n" +
		"properties: {instanceTypes: {gpu: {nodeSelector: {pool: gpu}, resources: {limits: {nvidia.com/gpu: 1}}}}}\n",
	"name: aks%[1]d\ntype: aks\nresource_group: rg\ncluster_name: aks%[1]d\nssl: {status: auto, leaf_domain_label: ml}\n",
	"name: data%[1]d\ntype: databricks\nresource_group: rg\nworkspace_name: db%[1]d\naccess_token: secret://env/T\n",
	"name: spark%[1]d\ntype: synapsespark\nresource_id: /subscriptions/s/resourceGroups/g/providers/Microsoft.Synapse/workspaces/w/bigDataPools/p%[1]d\n",
	"name: batch%[1]d\ntype: batch\nresource_group: rg\naccount_name: b%[1]d\n",
	"name: lake%[1]d\ntype: datalakeanalytics\nresource_group: rg\naccount_name: l%[1]d\n",
	"name: pipes%[1]d\ntype: datafactory\nresource_group: rg\nfactory_name: f%[1]d\n",
}

// BenchmarkLoad reads 10,000 files of one compute each, of every kind.
func BenchmarkLoad(b *testing.B) {
	files := map[string]string{WorkspaceFile: workspaceYAML + "defaults: {amlcompute: {tags: {team: ml}}}\n"}
	for i := range 10_000 {
		files[fmt.Sprintf("d%d/c%d.yaml", i%100, i)] = fmt.Sprintf(mixed[i%len(mixed)], i)
	}
	dir := b.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(text), 0o644)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	before := cpuSeconds(b)
	for b.Loop() {
		if set := Load(os.DirFS(dir), Options{}); !set.Valid() || len(set.Workspaces[0].Computes) != 10_000 {
			b.Fatal(printed(set))
		}
	}
	b.ReportMetric((cpuSeconds(b)-before)/float64(b.N), "cpu-s/op") // the promise is 1 s
}

// cpuSeconds is the processor time that the process has used.
func cpuSeconds(b *testing.B) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}
