package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/render"
	"github.com/computesync/computesync/internal/spec"
)

func (a *app) planCmd() *cobra.Command {
	var exitCode bool
	var out, state string
	cmd := &cobra.Command{
		Use:   "plan [PATH]",
		Short: "Show what apply would do; writes nothing to Azure",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, code, err := a.makePlan(cmd.Context(), args, state)
			if err != nil {
				return err
			}
			if err := a.printPlan(a.out, p); err != nil {
				return err
			}
			if out != "" {
				if err := savePlan(out, p); err != nil {
					return err
				}
			}
			if exitCode {
				code = worse(code, planCode(p))
			}
			return ended(code)
		},
	}
	a.outputFlag(cmd, "text", "markdown", "json")
	a.workspaceFlag(cmd)
	a.azureFlags(cmd)
	stateDirFlag(cmd, &state)
	cmd.Flags().BoolVar(&exitCode, "exit-code", false, "exit 2 when there are steps to take, 3 when a guard holds something")
	cmd.Flags().StringVar(&out, "out", "", "also write the plan as JSON to this `file`")
	return cmd
}

// planCode is what --exit-code tells of a plan.
func planCode(p *plan.Plan) int {
	switch {
	case p.Steps() > 0:
		return exitSteps
	case p.Guarded():
		return exitHeld
	}
	return exitOK
}

func (a *app) makePlan(ctx context.Context, args []string, state string) (*plan.Plan, int, error) {
	ctx, cancel := a.untilInterrupt(ctx)
	defer cancel()
	l, err := a.load(ctx, args, nil)
	if err != nil {
		return nil, 0, err
	}
	a.tell(l, spec.Notice.PassedOver)
	az, err := connect(a.azure)
	if err != nil {
		return nil, 0, err
	}
	defer az.client.Close()
	j, err := a.readJournal(state)
	if err != nil {
		return nil, 0, err
	}
	r := &daemon.Reconciler{Endpoint: az.endpoint, Journal: j, Target: az.target}
	views, err := recall(r, l)
	// Let go of the journal at once: while it is open here, nobody can apply.
	if err := errors.Join(err, j.Close()); err != nil {
		return nil, 0, err
	}
	views, failed := a.see(ctx, r, views)
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	code := l.code()
	if failed {
		code = worse(code, exitError)
	}
	if len(views) == 0 {
		return nil, code, ended(code) // what is wrong was told
	}
	inputs := make([]plan.Input, len(views))
	secrets := false
	for i, v := range views {
		inputs[i] = v.Input
		secrets = secrets || hasSecrets(v.Desired)
	}
	if secrets {
		fmt.Fprintln(a.err, "computesync: notice: rotation of secrets is not checked by plan")
	}
	return plan.Build(l.commit, inputs), code, nil
}

func hasSecrets(ws *spec.Workspace) bool {
	for _, c := range ws.Computes {
		if len(c.Secrets()) > 0 {
			return true
		}
	}
	return false
}

// recall takes in what the journal knows of the chosen workspaces.
func recall(r *daemon.Reconciler, l *loaded) ([]*daemon.View, error) {
	views := make([]*daemon.View, len(l.chosen))
	for i, ws := range l.chosen {
		var err error
		if views[i], err = r.Recall(ws, l.commit); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// see looks at the workspaces side by side. One that fails is told of and does
// not stop the others.
func (a *app) see(ctx context.Context, r *daemon.Reconciler, views []*daemon.View) (seen []*daemon.View, failed bool) {
	errs := make([]error, len(views))
	var all errgroup.Group
	all.SetLimit(16)
	for i, v := range views {
		all.Go(func() error {
			errs[i] = r.See(ctx, v)
			return nil
		})
	}
	_ = all.Wait() // errors stand in errs
	for i, err := range errs {
		if err != nil {
			failed = true
			if !a.interrupted() {
				a.complain(err)
			}
			continue
		}
		seen = append(seen, views[i])
	}
	return seen, failed
}

func (a *app) printPlan(w io.Writer, p *plan.Plan) error {
	switch a.output {
	case "markdown":
		return render.Markdown(w, p)
	case "json":
		return render.JSON(w, p)
	}
	return render.Text(w, p, render.Style{Color: a.color(w)})
}

// savePlan writes the plan's JSON such that the file is whole or not there.
func savePlan(path string, p *plan.Plan) error {
	f, err := renameio.NewPendingFile(path)
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	defer f.Cleanup()
	if err := render.JSON(f, p); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}
