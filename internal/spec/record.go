package spec

import "time"

// Record is what is remembered of a compute that is ours: it stands in the
// journal, and planning reads it.
type Record struct {
	Name      string    `json:"name"`
	CreatedOn string    `json:"created_on"`         // distinguishes ours from a later one of that name
	Seen      time.Time `json:"seen,omitzero"`      // when it was recorded first
	Wrote     time.Time `json:"wrote,omitzero"`     // when our last write on it was seen to have ended
	Modified  string    `json:"modified,omitempty"` // its modifiedOn then
	Adopted   bool      `json:"adopted,omitempty"`  // somebody else made it
	Claimed   bool      `json:"claimed,omitempty"`  // its tag alone says that it is ours: no journal saw it made or adopted
	Good      bool      `json:"good,omitempty"`     // it has been Succeeded once
	Spec      *Compute  `json:"spec"`               // as last applied, with references for secrets
	Secrets   Prints    `json:"secrets,omitempty"`  // of the secrets last sent
	Refused   Refusals  `json:"refused,omitempty"`  // what Azure accepted and did not apply
	Remakes   int       `json:"remakes,omitempty"`  // how often it was remade after failing, or not removed
	RemakeAt  time.Time `json:"remake_at,omitzero"` // not before
	// Unremoved says why our last removal of it failed; "": none did. What its
	// state says since then is of our making.
	Unremoved string `json:"unremoved,omitempty"`
}

// LongestRemake is the longest wait between two tries to remake or remove a compute.
const LongestRemake = time.Hour

// RemakeIn is how long to leave a failed compute alone, 0 when it may be remade or removed.
// A time beyond the longest wait is of a clock that was set back since.
func (r *Record) RemakeIn(now time.Time) time.Duration {
	if wait := r.RemakeAt.Sub(now); wait <= LongestRemake {
		return max(wait, 0)
	}
	return 0
}

// Prints are keyed fingerprints of secrets by field name.
type Prints map[string]string

// Refusals are values that Azure accepted for a field and did not apply, by
// field name: as long as both stay the same, asking again is no use.
type Refusals map[string]Refusal

// Refusal holds both sides as Field.Show prints them.
type Refusal struct {
	Want string `json:"want"`
	Have string `json:"have"`
}

// Permissions are the settings that allow removals, as one commit stated them.
type Permissions struct {
	Commit    string   `json:"commit"`
	Sum       string   `json:"sum,omitempty"` // of the workspace's folder; empty: not known
	Settings  Settings `json:"settings"`
	Protected []string `json:"protected,omitempty"` // folded names of declared computes that are protected
	Forced    []string `json:"forced,omitempty"`    // those whose files say `busy: force`
}

// Same reports whether both are of one state of the workspace's files. A commit
// that leaves them alone permits nothing new.
func (p *Permissions) Same(other *Permissions) bool {
	if p.Sum != "" && other.Sum != "" {
		return p.Sum == other.Sum
	}
	return p.Commit == other.Commit
}

// Recent reports whether the compute was recorded so short a while ago that a
// list may not show it yet.
func (r *Record) Recent(now time.Time) bool { return Recent(r.Seen, now) }

// After reports whether the record knows better than what is seen of the
// compute: that is of an older incarnation, or from before a write of ours that
// ended a moment ago.
func (r *Record) After(seen *Live, now time.Time) bool {
	return Older(seen.CreatedOn, r.CreatedOn) ||
		seen.CreatedOn == r.CreatedOn && Recent(r.Wrote, now) && Older(seen.ModifiedOn, r.Modified)
}
