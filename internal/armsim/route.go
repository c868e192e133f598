package armsim

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const provider = "Microsoft.MachineLearningServices"

// request is one ARM request, taken apart.
type request struct {
	method   string
	base     string // scheme://host as the client wrote it
	path     string
	escaped  string // path as the client wrote it
	rawQuery string
	query    url.Values
	version  string // api-version
	body     []byte
	onlyNew  bool // If-None-Match: *
	now      time.Time

	kind  string // what it counts as: list, get, put, patch, delete, start, stop, restart, resize, post, status or other
	serve func(*Server, *request) answer

	subscription, group, workspace, name string // as the client wrote them; empty where the path has none
	action, location, guid               string

	operation *OperationFault // what becomes of the operation that this request begins
	stranger  *Stranger       // who is faster
}

// route takes the path apart. ARM compares the fixed segments without regard to case.
//
// Microsoft.MachineLearningServices, api-version 2024-04-01: /subscriptions/{s}/resourceGroups/{g}/providers/{p}/workspaces/{w}/computes/{c}/{action},
// /subscriptions/{s}/providers/{p}/locations/{l}/{usages | quotas | updateQuotas | vmSizes | computeOperationsStatus/{guid}},
// and /providers/{p}/operations.
func route(r *http.Request, now time.Time) *request {
	rq := &request{
		method: r.Method, base: base(r), path: r.URL.Path, escaped: r.URL.EscapedPath(), rawQuery: r.URL.RawQuery, query: r.URL.Query(), now: now,
		onlyNew: r.Header.Get("If-None-Match") == "*", kind: "other", serve: (*Server).noRoute,
	}
	rq.version = rq.query.Get("api-version")
	seg := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case fixed(seg, "subscriptions", "*", "resourceGroups", "*", "providers", provider, "workspaces", "*"):
		rq.subscription, rq.group, rq.workspace = seg[1], seg[3], seg[7]
		rq.routeWorkspace(seg[8:])
	case fixed(seg, "subscriptions", "*", "providers", provider, "locations", "*"):
		rq.subscription, rq.location = seg[1], seg[5]
		rq.routeLocation(seg[6:])
	case len(seg) == 3 && fixed(seg, "providers", provider, "operations"):
		rq.on("GET", "other", (*Server).listOperations)
	}
	return rq
}

// fixed says whether seg begins with the pattern, where * stands for any segment.
func fixed(seg []string, pattern ...string) bool {
	if len(seg) < len(pattern) {
		return false
	}
	for i, p := range pattern {
		if seg[i] == "" || p != "*" && !strings.EqualFold(seg[i], p) {
			return false
		}
	}
	return true
}

func (rq *request) routeWorkspace(seg []string) {
	switch {
	case len(seg) == 0:
		rq.on("GET", "other", (*Server).getWorkspace)
	case len(seg) == 1 && strings.EqualFold(seg[0], "checkComputeNameAvailability"):
		rq.on("POST", "name", (*Server).checkName)
	case !strings.EqualFold(seg[0], "computes"):
	case len(seg) == 1:
		rq.on("GET", "list", (*Server).list)
	case len(seg) == 2:
		rq.name = seg[1]
		rq.on("GET", "get", (*Server).get)
		rq.on("PUT", "put", (*Server).put)
		rq.on("PATCH", "patch", (*Server).patch)
		rq.on("DELETE", "delete", (*Server).remove)
	case len(seg) == 3:
		rq.name, rq.action = seg[1], strings.ToLower(seg[2])
		kind := "post"
		if slices.Contains([]string{"start", "stop", "restart", "resize"}, rq.action) { // those that begin an operation
			kind = rq.action
		}
		rq.on("POST", kind, (*Server).act)
	}
}

func (rq *request) routeLocation(seg []string) {
	switch {
	case len(seg) == 1 && strings.EqualFold(seg[0], "usages"):
		rq.on("GET", "other", (*Server).usages)
	case len(seg) == 1 && strings.EqualFold(seg[0], "quotas"):
		rq.on("GET", "other", (*Server).listQuotas)
	case len(seg) == 1 && strings.EqualFold(seg[0], "updateQuotas"):
		rq.on("POST", "other", (*Server).updateQuotas)
	case len(seg) == 1 && strings.EqualFold(seg[0], "vmSizes"):
		rq.on("GET", "other", (*Server).vmSizes)
	case len(seg) == 2 && strings.EqualFold(seg[0], "computeOperationsStatus"):
		rq.guid = strings.ToLower(seg[1])
		rq.on("GET", "status", (*Server).operationStatus)
	case len(seg) == 2 && strings.EqualFold(seg[0], "computeOperationsResults"):
		rq.guid = strings.ToLower(seg[1])
		rq.on("GET", "status", (*Server).operationResult)
	}
}

func (rq *request) on(method, kind string, serve func(*Server, *request) answer) {
	if rq.method == method {
		rq.kind, rq.serve = kind, serve
	}
}

// base is the scheme and host under which the client reached us: operation and next-page addresses begin with it.
func base(r *http.Request) string {
	scheme := r.URL.Scheme // set only in-process
	switch {
	case scheme != "":
	case r.TLS != nil:
		scheme = "https"
	default:
		scheme = "http"
	}
	return scheme + "://" + r.Host
}
