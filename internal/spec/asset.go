package spec

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/computesync/computesync/internal/strictyaml"
)

// asset is a file that lies beside computes and is none, known by keys of its own: no
// compute has them.
type asset struct {
	name string   // for people, with its article
	keys []string // all of them must be there
	only []string // and no other than these; nil: any other
	kind string   // of computes, whose type it may have as well; "": it has none of a compute
}

// onKubernetes is the kind that what is served on a cluster has as its type, too.
const onKubernetes = "kubernetes"

// assets are the files of Azure ML that state neither $schema nor a type of otherTypes,
// after the references of CLI v2 (learn.microsoft.com/azure/machine-learning/reference-yaml-overview,
// November 2026), and the conda files that environments name. The first that fits counts.
var assets = []asset{
	{name: "a conda file", keys: []string{"channels", "dependencies"}},
	{name: "a conda file", keys: []string{"dependencies"}, only: []string{"name", "dependencies", "prefix", "variables"}},
	{name: "an endpoint", keys: []string{"auth_mode"}, kind: onKubernetes},
	{name: "an endpoint", keys: []string{"name", "traffic"}, kind: onKubernetes},
	{name: "an endpoint", keys: []string{"model_id"}},
	{name: "a deployment", keys: []string{"endpoint_name"}, kind: onKubernetes},
	{name: "a deployment", keys: []string{"code_configuration"}, kind: onKubernetes},
	{name: "a deployment", keys: []string{"model", "instance_type"}, kind: onKubernetes},
	{name: "a deployment", keys: []string{"model", "instance_count"}, kind: onKubernetes},
	{name: "a deployment", keys: []string{"model", "environment"}, kind: onKubernetes},
	{name: "a registry", keys: []string{"replication_locations"}},
	{name: "a workspace", keys: []string{"hbi_workspace"}},
	{name: "a workspace", keys: []string{"storage_account"}},
	{name: "a workspace", keys: []string{"key_vault"}},
	{name: "a workspace", keys: []string{"application_insights"}},
	{name: "a workspace", keys: []string{"container_registry"}},
	{name: "a workspace", keys: []string{"customer_managed_key"}},
	{name: "a workspace", keys: []string{"image_build_compute"}},
	{name: "a workspace", keys: []string{"managed_network"}},
	{name: "a workspace", keys: []string{"hub_id"}},
	{name: "a feature store", keys: []string{"offline_store"}},
	{name: "a feature store", keys: []string{"online_store"}},
	{name: "a feature store", keys: []string{"compute_runtime"}},
	{name: "a feature store", keys: []string{"materialization_identity"}},
	{name: "a feature set", keys: []string{"specification", "entities"}},
	{name: "a feature set", keys: []string{"source", "features"}},
	{name: "a feature store entity", keys: []string{"index_columns"}},
	{name: "an environment", keys: []string{"conda_file"}},
	{name: "an environment", keys: []string{"inference_config"}},
	{name: "an environment", keys: []string{"name", "image"}, only: environmentKeys},
	{name: "an environment", keys: []string{"name", "build"}, only: environmentKeys},
	{name: "a job or a component", keys: []string{"command", "environment"}},
	{name: "a job or a component", keys: []string{"command", "code"}},
	{name: "a job or a component", keys: []string{"trial", "search_space"}},
	{name: "a schedule", keys: []string{"create_job"}},
	{name: "a schedule", keys: []string{"create_monitor"}},
	{name: "a schedule", keys: []string{"import_data"}},
	{name: "a connection", keys: []string{"target", "credentials"}},
	{name: "a model package", keys: []string{"inferencing_server"}},
	{name: "an MLTable", keys: []string{"paths", "transformations"}},
	{name: "a prompt flow", keys: []string{"nodes", "inputs", "outputs"}},
	{
		name: "a data asset or a model", keys: []string{"path"},
		only: []string{
			"name", "version", "path", "description", "tags", "properties", "stage", "flavors", "datastore", "job_name",
		},
	},
}

var environmentKeys = []string{"name", "version", "image", "build", "os_type", "description", "tags", "properties"}

// sharedKeys are those of computes that other assets have as well.
var sharedKeys = []string{
	"id", "description", "location", "tags", "identity", "properties", "resource_group", "resourceGroup", "account_name", "os_type",
	"services", "created_on", "provisioning_state", "workspace_name", "disable_local_auth", "scale_settings",
}

// computeKeys are the keys that computes alone have.
var computeKeys = sync.OnceValue(func() map[string]bool {
	kindIndex()
	keys := map[string]bool{}
	for _, k := range kinds {
		for _, key := range k.table.children[""] {
			keys[key] = !slices.Contains(sharedKeys, key)
		}
	}
	return keys
})

func hasComputeKey(root *strictyaml.Node) bool {
	return slices.ContainsFunc(root.Entries, func(e strictyaml.Entry) bool { return computeKeys()[e.Key] })
}

// fits reports whether a document has the keys of an asset.
func (a *asset) fits(root *strictyaml.Node) bool {
	for _, key := range a.keys {
		if root.Get(key) == nil {
			return false
		}
	}
	return a.only == nil || !slices.ContainsFunc(root.Entries, func(e strictyaml.Entry) bool {
		return e.Key != "$schema" && e.Key != "type" && !slices.Contains(a.only, e.Key)
	})
}

// signature says by its keys which asset a document is, "" for a compute and for what is
// not known. A key that only computes have makes it none of the assets.
func signature(root *strictyaml.Node) string {
	if a := assetOf(root); a != nil {
		return a.name
	}
	return ""
}

func assetOf(root *strictyaml.Node) *asset {
	i := slices.IndexFunc(assets, func(a asset) bool { return a.fits(root) })
	if i < 0 || hasComputeKey(root) {
		return nil
	}
	return &assets[i]
}

// otherAsset says which asset that is no compute a document is, "" for a compute: by its
// $schema, else by its type, else by its keys. What has the type of a compute is one,
// unless both $schema and keys are another's, or its keys are those of what is served on
// Kubernetes.
func otherAsset(root *strictyaml.Node) string {
	typ, _ := root.Get("type").Text()
	if url, ok := root.Get("$schema").Text(); ok {
		url = strings.ToLower(url)
		base := strings.TrimSuffix(strings.TrimSuffix(path.Base(url), ".json"), ".schema")
		switch {
		case strings.HasSuffix(base, "compute") || strings.HasSuffix(base, "computeinstance") ||
			base == "synapsesparkpool" || base == "attachedspark":
			return ""
		case KindByName(typ) != nil && signature(root) == "":
			return ""
		case schemaOfAzureML.MatchString(url):
			return "another asset (" + clip(base) + "), not a compute"
		}
	}
	if otherTypes[strings.ToLower(typ)] && !hasComputeKey(root) {
		return "another asset (" + clip(typ) + "), not a compute"
	}
	a := assetOf(root)
	if a == nil || nearlyCompute(typ) && (a.kind == "" || !strings.EqualFold(typ, a.kind)) {
		return ""
	}
	return a.name + ", not a compute"
}

// schemaOfAzureML is the $schema, in lower case, of any file of CLI v2 and its SDK, such as
// https://azuremlschemas.azureedge.net/latest/commandJob.schema.json or
// http://azureml/sdk-2-0/FeatureSet.json.
var schemaOfAzureML = regexp.MustCompile(`azureml[^/]*/.*\.json$`)

// nearlyCompute reports whether a type is one of computes, or may be meant for one.
func nearlyCompute(typ string) bool {
	typ = strings.ToLower(typ)
	return KindByName(typ) != nil || typ == "local" || notHere[typ] != "" || strictyaml.Suggest(typ, kindNames()) != ""
}

// otherTypes are the `type` words of jobs, data, models, datastores, connections and
// schedules in CLI v2.
var otherTypes = map[string]bool{
	"command": true, "sweep": true, "pipeline": true, "automl": true, "spark": true, "parallel": true, "import": true,
	"uri_file": true, "uri_folder": true, "mltable": true, "mlflow_model": true, "custom_model": true, "triton_model": true,
	"azure_blob": true, "azure_file": true, "azure_data_lake_gen1": true, "azure_data_lake_gen2": true, "one_lake": true, "hdfs": true,
	"online": true, "batch_endpoint": true, "managed_online": true, "monitoring": true, "hub": true, "project": true, "registry": true,
	"git": true, "python_feed": true, "container_registry": true, "feature_store": true, "s3": true, "snowflake": true,
	"azure_sql_db": true, "azure_synapse_analytics": true, "azure_my_sql_db": true, "azure_postgres_db": true,
	"azure_open_ai": true, "azure_ai_services": true, "azure_ai_search": true, "azure_content_safety": true, "azure_speech_services": true,
	"api_key": true, "custom": true, "serp": true, "open_ai": true, "serverless": true,
}

// suspect is a document that is not taken for a compute, though one of ours may have its name.
type suspect struct {
	name   string
	at     place
	is     string // what the document is now
	hint   string
	notice *Notice // what is said where nothing is wrong; may be nil
}

// skip passes over another asset. Where a compute of ours has its name, the file was
// probably a compute before, and its removal an accident: see judgeSuspects.
func (w *loader) skip(c *checker, name, code, asset string) {
	c.ws.unsure = true
	before := len(c.notices)
	c.warn("", code, "skipped: %s", asset)
	if name == "" {
		return
	}
	if w.owned != nil { // an error may show the document
		c.maskSecrets()
	}
	s := suspect{
		name: name, at: place{c.file, c.root.Pos}, is: "this document is now " + asset,
		hint: "restore type, or remove the document to remove the compute",
	}
	if len(c.notices) > before {
		s.notice, c.notices = &c.notices[before], c.notices[:before]
	}
	w.suspects[c.ws] = append(w.suspects[c.ws], s)
}

// judgeSuspects reports those whose name is that of a compute of ours which no other
// document declares. What is not known to be ours here may turn out to be by its tag, so
// the workspace keeps the names for the plan.
func (w *loader) judgeSuspects(ws *Workspace, declared map[string]*Compute) {
	reported := map[string]bool{}
	for _, s := range w.suspects[ws] {
		key := FoldName(s.name)
		switch {
		case reported[key]:
		case declared[key] == nil && w.owned != nil && w.owned(ws.ID, s.name):
			reported[key] = true
			const format = "%s is a compute of ours, and %s"
			w.report(ws, s.at.file.Errorf(s.at.pos, format, clip(s.name), s.is).WithHint("%s", s.hint))
		default:
			if declared[key] == nil {
				ws.skipped(key, &s)
			}
			if s.notice != nil {
				ws.Notices = append(ws.Notices, *s.notice)
			}
		}
	}
}

func (ws *Workspace) skipped(key string, s *suspect) {
	if ws.Skipped == nil {
		ws.Skipped = map[string]string{}
	}
	if ws.Skipped[key] == "" {
		ws.Skipped[key] = fmt.Sprintf("%s: %s; %s", s.at.pos, s.is, s.hint)
	}
}
