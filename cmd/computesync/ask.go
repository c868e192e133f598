package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/control"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
)

// asker is a command that asks the running daemon.
type asker struct {
	*app
	socket string
}

// flags adds what every such command has.
func (k *asker) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&k.socket, "socket", "", "the daemon's `socket` (default $RUNTIME_DIRECTORY/control.sock, /run/computesync/control.sock or /var/lib/computesync/control.sock)")
}

// dial finds the daemon.
func (k *asker) dial() *control.Client { return control.Dial(cmp.Or(k.socket, defaultSocket())) }

// defaultSocket is where a daemon listens that was started as a service, or
// without one by its default configuration.
func defaultSocket() string {
	if dir := os.Getenv("RUNTIME_DIRECTORY"); dir != "" {
		return control.Path(dir, "")
	}
	path := filepath.Join("/run/computesync", control.SocketName)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	return filepath.Join("/var/lib/computesync", control.SocketName)
}

// which is the workspace that the argument names.
func which(args []string) control.Which {
	if len(args) == 0 {
		return control.Which{}
	}
	return control.Which{Workspace: args[0]}
}

// reportCode is what the exit code tells of how things stand: 1 where something
// fails, 5 where a commit is refused, 3 where a guard holds something or a compute has failed.
func reportCode(r *daemon.Report) int {
	code := exitOK
	if r.State != nil || r.Outage != nil {
		code = exitError
	}
	for i := range r.Sources {
		if r.Sources[i].Error != "" {
			code = worse(code, exitError)
		} else if r.Sources[i].Mistakes > 0 {
			code = worse(code, exitInvalid)
		}
	}
	for i := range r.Workspaces {
		code = worse(code, workspaceCode(&r.Workspaces[i]))
	}
	return code
}

func workspaceCode(w *daemon.WorkspaceReport) int {
	code := exitOK
	if w.Mistakes > 0 {
		code = exitInvalid
	}
	if w.Hold != nil && w.Hold.Code == plan.DuplicateWorkspace {
		code = worse(code, exitHeld)
	}
	for i := range w.Held {
		if w.Held[i].Code.Raises() {
			code = worse(code, exitHeld)
		}
	}
	if w.Phase == daemon.Failing && w.Error != "" {
		code = worse(code, exitError)
	}
	return code
}

// untilSettled asks until what a sync woke has been looked at.
func (k *asker) untilSettled(ctx context.Context, c *control.Client, woken *control.Woken, q control.Which) (*daemon.Report, error) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		r, err := control.Ask[*daemon.Report](ctx, c, "status", q)
		if err != nil || woken.Settled(r) {
			return r, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
