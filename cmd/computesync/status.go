package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/control"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/render"
)

func (a *app) statusCmd() *cobra.Command {
	k := &asker{app: a}
	cmd := &cobra.Command{
		Use:   "status [WORKSPACE]",
		Short: "Tell how the running daemon's workspaces stand",
		Long: "Tell how the running daemon's workspaces stand. WORKSPACE is a name, a glob over names, or\n" +
			"subscription/group/name. The exit code tells the worst: 0 all is well, 1 something fails or no daemon\n" +
			"answers, 5 a commit is refused, 3 a guard holds something or a\n" +
			"compute has failed.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := a.untilInterrupt(cmd.Context())
			defer cancel()
			r, err := control.Ask[*daemon.Report](ctx, k.dial(), "status", which(args))
			if err != nil {
				return err
			}
			if err := k.print(r); err != nil {
				return err
			}
			return ended(reportCode(r))
		},
	}
	k.flags(cmd)
	a.outputFlag(cmd, "text", "wide", "json")
	return cmd
}

// print writes a report in the form that was asked for.
func (k *asker) print(r *daemon.Report) error {
	if k.output == "json" {
		return k.printJSON(r)
	}
	return render.Status(k.out, r, k.output == "wide")
}

func (k *asker) printJSON(v any) error {
	e := json.NewEncoder(k.out)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

func (a *app) syncCmd() *cobra.Command {
	k := &asker{app: a}
	var wait bool
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "sync [WORKSPACE]",
		Short: "Have the running daemon ask its sources and look at its workspaces now",
		Long: "Have the running daemon ask its sources and look at its workspaces now, all of them or those that\n" +
			"WORKSPACE names. With --wait the end of that is awaited and told, and the exit code is that of status.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, cancel := a.untilInterrupt(cmd.Context())
			defer cancel()
			c := k.dial()
			woken, err := control.Ask[control.Woken](ctx, c, "sync", which(args))
			if err != nil {
				return err
			}
			if !wait {
				fmt.Fprintf(a.out, "%s will be looked at now\n", count(len(woken.Workspaces), "workspace"))
				return nil
			}
			limited, end := context.WithTimeout(ctx, timeout)
			defer end()
			r, err := k.untilSettled(limited, c, &woken, which(args))
			if errors.Is(err, context.DeadlineExceeded) {
				return &coded{code: exitError, text: fmt.Sprintf("the passes did not end within %s", timeout), hint: "they go on; see computesync status, or wait longer with --timeout"}
			}
			if err != nil {
				return err
			}
			if err := k.print(r); err != nil {
				return err
			}
			return ended(reportCode(r))
		},
	}
	k.flags(cmd)
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until that was done, and tell how it went")
	cmd.Flags().DurationVar(&timeout, "timeout", time.Hour, "how `long` --wait waits at most")
	a.outputFlag(cmd, "text", "wide", "json")
	return cmd
}

func (a *app) historyCmd() *cobra.Command {
	k := &asker{app: a}
	limit := 0
	cmd := &cobra.Command{
		Use:   "history [WORKSPACE]",
		Short: "Tell what the running daemon did, the newest first",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if limit < 1 {
				return usage("--limit must be at least 1", "the journal keeps 10,000 events of each workspace")
			}
			ctx, cancel := a.untilInterrupt(cmd.Context())
			defer cancel()
			events, err := control.Ask[[]control.Happened](ctx, k.dial(), "history", control.Past{Which: which(args), Limit: limit})
			if err != nil {
				return err
			}
			if k.output == "json" {
				return k.printJSON(events)
			}
			past := make([]render.Past, len(events))
			for i, e := range events {
				past[i] = render.Past{At: e.At, Workspace: e.Workspace.Name, Commit: e.Commit, Name: e.Name, Verb: e.Verb, Outcome: e.Outcome, By: e.By, Text: e.Text}
			}
			return render.History(a.out, past)
		},
	}
	k.flags(cmd)
	cmd.Flags().IntVarP(&limit, "limit", "n", 20, "how `many` events")
	a.outputFlag(cmd, "text", "json")
	return cmd
}
