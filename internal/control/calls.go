package control

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"time"

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
	At         time.Time          `json:"at"`
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
	w := Woken{At: time.Now()}
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
	all, known := []Happened{}, false
	for _, w := range d.Report().Workspaces {
		if !q.Means(w.ID) {
			continue
		}
		known = true
		events, err := d.History(w.ID, limit)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			all = append(all, Happened{w.ID, e})
		}
	}
	if q.Workspace != "" && !known {
		return nil, q.none()
	}
	slices.SortStableFunc(all, func(a, b Happened) int { return b.At.Compare(a.At) })
	return all[:min(len(all), limit)], nil
}

// Settled reports whether the workspaces that a sync woke have been looked at
// since, and their sources asked.
func (w *Woken) Settled(r *daemon.Report) bool {
	for i := range r.Sources {
		if s := &r.Sources[i]; concerns(s.Name, r) && (s.Asked.Before(w.At) || s.Ended.Before(s.Asked)) {
			return false
		}
	}
	return !slices.ContainsFunc(r.Workspaces, func(ws daemon.WorkspaceReport) bool {
		return ws.Phase != daemon.Left && (ws.Pending || ws.Last == nil || ws.Last.Began.Before(w.At))
	})
}

// concerns reports whether a report's workspaces come from a source.
func concerns(source string, r *daemon.Report) bool {
	return slices.ContainsFunc(r.Workspaces, func(w daemon.WorkspaceReport) bool { return cmp.Or(w.Source, source) == source })
}
