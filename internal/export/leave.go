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

// usual reports whether a value is what a compute has that states none.
func usual(f *spec.Field, v any) bool {
	usual := f.Otherwise()
	return none(f, v) || usual != nil && f.Equal(usual, v)
}

// stated reports whether a value is written though a compute has it anyway: what
// a file leaves open is not compared, and could change in Azure unnoticed. Where
// a compute has nothing, a spec has no word for that but for a list.
func stated(f *spec.Field, v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return f.AtStake != 0 && v != ""
	case int64:
		return f.AtStake != 0 && v >= f.Min
	case []any:
		return f.AtStake == spec.Money || f.AtStake != 0 && len(v) > 0
	}
	return f.AtStake != 0
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
	}
	if key, isSource := strings.CutSuffix(f.Name, ".source"); isSource { // its text says it
		_, inline := s.script(key)
		return inline
	}
	if f.Type == spec.Region && spec.FoldRegion(s.c.Text(f.Name)) == spec.FoldRegion(s.ws.Location) {
		return true
	}
	// What costs a replacement belongs to what Azure ML makes.
	return s.c.Kind.Attachable() && !s.c.Made() && f.Cost(s.c) == spec.ByReplace
}

// ours are tags that this program sets.
func ours(tag string) bool { return strings.HasPrefix(strings.ToLower(tag), "computesync-") }
