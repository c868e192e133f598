package config

import (
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// Secrets says what references in specs may name.
type Secrets struct {
	Allow []Allowed // nil: the default policy
}

// Allowed is a glob of references, and where what they name may go.
type Allowed struct {
	Ref string
	For struct {
		Workspaces, Kinds []string // nil: to any
	}
}

// Rules are those of secrets.allow; nil: the default policy holds.
func (s Secrets) Rules() []secret.Rule {
	if s.Allow == nil {
		return nil
	}
	rules := make([]secret.Rule, len(s.Allow))
	for i, a := range s.Allow {
		rules[i] = secret.Rule{Ref: a.Ref, Workspaces: a.For.Workspaces, Kinds: a.For.Kinds}
	}
	return rules
}

var secretsKeys = []Key{{
	Name: "secrets.allow", Type: List, Keys: allowedKeys, Short: "ref", Hint: "write a list of globs such as secret://credential/*",
	Doc: "What references in specs may name, as globs; `*` stays within one segment. Without the key: `secret://credential/*` and `secret://env/COMPUTESYNC_SECRET_*`. " +
		"Who can merge specs can have each of these sent to an address of their choice, within what `for` says. " +
		"What the daemon itself uses is kept from specs in any case, as [security.md](security.md#secrets) lists.",
}}

var allowedKeys = []Key{
	{Name: "ref", Type: Text, Required: true, Hint: "write a glob such as secret://credential/*", Check: checkGlob, Doc: "The glob."},
	{
		Name: "for.workspaces", Type: Texts, Check: checked(spec.CheckWorkspaceGlob), Pattern: spec.WorkspaceGlobPattern,
		Doc: "The workspaces that the secret may be sent to, as globs of `subscription/group/workspace`; else every one.",
	},
	{Name: "for.kinds", Type: Texts, Check: checkKind, Doc: "The kinds of computes that it may be sent for, such as `virtualmachine`; else every one."},
}

func checkGlob(glob string) (problem, hint string) {
	if _, err := secret.ParsePolicy(secret.Rules(glob)); err != nil {
		return err.Error(), "write a glob such as secret://credential/*"
	}
	return "", ""
}

func checkKind(name string) (problem, hint string) {
	var known []string
	for _, k := range spec.Kinds() {
		known = append(known, k.Name)
	}
	if !slices.Contains(known, name) {
		return "there is no such kind", didYouMean(name, known, "known kinds: "+strings.Join(known, ", "))
	}
	return "", ""
}
