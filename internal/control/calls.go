package control

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/spec"
)

// DaemonCalls are the calls of a daemon. With a new configuration it is another
// one: current says which.
func DaemonCalls(current func() *daemon.Daemon) Calls {
	return Calls{
		"status":  Handle(func(_ context.Context, q Which) (*daemon.Report, error) { return status(current(), q) }),
		"sync":    Handle(func(_ context.Context, q Which) (Woken, error) { return wake(current(), q) }),
		"history": Handle(func(_ context.Context, q Past) ([]Happened, error) { return history(current(), q) }),
		"suspend": Handle(func(ctx context.Context, q Suspend) (Steered, error) { return suspend(current(), q, Caller(ctx)) }),
		"resume":  Handle(func(ctx context.Context, q Resume) (Steered, error) { return resume(current(), q, Caller(ctx)) }),
		"accept":  Handle(func(ctx context.Context, q Accept) (Steered, error) { return accept(current(), q, Caller(ctx)) }),
		"approve": Handle(func(ctx context.Context, q Approve) (Steered, error) { return approve(current(), q, Caller(ctx)) }),
	}
}

// Which names workspaces: subscription/group/name, or a name, which may be a
// glob. Without one all are meant.
type Which struct {
	Workspace string `json:"workspace,omitempty"`
}

// Woken is what a sync began.
type Woken struct {
	Turn       int64              `json:"turn"` // what begins later has a higher one
	Workspaces []spec.WorkspaceID `json:"workspaces"`
}

// Past asks for what happened, the newest first.
type Past struct {
	Which
	Limit int `json:"limit"`
}

// Happened is a line of the history.
type Happened struct {
	Workspace spec.WorkspaceID `json:"workspace"`
	journal.Event
}

// Means reports whether a workspace is one of those that are named.
func (w Which) Means(id spec.WorkspaceID) bool {
	name := strings.ToLower(w.Workspace)
	if name == "" || name == id.Key() {
		return true
	}
	ok, _ := path.Match(name, strings.ToLower(id.Name)) // a bad glob means nothing
	return ok
}

// none says that nothing is called like that.
func (w Which) none() error {
	return &Error{"the daemon has no workspace " + w.Workspace, "see computesync status"}
}

func status(d *daemon.Daemon, q Which) (*daemon.Report, error) {
	r := d.Report()
	r.Workspaces = slices.DeleteFunc(r.Workspaces, func(w daemon.WorkspaceReport) bool { return !q.Means(w.ID) })
	if q.Workspace != "" && len(r.Workspaces) == 0 {
		return nil, q.none()
	}
	return r, nil
}

func wake(d *daemon.Daemon, q Which) (Woken, error) {
	w := Woken{Turn: daemon.Turn()}
	if q.Workspace == "" {
		w.Workspaces = d.Wake(nil)
		return w, nil
	}
	if w.Workspaces = d.Wake(q.Means); len(w.Workspaces) == 0 {
		return w, q.none()
	}
	return w, nil
}

// longestHistory is how many lines are told at most.
const longestHistory = 10_000

func history(d *daemon.Daemon, q Past) ([]Happened, error) {
	limit := min(max(q.Limit, 1), longestHistory)
	var each [][]Happened
	for _, w := range d.Report().Workspaces {
		if !q.Means(w.ID) {
			continue
		}
		events, err := d.History(w.ID, limit)
		if err != nil {
			return nil, err
		}
		one := make([]Happened, len(events))
		for i, e := range events {
			one[i] = Happened{w.ID, e}
		}
		each = append(each, one)
	}
	if q.Workspace != "" && len(each) == 0 {
		return nil, q.none()
	}
	return merge(each, limit), nil
}

// merge makes one history of those of several workspaces, the newest first. A
// workspace's own order stays, for its clock may have been set back in between.
func merge(each [][]Happened, limit int) []Happened {
	all := []Happened{}
	for len(all) < limit {
		newest := -1
		for i := range each {
			if len(each[i]) > 0 && (newest < 0 || each[i][0].At.After(each[newest][0].At)) {
				newest = i
			}
		}
		if newest < 0 {
			break
		}
		all, each[newest] = append(all, each[newest][0]), each[newest][1:]
	}
	return all
}

// Settled reports whether the workspaces that a sync woke have been looked at
// since, and their sources asked.
func (w *Woken) Settled(r *daemon.Report) bool {
	for i := range r.Sources {
		if s := &r.Sources[i]; concerns(s.Name, r) && s.Turn < w.Turn {
			return false
		}
	}
	return !slices.ContainsFunc(r.Workspaces, func(ws daemon.WorkspaceReport) bool {
		return ws.Phase != daemon.Left && (ws.Pending || ws.Last == nil || ws.Last.Turn < w.Turn)
	})
}

// concerns reports whether a report's workspaces come from a source.
func concerns(source string, r *daemon.Report) bool {
	return slices.ContainsFunc(r.Workspaces, func(w daemon.WorkspaceReport) bool { return cmp.Or(w.Source, source) == source })
}
