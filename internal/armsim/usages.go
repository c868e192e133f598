package armsim

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// usages lists what is used of each quota in a region, not paged: totals, and each VM family twice, once with the limit
// -1. Recorded in November 2025; the names and types of the API description are others.
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
	}
	for _, family := range families() {
		list = append(list, entry(family, familyText(family), "vmFamily/dedicatedCores", familyID(id+"/usages/", family)))
	}
	list = append(list,
		entry(TotalLowPriorityCores, "Total Cluster Low Priority Regional vCPUs", "totalLowPriorityCores", id))
	for _, family := range families() { // without a limit of its own: all draw on the total
		text := strings.Replace(familyText(family), "Dedicated", "LowPriority", 1)
		list = append(list, obj("unit", "Count", "currentValue", 0, "limit", -1,
			"name", obj("value", family, "localizedValue", text),
			"type", provider+"/vmFamily/lowPriorityCores/usages", "id", familyID(id+"/usages/", family)))
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

// families are the VM families, each once: those that usages was recorded with, in its order and spelling, of which that
// of vmSizes differs in case, then the others.
func families() []string {
	var list []string
	seen := map[string]bool{}
	add := func(family string) {
		if !seen[fold(family)] {
			seen[fold(family)] = true
			list = append(list, family)
		}
	}
	for _, l := range loaded().limits {
		if !strings.HasPrefix(l.name, "Total") {
			add(l.name)
		}
	}
	for _, z := range sizes() {
		add(z.family)
	}
	return list
}

// familyText is the text as recorded, with two blanks where the name has one.
func familyText(family string) string {
	return "Standard " + bare(family) + " Family Cluster Dedicated vCPUs"
}

// bare is a family's name without the words around it.
func bare(family string) string { return strings.TrimSuffix(family[len("standard"):], "Family") }

func familyID(prefix, family string) string { return prefix + strings.ReplaceAll(family, " ", "_") }
