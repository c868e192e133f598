package armsim

import (
	"fmt"
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

// Quota is the limit of one quota and what others than the simulated computes use of it, in vCPUs or clusters.
type Quota struct {
	Limit int `json:"limit"`
	Used  int `json:"used"`
}

// SetQuota sets the quota of a VM family (as vmSizes calls it) or one of the totals, in every region.
func (s *Server) SetQuota(name string, q Quota) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.quotas[fold(name)] = q
}

func (s *Server) quota(name string) Quota {
	if q, ok := s.quotas[fold(name)]; ok {
		return q
	}
	return Quota{Limit: plenty}
}

// checkSize refuses a VM size that there is not, or that is not for instances, and a new compute for which a quota is too
// small: it must have room for the nodes that start at once, and be large enough for one even where none does.
func (s *Server) checkSize(rq *request, w *workspace, in *object, instance bool, nodes int) *refusal {
	z := sizeOf(in)
	if z == nil || instance && !z.both {
		return unsupported(in.str("vmSize"))
	}
	if w.find(rq.name) != nil {
		return nil
	}
	pools := []string{z.family, TotalDedicatedCores}
	if strings.EqualFold(in.str("vmPriority"), "LowPriority") {
		pools = []string{TotalLowPriorityCores}
	}
	for _, pool := range pools {
		q, set := s.quotas[fold(pool)]
		if !set { // plenty: no need to count what is used
			continue
		}
		left := q.Limit - q.Used - s.used(rq.subscription, w.location)[fold(pool)]
		if z.vCPUs > q.Limit || nodes*z.vCPUs > left {
			return overQuota(pool, q.Limit, max(1, nodes), z.vCPUs)
		}
	}
	return nil
}

// overQuota is the refusal as the service spells it (azure-docs#52413, mlops-v2#81).
func overQuota(pool string, limit, nodes, vCPUs int) *refusal {
	name := "total"
	if family, ok := strings.CutSuffix(pool, "Family"); ok {
		name = "Standard " + strings.Trim(family[len("standard"):], " ") + " family"
	}
	return &refusal{"ClusterMinNodesExceedCoreQuota", fmt.Sprintf("The specified subscription has a %s vCPU quota of %d and cannot accomodate "+
		"for at least %d requested managed compute nodes which maps to %d vCPUs. Talk to your Subscription Admin to request an increase.",
		name, limit, nodes, nodes*vCPUs)}
}

// limitClusters fails the creation that goes over the number of clusters: the service notices only in the operation, and
// says so with code "OK" and status 200 (MachineLearningNotebooks#613).
func (s *Server) limitClusters(op *operation) {
	q, set := s.quotas[fold(TotalClusters)]
	if !set || op.failure != nil || !op.compute.kind.isCluster() && !op.compute.kind.isInstance() {
		return
	}
	if q.Used+s.used(op.compute.ws.subscription, op.compute.ws.location)[fold(TotalClusters)] <= q.Limit {
		return
	}
	op.failure = obj("status", "Failed", "error", obj("code", "OK", "statusCode", 200, "message",
		`failed with status "Failed". Additional Info:"Operation results in exceeding quota limits of Microsoft.Batchlusters"`, "details", []any{}))
}

// used is what the computes of a subscription take of each quota in a region: a cluster the nodes that it has or must have,
// an instance its machine whether it runs or not.
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
				nodes = max(c.inner().num(0, "currentNodeCount"), c.inner().num(0, "scaleSettings", "minNodeCount"))
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
