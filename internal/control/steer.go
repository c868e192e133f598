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

// Steered says what it was that was suspended, resumed or approved, in full.
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
