package spec

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/computesync/computesync/internal/strictyaml"
)

// Severity is what comes of a finding; a greater one is stricter.
type Severity uint8

// The severities.
const (
	Warns Severity = iota // it is told
	Holds                 // a change towards it is held
	Fails                 // the workspace is invalid
)

var severityNames = [...]string{"warning", "hold", "error"}

// SeverityNames are the words for severities, the mildest first.
func SeverityNames() []string { return slices.Clone(severityNames[:]) }

func (s Severity) String() string { return severityNames[s] }

// MarshalText writes the word for it.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a word. Another is an error, and not the mildest: it may
// be of a version that knows a stricter one.
func (s *Severity) UnmarshalText(text []byte) error {
	i := slices.Index(severityNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("read severity: there is no %q", text)
	}
	*s = Severity(i)
	return nil
}

// Finding is what a guard rail has to say of a compute as it is declared.
type Finding struct {
	Code     string
	Severity Severity
	Field    string // at fault; where the spec leaves it open, the compute as a whole is
	Text     string
	Hint     string
	Own      bool // by a rule of the workspace's own, whose warnings it may turn off
}

// Cost is what something costs in an hour with as many nodes as it may have.
type Cost struct {
	AtMost float64 // by the highest prices that Azure may bill: limits go by it
	About  float64 // by Azure's estimates
}

// Exceeds reports whether it is more than the other by either measure: a
// dedicated node costs at most what a Spot node does, and is no bargain.
func (c Cost) Exceeds(o Cost) bool { return c.AtMost > o.AtMost || c.About > o.About }

// Price is what a compute costs, as far as that is known.
type Price func(*Compute) (hourly Cost, known bool)

// Guard judges the computes of one workspace by the guard rails that are set
// for it.
type Guard interface {
	// Judge tells what a compute's spec alone shows.
	Judge(x *Compute) []Finding
	// Hold tells why a change from actual, nil where nothing is there, to desired
	// must not be made, "" when it may, and what could not be judged.
	Hold(desired, actual *Compute, price Price) (why string, unjudged []string)
	// Total does the same for what the whole workspace costs, where some prices
	// are unknown.
	Total(before, after Cost, unknown int) (why string, unjudged []string)
	// Priced reports whether there is a rule that needs prices.
	Priced() bool
	// Protect are the globs of names that are never removed.
	Protect() []string
}

// Guards make the guards of workspaces.
type Guards interface {
	// Read takes in the `policy` of a workspace.yaml, for Settings.Policy.
	Read(file *strictyaml.File, n *strictyaml.Node) (json.RawMessage, strictyaml.Errors)
	// Guard is that of a workspace, by its Settings.Policy and by what is set for
	// all workspaces.
	Guard(ws *Workspace) Guard
	// Codes are the codes of findings.
	Codes() []string
}

// policy reads the guard rails of a workspace.yaml. Where nobody is there to
// judge by them it is an error: they must not be passed over.
func (w *loader) policy(c *checker, e *strictyaml.Entry) {
	if w.unguarded {
		return
	}
	if w.guards == nil {
		c.add(c.file.Errorf(e.KeyPos, "guard rails cannot be judged here"))
		return
	}
	own, errs := w.guards.Read(c.file, e.Value)
	c.ws.Settings.Policy = own
	c.errs = append(c.errs, errs...)
}

// GuardBy gives a workspace, whose settings are known, its guard.
func (ws *Workspace) GuardBy(guards Guards) {
	if guards == nil {
		return
	}
	ws.Guard = guards.Guard(ws)
	for _, glob := range ws.Guard.Protect() {
		if !slices.Contains(ws.Settings.Protect, glob) {
			ws.Settings.Protect = append(ws.Settings.Protect, glob)
		}
	}
}

// judge reports what guard rails have to say of a compute.
func (c *checker) judge(x *Compute) {
	if c.ws.Guard == nil {
		return
	}
	for _, f := range c.ws.Guard.Judge(x) {
		at := c.at(f.Field)
		switch {
		case f.Severity == Fails:
			c.add(at.file.Errorf(at.pos, "%s [%s]", f.Text, f.Code).WithHint("%s", f.Hint))
		case f.Severity == Warns && f.Own && slices.Contains(c.ws.Settings.IgnoreWarnings, f.Code):
		default:
			c.notices = append(c.notices, Notice{Pos: at.pos, Code: f.Code, Text: f.Text, Guard: true})
		}
	}
}
