package schema

import (
	"github.com/computesync/computesync/internal/policy"
	"github.com/computesync/computesync/internal/spec"
)

// rails is the schema of a map of guard rails.
func rails() *Schema {
	s := section()
	for _, r := range policy.Rules() {
		s.Properties[r.Key] = rule(r)
	}
	return s
}

// rule is a rule in its long form, a map, or in one of its short forms.
func rule(r *policy.Rule) *Schema {
	long := &Schema{Type: types{"object"}, AdditionalProperties: false, Properties: map[string]*Schema{}}
	var short []*Schema
	for i, k := range r.Keys {
		v := ruleValue(&k)
		if i == 0 && len(r.Keys) == 1 {
			short = append(short, v)
		}
		described := *v
		described.Description = k.Doc
		long.Properties[k.Name] = &described
		if k.Required {
			long.Required = append(long.Required, k.Name)
		}
	}
	if !r.Always {
		long.Properties[policy.SeverityKey] = &Schema{Type: types{"string"}, Enum: spec.SeverityNames(), Description: "What comes of it. Default: " + r.Default.String() + "."}
		if long.Properties[policy.NamesKey] == nil {
			long.Properties[policy.NamesKey] = &Schema{Type: types{"array"}, MinItems: 1, Items: &Schema{Type: scalar}, Description: "Globs of the computes that it is for; all where nothing is said."}
		}
	}
	if r.Plain() {
		short = append(short, &Schema{Type: types{"boolean"}}, &Schema{Type: types{"string"}, Enum: spec.SeverityNames()})
	}
	return &Schema{Description: r.Doc, AnyOf: append(short, long)}
}

func ruleValue(k *policy.Key) *Schema {
	globs := &Schema{Type: types{"array"}, MinItems: 1, Items: &Schema{Type: scalar}}
	switch k.Type {
	case policy.Tags:
		return &Schema{AnyOf: []*Schema{globs, {Type: types{"object"}, AdditionalProperties: &Schema{AnyOf: []*Schema{{Type: types{"null"}}, globs}}}}}
	case policy.Number:
		return &Schema{Type: types{"integer"}, Minimum: ptr(int64(k.Min))}
	case policy.Amount:
		return &Schema{Type: types{"number"}, Minimum: ptr(int64(k.Min))}
	}
	return globs
}

// Guardrails is the reference of guard rails, docs/guardrails.md.
func Guardrails() string {
	p := &page{}
	p.add("%s", guardrailsIntroduction)
	p.head("rule", "short form", "where nothing is said", "meaning")
	for _, r := range policy.Rules() {
		severity := r.Default.String()
		if r.Always {
			severity += ", always"
		}
		p.row(code(r.Key), code(r.Key+": "+r.Example), severity, r.Doc)
	}
	p.add("\nTheir settings, beside `severity` and `names`:\n\n")
	p.head("setting", "type", "meaning")
	for _, r := range policy.Rules() {
		for _, k := range r.Keys {
			name := code(r.Key + "." + k.Name)
			if k.Required {
				name += " (required)"
			}
			p.row(name, k.Type.String(), k.Doc)
		}
	}
	p.add("%s", guardrailsRest)
	return p.String()
}

const guardrailsIntroduction = `<!-- Written by go generate ./internal/schema from the rules of internal/policy. -->

# Guard rails

Guard rails are what a platform team wants of every compute, whoever writes its file. They
are set in ` + "`workspace.yaml`" + ` for one workspace, and by the operator for all: under ` + "`policy`" + `
in the daemon's configuration, and with ` + "`--policy FILE`" + ` for ` + "`validate`, `plan` and `apply`" + `, so
that CI finds what the daemon would. The file holds what stands under ` + "`policy`" + `, and nothing
else.

` + "```yaml" + `
policy:
  allowed_regions: [westeurope, northeurope]
  allowed_sizes: ["Standard_D*_v5", "Standard_NC*"]
  max_nodes: {nodes: 20, severity: hold}
  required_tags: {tags: {team: , env: [dev, test, prod]}}
  no_public_ip: true
  no_public_ssh: error
  cost_ceiling: {compute_per_hour: 40, workspace_per_month: 20000}
  no_low_priority: ["prod-*"]
  idle_shutdown: {minutes: 60, severity: warning}
  unmanaged_cost: error
  protected: ["prod-*"]
` + "```" + `

## Rules

`

const guardrailsRest = `
A rule is written in its short form, or as a map of its settings. Where it needs none,
` + "`true` switches it on, `false`" + ` off, and a severity says how much it counts. ` + "`names`" + ` are globs
of the computes that it is for; all where nothing is said. In globs, ` + "`*`" + ` stands for any text,
and case does not matter.

What a spec leaves open is judged as a creation makes it: a cluster whose file says nothing
of public addresses gets them. Regions, sizes, nodes, addresses, ssh, priority and idling are
those of what Azure ML makes; of what is attached only tags and names are judged. Where Azure
would choose, nobody can tell: where no region is stated, or of an AKS cluster no size or
number of nodes. That is a warning, and nothing is made until it is stated: the region with
the compute or in ` + "`workspace.yaml`" + `.

` + "`unmanaged_cost`" + ` finds specs that leave open what the [field reference](spec.md) marks with
**money** or **access**, and names the value that ` + "`az ml`" + ` or Azure would use. What a spec leaves
open is not compared: somebody can raise ` + "`min_instances`" + ` in the portal, and the plan is empty. A
field in ` + "`ignore_changes`" + ` is left to others by name, and is not found. Set to ` + "`hold`" + `, the rule
holds creations alone.

Cost is judged by ` + "`plan`, `apply`" + ` and the daemon, which ask Azure for prices once something
is made or grows, and not by ` + "`validate`" + `. It is the upper bound: as many nodes as there may be,
at the greatest price that Azure lists for pay-as-you-go on their system, Linux or Windows.
Nodes of ` + "`tier: low_priority`" + ` count so, too: they are Spot, whose price varies up to
pay-as-you-go. The cost that the plan prints is an estimate, and often less. Disks, addresses and
discounts are not in it. Since prices come with the plan, an error can only hold. Over the
ceiling of a workspace everything in it that grows is held. What is over a ceiling already may
change as long as neither bound nor estimate grows: from dedicated to Spot, but not back. Where
Azure lists no pay-as-you-go price, or was not asked, nothing is held; the plan and the daemon's
log say that cost was not judged.

## Severities

| severity | what comes of it |
|---|---|
| ` + "`warning`" + ` | it is told, by ` + "`validate`, `plan`" + ` and in the daemon's log |
| ` + "`hold`" + ` | it is told, and a change that would make, attach or change a compute towards it is held with the code ` + "`policy`" + `, which is a guard: exit code 3 |
| ` + "`error`" + ` | an error of the spec, at the field at fault: the workspace is invalid, exit code 5; the last good commit stays in force |

A hold never keeps a compute from being removed or improved. A compute that broke a rule
before is left as it is, and a change of something else goes through: 100 nodes may become
50 where 20 are allowed, but not 101. An error holds in that way as well where it is younger
than the commit in force: when the operator adds a rule, the last good commit stays in force
and makes nothing that breaks it.

## Who wins

The stricter. The rules of both places are judged by themselves, and what either refuses is
refused: lists of what is allowed both count, so does the lower limit, and of two severities
the stricter one. Whoever can merge to a ` + "`workspace.yaml`" + ` can add to the operator's guard
rails and loosen none. ` + "`ignore_warnings`" + ` takes the codes of rules, with ` + "`-` for `_`" + `: it turns the
workspace's own warnings off, and no others.
`
