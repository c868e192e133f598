package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// planAgain is the way out of every saved plan that cannot be carried out.
const planAgain = "make the plan anew with computesync plan --out, and read it"

// planAndPath takes a PATH, or a saved plan and perhaps a PATH.
func planAndPath(cmd *cobra.Command, args []string) error {
	if len(args) == 2 && isPlanFile(args[0]) {
		return nil
	}
	return cobra.MaximumNArgs(1)(cmd, args)
}

// isPlanFile tells a saved plan from a folder of specs: a file that is called
// .json, or holds a JSON object.
func isPlanFile(name string) bool {
	info, err := os.Stat(name)
	if err == nil && !info.Mode().IsRegular() {
		return false
	}
	if strings.HasSuffix(name, ".json") {
		return true
	}
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 64))
	return err == nil && bytes.HasPrefix(bytes.TrimSpace(head), []byte("{"))
}

// readSaved reads a saved plan that may be carried out.
func (c *applyCmd) readSaved(file string) (*plan.Plan, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage(file+" does not exist", "computesync plan --out "+file+" makes it")
	}
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	p, err := plan.Read(data)
	if err != nil {
		return nil, &coded{code: exitError, err: fmt.Errorf("%s: %w", file, err), hint: planAgain}
	}
	if p.OnlyToRead() {
		return nil, &coded{
			code: exitError, text: file + " was made without asking Azure: it is there to be read",
			hint: "make a plan without --offline and --actual",
		}
	}
	if c.verifyKey != "" {
		return p, verifyPlan(p, file, c.verifyKey)
	}
	return p, nil
}

// declared are the workspaces of a saved plan as the specs at PATH declare them,
// or as the file says where there is no PATH.
func (c *applyCmd) declared(
	ctx context.Context, r *daemon.Reconciler, p *plan.Plan, args []string,
) ([]*spec.Workspace, error) {
	all := make([]*spec.Workspace, len(p.Workspaces))
	if len(args) == 1 {
		guards, err := c.guards()
		for i := range all {
			all[i] = p.Workspaces[i].Declares()
			all[i].GuardBy(guards)
		}
		return all, err
	}
	l, err := c.load(ctx, args[1:], r.Owned)
	if err != nil {
		return nil, err
	}
	if l.commit != p.Commit {
		text := fmt.Sprintf("the specs at %s are not those that %s was made from", args[1], args[0])
		return nil, &coded{code: exitError, text: text, hint: planAgain}
	}
	for i := range all {
		target := p.Workspaces[i].Target
		at := slices.IndexFunc(l.chosen, func(ws *spec.Workspace) bool { return ws.ID.Key() == target.Key() })
		if at < 0 {
			text := fmt.Sprintf("%s is about workspace %s, which the specs at %s do not declare without a mistake",
				args[0], target, args[1])
			return nil, &coded{code: exitError, text: text, hint: planAgain}
		}
		all[i] = l.chosen[at]
	}
	return all, nil
}

// checkEndpoint wants a plan to be for the Azure at hand.
func checkEndpoint(p *plan.Plan, file, endpoint string) error {
	for i := range p.Workspaces {
		ws := &p.Workspaces[i]
		if journal.Scope(ws.Endpoint, ws.Target) == journal.Scope(endpoint, ws.Target) {
			continue
		}
		return &coded{
			code: exitError, text: fmt.Sprintf("%s was made for the endpoint %s, and this is %s", file, ws.Endpoint, endpoint),
			hint: "name the same --endpoint or --cloud as for the plan",
		}
	}
	return nil
}

// runSaved carries out a saved plan: exactly what it shows, or nothing.
func (c *applyCmd) runSaved(ctx, looking context.Context, r *daemon.Reconciler, p *plan.Plan, args []string) error {
	if err := checkEndpoint(p, args[0], r.Endpoint); err != nil {
		return err
	}
	desired, err := c.declared(looking, r, p, args)
	if err != nil {
		return err
	}
	views := make([]*daemon.View, len(p.Workspaces))
	for i := range p.Workspaces {
		if views[i], err = r.Recall(desired[i], p.Commit); err != nil {
			return err
		}
	}
	_, failed := c.see(looking, r, views)
	if err := looking.Err(); err != nil {
		return err
	}
	if failed {
		return ended(exitError) // what is wrong was told
	}
	if err := c.checkSaved(views, p); err != nil {
		return err
	}
	if p, err = c.planSavedAgain(looking, views, p, args); err != nil {
		return err
	}
	ctx, cancel := c.withGrace(ctx)
	defer cancel()
	_, code, err := c.carryOut(ctx, looking, r, views, p)
	if err != nil {
		return err
	}
	code = c.finish(code)
	if c.total.Closed {
		c.complain(&coded{text: "a change window closed on the way: what had not begun was not carried out", hint: planAgain})
		code = worse(code, exitError)
	}
	if len(c.total.Stale) > 0 {
		slices.Sort(c.total.Stale)
		c.complain(&coded{text: "not carried out, for it changed since it was planned: " + strings.Join(c.total.Stale, ", "), hint: planAgain})
		code = worse(code, exitError)
	}
	return ended(code)
}

// checkSaved names everything that keeps a saved plan from being carried out.
func (c *applyCmd) checkSaved(views []*daemon.View, p *plan.Plan) error {
	outdated, hint := false, planAgain
	for i, v := range views {
		for _, why := range v.Outdated(&p.Workspaces[i]) {
			outdated = true
			if len(v.Begun) > 0 {
				hint = "apply the specs' folder: that finishes what was begun; then plan again"
			}
			c.complain(fmt.Errorf("workspace %s: %s", v.Desired.ID.Name, why))
		}
	}
	if outdated {
		return &coded{code: exitError, text: "the plan is out of date: nothing was changed", hint: hint}
	}
	return nil
}

// planSavedAgain plans again what a saved plan is about, so that nothing is done,
// and nothing shown, only because the file says so.
func (c *applyCmd) planSavedAgain(ctx context.Context, views []*daemon.View, p *plan.Plan, args []string) (*plan.Plan, error) {
	inputs := make([]plan.Input, len(views))
	for i, v := range views {
		inputs[i] = v.Input
		inputs[i].Rotated = nil // plan does not check that
	}
	scout := newScout(c.az)
	ask := func(asks []plan.Ask) plan.Answers { return scout.ask(ctx, asks) }
	again := plan.Priced(p.Commit, inputs, ask)
	limited, differ := p.Limit(again, len(args) == 2)
	for _, why := range differ {
		c.complain(errors.New(why))
	}
	if len(differ) > 0 {
		text := args[0] + " is not what is planned now: nothing was changed"
		return nil, &coded{code: exitError, text: text, hint: planAgain}
	}
	if !c.autoApprove { // somebody decides by it
		limited.Check(inputs, ask(limited.Asks(inputs)))
	}
	return limited, nil
}
