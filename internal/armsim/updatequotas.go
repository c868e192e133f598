package armsim

import (
	"net/http"
	"strings"
)

// updateQuotas gives workspaces their share of the subscription's quotas, each entry for itself: POST {"value": [{"id",
// "limit", ...}]}, where the id is that of a quota below a workspace. The answer says of each what became of it.
func (s *Server) updateQuotas(rq *request) answer {
	body, err := parseObject(rq.body)
	if err != nil {
		return s.userError(rq, "The request content is invalid: %v", err)
	}
	given, ok := body.get("value").([]any)
	if !ok {
		return s.userError(rq, "The property 'value' is required.")
	}
	list := make([]any, 0, len(given))
	for _, one := range given {
		q, _ := one.(*object)
		list = append(list, obj("id", q.get("id"), "type", workspaceQuota, "limit", q.get("limit"), "unit", "Count",
			"status", s.updateQuota(rq, q)))
	}
	return jsonAnswer(http.StatusOK, obj("value", list))
}

const workspaceQuota = provider + "/workspaces/dedicatedCores/quotas"

// updateQuota is the status of one entry, under the names of the API description.
func (s *Server) updateQuota(rq *request, q *object) string {
	seg := strings.Split(strings.Trim(q.str("id"), "/"), "/")
	if len(seg) != 10 || !fixed(seg, "subscriptions", rq.subscription, "resourceGroups", "*", "providers", provider,
		"workspaces", "*", "quotas", "*") {
		return "Failure"
	}
	family, limit := familyOf(seg[9]), q.num(-1, "limit")
	if family == "" {
		return "InvalidVMFamilyName"
	}
	w := workspaceKey(seg[1], seg[3], seg[7])
	in := func(c *compute) bool { return workspaceKey(c.ws.subscription, c.ws.group, c.ws.name) == w }
	switch {
	case limit < s.used(in)[fold(family)]:
		return "InvalidQuotaBelowClusterMinimum"
	case limit > s.quota(family).Limit:
		return "InvalidQuotaExceedsSubscriptionLimit"
	}
	s.shares[w+"/"+fold(family)] = &share{"/" + strings.Join(seg[:8], "/"), family, limit}
	return "Success"
}

// share is what a workspace may use of a subscription's quota.
type share struct {
	workspace, family string
	limit             int
}

func (q *share) document() *object {
	return obj("id", familyID(q.workspace+"/quotas/", q.family), "location", nil, "type", workspaceQuota,
		"name", obj("value", q.family, "localizedValue", familyText(q.family)), "limit", q.limit, "unit", "Count")
}

// familyOf is the VM family of the last segment of a quota's id, in which blanks are underscores; "" if there is none.
func familyOf(segment string) string {
	for _, family := range families() {
		if strings.EqualFold(familyID("", family), segment) {
			return family
		}
	}
	return ""
}
