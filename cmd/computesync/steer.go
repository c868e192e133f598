package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/control"
	"github.com/computesync/computesync/internal/output"
)

func (a *app) suspendCmd() *cobra.Command {
	var reason, until string
	return a.steerCmd(&cobra.Command{
		Use:   "suspend WORKSPACE[/COMPUTE-GLOB]",
		Short: "Have the running daemon leave a workspace, or computes of it, as they are",
		Long: "Have the running daemon leave a workspace, or the computes of it whose names match COMPUTE-GLOB, as they\n" +
			"are, until that is resumed or its time is over. It looks and plans as ever; what has begun is finished.",
		Args: cobra.ExactArgs(1),
	}, func(k *asker, cmd *cobra.Command, args []string) error {
		end, err := moment(until, clock.Now())
		if err != nil {
			return err
		}
		if reason == "" {
			return usage("suspend needs --reason", "say why in one line: whoever misses a change reads it")
		}
		return k.steer(cmd, "suspend", "suspended", control.Suspend{Target: args[0], Reason: reason, Until: end})
	}, func(cmd *cobra.Command) {
		cmd.Flags().StringVar(&reason, "reason", "", "`why`: whoever misses a change reads it")
		cmd.Flags().StringVar(&until, "until", "", "when it ends by itself: a `time` such as 2h, or 2026-12-24T18:00:00Z")
	})
}

func (a *app) resumeCmd() *cobra.Command {
	return a.steerCmd(&cobra.Command{
		Use:   "resume WORKSPACE[/COMPUTE-GLOB]",
		Short: "Lift what \"suspend\" suspended",
		Args:  cobra.ExactArgs(1),
	}, func(k *asker, cmd *cobra.Command, args []string) error {
		return k.steer(cmd, "resume", "resumed", control.Resume{Target: args[0]})
	}, nil)
}

func (a *app) approveCmd() *cobra.Command {
	return a.steerCmd(&cobra.Command{
		Use:   "approve HASH",
		Short: "Have the running daemon carry out a plan that waits for approval",
		Long: "Have the running daemon carry out the plan of this hash, which waits for approval: exactly that one, once.\n" +
			"Its hash stands where the plan's changes are held, as in computesync status.",
		Args: cobra.ExactArgs(1),
	}, func(k *asker, cmd *cobra.Command, args []string) error {
		return k.steer(cmd, "approve", "approved: the plan of", control.Approve{Plan: args[0]})
	}, nil)
}

func (a *app) acceptCmd() *cobra.Command {
	return a.steerCmd(&cobra.Command{
		Use:   "accept COMMIT",
		Short: "Have the running daemon take a commit that does not descend from the one in effect",
		Long: "Have the running daemon take the commit of this hash, which it refused because it does not descend from the\n" +
			"commit in effect: an old commit, or a rewritten branch. From then on that one is in effect. The full hash is in\n" +
			"computesync status.",
		Args: cobra.ExactArgs(1),
	}, func(k *asker, cmd *cobra.Command, args []string) error {
		return k.steer(cmd, "accept", "accepted: the commit of", control.Accept{Commit: args[0]})
	}, nil)
}

// steerCmd makes a command that has the daemon do something.
func (a *app) steerCmd(cmd *cobra.Command, run func(*asker, *cobra.Command, []string) error, flags func(*cobra.Command)) *cobra.Command {
	k := &asker{app: a}
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return run(k, cmd, args) }
	k.flags(cmd)
	if flags != nil {
		flags(cmd)
	}
	a.outputFlag(cmd, "text", "json")
	return cmd
}

// steer asks the daemon, and tells what it did.
func (k *asker) steer(cmd *cobra.Command, call, done string, question any) error {
	ctx, cancel := k.untilInterrupt(cmd.Context())
	defer cancel()
	answer, err := control.Ask[control.Steered](ctx, k.dial(), call, question)
	if err != nil {
		return err
	}
	if k.output == "json" {
		return k.printJSON(answer)
	}
	fmt.Fprintf(k.out, "%s %s\n", done, output.Visible(answer.What))
	return nil
}

// moment reads a time, or how long it is until then; "" is none.
func moment(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(d).UTC().Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, usage(fmt.Sprintf("--until cannot be %q", text), "write how long, such as 2h, or a time such as 2026-12-24T18:00:00Z")
	}
	return t, nil
}
