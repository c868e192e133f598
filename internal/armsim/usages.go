package armsim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// usages lists what is used of each quota in a region: the totals, then one entry a VM family, not paged. Recorded in
// November 2025; the names and types of the API description are others.
func (s *Server) usages(rq *request) answer {
	used := s.used(func(c *compute) bool { return c.in(rq.subscription, rq.location) })
	id := "/subscriptions/" + rq.subscription
	entry := func(name, text, kind, id string) *object {
		q := s.quota(name)
		return obj("unit", "Count", "currentValue", q.Used+used[fold(name)], "limit", q.Limit,
			"name", obj("value", name, "localizedValue", text), "type", provider+"/"+kind+"/usages", "id", id)
	}
	list := []any{
		entry(TotalClusters, "Total Clusters", "totalClusters", id),
		entry(TotalDedicatedCores, "Total Cluster Dedicated Regional vCPUs", "totalDedicatedCores", id),
		entry(TotalLowPriorityCores, "Total Cluster LowPriority Regional vCPUs", "totalLowPriorityCores", id),
	}
	for _, family := range families() {
		list = append(list, entry(family, familyText(family), "vmFamily/dedicatedCores", familyID(id+"/usages/", family)))
	}
	return jsonAnswer(http.StatusOK, obj("value", list))
}

// listQuotas lists the subscription's quotas, one a VM family. On the wire the region's key is location, not
// amlWorkspaceLocation, and null here (azure-powershell recording, Get-AzMLServiceQuota).
func (s *Server) listQuotas(rq *request) answer {
	list := []any{}
	for _, family := range families() {
		list = append(list, obj("id", familyID("/subscriptions/"+rq.subscription+"/quotas/", family), "location", nil,
			"type", provider+"/vmFamily/dedicatedCores/quotas", "name", obj("value", family, "localizedValue", familyText(family)),
			"limit", s.quota(family).Limit, "unit", "Count"))
	}
	for _, key := range slices.Sorted(maps.Keys(s.shares)) {
		if q := s.shares[key]; strings.HasPrefix(fold(q.workspace), fold("/subscriptions/"+rq.subscription+"/")) {
			list = append(list, q.document())
		}
	}
	return jsonAnswer(http.StatusOK, obj("value", list))
}

// families are the VM families, each once, in the order of their sizes.
func families() []string {
	var list []string
	seen := map[string]bool{}
	for _, z := range sizes {
		if !seen[z.family] {
			seen[z.family] = true
			list = append(list, z.family)
		}
	}
	return list
}

func familyText(family string) string { return family + " Cluster Dedicated vCPUs" }

func familyID(prefix, family string) string { return prefix + strings.ReplaceAll(family, " ", "_") }
