package export

import (
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// schemas are the JSON Schemas of the kinds that CLI v2 has one for.
var schemas = map[string]string{
	"amlcompute":      "https://azuremlschemas.azureedge.net/latest/amlCompute.schema.json",
	"computeinstance": "https://azuremlschemas.azureedge.net/latest/computeInstance.schema.json",
	"kubernetes":      "https://azuremlschemas.azureedge.net/latest/kubernetesCompute.schema.json",
	"virtualmachine":  "https://azuremlschemas.azureedge.net/latest/vmCompute.schema.json",
}

// filled are the values that Azure fills in where a creation is silent and
// CLI v2 sends nothing either, by field name: the API description's defaults
// and recorded answers of 2022 to 2025.
var filled = map[string]any{
	"cluster_purpose":               "fast_prod",
	"disable_local_auth":            false,
	"enable_node_public_ip":         true,
	"enable_sso":                    true,
	"isolated_network":              false,
	"load_balancer_type":            "public_ip",
	"notebook_instance":             false,
	"os_type":                       "linux",
	"ssl.overwrite_existing_domain": false,
	"ssl.status":                    "disabled",
	"trigger.time_zone":             "UTC",
}

// usual reports whether a value is what a compute has that states none.
func usual(f *spec.Field, v any) bool {
	if none(f, v) {
		return true
	}
	for _, d := range []any{f.Default, filled[f.Name]} {
		if d != nil && f.Equal(d, v) {
			return true
		}
	}
	return false
}

// none reports whether a value is what a compute has that has nothing there.
func none(f *spec.Field, v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]string:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case []string:
		return len(v) == 0
	case []int64:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return v == "" || f.Absent != nil && f.Equal(f.Absent, v)
}

// foreign reports whether a field of a live compute is none of its spec: Azure
// found it out, or it belongs to another way in which the compute came about.
func (s *sheet) foreign(f *spec.Field) bool {
	switch f.Name {
	case "resource_id":
		return s.c.Made()
	case "address": // Azure finds it by the resource
		return s.c.Text("resource_id") != ""
	case "workspace_url": // this too
		return true
	case "ssl.cname": // Azure gives one to a leaf domain
		return s.c.Text("ssl.status") != "enabled"
	case "ssl.leaf_domain_label":
		return s.c.Text("ssl.status") != "auto"
	case "load_balancer_subnet":
		return s.c.Text("load_balancer_type") != "internal"
	case "ssh_public_access_enabled": // where nothing was said: open on a cluster outside of a virtual network, else closed
		open, _ := s.c.Values[f.Name].(bool)
		return open == (s.c.Kind.Name == "amlcompute" && s.c.Text("network_settings.subnet") == "")
	}
	if f.Type == spec.Region && spec.FoldRegion(s.c.Text(f.Name)) == spec.FoldRegion(s.ws.Location) {
		return true
	}
	// What costs a replacement belongs to what Azure ML makes.
	return s.c.Kind.Attachable() && !s.c.Made() && f.Cost(s.c) == spec.ByReplace
}

// ours are tags that this program sets.
func ours(tag string) bool { return strings.HasPrefix(strings.ToLower(tag), "computesync-") }
