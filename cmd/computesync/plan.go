package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/render"
)

func (a *app) planCmd() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan [PATH]",
		Short: "Show what apply would do; writes nothing to Azure",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.post.check(); err != nil {
				return err
			}
			if o.signKey != "" && o.out == "" && a.output != "json" {
				return usage("--sign-key signs what --out writes", "add --out plan.json")
			}
			m := &made{}
			err := a.showPlan(cmd.Context(), args, o, m)
			return a.post(cmd.Context(), m, o, args, err)
		},
	}
	a.outputFlag(cmd, "text", "markdown", "json")
	a.workspaceFlag(cmd)
	a.policyFlag(cmd)
	a.grantFlags(cmd)
	a.azureFlags(cmd)
	stateFlags(cmd, &o.state)
	cmd.Flags().BoolVar(&o.exitCode, "exit-code", false, "exit 2 when there are steps to take, 3 when a guard holds something or a compute has failed")
	cmd.Flags().StringVar(&o.out, "out", "", "also write the plan as JSON to this `file`, for apply")
	cmd.Flags().StringVar(&o.signKey, "sign-key", "", "sign what --out writes with this private ssh key, an ed25519 `file`, for apply --verify-key")
	cmd.Flags().StringVar(&o.base, "base", "", "tell what differs from this `revision` of the repository, such as origin/main, from what is there already")
	cmd.Flags().BoolVar(&o.offline, "offline", false, "do not ask Azure: plan as if the workspaces were empty, or as --actual says")
	o.post.flags(cmd)
	cmd.Flags().StringVar(&o.actual, "actual", "", "do not ask Azure: plan against the computes in this `file`, as Azure once listed them")
	return cmd
}

// planOptions are the flags of plan.
type planOptions struct {
	exitCode bool
	out      string
	signKey  string
	state    state
	offline  bool
	actual   string
	base     string
	post     postOptions
}

// showPlan makes a plan, prints it and saves it.
func (a *app) showPlan(ctx context.Context, args []string, o planOptions, m *made) error {
	code, err := a.makePlan(ctx, args, o, m)
	if err != nil {
		return err
	}
	m.plan.SetSeal()
	if o.signKey != "" {
		if err := signPlan(m.plan, o.signKey); err != nil {
			return err
		}
	}
	if err := a.printPlan(m.plan); err != nil {
		return err
	}
	if o.out != "" {
		if err := savePlan(o.out, m.plan); err != nil {
			return err
		}
	}
	if o.exitCode {
		code = worse(code, planCode(m.plan))
	}
	return ended(code)
}

// planCode is what --exit-code tells of a plan.
func planCode(p *plan.Plan) int {
	switch {
	case p.Steps() > 0:
		return exitSteps
	case p.Raises():
		return exitHeld
	}
	return exitOK
}

// makePlan puts into m what there is of a plan.
func (a *app) makePlan(ctx context.Context, args []string, o planOptions, m *made) (code int, err error) {
	ctx, cancel := a.untilInterrupt(ctx)
	defer cancel()
	l, err := a.load(ctx, args, nil)
	if err != nil {
		return 0, err
	}
	m.loaded = l
	a.tell(l, forPlan)
	code = l.code()
	s, err := a.observe(ctx, l, o)
	if err != nil {
		return code, err
	}
	defer s.close()
	if s.failed {
		m.failed = true
		code = worse(code, exitError)
	}
	if len(s.inputs) == 0 {
		return code, ended(code) // what is wrong was told
	}
	if hasSecrets(s.inputs) {
		a.notice("rotation of secrets is not checked by plan")
	}
	p := plan.Priced(l.commit, s.inputs, func(asks []plan.Ask) plan.Answers { return s.ask(ctx, asks) })
	if o.base != "" {
		if err := a.compare(ctx, p, s.inputs, folder(args), o.base); err != nil {
			return code, err
		}
	}
	p.Check(s.inputs, s.answers(ctx, p))
	m.plan = p
	if o.exitCode && unfinished(s.inputs) {
		code = worse(code, exitSteps)
	}
	return code, ctx.Err()
}

// unfinished reports whether an earlier apply left something in the journal.
func unfinished(inputs []plan.Input) bool {
	return slices.ContainsFunc(inputs, func(in plan.Input) bool { return len(in.InFlight) > 0 })
}

func hasSecrets(inputs []plan.Input) bool {
	for i := range inputs {
		for _, c := range inputs[i].Desired.Computes {
			if len(c.Secrets()) > 0 {
				return true
			}
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
			errs[i] = r.SeeRecent(ctx, v)
			return nil
		})
	}
	_ = all.Wait() // errors stand in errs
	for i, v := range views {
		if errs[i] == nil {
			seen = append(seen, v)
		}
	}
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	if !a.interrupted() {
		a.complainOfAll(errs)
	}
	return seen, len(errs) > 0
}

func (a *app) printPlan(p *plan.Plan) error {
	switch a.output {
	case "markdown":
		return render.Markdown(a.out, p)
	case "json":
		return render.JSON(a.out, p)
	}
	return a.textPlan(a.out, p)
}

func (a *app) textPlan(s *output.Stream, p *plan.Plan) error {
	return render.Text(s.Colored(), p, render.Style{Color: a.color(s)})
}

// savePlan writes the plan's JSON such that the file is whole or not there. A
// pipeline may print it, too.
func savePlan(path string, p *plan.Plan) error {
	f, err := renameio.NewPendingFile(path)
	if err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	defer f.Cleanup()
	if err := render.JSON(output.New(f), p); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	return nil
}
