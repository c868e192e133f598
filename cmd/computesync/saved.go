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
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/source"
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

// readSaved reads a saved plan. Where a PATH is given, its specs must be those
// that the plan was made from.
func readSaved(ctx context.Context, args []string) (*plan.Plan, error) {
	data, err := os.ReadFile(args[0])
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage(args[0]+" does not exist", "computesync plan --out "+args[0]+" makes it")
	}
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	p, err := plan.Read(data)
	if err != nil {
		return nil, &coded{code: exitError, err: fmt.Errorf("%s: %w", args[0], err), hint: planAgain}
	}
	if p.OnlyToRead() {
		return nil, &coded{code: exitError, text: args[0] + " was made without asking Azure: it is there to be read", hint: "make a plan without --offline and --actual"}
	}
	if len(args) == 1 {
		return p, nil
	}
	if err := checkPath(args[1]); err != nil {
		return nil, err
	}
	snapshot, err := source.Folder(ctx, args[1])
	if err != nil {
		return nil, err
	}
	if snapshot.Commit != p.Commit {
		return nil, &coded{code: exitError, text: fmt.Sprintf("the specs at %s are not those that %s was made from", args[1], args[0]), hint: planAgain}
	}
	return p, nil
}

// runSaved carries out a saved plan: exactly what it shows, or nothing.
func (c *applyCmd) runSaved(ctx, looking context.Context, r *daemon.Reconciler, p *plan.Plan) error {
	views := make([]*daemon.View, len(p.Workspaces))
	for i := range p.Workspaces {
		var err error
		if views[i], err = r.Recall(p.Workspaces[i].Declares(), p.Commit); err != nil {
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
