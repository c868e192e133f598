package config

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/window"
)

// Window is when changes may begin, or may not, in every workspace.
type Window struct {
	Allow, Deny string // one of them: a cron expression
	Duration    time.Duration
	Zone        string
	Actions     []string
}

// Approval says which changes wait for a person, in every workspace.
type Approval struct {
	Actions  []string // none: nothing waits
	Computes []string // globs over names; none: every compute
}

// Rules are those that hold in every workspace, besides its own.
func (c *Config) Rules() spec.Rules {
	var r spec.Rules
	for _, w := range c.Windows {
		r.Windows = append(r.Windows, window.Window{
			Deny: w.Deny != "", Cron: w.Allow + w.Deny, Seconds: int64(w.Duration.Seconds()), Zone: w.Zone, Actions: w.Actions,
		})
	}
	if len(c.Approval.Actions) > 0 {
		r.Approval = &spec.Approval{Actions: c.Approval.Actions, Computes: c.Approval.Computes}
	}
	return r
}

var steerKeys = []Key{
	{
		Name: "windows", Type: List, Keys: windowKeys, Whole: checkWindow,
		Doc: "When changes may begin, in every workspace and besides its own `windows`: both must be open. What was begun is finished.",
	},
	{
		Name: "approval.actions", Type: Texts, Required: true, Hint: "write actions: [destructive], or name them", Check: checkAction,
		Doc: "The actions that wait until somebody approves the plan that they are part of, in every workspace and besides its own `approval`; `destructive` stands for all that remove something.",
	},
	{Name: "approval.computes", Type: Texts, Check: checkNames, Doc: "Globs of the names whose changes wait; without it those of every compute."},
}

var windowKeys = []Key{
	{Name: "allow", Type: Text, Check: checked(window.CheckCron), Doc: "When it opens: a cron expression of five fields, such as `0 22 * * 1-5`."},
	{Name: "deny", Type: Text, Check: checked(window.CheckCron), Doc: "The same of a window in which no change begins, whatever is allowed."},
	{
		Name: "duration", Type: Duration, Required: true, Hint: "write it as 90m or 6h", Min: window.Shortest * int64(time.Second),
		Doc: "How long it is open; at most 744h.",
	},
	{Name: "zone", Type: Text, Default: "UTC", Check: checked(window.CheckZone), Doc: "The IANA zone whose clock is meant, such as `Europe/Berlin`."},
	{Name: "actions", Type: Texts, Check: checkAction, Doc: "The actions that it is about; `destructive` stands for all that remove something. Without it: every action."},
}

func checkWindow(item any) (problem, hint string) {
	w, _ := item.(Window)
	switch {
	case (w.Allow == "") == (w.Deny == ""):
		return "a window says either allow or deny", `write allow: or deny: with a cron expression, such as "0 22 * * 1-5"`
	case w.Duration > time.Duration(window.Longest)*time.Second:
		return "a window lasts at most 744h", "let it come back more often"
	}
	return "", ""
}

func checkAction(word string) (problem, hint string) {
	if known := spec.ActionWords(); !slices.Contains(known, word) {
		return "there is no such action", "known actions: " + strings.Join(known, ", ")
	}
	return "", ""
}

func checkNames(glob string) (problem, hint string) {
	if _, err := path.Match(glob, "x"); err != nil {
		return "it is not a glob", "write one such as gpu-*"
	}
	return "", ""
}

// checked is a check whose error says all.
func checked(check func(string) error) func(string) (string, string) {
	return func(text string) (string, string) {
		if err := check(text); err != nil {
			return err.Error(), ""
		}
		return "", ""
	}
}
