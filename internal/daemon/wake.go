package daemon

import "github.com/computesync/computesync/internal/spec"

// Wake has the workspaces that match looked at now, and their sources asked; it
// returns which those are. Without match all are, and all sources.
func (d *Daemon) Wake(match func(spec.WorkspaceID) bool) []spec.WorkspaceID {
	var woken []spec.WorkspaceID
	for _, l := range d.workspaces() {
		if match == nil || match(l.id) {
			l.wakeUp()
			woken = append(woken, l.id)
		}
	}
	if match == nil {
		for _, a := range d.asked {
			a.hint()
		}
	}
	return woken
}

// wakeUp makes a pass due, and has the sources that declare the workspace asked.
func (l *loop) wakeUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signal()
	for index := range l.claims {
		l.d.asked[index].hint()
	}
}
