package daemon

import (
	"maps"
	"slices"
	"sync/atomic"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/spec"
)

// Wake has the workspaces that match looked at now, and their sources asked; it
// returns which those are. Without match all are, and all sources.
func (d *Daemon) Wake(match func(spec.WorkspaceID) bool) []spec.WorkspaceID {
	var woken []spec.WorkspaceID
	sources := map[int]bool{}
	for _, l := range d.workspaces() {
		if match == nil || match(l.id) {
			woken = append(woken, l.id)
			for _, index := range l.wakeUp() {
				sources[index] = true
			}
		}
	}
	for index, a := range d.asked {
		if match == nil || sources[index] {
			a.hint()
		}
	}
	return woken
}

var turns atomic.Int64

// Turn numbers what begins in this process: passes, askings, and what wakes
// them. Times do not say what came first, for the clock may be set in between.
func Turn() int64 { return turns.Add(1) }

// Ask has every source asked for what is new there. A pass is made where there
// is something.
func (d *Daemon) Ask() {
	for _, a := range d.asked {
		a.hint()
	}
}

// wakeUp makes a pass due, and returns the sources that declare the workspace.
func (l *loop) wakeUp() []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signal()
	return slices.Collect(maps.Keys(l.claims))
}

// History returns at most limit events of a workspace, the newest first.
func (d *Daemon) History(id spec.WorkspaceID, limit int) ([]journal.Event, error) {
	return d.Reconciler.Journal.Workspace(journal.Scope(d.Reconciler.Endpoint, id)).History(limit)
}
