package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/forge"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/render"
	"github.com/computesync/computesync/internal/spec"
)

// postOptions are the flags of plan that concern a pull request.
type postOptions struct {
	host     string // "": nobody is told
	required bool
}

func (o *postOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.host, "post", "", "comment on the pull request that this runs for, and set a status, on this `host`: "+strings.Join(forge.Hosts(), " or "))
	cmd.Flags().BoolVar(&o.required, "post-required", false, "exit 1 when --post did not succeed")
}

func (o *postOptions) check() error {
	switch {
	case o.host != "" && !slices.Contains(forge.Hosts(), o.host):
		return usage(fmt.Sprintf("--post cannot be %q", o.host), "it is "+strings.Join(forge.Hosts(), " or "))
	case o.host == "" && o.required:
		return usage("--post-required is of no use without --post", "add --post "+strings.Join(forge.Hosts(), " or --post "))
	}
	return nil
}

// post tells the pull request what became of a plan, which ended with err. What
// goes wrong with that does not change how the command ends, unless it is asked to.
func (a *app) post(ctx context.Context, m *made, o planOptions, args []string, err error) error {
	if o.post.host == "" || codeOf(err) == exitUsage || a.interrupted() {
		return err
	}
	ctx, cancel := a.untilInterrupt(ctx)
	defer cancel()
	told := a.tellPull(ctx, o.post.host, m, a.postContext(args), err)
	if !told && o.post.required && !saysMore(err) {
		return ended(worse(codeOf(err), exitError))
	}
	return err
}

// tellPull posts comment and status: each is tried, whatever became of the other.
func (a *app) tellPull(ctx context.Context, host string, m *made, label string, err error) (told bool) {
	pr, openErr := forge.Open(host, forge.Env{Lookup: os.LookupEnv, Agent: "computesync/" + version})
	if openErr == nil {
		openErr = pr.Check(ctx)
	}
	if superseded := (*forge.SupersededError)(nil); errors.As(openErr, &superseded) {
		a.notice("nothing was posted: %s", superseded)
		return true
	}
	if openErr != nil {
		a.complain(openErr)
		return false
	}
	status := m.status(err)
	status.Context = label
	outcome, commentErr := m.comment(ctx, pr, status.State)
	statusErr := pr.Set(ctx, status)
	for _, err := range []error{commentErr, statusErr} {
		if err != nil {
			a.complain(err)
		}
	}
	if commentErr != nil || statusErr != nil {
		return false
	}
	a.notice("%s: comment %s, status %s", pr, outcome, status.State)
	return true
}

// postContext names the status as the command was written: stable from push to
// push, and another one for every other command.
func (a *app) postContext(args []string) string {
	label := "computesync plan"
	if dir := filepath.ToSlash(filepath.Clean(folder(args))); dir != "." {
		label += " " + dir
	}
	if a.workspace != "" {
		label += " --workspace " + a.workspace
	}
	return label
}

// made is what became of a plan: as much as there was time for.
type made struct {
	loaded *loaded
	plan   *plan.Plan
	failed bool // a workspace could not be looked at
}

// comment is made where the plan has something new to say, and edited wherever
// it is there already: what it says must not be out of date.
func (m *made) comment(ctx context.Context, pr *forge.PullRequest, state forge.State) (forge.Outcome, error) {
	if m.loaded == nil {
		return forge.Nothing, nil
	}
	p := m.plan
	if p == nil {
		p = plan.Build(m.loaded.commit, nil)
	}
	missing, known := m.missing(p)
	if !known {
		return forge.Nothing, nil
	}
	body, marker := render.Comment(p, missing)
	return pr.Tell(ctx, forge.Note{Marker: marker, Body: body, Create: len(news(p)) > 0, Open: state != forge.Success})
}

// missing are the workspaces that are no part of the plan. Not known: one of
// them does not even tell its name, and so nobody knows whose comment this is.
func (m *made) missing(p *plan.Plan) (ids []spec.WorkspaceID, known bool) {
	planned := map[string]bool{}
	for i := range p.Workspaces {
		planned[p.Workspaces[i].Target.Key()] = true
	}
	for _, ws := range m.loaded.workspaces {
		switch {
		case ws.ID.Subscription == "" || ws.ID.ResourceGroup == "" || ws.ID.Name == "":
			return nil, false
		case !planned[ws.ID.Key()]:
			ids = append(ids, ws.ID)
		}
	}
	return ids, true
}

// news are the changes that the pull request brings about: all of them, where
// the plan was not compared with a base.
func news(p *plan.Plan) (changes []plan.Change) {
	for i := range p.Workspaces {
		introduced, _ := p.Workspaces[i].Split()
		changes = append(changes, introduced...)
	}
	return changes
}

// status is the verdict: an error where there is no whole plan, a failure where
// whoever asks to merge has something to do.
func (m *made) status(err error) forge.Status {
	switch {
	case m.loaded != nil && len(m.loaded.errors) > 0:
		return forge.Status{State: forge.Failure, Description: fmt.Sprintf("the specs have mistakes (%d): see the log", len(m.loaded.errors))}
	case saysMore(err) || m.failed || m.plan == nil:
		return forge.Status{State: forge.Error, Description: "no complete plan could be made: see the log"}
	}
	s := forge.Status{State: forge.Success, Description: render.Verdict(m.plan)}
	if n := refused(m.plan); n > 0 {
		s.State, s.Description = forge.Failure, fmt.Sprintf("Azure is going to refuse %d; %s", n, s.Description)
	}
	if n := heldBy(plan.Code.Raises, news(m.plan)) - heldBy(plan.Code.Guards, news(m.plan)); n > 0 {
		s.State, s.Description = forge.Failure, fmt.Sprintf("%d failed; %s", n, s.Description)
	}
	if n := heldBy(plan.Code.Guards, news(m.plan)); n > 0 {
		s.State, s.Description = forge.Failure, fmt.Sprintf("a guard holds %d; %s", n, s.Description)
	}
	return s
}

// refused counts what Azure is going to refuse of what the pull request brings
// about. What is said of no compute concerns all of them.
func refused(p *plan.Plan) (n int) {
	if p.Preflight == nil {
		return 0
	}
	there := map[[2]string]bool{}
	for i := range p.Workspaces {
		_, before := p.Workspaces[i].Split()
		for j := range before {
			there[[2]string{p.Workspaces[i].ID, before[j].Name}] = true
		}
	}
	for _, f := range p.Preflight.Findings {
		if f.Refused && !there[[2]string{f.Workspace, f.Name}] {
			n++
		}
	}
	return n
}

// heldBy counts what is held by a code of some sort.
func heldBy(sort func(plan.Code) bool, changes []plan.Change) (n int) {
	for i := range changes {
		if h := changes[i].Held; h != nil && sort(h.Code) {
			n++
		}
	}
	return n
}

// saysMore reports whether an error is more than an exit code.
func saysMore(err error) bool { return err != nil && err.Error() != "" }
