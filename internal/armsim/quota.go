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

// plenty is the limit of a quota that nobody set: enough for 10,000 computes. What is used of it is not counted.
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
	if s.recordedQuotas {
		return Quota{Limit: loaded().limitOf(name)}
	}
	return Quota{Limit: plenty}
}

// checkSize refuses a VM size that there is not, or not for the kind, and a new compute for which a quota is too
// small: it must have room for the nodes that start at once, and be large enough for one even where none does.
func (s *Server) checkSize(rq *request, w *workspace, props *object, nodes int) *refusal {
	in := props.at("properties")
	z := sizeOf(in)
	if z == nil || !z.serves(props.str("computeType")) {
		return unsupported(in.str("vmSize"))
	}
	if w.find(rq.name) != nil {
		return nil
	}
	return s.room(w, nil, z, strings.EqualFold(in.str("vmPriority"), "LowPriority"), nodes)
}

// room refuses nodes of a size for which a quota of the region, or the workspace's share of one, is too small; what
// they replace does not count.
func (s *Server) room(w *workspace, replaced *compute, z *size, low bool, nodes int) *refusal {
	inRegion := func(c *compute) bool { return c != replaced && c.in(w.subscription, w.location) }
	inWorkspace := func(c *compute) bool { return c != replaced && c.ws == w }
	pools := []string{z.family, TotalDedicatedCores}
	if low {
		pools = []string{TotalLowPriorityCores}
	}
	for _, pool := range pools {
		q := s.quota(pool)
		if q.Limit != plenty && tooSmall(q, s.used(inRegion)[fold(pool)], nodes, z.vCPUs) {
			return overQuota(pool, q.Limit, max(1, nodes), z.vCPUs)
		}
	}
	mine := s.shares[workspaceKey(w.subscription, w.group, w.name)+"/"+fold(z.family)]
	if !low && mine != nil && tooSmall(Quota{Limit: mine.limit}, s.used(inWorkspace)[fold(z.family)], nodes, z.vCPUs) {
		return overQuota(z.family, mine.limit, max(1, nodes), z.vCPUs)
	}
	return nil
}

// tooSmall says whether a quota lacks the room for nodes, or for one where none starts at once.
func tooSmall(q Quota, used, nodes, vCPUs int) bool {
	return vCPUs > q.Limit || nodes*vCPUs > q.Limit-q.Used-used
}

// overQuota is the refusal as the service spells it (azure-docs#52413, mlops-v2#81).
func overQuota(pool string, limit, nodes, vCPUs int) *refusal {
	name := "total"
	if strings.HasSuffix(pool, "Family") {
		name = "Standard " + strings.TrimSpace(bare(pool)) + " family"
	}
	return &refusal{"ClusterMinNodesExceedCoreQuota", fmt.Sprintf("The specified subscription has a %s vCPU quota of %d and cannot accomodate "+
		"for at least %d requested managed compute nodes which maps to %d vCPUs. Talk to your Subscription Admin to request an increase.",
		name, limit, nodes, nodes*vCPUs)}
}

// limitClusters fails the creation that goes over the number of clusters: the service notices only in the operation, and
// says so with code "OK" and status 200 (MachineLearningNotebooks#613).
func (s *Server) limitClusters(op *operation) {
	q := s.quota(TotalClusters)
	if q.Limit == plenty || op.failure != nil || !op.compute.kind.isCluster() && !op.compute.kind.isInstance() {
		return
	}
	inRegion := func(c *compute) bool { return c.in(op.compute.ws.subscription, op.compute.ws.location) }
	if q.Used+s.used(inRegion)[fold(TotalClusters)] <= q.Limit {
		return
	}
	op.failure = obj("status", "Failed", "error", obj("code", "OK", "statusCode", 200, "message",
		`failed with status "Failed". Additional Info:"Operation results in exceeding quota limits of Microsoft.Batchlusters"`, "details", []any{}))
}

// in says whether c is in a region, and of a subscription.
func (c *compute) in(subscription, region string) bool {
	return strings.EqualFold(c.ws.subscription, subscription) && strings.EqualFold(c.ws.location, region)
}

// used is what computes take of each quota: a cluster the nodes that it has or must have, an instance its machine whether
// it runs or not.
func (s *Server) used(which func(*compute) bool) map[string]int {
	used := map[string]int{}
	for _, w := range s.workspaces {
		for _, c := range w.computes {
			if which(c) {
				c.use(used)
			}
		}
	}
	return used
}

// use adds what c takes of each quota.
func (c *compute) use(used map[string]int) {
	nodes := 1
	switch {
	case c.kind.isCluster():
		nodes = max(c.inner().num(0, "currentNodeCount"), c.inner().num(0, "scaleSettings", "minNodeCount"))
	case !c.kind.isInstance():
		return
	}
	used[fold(TotalClusters)]++
	z := sizeNamed(c.inner().str("vmSize"))
	switch {
	case z == nil:
	case c.inner().str("vmPriority") == "LowPriority":
		used[fold(TotalLowPriorityCores)] += nodes * z.vCPUs
	default:
		used[fold(TotalDedicatedCores)] += nodes * z.vCPUs
		used[fold(z.family)] += nodes * z.vCPUs
	}
}
