package daemon

import (
	"errors"
	"math/rand/v2"
	"time"
)

// Outage says that Resource Manager answers nobody. Until it does, next to nothing is sent there.
type Outage struct {
	Endpoint string    `json:"endpoint"`
	Since    time.Time `json:"since"`
	Error    string    `json:"error"` // of every workspace that it stops: the same for as long as it lasts
	Hint     string    `json:"hint"`
	Reason   string    `json:"reason"`   // why the last request failed
	Next     time.Time `json:"next_try"` // when one request finds out whether it is over
}

// outageError is what a pass that an outage stops fails with.
type outageError interface {
	error
	IsOutage()
	RetryIn() time.Duration
}

// cause is the outage where an error is due to one, for it is one fact, whatever it stopped; else the error itself.
func cause(err error) error {
	if down, ok := errors.AsType[outageError](err); ok {
		return down
	}
	return err
}

// afterOutage is when a pass that an outage stopped is made again: at the time of the next probe, which one of them
// becomes.
func afterOutage(down outageError) time.Duration {
	wait := down.RetryIn()
	return wait + rand.N(wait/10+1)
}

// outage is the one that lasts, nil if there is none.
func (d *Daemon) outage() *Outage {
	if d.Outage == nil {
		return nil
	}
	return d.Outage()
}
