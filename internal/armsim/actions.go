package armsim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// routing is an action of which nobody has shown which api-versions have it.
type routing struct {
	action string
	usual  string // which ones have it unless an Assumption says otherwise: all, preview or none
	since  string // the first preview that has it; "" = every one
}

// routings have each action where it was seen: updateSchedules in the descriptions of 2021-03-01-preview and
// 2022-10-01, enableSso in the client of 2024-04-01-preview (azure-ai-ml), updateIdleShutdownSetting with 2021-07-01
// ("Create and manage an Azure Machine Learning compute instance"), the others in preview descriptions alone; but
// customServices and updateDataMounts are so like updateIdleShutdownSetting that they are taken to be where it is.
var routings = []routing{
	{action: "updateSchedules", usual: "all"},
	{action: "enableSso", usual: "preview", since: "2024-04-01-preview"},
	{action: "resize", usual: "preview"},
	{action: "getAllowedVmSizesForResize", usual: "preview"},
	{action: "updateIdleShutdownSetting", usual: "all"},
	{action: "customServices", usual: "all"},
	{action: "updateDataMounts", usual: "all"},
}

func isPreview(version string) bool { return strings.HasSuffix(version, "-preview") }

// act is a POST action on a compute.
func (s *Server) act(rq *request) answer {
	if !s.routes(rq) {
		return s.routeMissing(rq)
	}
	c := s.find(rq)
	if c == nil {
		return s.notFound(rq)
	}
	if c.kind == nil || c.kind.actions[rq.action] == nil {
		return s.userError(rq, "The action '%s' is not supported for compute '%s' of type '%s'.",
			rq.action, c.name, c.props().str("computeType"))
	}
	return c.kind.actions[rq.action](s, rq, c)
}

// routes says whether the api-version of a request has its action.
func (s *Server) routes(rq *request) bool {
	if !slices.ContainsFunc(kinds(), func(k *kind) bool { return k.actions[rq.action] != nil }) {
		return false
	}
	i := slices.IndexFunc(routings, func(r routing) bool { return fold(r.action) == rq.action })
	if i < 0 {
		return true
	}
	switch s.answerTo(routeOf + routings[i].action) {
	case "all":
		return true
	case "preview":
		return isPreview(rq.version) && rq.version >= routings[i].since
	}
	return false
}

// routeMissing refuses an action that does not exist, or not in that api-version.
func (s *Server) routeMissing(rq *request) answer {
	status, err := strconv.Atoi(s.answerTo(missingRoute))
	if err != nil {
		panic(err) // Assumptions lists numbers
	}
	code := map[int]string{
		http.StatusNotFound: "NotFound", http.StatusMethodNotAllowed: "HttpMethodNotSupported",
		http.StatusBadRequest: "InvalidResourceType",
	}[status]
	return armError(status, code, "The action '%s' could not be found for api-version '%s'.", rq.action, rq.version)
}

// whenFree is an action that is refused while an operation runs, which might undo it.
func whenFree(do func(*Server, *request, *compute) answer) func(*Server, *request, *compute) answer {
	return func(s *Server, rq *request, c *compute) answer {
		if c.busy(rq.now) {
			return s.conflict(rq, c)
		}
		return do(s, rq, c)
	}
}
