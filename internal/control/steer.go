package control

import (
	"time"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/spec"
)

// Suspend asks to keep what Target names as it is: WORKSPACE[/COMPUTE-GLOB].
type Suspend struct {
	Target string    `json:"target"`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"` // zero: until it is resumed
}

// Resume asks to lift the suspension of exactly that target.
type Resume struct {
	Target string `json:"target"`
}

// Approve asks to carry out the plan of this hash, which waits for that.
type Approve struct {
	Plan string `json:"plan"`
}

// Accept asks to put the commit of this hash into effect, which was refused
// because it does not descend from the one in effect.
type Accept struct {
	Commit string `json:"commit"`
}

// Steered says what it was that was suspended, resumed, approved or accepted, in full.
type Steered struct {
	What string `json:"what"`
}

func suspend(d *daemon.Daemon, q Suspend, by string) (s Steered, err error) {
	s.What, err = d.Suspend(q.Target, spec.Suspension{Reason: q.Reason, By: by, Until: q.Until})
	return s, err
}

func resume(d *daemon.Daemon, q Resume, by string) (s Steered, err error) {
	s.What, err = d.Resume(q.Target, by)
	return s, err
}

func approve(d *daemon.Daemon, q Approve, by string) (s Steered, err error) {
	s.What, err = d.Approve(q.Plan, by)
	return s, err
}

func accept(d *daemon.Daemon, q Accept, by string) (s Steered, err error) {
	s.What, err = d.Accept(q.Commit, by)
	return s, err
}
