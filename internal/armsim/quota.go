package armsim

import (
	"fmt"
	"net/http"
	"strings"
)

// The quotas that are no VM family's, under the names that usages gives them.
const (
	TotalClusters         = "TotalClusters"
	TotalDedicatedCores   = "TotalDedicatedCores"
	TotalLowPriorityCores = "TotalLowPriorityCores"
)

// plenty is the limit of a quota that nobody set: enough for 10,000 computes.
const plenty = 100000

// SetQuota limits a VM family (as vmSizes calls it) or one of the totals to that many vCPUs, or clusters.
func (s *Server) SetQuota(name string, limit int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quotas[fold(name)] = limit
}

func (s *Server) quota(name string) int {
	if limit, ok := s.quotas[fold(name)]; ok {
		return limit
	}
	return plenty
}

// checkSize refuses a VM size that there is not, that is not for this type, or whose quota is too small for that many
// nodes. The service wants room for one node even where there are to be none at first.
func (s *Server) checkSize(in *object, computeType string, nodes int) *refusal {
	name, _ := in.or("vmSize", clusterSize).(string)
	z := sizeByName[fold(name)]
	if z == nil || computeType != "AmlCompute" && !z.both {
		return unsupported(name)
	}
	limit, pool := s.quota(z.family), "Standard "+strings.TrimPrefix(strings.TrimSuffix(z.family, "Family"), "standard")+" family"
	if strings.EqualFold(in.str("vmPriority"), "LowPriority") {
		limit, pool = s.quota(TotalLowPriorityCores), "total"
	} else if total := s.quota(TotalDedicatedCores); total < limit {
		limit, pool = total, "total"
	}
	if need := nodes * z.vCPUs; need > limit {
		return &refusal{"ClusterMinNodesExceedCoreQuota", fmt.Sprintf("The specified subscription has a %s vCPU quota of %d and cannot accomodate "+
			"for at least %d requested managed compute nodes which maps to %d vCPUs. Talk to your Subscription Admin to request an increase.",
			pool, limit, nodes, need)}
	}
	return nil
}

// limitClusters fails the creation that goes over the number of clusters: the service notices only in the operation, and
// says so with code "OK" and status 200 (MachineLearningNotebooks#613).
func (s *Server) limitClusters(op *operation) {
	limit, set := s.quotas[fold(TotalClusters)]
	if !set || op.failure != nil || s.used(op.compute.ws.subscription, op.compute.ws.location)[fold(TotalClusters)] <= limit {
		return
	}
	op.failure = obj("status", "Failed", "error", obj("code", "OK", "statusCode", 200, "message",
		`failed with status "Failed". Additional Info:"Operation results in exceeding quota limits of Microsoft.Batchlusters"`, "details", []any{}))
}

// used is what the computes of a subscription take of each quota in a region: a cluster its nodes, an instance its machine
// whether it runs or not.
func (s *Server) used(subscription, region string) map[string]int {
	used := map[string]int{}
	for _, w := range s.workspaces {
		if !strings.EqualFold(w.subscription, subscription) || !strings.EqualFold(w.location, region) {
			continue
		}
		for _, c := range w.computes {
			nodes := 1
			switch {
			case c.kind.isCluster():
				nodes = c.inner().num(0, "currentNodeCount")
			case !c.kind.isInstance():
				continue
			}
			used[fold(TotalClusters)]++
			z := sizeByName[fold(c.inner().str("vmSize"))]
			switch {
			case z == nil:
			case c.inner().str("vmPriority") == "LowPriority":
				used[fold(TotalLowPriorityCores)] += nodes * z.vCPUs
			default:
				used[fold(TotalDedicatedCores)] += nodes * z.vCPUs
				used[fold(z.family)] += nodes * z.vCPUs
			}
		}
	}
	return used
}

// usages lists what is used of each quota in a region: the totals, then one entry a VM family, not paged. Recorded in
// November 2025; the names and types of the API description are others.
func (s *Server) usages(rq *request) answer {
	for _, w := range s.workspaces {
		w.settle(rq.now)
	}
	used, id := s.used(rq.subscription, rq.location), "/subscriptions/"+rq.subscription
	entry := func(name, text, kind, id string) *object {
		return obj("unit", "Count", "currentValue", used[fold(name)], "limit", s.quota(name),
			"name", obj("value", name, "localizedValue", text), "type", provider+"/"+kind+"/usages", "id", id)
	}
	list := []any{
		entry(TotalClusters, "Total Clusters", "totalClusters", id),
		entry(TotalDedicatedCores, "Total Cluster Dedicated Regional vCPUs", "totalDedicatedCores", id),
		entry(TotalLowPriorityCores, "Total Cluster LowPriority Regional vCPUs", "totalLowPriorityCores", id),
	}
	seen := map[string]bool{}
	for _, z := range sizes {
		if !seen[z.family] {
			seen[z.family] = true
			list = append(list, entry(z.family, z.family+" Cluster Dedicated vCPUs", "vmFamily/dedicatedCores",
				id+"/usages/"+strings.ReplaceAll(z.family, " ", "_")))
		}
	}
	return jsonAnswer(http.StatusOK, obj("value", list))
}
