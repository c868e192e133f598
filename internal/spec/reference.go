package spec

import (
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/strictyaml"
)

// The keys outside the kinds' tables, for schema and documentation to read;
// TestReference holds them against the loader.

// A Key is one key of workspace.yaml, or under `computesync:`.
type Key struct {
	Name     string
	Type     Type     // Choice has its Words, in this case only
	Words    []string // what it, or an item of its list, may be; nil for anything
	Pattern  string   // what its text must match; "" for any
	Required bool
	Default  string // as one would write it; "" when there is none
	Keys     []Key  // what stands under it; where Type is Objects, under each item of its list
	Doc      string // one sentence
}

// WorkspaceKeys are the keys of workspace.yaml. Two of them no Type describes:
// max_deletions is a number or a share, defaults holds keys of kinds.
func WorkspaceKeys() []Key {
	return []Key{
		{Name: "subscription_id", Pattern: pathSegment.String(), Required: true, Doc: "As in Azure ML's own `config.json`."},
		{Name: "resource_group", Pattern: pathSegment.String(), Required: true, Doc: "As in Azure ML's own `config.json`."},
		{Name: "workspace_name", Pattern: workspaceName.String(), Required: true, Doc: "As in Azure ML's own `config.json`."},
		{Name: "location", Pattern: regionPattern, Doc: "The workspace's region; asked of Azure where it is needed and not stated."},
		{
			Name: "owner", Pattern: ownerName.String(), Default: DefaultOwner,
			Doc: "Who owns what is made here: goes into the tag `computesync-owner`. `prune` and `expires` need it stated.",
		},
		{Name: "prune", Type: Switch, Default: "false", Doc: "Remove what we own and git no longer declares."},
		{Name: "allow_empty", Type: Switch, Default: "false", Doc: "A workspace that declares nothing is meant so."},
		{
			Name: MaxDeletionsKey, Default: Limit{Count: DefaultMaxDeletions}.String(), Keys: limitKeys,
			Doc: "How many computes one plan may delete, detach or replace: a number, or a share such as `20%` of what we own. Or how many may go in a time, such as `{count: 3, per: 24h}`.",
		},
		{Name: "protect", Type: Words, Doc: "Globs of names that are never replaced, detached or deleted."},
		{
			Name: "busy_deadline", Pattern: spanPattern,
			Doc: "How long a change may wait for running jobs before it is reported as overdue, such as `4h`. It goes on waiting then, too.",
		},
		{Name: "suspend", Keys: suspendKeys, Doc: "Nothing in the workspace is changed until it is lifted here, or its time is over."},
		{
			Name: "windows", Type: Objects, Keys: windowKeys,
			Doc: "When changes may begin: while one that allows is open, or at any time where none allows; and while none that denies is. What was begun is finished.",
		},
		{Name: "approval", Keys: approvalKeys, Doc: "These changes wait until somebody approves the plan that they are part of; `{}` for all."},
		{
			Name: "ignore", Type: Words,
			Doc: "Globs of files and folders below that are not read, such as `conda.yml`, `deploy/**` or `**/values.yaml`. `*` stays within one name, `**` stands for any number of folders.",
		},
		{Name: IgnoreWarningsKey, Type: Words, Words: warningNames(), Doc: "Codes of warnings that nobody wants to read."},
		{Name: PolicyKey, Doc: "Guard rails for the computes of the workspace, beside those that the operator sets for all."},
		{Name: DefaultsKey, Doc: "Per kind, keys that every compute of the kind takes where it does not state them: maps merge, all else replaces, `null` keeps a default out."},
	}
}

// The keys of workspace.yaml that are no single value of a Type.
const (
	MaxDeletionsKey = "max_deletions"
	DefaultsKey     = "defaults"
	PolicyKey       = "policy"
)

// IgnoreWarningsKey is the key that takes the codes of warnings and of guard
// rails.
const IgnoreWarningsKey = "ignore_warnings"

// LifecycleKeys are the keys under `computesync:` that a kind takes; for nil,
// those that any kind does.
func LifecycleKeys(k *Kind) []Key {
	keys := []Key{
		{Name: "protect", Type: Switch, Default: "false", Doc: "Never replace, detach or delete it."},
		{Name: IgnoreChangesKey, Type: Words, Doc: "Keys that somebody else decides; a container such as `tags` stands for all below it."},
		{
			Name: "replace", Type: Choice, Words: []string{"allow"},
			Doc: "It may be removed and made again, even where that loses something: an instance's disk, a system-assigned identity.",
		},
		{
			Name: "on_delete", Type: Choice, Words: []string{OnDeleteOrphan, OnDeleteRemove},
			Doc: "What becomes of it when its file goes. Where nothing is said, what we made is removed and what we adopted is left.",
		},
		{Name: "state", Type: Choice, Words: []string{StateRunning, StateStopped}, Doc: "For compute instances; absent: not ours to decide."},
		{
			Name: "expires", Pattern: timePattern,
			Doc: "From then on it is no longer desired, and is removed; such as 2026-12-24T18:00:00Z.",
		},
		{
			Name: "busy", Type: Choice, Words: []string{"force"},
			Doc: "It may be removed, replaced, stopped or scaled down while jobs run on it: they end. Works from the commit after the one that adds it.",
		},
		{Name: "suspend", Keys: suspendKeys, Doc: "It is not changed until this is lifted here, or its time is over."},
	}
	return slices.DeleteFunc(keys, func(key Key) bool {
		return k != nil && (key.Name == "replace" && !k.Managed && k.Field("identity.type") == nil || key.Name == "state" && k != computeinstance ||
			key.Name == "busy" && !k.Quota)
	})
}

const timePattern = `^\d{4}-\d\d-\d\dT\d{1,2}:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$`

var suspendKeys = []Key{
	{Name: "reason", Pattern: `\S`, Required: true, Doc: "Why: one line, which whoever misses a change will read."},
	{Name: "by", Pattern: `\S`, Doc: "Whom to ask."},
	{Name: "until", Pattern: timePattern, Doc: "When it ends by itself; such as 2026-12-24T18:00:00Z."},
}

// windowKeys are those of one window; one of allow and deny must be there.
var windowKeys = []Key{
	{Name: "allow", Pattern: cronPattern, Doc: "When it opens: a cron expression of five fields, such as `0 22 * * 1-5`. `L`, `W` and `#` are known: `0 2 * * 6#1` is the first Saturday of a month."},
	{Name: "deny", Pattern: cronPattern, Doc: "The same of a window in which no change begins, whatever is allowed."},
	{Name: "duration", Pattern: `^\+?[0-9.]`, Required: true, Doc: "How long it is open, such as `90m` or `6h`; at most 744h."},
	{Name: "zone", Pattern: `.`, Default: "UTC", Doc: "The IANA zone whose clock is meant, such as `Europe/Berlin`."},
	{Name: "actions", Type: Words, Words: ActionWords(), Doc: "The actions that it is about; `destructive` stands for all that remove something. Without it: every action."},
}

var approvalKeys = []Key{
	{Name: "actions", Type: Words, Words: ActionWords(), Doc: "The actions that wait; `destructive` stands for all that remove something. Without it: every action."},
	{Name: "computes", Type: Words, Doc: "Globs of the names whose changes wait. Without it: every compute."},
}

const cronPattern = `^\s*\S+(\s+\S+){4}\s*$`

// warningNames are the codes that a workspace can turn off.
func warningNames() []string {
	var codes []string
	for _, w := range warnings {
		if w.weight != missed && w.weight != outside {
			codes = append(codes, w.Code)
		}
	}
	return codes
}

// IgnoreChangesKey is the lifecycle key that names keys of the kind.
const IgnoreChangesKey = "ignore_changes"

// Attachment says how a kind names what it attaches.
type Attachment struct {
	Types     []string // ARM types of resource_id; NameKey names the first
	NameKey   string   // beside resource_group; "" where only an ID names it
	ByAddress bool     // or by address
	Suffix    string   // what an address must end in
}

// Attachment is nil for a kind that only Azure ML makes.
func (k *Kind) Attachment() *Attachment {
	if k.resource == nil {
		return nil
	}
	r := k.resource
	return &Attachment{slices.Clone(r.kinds), r.nameKey, r.byAddress, r.addressSuffix}
}

// Patterns of text that more than one key takes. They let through a little
// more than the loader: what no regular expression without lookahead can say.
const (
	// NumberPattern is that of a whole number written as text.
	NumberPattern = `^-?(0|[1-9][0-9]*)$`
	// ReferencePattern is that of a reference.
	ReferencePattern = `^secret://(env/[A-Za-z_][A-Za-z0-9_]*|file/.+|credential/[^/]+|keyvault/[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]/[A-Za-z0-9-]{1,127}(/[0-9A-Fa-f]{32})?)$`
	// DurationPattern is that of an ISO 8601 duration.
	DurationPattern = `^[Pp]([0-9]+(\.0*)?[WwDd])*([Tt]([0-9]+(\.0*)?[HhMmSs])+)?$`
)

// NamePattern is that of the name of a compute of the kind, besides its 3 to 24
// characters and the ReservedNames.
func (k *Kind) NamePattern() string {
	if k.noNumberedTail {
		return `^[a-zA-Z]([a-zA-Z0-9-]*[a-zA-Z])?[0-9]*$`
	}
	return `^[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]$`
}

// SwitchPattern is that of a switch written as text; see strictyaml.CoercedBool.
func SwitchPattern() string {
	return "^(" + strings.Join(append(strictyaml.SwitchWords(true), strictyaml.SwitchWords(false)...), "|") + ")$"
}

// CredentialPattern is what no text may hold: credentials inside a URL.
func CredentialPattern() string { return urlPassword.String() }

// ReservedNames are the names, in any case, that Azure ML keeps for itself.
func ReservedNames() []string {
	var names []string
	for name := range reservedNames {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
