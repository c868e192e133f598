package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
)

// inputs is what the plan of the loaded specs rests on. A workspace that cannot
// be looked at is told of and left out.
func (a *app) inputs(ctx context.Context, l *loaded, o planOptions) (inputs []plan.Input, failed bool, err error) {
	switch {
	case len(l.chosen) == 0:
		return nil, false, nil
	case o.actual != "":
		inputs, err = a.savedInputs(l, o)
		return inputs, false, err
	case o.offline:
		return a.emptyInputs(l), false, nil
	}
	return a.liveInputs(ctx, l, o)
}

// liveInputs asks Azure.
func (a *app) liveInputs(ctx context.Context, l *loaded, o planOptions) (inputs []plan.Input, failed bool, err error) {
	az, err := connect(a.azure)
	if err != nil {
		return nil, false, err
	}
	defer az.client.Close()
	r := &daemon.Reconciler{Endpoint: az.endpoint, Target: az.target}
	views, err := a.recallFrom(o.state, r, l)
	if err != nil {
		return nil, false, err
	}
	views, failed = a.see(ctx, r, views)
	for _, v := range views {
		inputs = append(inputs, v.Input)
	}
	return inputs, failed, ctx.Err()
}

// savedInputs takes what Azure once said from a file.
func (a *app) savedInputs(l *loaded, o planOptions) ([]plan.Input, error) {
	lists, err := readActual(o.actual)
	if err != nil {
		return nil, err
	}
	views, err := a.recallFrom(o.state, &daemon.Reconciler{Endpoint: a.azure.scope()}, l)
	if err != nil {
		return nil, err
	}
	inputs := make([]plan.Input, len(views))
	for i, v := range views {
		inputs[i] = v.Input
		inputs[i].Against = plan.SavedList
		if inputs[i].Actual, err = lists.of(v.Desired.ID, len(views)); err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(a.err, "computesync: notice: Azure was not asked: this plan is against the computes in %s\n", o.actual)
	return inputs, nil
}

// emptyInputs takes the workspaces for empty.
func (a *app) emptyInputs(l *loaded) []plan.Input {
	inputs := make([]plan.Input, len(l.chosen))
	for i, ws := range l.chosen {
		inputs[i] = plan.Input{Desired: ws, Now: time.Now(), Against: plan.Nothing}
	}
	fmt.Fprintln(a.err, "computesync: notice: Azure was not asked: this plan is as if the workspaces were empty")
	return inputs
}

// recallFrom takes in what the journal knows, and lets go of it at once: while
// it is open here, nobody can apply.
func (a *app) recallFrom(state string, r *daemon.Reconciler, l *loaded) ([]*daemon.View, error) {
	j, err := a.readJournal(state)
	if err != nil {
		return nil, err
	}
	r.Journal = j
	views, err := recall(r, l)
	return views, errors.Join(err, j.Close())
}
