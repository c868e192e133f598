package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/spec"
)

// Reference is the field reference, docs/spec.md.
func Reference() string {
	p := &page{}
	p.add(introduction)
	p.kinds()
	p.add("\n## workspace.yaml\n\n")
	p.keys(spec.WorkspaceKeys())
	p.add("\n## The computesync key\n\nWhat only computesync understands stands under one key of a compute, `computesync:`.\n\n")
	p.keys(spec.LifecycleKeys(nil))
	p.add(secrets)
	p.warnings()
	p.retirements()
	for _, k := range spec.Kinds() {
		p.kind(k)
	}
	p.add(around)
	return p.String()
}

const introduction = `<!-- Written by go generate ./internal/schema from the tables of internal/spec. -->

# Field reference

Every key of a spec, with what a change of it costs on a live compute. What a folder of
specs is, and how editors are told of these keys, stands in [Spec folders](folder.md).

| a change | what is done |
|---|---|
| in place, by PATCH or PUT | the compute stays, and is updated |
| in place, by its own action | the compute stays; the service has a call of its own for the key |
| replace | the compute is deleted and made again |
| re-attach | the compute is detached and attached again; what it stands on is not touched |
| create-only | set when the compute is made; a later difference is reported and held |

A dot separates a key from the one that it stands under; ` + "`[]`" + ` is an item of a list. Numbers are
whole. A default is what a creation sends where the spec is silent, as ` + "`az ml`" + ` does;
afterwards what a spec leaves open is not managed. An explicit ` + "`null`" + ` leaves a key open, and
keeps a default of ` + "`workspace.yaml`" + ` out.

A key that is marked **money** or **access** decides what a compute costs, or who reaches it and
what it reaches. ` + "`export`" + ` always states these, and the guard rail
[` + "`unmanaged_cost`" + `](guardrails.md) finds specs that leave them open.

`

const secrets = `
## Secrets

A secret is never written down: its key takes a reference.

| reference | what it names |
|---|---|
| ` + "`secret://env/NAME`" + ` | an environment variable of computesync |
| ` + "`secret://file/ABSOLUTE/PATH`" + ` | the content of a file |
| ` + "`secret://credential/NAME`" + ` | a systemd credential |
| ` + "`secret://keyvault/VAULT/NAME[/VERSION]`" + ` | a secret in Azure Key Vault, read with our own Azure credential |
`

// around is what people ask for beside the fields.
const around = `
## What is no field

- **Run configurations** of the SDK v1, and jobs of its successors, name a compute and are not
  part of it: they are neither read nor written here. A compute that is replaced or
  re-attached keeps its name, so what names it goes on working.
- **Preview features** (a cluster in a region other than its workspace's is one) come without
  a service level agreement and may change. They are fields like any other.
`

// notes are what people should know of a kind, by its name.
var notes = map[string]string{
	"amlcompute": "`tier: low_priority` makes Spot nodes: Azure retired low priority on 31 March 2026, and takes the\n" +
		"word for Spot. Their price varies; the most is that of pay-as-you-go, by which\n" +
		"[`cost_ceiling`](guardrails.md) judges. A node can be taken away at any time. The job on it is\n" +
		"queued again and starts over, so let long ones keep checkpoints.\n\n" +
		"The default size, which is that of `az ml`, is of a series that Azure retires on 1 May 2028; new\n" +
		"subscriptions cannot have it since July 2026.",
	"datalakeanalytics": "Jobs read the account's default store only, not the workspace's datastores. Azure retired\n" +
		"the service on 29 February 2024.",
	"computeinstance": "Its name is unique in its whole region, across everybody's workspaces. Its disk is somebody's\n" +
		"work, so it is replaced only with `replace: allow`.",
}

// page is Markdown being written.
type page struct{ strings.Builder }

func (p *page) add(format string, args ...any) {
	if len(args) == 0 {
		p.WriteString(format)
		return
	}
	fmt.Fprintf(p, format, args...)
}

// cell writes what Markdown would take for its own.
var cell = strings.NewReplacer("|", `\|`, "<", "&lt;")

// row writes a line of a table.
func (p *page) row(cells ...string) {
	for _, c := range cells {
		p.WriteString("| " + cell.Replace(c) + " ")
	}
	p.add("|\n")
}

func (p *page) head(cells ...string) {
	p.row(cells...)
	p.WriteString(strings.Repeat("|---", len(cells)) + "|\n")
}

func (p *page) kinds() {
	p.add("## Kinds\n\n")
	p.head("`type`", "what it is", "Azure's `computeType`", "comes and goes", "named by")
	for _, k := range spec.Kinds() {
		p.row("["+k.Name+"](#"+k.Name+")", k.Title, k.ComputeType, comes(k), namedBy(k))
	}
	p.add("| `local` | local computer | | nothing: a workspace needs nothing for it | |\n")
}

// namedBy says how a spec names what an attached compute stands on.
func namedBy(k *spec.Kind) string {
	a := k.Attachment()
	if a == nil {
		return ""
	}
	ways := []string{"`resource_id`"}
	if a.NameKey != "" {
		ways = append(ways, "`resource_group` and `"+a.NameKey+"`")
	}
	if a.ByAddress {
		ways = append(ways, "`address`")
	}
	return strings.Join(ways, ", or ")
}

func (p *page) keys(keys []spec.Key) {
	p.head("key", "type", "default", "meaning")
	p.keyRows(keys, "")
}

// keyRows writes the rows of keys, and of what stands under them.
func (p *page) keyRows(keys []spec.Key, prefix string) {
	for _, key := range keys {
		def := code(key.Default)
		if key.Required {
			def = "required"
		}
		p.row(code(prefix+key.Name), keyType(&key), def, key.Doc)
		below := prefix + key.Name + "."
		if key.Type == spec.Objects {
			below = prefix + key.Name + "[]."
		}
		p.keyRows(key.Keys, below)
	}
}

func keyType(key *spec.Key) string {
	switch {
	case key.Name == spec.MaxDeletionsKey:
		return "number, share or map"
	case key.Name == spec.DefaultsKey:
		return "map by kind"
	case key.Name == spec.PolicyKey:
		return "map of [rules](guardrails.md)"
	case key.Name == spec.IgnoreWarningsKey:
		return "list of [codes](#warnings)"
	case key.Type == spec.Words && key.Words != nil:
		return "list of actions"
	case key.Keys != nil && key.Type != spec.Objects:
		return "map"
	case key.Type == spec.Choice:
		return codes(key.Words)
	}
	return key.Type.String()
}

func (p *page) warnings() {
	p.add("\n## Warnings\n\nA warning stops nothing. `ignore_warnings` in `workspace.yaml` turns it off by its code; `no-workspace` and\n" +
		"`not-followed` are about files in no workspace.\n\n")
	p.head("code", "meaning")
	for _, w := range spec.Warnings() {
		p.row(code(w.Code), w.Doc)
	}
}

// retirements is what is known of VM sizes that Azure retires.
func (p *page) retirements() {
	p.add("\n## Retired VM sizes\n\n" +
		"From the date on, Azure stops nodes of these series and makes none. `validate` warns of a size, also of\n" +
		"the default, from a year before its date on (`retired-size`); `plan` reports it for what it makes. In Azure\n" +
		"Government and Azure operated by 21Vianet the v3 series of D and E go on.\n\n")
	p.head("series", "date", "announcement")
	for _, r := range spec.Retirements() {
		p.row(r.Series, r.On, r.Source)
	}
}

func (p *page) kind(k *spec.Kind) {
	p.add("\n## %s\n\n%s, Azure's computeType `%s`: %s.", k.Name, title(k), k.ComputeType, comes(k))
	if by := namedBy(k); by != "" {
		p.add(" It names its resource by %s.", by)
	}
	p.add("\n")
	if note := notes[k.Name]; note != "" {
		p.add("\n%s\n", note)
	}
	p.add("\n")
	p.head("key", "type", "default", "a change", "in ARM", "meaning")
	p.fields(k, k.Fields, "", "")
	p.dropped(k)
	if len(k.SDKv1) > 0 {
		var pairs []string
		for _, old := range slices.Sorted(maps.Keys(k.SDKv1)) {
			pairs = append(pairs, "`"+old+"` is now "+now(k.SDKv1[old]))
		}
		p.add("\nOf the Python SDK v1: %s.\n", strings.Join(pairs, ", "))
	}
}

// now is the key of today, with what may be said about it left as it is.
func now(key string) string {
	name, more, found := strings.Cut(key, " ")
	if found {
		return code(name) + " " + more
	}
	return code(name)
}

// fields writes the rows of a table of fields, and of the items of its lists.
func (p *page) fields(k *spec.Kind, fields []spec.Field, prefix, arm string) {
	docs := map[string]string{}
	for i := range fields {
		f := &fields[i]
		if f.ReadOnly {
			continue
		}
		if f.Doc != "" {
			docs[f.Name] = f.Doc // of one key under several conditions, the first says it
		}
		def := ""
		switch {
		case f.Default != nil:
			def = code(f.Show(f.Default))
		case f.Required:
			def = "required"
		}
		change, where := "", code(f.ARM)
		if prefix == "" && f.ARM != "" {
			change = cost(k, f)
		}
		if f.ARM != "" {
			where = code(arm + f.ARM)
		}
		more := []string{docs[f.Name], whenText(f), versionText(f), stakeText(f)}
		p.row(code(prefix+f.Name), fieldType(f), def, change, where, sentences(more))
		if f.Type == spec.Objects {
			p.fields(k, f.Fields, prefix+f.Name+"[].", arm+f.ARM+"[].")
		}
	}
}

// dropped names the keys that az ml prints and that are not read.
func (p *page) dropped(k *spec.Kind) {
	var names []string
	for i := range k.Fields {
		if k.Fields[i].ReadOnly {
			names = append(names, code(k.Fields[i].Name))
		}
	}
	p.add("\nTaken and dropped, because `az ml` prints them: %s.\n", strings.Join(names, ", "))
}

// fieldType is what a key takes, with its words or bounds.
func fieldType(f *spec.Field) string {
	switch {
	case f.Type == spec.Choice:
		return codes(f.Choices())
	case f.Type == spec.Words && f.Enum != nil:
		return "list of " + codes(f.Choices())
	case f.Max > 0:
		return fmt.Sprintf("%s, %d to %d", f.Type, f.Min, f.Max)
	case f.Min > 0:
		return fmt.Sprintf("%s, at least %d", f.Type, f.Min)
	}
	return f.Type.String()
}

// cost is what a change of a field takes on a live compute.
func cost(k *spec.Kind, f *spec.Field) string {
	words := map[spec.Change]string{
		spec.CreateOnly: "create-only", spec.ByPatch: "in place, by PATCH", spec.ByPut: "in place, by PUT",
		spec.ByReplace: "replace", spec.ByReattach: "re-attach",
	}
	if a := f.Action; a != nil {
		words[spec.ByAction] = "in place, by POST " + a.Name + "; else " + words[a.Else]
		if a.Configured {
			words[spec.ByAction] += " (needs an api-version that has " + a.Name + ")"
		}
	}
	if f.Reattach && k.Attachable() {
		return words[f.Change] + "; where attached: re-attach"
	}
	return words[f.Change]
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

func codes(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = code(s)
	}
	return strings.Join(out, ", ")
}
