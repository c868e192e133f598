package daemon

import (
	"time"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// Report says how everything stands at one moment. It is a copy that nobody
// changes any more; no secret stands in it, for errors and texts come redacted.
// Its JSON is what the API and the socket answer.
type Report struct {
	At         time.Time         `json:"at"`
	State      *StateReport      `json:"state,omitempty"` // nil: the journal's file is at its path
	Sources    []SourceReport    `json:"sources"`
	Workspaces []WorkspaceReport `json:"workspaces"` // by their folded names
	Outage     *Outage           `json:"outage,omitempty"`
}

// StateReport says that the journal's file is gone: nothing is written to Azure.
type StateReport struct {
	Since time.Time `json:"since"` // when that was noticed
	Error string    `json:"error"`
	Hint  string    `json:"hint"`
}

// SourceReport says how a source stands.
type SourceReport struct {
	Name      string    `json:"name"`
	Attempted string    `json:"attempted_commit,omitempty"` // the newest that it gave
	Good      string    `json:"good_commit,omitempty"`      // the newest without a mistake in any workspace
	Mistakes  int       `json:"mistakes,omitempty"`         // in the attempted one
	Mistake   string    `json:"mistake,omitempty"`          // the first of them
	Missed    []string  `json:"missed,omitempty"`           // where the attempted one has computes that nobody reads, and why
	Asked     time.Time `json:"asked,omitzero"`             // when it was asked last
	Ended     time.Time `json:"ended,omitzero"`             // when the last asking ended, well or not
	Turn      int64     `json:"turn"`                       // of the last asking that ended
	Answered  time.Time `json:"answered,omitzero"`          // when one ended well last
	Failing   time.Time `json:"failing_since,omitzero"`     // zero: the last asking ended well
	Error     string    `json:"error,omitempty"`
	Hint      string    `json:"hint,omitempty"`
	Refused   string    `json:"refused_commit,omitempty"` // what it offers and does not descend from the commit in effect
	// Rewritten says that the attempted commit is not seen to descend from the one before it.
	Rewritten string `json:"rewritten,omitempty"`
	// Lag is for how long the source has not answered though it was asked, in
	// seconds: what is newer there is not known. 0 is a source that answers.
	Lag float64 `json:"lag_seconds"`
}

// Phase is how a workspace stands.
type Phase string

// The phases.
const (
	Starting Phase = "starting" // no pass has ended yet
	InSync   Phase = "in sync"
	Applying Phase = "applying"
	HeldBack Phase = "held" // some of it; the rest is in sync
	Failing  Phase = "failing"
	Left     Phase = "left" // no source declares it any more: it is left as it is
)

// Phases are all phases, in the order in which they are shown.
var Phases = []Phase{Starting, InSync, Applying, HeldBack, Failing, Left}

// WorkspaceReport says how a workspace stands.
type WorkspaceReport struct {
	ID     spec.WorkspaceID `json:"id"`
	Source string           `json:"source,omitempty"` // whose set is in force
	Dir    string           `json:"folder,omitempty"`
	Kept   string           `json:"kept,omitempty"` // why that set is in effect though no source declares it

	Attempted string `json:"attempted_commit,omitempty"` // the newest that the source gave
	Good      string `json:"good_commit,omitempty"`      // the one in force: the newest without mistakes
	Applied   string `json:"applied_commit,omitempty"`   // the newest that a pass carried out without a failure
	Mistakes  int    `json:"mistakes,omitempty"`         // in the attempted one, which is refused for them
	Mistake   string `json:"mistake,omitempty"`          // the first of them

	Phase     Phase       `json:"phase"`
	Since     time.Time   `json:"since"`           // of the phase
	Error     string      `json:"error,omitempty"` // why passes fail
	Hint      string      `json:"hint,omitempty"`
	Failures  int         `json:"failures,omitempty"` // passes in a row that failed
	Hold      *plan.Held  `json:"hold,omitempty"`     // holds the whole workspace
	Held      []Held      `json:"held,omitempty"`
	Notices   []Notice    `json:"notices,omitempty"`   // of the plan, by name and code
	Plan      string      `json:"plan,omitempty"`      // hash of the plan with what is held; "": nothing is
	Waits     bool        `json:"waits_for_approval"`  // of the plan, which an approval would change
	Steps     []UnderWay  `json:"under_way,omitempty"` // the oldest first
	Last      *PassReport `json:"last_pass,omitempty"` // nil: none has ended
	Next      time.Time   `json:"next_pass,omitzero"`  // zero: none is planned, or one is due
	Pending   bool        `json:"pending"`             // a pass is under way, or what it left; or one is due at once
	Suspended []Suspended `json:"suspended,omitempty"`
	Computes  []Compute   `json:"computes,omitempty"`   // by name, as of the last list; nil: there was none
	Drift     int         `json:"drift_found,omitzero"` // by the last pass that had planned something
}

// Outcome is how a pass ended.
type Outcome string

// The outcomes.
const (
	PassOK          Outcome = "ok"
	PassHeld        Outcome = "held"
	PassFailed      Outcome = "failed"
	PassInterrupted Outcome = "interrupted" // by a new commit, a stop, or because operations take long, which go on; another follows
)

// Outcomes are all outcomes.
var Outcomes = []Outcome{PassOK, PassHeld, PassFailed, PassInterrupted}

// PassReport says how a pass went.
type PassReport struct {
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
	Took    float64   `json:"took_seconds"`
	Outcome Outcome   `json:"outcome"`
	Turn    int64     `json:"turn"` // when it began, among all passes and askings
}

// Held is a change that is known and not made.
type Held struct {
	Name   string      `json:"name"`
	Kind   string      `json:"kind,omitempty"`
	Action plan.Action `json:"action"`
	Code   plan.Code   `json:"code"`
	Text   string      `json:"text"`
	Since  time.Time   `json:"since"`
	Until  time.Time   `json:"until,omitzero"` // when it passes by itself, where that is known

	Overdue bool `json:"overdue,omitempty"` // it waits for longer than busy_deadline
}

// Notice is a notice of the plan, and since when it has been in every plan.
type Notice struct {
	plan.Notice
	Since time.Time `json:"since"`
}

// Suspended is what people suspended: by command, or in git.
type Suspended struct {
	Computes string    `json:"computes,omitempty"` // a glob; "": all of the workspace
	Reason   string    `json:"reason"`
	By       string    `json:"by,omitempty"`
	Since    time.Time `json:"since,omitzero"` // zero: not known
	Until    time.Time `json:"until,omitzero"` // zero: until it is lifted
	InGit    bool      `json:"in_git,omitempty"`
}

// UnderWay is a write whose operation has not ended.
type UnderWay struct {
	Name  string    `json:"name"`
	Verb  plan.Verb `json:"verb"`
	Since time.Time `json:"since"`
}

// ComputeState is how a compute stands.
type ComputeState string

// The states of a compute.
const (
	ComputeInSync    ComputeState = "in sync"
	ComputeChanging  ComputeState = "changing"
	ComputeHeld      ComputeState = "held"
	ComputeFailed    ComputeState = "failed"    // the last write on it did
	ComputeOrphaned  ComputeState = "orphaned"  // ours, no longer declared, left as it is
	ComputeUnmanaged ComputeState = "unmanaged" // neither declared nor ours
)

// Compute says how a compute stands.
type Compute struct {
	Name  string       `json:"name"`
	Kind  string       `json:"kind,omitempty"`
	State ComputeState `json:"state"`
	Code  plan.Code    `json:"code,omitempty"` // why it is held
	Since time.Time    `json:"since"`

	Notices []plan.NoticeCode `json:"notices,omitempty"` // what is noticed of it
}

// Report says how everything stands. It may be called at any time.
func (d *Daemon) Report() *Report {
	r := &Report{At: clock.Now(), State: d.lost(), Sources: make([]SourceReport, len(d.asked)), Outage: d.outage()}
	for i := range d.asked { // before the workspaces: what a source gave shows in them
		r.Sources[i] = d.asked[i].report()
	}
	loops := d.workspaces()
	r.Workspaces = make([]WorkspaceReport, len(loops))
	for i, l := range loops {
		l.report(&r.Workspaces[i])
	}
	return r
}
