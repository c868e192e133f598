package spec

import (
	"regexp"
	"time"

	"github.com/computesync/computesync/internal/strictyaml"
)

var workspaceKeys = []string{
	"subscription_id", "resource_group", "workspace_name", "location", "owner", "prune",
	"allow_empty", "max_deletions", "protect", "busy_deadline", "suspend", "windows", "approval", "ignore", "ignore_warnings", "policy", "defaults",
}

const ownerHint = "state owner in workspace.yaml: a name for whoever keeps these computes"

var (
	// The service's own pattern for workspace names.
	workspaceName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{2,32}$`)
	// No group ends in a period; one or two alone would lead elsewhere in a URL.
	pathSegment = regexp.MustCompile(`^[a-zA-Z0-9._()-]{0,89}[a-zA-Z0-9_()-]$`)
	ownerName   = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$`)
)

// workspace reads a workspace.yaml and begins the workspace that it makes.
func (w *loader) workspace(dir, p string) *Workspace {
	ws := &Workspace{Dir: w.name(dir), File: w.name(p), Sum: w.sum(dir)}
	ws.Settings = Settings{Owner: DefaultOwner, MaxDeletions: Limit{Count: DefaultMaxDeletions}}
	w.set.Workspaces = append(w.set.Workspaces, ws)
	w.defaults, w.hasOwner = map[*Kind]*defaults{}, false
	file := w.read(ws, p)
	if file == nil {
		return ws
	}
	if len(file.Docs) != 1 || file.Docs[0].Root.Kind != strictyaml.Map {
		w.report(ws, w.problem(p, "%s must be one map", WorkspaceFile))
		return ws
	}
	root := file.Docs[0].Root
	c := &checker{ws: ws, file: file, root: root, nodes: map[string]place{}}
	for i := range root.Entries {
		w.setting(c, &root.Entries[i])
	}
	w.grant(c)
	ws.GuardBy(w.guards)
	if ws.Guard != nil && ws.Guard.Priced() {
		c.warn("policy", "unpriced", "cost_ceiling is not judged by specs alone: plan asks Azure for prices")
	}
	w.hasOwner = c.has("owner")
	if ws.Settings.Prune && !w.hasOwner {
		c.errorAt("prune", ownerHint, "prune needs owner: whose computes are removed must be said")
	}
	w.workspaces[ws] = c.nodes["workspace_name"]
	for _, required := range []struct{ key, value string }{
		{"subscription_id", ws.ID.Subscription},
		{"resource_group", ws.ID.ResourceGroup},
		{"workspace_name", ws.ID.Name},
	} {
		if required.value == "" && root.Get(required.key).IsNull() {
			c.add(file.Errorf(root.Pos, "%s is missing", required.key))
		}
	}
	w.report(ws, c.errs...)
	ws.Notices = append(ws.Notices, c.notices...)
	return ws
}

func (w *loader) setting(c *checker, e *strictyaml.Entry) {
	ws, n := c.ws, e.Value
	c.nodes[e.Key] = place{c.file, n.Pos}
	switch e.Key {
	case "subscription_id":
		ws.ID.Subscription = c.segment(e, pathSegment)
	case "resource_group":
		ws.ID.ResourceGroup = c.segment(e, pathSegment)
	case "workspace_name":
		ws.ID.Name = c.segment(e, workspaceName)
	case "location":
		name, _ := n.Text()
		if !c.typed(name != "", n, strictyaml.WantString) {
			return
		}
		if _, ok := c.region(n, name); ok {
			ws.Location = name
		}
	case "owner":
		ws.Settings.Owner = c.segment(e, ownerName)
	case "prune":
		ws.Settings.Prune = c.flag(n)
	case "allow_empty":
		ws.Settings.AllowEmpty = c.flag(n)
	case "max_deletions":
		ws.Settings.MaxDeletions = c.limit(e)
	case "protect":
		ws.Settings.Protect = c.globs(e)
	case "busy_deadline":
		ws.Settings.BusyDeadline = c.span(e)
	case "suspend":
		ws.Settings.Suspend = c.suspension(e)
	case "windows":
		ws.Settings.Windows = c.windows(n)
	case "approval":
		ws.Settings.Approval = c.approval(e)
	case "ignore":
		ws.Settings.Ignore = c.pathGlobs(e)
		w.ignored[ws] = &ignored{at: n.Pos}
	case "ignore_warnings":
		ws.Settings.IgnoreWarnings = c.warningCodes(w.guards, n)
	case "policy":
		w.policy(c, e)
	case "defaults":
		w.readDefaults(c, n)
	default:
		c.unknownKey(e, workspaceKeys)
	}
}

func (c *checker) segment(e *strictyaml.Entry, pattern *regexp.Regexp) string {
	s, ok := e.Value.Text()
	if c.typed(ok, e.Value, strictyaml.WantString) && !pattern.MatchString(s) {
		c.add(c.file.Errorf(e.Value.Pos, "%s has a character or a length that is not allowed", e.Key))
		return ""
	}
	return s
}

func (c *checker) flag(n *strictyaml.Node) bool {
	b, ok := n.Bool()
	return c.typed(ok, n, strictyaml.WantBool) && b
}

const spanPattern = `^([0-9]+(\.[0-9]+)?(h|m|s))+$`

func (c *checker) span(e *strictyaml.Entry) Span {
	s, _ := e.Value.Text()
	d, err := time.ParseDuration(s)
	if err != nil || d < time.Minute {
		c.add(c.file.Errorf(e.Value.Pos, "%s must be a duration of at least a minute", e.Key).WithHint("write it as 4h or 90m"))
		return 0
	}
	return Span(d)
}

func (w *loader) readDefaults(c *checker, n *strictyaml.Node) {
	if n.IsNull() || !c.typed(n.Kind == strictyaml.Map, n, strictyaml.WantMap) {
		return
	}
	for i := range n.Entries {
		e := &n.Entries[i]
		k := KindByName(e.Key)
		if k == nil {
			c.unknownKey(e, kindNames())
			continue
		}
		if e.Value.IsNull() || !c.typed(e.Value.Kind == strictyaml.Map, e.Value, strictyaml.WantMap) {
			continue
		}
		one := &checker{ws: c.ws, kind: k, file: c.file, root: e.Value, nodes: map[string]place{}}
		values := one.fields(k.table, e.Value, "", k.SDKv1)
		one.dropNull(values)
		c.errs = append(c.errs, one.errs...)
		w.defaults[k] = &defaults{values, one.nodes}
	}
}
