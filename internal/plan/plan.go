// Package plan turns changes into units of ordered, hashable steps, and holds
// what must not happen. It is pure: the same input gives the same bytes.
//
// The rules, and the codes of what is held, are told in docs/planning.md.
package plan

import (
	"fmt"
	"time"

	"github.com/computesync/computesync/internal/spec"
)

// Format names the JSON form of a Plan.
const Format = "computesync.plan/v1"

// Plan is what to do to make workspaces equal to a commit. It is complete in
// itself: nothing but it is needed to carry it out.
type Plan struct {
	Format     string      `json:"format"`
	Commit     string      `json:"commit"`
	Hash       string      `json:"hash"`                // of what it would do, whatever holds that
	Seal       string      `json:"seal,omitempty"`      // of all of it, but for the signature; "": it was not sealed
	Signature  string      `json:"signature,omitempty"` // of the seal, an armored SSH signature; "": nobody signed it
	Base       *Base       `json:"base,omitempty"`      // what it was compared with
	Workspaces []Workspace `json:"workspaces"`
	Summary    Summary     `json:"summary"`
	Preflight  *Preflight  `json:"preflight,omitempty"` // nil: there is nothing to tell, or nobody asked
}

// Against is what a plan was made against: the workspace as Azure lists it,
// where nothing is said.
type Against string

// What else a plan is made against. Such a plan is to be read, not carried out.
const (
	Nothing   Against = "nothing"    // as if the workspace were empty
	SavedList Against = "saved-list" // a list of computes that was saved before
)

// Workspace is the part of a plan that concerns one workspace.
type Workspace struct {
	ID        string           `json:"id"` // subscription/group/name
	Target    spec.WorkspaceID `json:"target"`
	Location  string           `json:"location,omitempty"`
	Path      string           `json:"path"`
	Sum       string           `json:"sum,omitempty"` // of the folder's files, where its source tells one
	Owner     string           `json:"owner"`
	Endpoint  string           `json:"endpoint,omitempty"` // of Resource Manager, or the name of a cloud
	Against   Against          `json:"against,omitempty"`
	Changes   []Change         `json:"changes"`
	Orphaned  []string         `json:"orphaned,omitempty"` // ours, no longer declared, left as they are
	Expiring  []Expiry         `json:"expiring,omitempty"` // declared, and not for ever
	Notices   []Notice         `json:"notices,omitempty"`  // by name and code
	Unchanged int              `json:"unchanged"`
	Unmanaged int              `json:"unmanaged"` // exist and are neither declared nor ours

	Settings spec.Settings   `json:"settings"`           // of workspace.yaml
	Declared []*spec.Compute `json:"declared,omitempty"` // what is declared and in no change: remembered when the plan is carried out
}

// Expiry says when a declared compute is no longer desired.
type Expiry struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// Action is what is done about one compute.
type Action string

// The actions, in the words of docs/planning.md.
const (
	Create   Action = "create"
	Attach   Action = "attach"
	Update   Action = "update"
	Replace  Action = "replace"
	Reattach Action = "re-attach"
	Takeover Action = "takeover"
	Detach   Action = "detach"
	Delete   Action = "delete"
	Start    Action = "start"
	Stop     Action = "stop"
	Adopt    Action = "adopt"
	Remake   Action = "remake"
	None     Action = "none" // a difference that is known and changes nothing: always held
)

// Actions lists every action in the order in which a summary names them.
var Actions = []Action{Create, Attach, Update, Replace, Reattach, Takeover, Detach, Delete, Start, Stop, Adopt, Remake}

// Destroys reports whether the action removes something that existed.
func (a Action) Destroys() bool {
	switch a {
	case Replace, Reattach, Takeover, Detach, Delete, Remake:
		return true
	}
	return false
}

// counted reports whether the action counts against max_deletions.
func (a Action) counted() bool { return a == Delete || a == Detach || a == Replace }

// Change is one unit: steps that only make sense together, or what is held.
type Change struct {
	Name   string  `json:"name"`
	Kind   string  `json:"kind"`
	Action Action  `json:"action"`
	File   string  `json:"file,omitempty"`
	Line   int     `json:"line,omitempty"`
	Former string  `json:"former,omitempty"` // takeover: the name that leaves
	Fields []Field `json:"fields"`
	Steps  []Step  `json:"steps"`
	Held   *Held   `json:"held"`
	// Introduced says of a plan with a Base that the specs' difference to it
	// brings the change about; false: it is there without that, too.
	Introduced *bool    `json:"introduced,omitempty"`
	Force      bool     `json:"force,omitempty"` // its file permits to end the jobs that run on it
	Notes      []string `json:"notes,omitempty"` // what a reviewer should know besides

	CreatedOn   string        `json:"created_on,omitempty"`  // of the actual compute
	Fingerprint string        `json:"fingerprint,omitempty"` // of what of it the change rests on
	Desired     *spec.Compute `json:"desired,omitempty"`
	Previous    *spec.Compute `json:"previous,omitempty"` // the way back: the former attachment as last applied, in its namespace
}

// ID tells the change from the workspace's others.
func (c *Change) ID() string { return c.Name + "/" + string(c.Action) }

// Field is one difference as people read it.
type Field struct {
	Path   string `json:"path"`
	From   string `json:"from"`
	To     string `json:"to"`
	Reason string `json:"reason,omitempty"`
}

// Verb is one write to Azure.
type Verb string

// The verbs. VerbAdopt alone sends nothing: it is an entry in the journal.
const (
	VerbCreate Verb = "create" // PUT where a look says 404
	VerbAttach Verb = "attach" // the same, of something from outside
	VerbPut    Verb = "put"    // PUT over what exists, carrying its live values
	VerbPatch  Verb = "patch"  // PATCH of the scale settings
	VerbPost   Verb = "post"   // a POST action of its own
	VerbDelete Verb = "delete" // DELETE with underlyingResourceAction=Delete, then GET until 404
	VerbDetach Verb = "detach" // the same with Detach
	VerbStart  Verb = "start"
	VerbStop   Verb = "stop"
	VerbAdopt  Verb = "adopt"
)

// Step is one write. Needs names the steps that must have succeeded before.
type Step struct {
	ID     string `json:"id"`
	Verb   Verb   `json:"verb"`
	Name   string `json:"name"`             // the compute it writes to
	Action string `json:"action,omitempty"` // for VerbPost
	// Version is the api-version to send Action with.
	Version string   `json:"version,omitempty"`
	Needs   []string `json:"needs"`
	// AfterRemovals lets the workspace's removals end first, well or not: they
	// free quota that this step wants.
	AfterRemovals bool `json:"after_removals,omitempty"`
}

// Code says why a change is held; the set is stable.
type Code string

// The codes, as docs/planning.md explains them.
const (
	Protected           Code = "protected"
	PruneOff            Code = "prune-off"
	MaxDeletions        Code = "max-deletions"
	EmptySource         Code = "empty-source"
	ForeignOwner        Code = "foreign-owner"
	NotOurs             Code = "not-ours"
	Busy                Code = "busy"
	Transitional        Code = "transitional"
	NotApplied          Code = "not-applied"
	CannotChangeInPlace Code = "cannot-change-in-place"
	NoWayBack           Code = "no-way-back"
	Failed              Code = "failed"
	Suspended           Code = "suspended"
	Window              Code = "window"
	Approval            Code = "approval"
	DuplicateWorkspace  Code = "duplicate-workspace"
	Policy              Code = "policy"
	ConflictingValues   Code = "conflicting-values"
)

// Guards reports whether the code is a guard: merging or waiting alone does not
// bring about what it holds.
func (c Code) Guards() bool {
	switch c {
	case Protected, MaxDeletions, EmptySource, ForeignOwner, NotOurs, CannotChangeInPlace, NoWayBack, Policy, ConflictingValues:
		return true
	}
	return false
}

// Destructions lists what the plan removes, replaces or attaches elsewhere, as
// "replace NAME in WORKSPACE".
func (p *Plan) Destructions() []string {
	var out []string
	for i := range p.Workspaces {
		ws := &p.Workspaces[i]
		for j := range ws.Changes {
			if c := &ws.Changes[j]; c.Action.Destroys() && len(c.Steps) > 0 {
				out = append(out, fmt.Sprintf("%s %s in %s", c.Action, c.Name, ws.Target.Name))
			}
		}
	}
	return out
}

// Raises reports whether exit code 3 says that something is held by the code: a
// guard holds it, or it failed.
func (c Code) Raises() bool { return c.Guards() || c == Failed || c == NotApplied }

// Held is why a known change is not made.
type Held struct {
	Code    Code      `json:"code"`
	Text    string    `json:"text"`
	Since   time.Time `json:"since,omitzero"`    // busy: since when it has been waiting, where that is known
	Overdue bool      `json:"overdue,omitempty"` // busy: for longer than the workspace's busy_deadline
	Until   time.Time `json:"until,omitzero"`    // when it passes by itself, where that is known
}

// Summary counts changes by action, and what is held or unchanged. What is
// held counts as held only.
type Summary map[string]int

func summarize(ws []Workspace) Summary {
	s := Summary{"held": 0, "unchanged": 0}
	for i := range ws {
		s["unchanged"] += ws[i].Unchanged
		for j := range ws[i].Changes {
			c := &ws[i].Changes[j]
			if c.Held != nil {
				s["held"]++
			} else {
				s[string(c.Action)]++
			}
		}
	}
	return s
}

// Steps counts the steps there are to take.
func (p *Plan) Steps() int {
	n := 0
	for i := range p.Workspaces {
		for j := range p.Workspaces[i].Changes {
			n += len(p.Workspaces[i].Changes[j].Steps)
		}
	}
	return n
}

// Raises reports whether something is held that exit code 3 is about.
func (p *Plan) Raises() bool {
	for i := range p.Workspaces {
		for j := range p.Workspaces[i].Changes {
			if h := p.Workspaces[i].Changes[j].Held; h != nil && h.Code.Raises() {
				return true
			}
		}
	}
	return false
}

// Empty reports whether there is no step to take in the workspace.
func (w *Workspace) Empty() bool {
	for i := range w.Changes {
		if len(w.Changes[i].Steps) > 0 {
			return false
		}
	}
	return true
}
