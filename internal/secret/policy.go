package secret

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Policy lists what references may name, and where what they name may go.
// People who can merge YAML must not be able to send the host's secrets to an
// address of theirs, so the operator decides.
type Policy []Rule

// Rule allows references that match a glob over their text. "*", "?" and "[...]"
// match within one segment, as in path.Match; a segment "**" matches one or more
// segments.
type Rule struct {
	Ref        string
	Workspaces []string // globs of subscription/group/workspace; nil: to any
	Kinds      []string // of computes, as specs name them; nil: to any
}

// Destination is where a secret goes; the zero value is this program itself.
type Destination struct {
	Workspace string // subscription/group/workspace
	Kind      string // of the compute
}

func (d Destination) String() string {
	if d == (Destination{}) {
		return "computesync itself"
	}
	return "a compute of kind " + d.Kind + " in " + d.Workspace
}

// Rules are those of plain globs.
func Rules(globs ...string) []Rule {
	rules := make([]Rule, len(globs))
	for i, g := range globs {
		rules[i].Ref = g
	}
	return rules
}

// DefaultPolicy allows what is meant for us by its very place or name:
// systemd credentials and variables called COMPUTESYNC_SECRET_*.
func DefaultPolicy() Policy {
	return Rules("secret://credential/*", "secret://env/COMPUTESYNC_SECRET_*")
}

// ParsePolicy checks the globs of references. No rules allow nothing.
func ParsePolicy(rules []Rule) (Policy, error) {
	p := make(Policy, 0, len(rules))
	for _, rule := range rules {
		rest, ok := strings.CutPrefix(rule.Ref, prefix)
		if !ok {
			return nil, fmt.Errorf("parse secret policy: %q does not begin with %s", rule.Ref, prefix)
		}
		for segment := range strings.SplitSeq(rest, "/") {
			if segment == "" {
				return nil, fmt.Errorf("parse secret policy: %q has an empty segment", rule.Ref)
			}
			if segment != "**" && strings.Contains(segment, "**") {
				return nil, fmt.Errorf("parse secret policy: %q: ** must be a whole segment", rule.Ref)
			}
			if _, err := path.Match(segment, ""); err != nil {
				return nil, fmt.Errorf("parse secret policy: %q: %w", rule.Ref, err)
			}
		}
		if strings.HasPrefix(rest, string(KeyVaults)+"/") {
			rule.Ref = strings.ToLower(rule.Ref) // as ParseRef folds the references
		}
		p = append(p, rule)
	}
	return p, nil
}

// Allows reports whether a rule lets what r names go there.
func (p Policy) Allows(r Ref, to Destination) bool {
	return slices.ContainsFunc(p, func(rule Rule) bool { return rule.names(r) && rule.sends(to) })
}

// names reports whether r may be named at all.
func (p Policy) names(r Ref) bool {
	return slices.ContainsFunc(p, func(rule Rule) bool { return rule.names(r) })
}

func (rule *Rule) names(r Ref) bool {
	glob, ok := strings.CutPrefix(rule.Ref, prefix)
	text := strings.TrimPrefix(r.String(), prefix)
	return ok && !r.IsZero() && matchSegments(strings.Split(glob, "/"), strings.Split(text, "/"))
}

func (rule *Rule) sends(to Destination) bool {
	workspace := strings.Split(strings.ToLower(to.Workspace), "/")
	return (rule.Kinds == nil || slices.Contains(rule.Kinds, to.Kind)) &&
		(rule.Workspaces == nil || slices.ContainsFunc(rule.Workspaces, func(glob string) bool {
			return matchSegments(strings.Split(strings.ToLower(glob), "/"), workspace)
		}))
}

func matchSegments(glob, text []string) bool {
	for len(glob) > 0 {
		if len(text) == 0 {
			return false
		}
		if glob[0] == "**" {
			return matchSegments(glob[1:], text[1:]) || matchSegments(glob, text[1:])
		}
		if ok, err := path.Match(glob[0], text[0]); err != nil || !ok {
			return false
		}
		glob, text = glob[1:], text[1:]
	}
	return len(text) == 0
}
