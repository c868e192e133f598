package main

import (
	"context"
	"path/filepath"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
)

// compare marks in a plan what a plan of the specs at a revision would do too,
// against the same actual computes. Nobody is asked for anything again.
func (a *app) compare(ctx context.Context, p *plan.Plan, inputs []plan.Input, dir, revision string) error {
	snapshot, head, err := source.At(ctx, dir, revision)
	if err != nil {
		return err
	}
	guards, err := a.guards()
	if err != nil {
		return err
	}
	set := spec.Load(snapshot.Files, spec.Options{Prefix: filepath.ToSlash(dir), Guards: guards})
	at := make(map[string]*spec.Workspace, len(set.Workspaces))
	for _, ws := range set.Workspaces {
		at[ws.ID.Key()] = ws
	}
	var before []plan.Input
	for i := range inputs {
		ws := at[inputs[i].Desired.ID.Key()]
		switch {
		case ws == nil:
		case len(ws.Errors) > 0:
			a.notice("workspace %s is not valid at %s: all its changes count as introduced here", ws.ID.Name, revision)
		default:
			in := inputs[i]
			in.Desired = ws
			before = append(before, in)
		}
	}
	p.CompareWith(plan.Base{Revision: revision, Commit: snapshot.Commit, Head: head}, plan.Build(snapshot.Commit, before))
	return nil
}
