package spec

import (
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/strictyaml"
	"github.com/computesync/computesync/internal/window"
)

// Suspension keeps computes as they are for a while.
type Suspension struct {
	Computes string    `json:"computes,omitempty"` // glob over their names; "": whatever it stands with
	Reason   string    `json:"reason"`
	By       string    `json:"by,omitempty"`
	Since    time.Time `json:"since,omitzero"` // zero: not known
	Until    time.Time `json:"until,omitzero"` // zero: until somebody lifts it
}

// Active reports whether the suspension holds at that time.
func (s *Suspension) Active(now time.Time) bool {
	return s != nil && (s.Until.IsZero() || s.Until.After(now))
}

// Covers reports whether the suspension is about a compute of that name.
func (s *Suspension) Covers(name string) bool { return s.Computes == "" || matches(s.Computes, name) }

// CheckReason says what is wrong with a reason: it is one line that people read.
func CheckReason(reason string) (problem string) {
	switch {
	case strings.TrimSpace(reason) == "":
		return "the reason is empty"
	case strings.ContainsFunc(reason, output.Hidden):
		return "the reason is more than one line, or has characters that do not show"
	case utf8.RuneCountInString(reason) > maxReason:
		return "the reason is longer than 200 characters"
	}
	return ""
}

const maxReason = 200

// Rules are what the daemon's configuration says for every workspace, besides
// what each says itself: the stricter holds.
type Rules struct {
	Windows  window.Set
	Approval *Approval
}

// Approval says which changes wait until a person approved the plan that they
// are part of.
type Approval struct {
	Actions  []string `json:"actions,omitempty"`  // words of ActionWords; none: every action
	Computes []string `json:"computes,omitempty"` // globs over names; none: every compute
}

// Needs reports whether a change waits for approval: is tells of a word whether
// it is about the change's action, names are those of its computes.
func (a *Approval) Needs(is func(word string) bool, names ...string) bool {
	if a == nil || len(a.Actions) > 0 && !slices.ContainsFunc(a.Actions, is) {
		return false
	}
	return len(a.Computes) == 0 || slices.ContainsFunc(a.Computes, func(glob string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return matches(glob, name) })
	})
}

// Destructive stands for every action that removes something that existed.
const Destructive = "destructive"

// ActionWords are what windows and approvals may be about: the actions of a
// plan, and Destructive for those of them that remove something.
func ActionWords() []string {
	return []string{
		Destructive, "create", "attach", "update", "replace", "re-attach", "takeover", "detach", "delete", "start", "stop", "adopt", "remake",
	}
}

func matches(glob, name string) bool {
	ok, err := path.Match(FoldName(glob), FoldName(name))
	return ok && err == nil
}

const timeHint = "write it as 2026-12-24T18:00:00Z"

// suspension reads `suspend`.
func (c *checker) suspension(e *strictyaml.Entry) *Suspension {
	if e.Value.Kind != strictyaml.Map {
		c.add(c.file.Mismatch(e.Value, strictyaml.WantMap).WithHint("say why: suspend: {reason: …}, and perhaps by and until"))
		return nil
	}
	s := &Suspension{}
	c.entries(e, suspendKeys, map[string]func(*strictyaml.Entry){
		"reason": func(e *strictyaml.Entry) { s.Reason = c.line(e) },
		"by":     func(e *strictyaml.Entry) { s.By = c.line(e) },
		"until":  func(e *strictyaml.Entry) { s.Until = c.time(e) },
	})
	return s
}

// line reads a line for people.
func (c *checker) line(e *strictyaml.Entry) string {
	s, ok := e.Value.Text()
	if !c.typed(ok, e.Value, strictyaml.WantString) || !c.harmless(e.Key, e.Value, s) {
		return ""
	}
	if problem := CheckReason(s); problem != "" {
		c.add(c.file.Errorf(e.Value.Pos, "%s: %s", e.Key, strings.Replace(problem, "the reason", "it", 1)))
	}
	return s
}

func (c *checker) time(e *strictyaml.Entry) time.Time {
	s, _ := e.Value.Text()
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		c.add(c.file.Errorf(e.Value.Pos, "%s is not a time", e.Key).WithHint(timeHint))
	}
	return t
}

// approval reads `approval`.
func (c *checker) approval(e *strictyaml.Entry) *Approval {
	if !c.typed(e.Value.Kind == strictyaml.Map, e.Value, strictyaml.WantMap) {
		return nil
	}
	a := &Approval{}
	c.entries(e, approvalKeys, map[string]func(*strictyaml.Entry){
		"actions":  func(e *strictyaml.Entry) { a.Actions = c.actions(e.Value) },
		"computes": func(e *strictyaml.Entry) { a.Computes = c.globs(e) },
	})
	return a
}

// windows reads `windows`.
func (c *checker) windows(n *strictyaml.Node) window.Set {
	if !c.typed(n.Kind == strictyaml.List, n, strictyaml.WantList) {
		return nil
	}
	var set window.Set
	for _, item := range n.Items {
		if c.typed(item.Kind == strictyaml.Map, item, strictyaml.WantMap) {
			set = append(set, c.window(item))
		}
	}
	return set
}

func (c *checker) window(n *strictyaml.Node) window.Window {
	var w window.Window
	cron := func(e *strictyaml.Entry) {
		w.Cron, w.Deny = c.checked(e, window.CheckCron), e.Key == "deny"
	}
	c.entries(&strictyaml.Entry{Key: "window", Value: n}, windowKeys, map[string]func(*strictyaml.Entry){
		"allow": cron, "deny": cron,
		"duration": func(e *strictyaml.Entry) { w.Seconds = c.lasts(e) },
		"zone":     func(e *strictyaml.Entry) { w.Zone = c.checked(e, window.CheckZone) },
		"actions":  func(e *strictyaml.Entry) { w.Actions = c.actions(e.Value) },
	})
	if (n.Get("allow") == nil) == (n.Get("deny") == nil) {
		c.add(c.file.Errorf(n.Pos, "a window says either allow or deny").WithHint("write allow: or deny: with a cron expression, such as \"0 22 * * 1-5\""))
	}
	return w
}

// checked reads a text that check finds nothing wrong with.
func (c *checker) checked(e *strictyaml.Entry, check func(string) error) string {
	s, ok := e.Value.Text()
	if !c.typed(ok, e.Value, strictyaml.WantString) {
		return ""
	}
	if err := check(s); err != nil {
		c.add(c.file.Errorf(e.Value.Pos, "%s: %v", e.Key, err))
	}
	return s
}

// lasts reads how long a window is open, in seconds.
func (c *checker) lasts(e *strictyaml.Entry) int64 {
	s, _ := e.Value.Text()
	d, err := time.ParseDuration(s)
	seconds := int64(d / time.Second)
	if err != nil || seconds < window.Shortest || seconds > window.Longest {
		c.add(c.file.Errorf(e.Value.Pos, "%s must be a time between 1m and 744h", e.Key).WithHint("write it as 90m or 6h"))
	}
	return seconds
}

func (c *checker) actions(n *strictyaml.Node) []string {
	listed, ok := list(c, n, strictyaml.WantString, (*strictyaml.Node).Text)
	if !ok {
		return nil
	}
	known := ActionWords()
	for _, item := range n.Items {
		word, ok := item.Text()
		if !ok || slices.Contains(known, word) {
			continue
		}
		c.add(c.file.Errorf(item.Pos, "there is no action %q", clip(word)).WithHint("known actions: %s", strings.Join(known, ", ")))
	}
	return listed.([]string)
}

// globs reads a list of globs over names.
func (c *checker) globs(e *strictyaml.Entry) []string {
	listed, _ := list(c, e.Value, strictyaml.WantString, (*strictyaml.Node).Text)
	globs, _ := listed.([]string)
	for i, g := range globs {
		if _, err := path.Match(g, "x"); err != nil {
			c.add(c.file.Errorf(e.Value.Items[i].Pos, "%s: %q is not a glob", e.Key, clip(g)))
		}
	}
	return globs
}

// entries reads the keys of a map, each by its own function.
func (c *checker) entries(of *strictyaml.Entry, keys []Key, read map[string]func(*strictyaml.Entry)) {
	names := make([]string, len(keys))
	for i := range keys {
		names[i] = keys[i].Name
		if keys[i].Required && of.Value.Get(keys[i].Name) == nil {
			c.add(c.file.Errorf(of.Value.Pos, "%s: %s is missing", of.Key, keys[i].Name))
		}
	}
	for i := range of.Value.Entries {
		e := &of.Value.Entries[i]
		if f := read[e.Key]; f != nil {
			f(e)
		} else {
			c.unknownKey(e, names)
		}
	}
}
