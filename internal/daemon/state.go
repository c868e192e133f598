package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/computesync/computesync/internal/journal"
)

// stateEvery is how often the journal's file is looked for, at least, so that an
// idle daemon notices too when it is gone. A pass, and a write to the journal,
// look themselves.
const stateEvery = 15 * time.Second

// checkState notices that the journal's file is gone, and that it is back. While
// it is gone, no pass is made, and what a pass is about to send is called off:
// what Azure put off an hour ago must not be sent beside another daemon, which
// may have begun a new journal at the same path.
func (d *Daemon) checkState() {
	d.checking.Lock()
	defer d.checking.Unlock()
	err := d.Reconciler.Journal.Check()
	d.mu.Lock()
	was := d.state
	switch {
	case err != nil && was != nil && was.Error == err.Error(), err == nil && was == nil:
		d.mu.Unlock()
		return
	case err == nil:
		d.state = nil
		d.writes, d.stopWrites = context.WithCancelCause(d.grace)
	default:
		d.state = &StateReport{Since: time.Now(), Error: err.Error(), Hint: hint(err)}
		if was != nil {
			d.state.Since = was.Since
		}
		d.stopWrites(err)
	}
	d.mu.Unlock()
	if err != nil {
		hinted(d.Log.Error().Err(err), hint(err)).Msg("the state is gone: nothing is written to Azure")
		return
	}
	d.Log.Info().Msg("the state is back")
	for _, l := range d.workspaces() {
		l.disturb()
	}
}

// writing ends when nothing may be sent to Azure any more: because begun units
// had their time, or because the journal's file is gone.
func (d *Daemon) writing() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.writes
}

// calledOff is why writing ended: an error if the journal's file is gone.
func calledOff(writing context.Context) error {
	if gone, ok := errors.AsType[*journal.GoneError](context.Cause(writing)); ok {
		return gone
	}
	return nil
}

// lost says that the journal's file is gone; nil: it is there.
func (d *Daemon) lost() *StateReport {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}
