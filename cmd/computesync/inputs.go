package main

import (
	"context"
	"errors"
	"sync"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
)

// seen is what the plan of the loaded specs rests on.
type seen struct {
	inputs []plan.Input
	failed bool   // a workspace could not be looked at: it was told of and left out
	scout  *scout // nil where Azure is not asked
	az     *azure
}

// close lets go of the connection, if there is one.
func (s *seen) close() {
	if s.az != nil {
		s.az.client.Close()
	}
}

// answers are what Azure says to what the plan's preflight asks.
func (s *seen) answers(ctx context.Context, p *plan.Plan) plan.Answers {
	asks := p.Asks(s.inputs)
	if len(asks) == 0 {
		return plan.Answers{}
	}
	return s.ask(ctx, asks)
}

func (s *seen) ask(ctx context.Context, asks []plan.Ask) plan.Answers {
	if s.scout == nil {
		return plan.Answers{Notes: []string{"Azure was not asked: size, quota, names and cost are not checked"}}
	}
	return s.scout.ask(ctx, asks)
}

// observe finds out what the plan rests on.
func (a *app) observe(ctx context.Context, l *loaded, o planOptions) (*seen, error) {
	switch {
	case len(l.chosen) == 0:
		return &seen{}, nil
	case o.actual != "":
		inputs, err := a.savedInputs(ctx, l, o)
		return &seen{inputs: inputs}, err
	case o.offline:
		return &seen{inputs: a.emptyInputs(l)}, nil
	}
	az, err := connect(a.azure)
	if err != nil {
		return nil, err
	}
	s := &seen{az: az, scout: newScout(az)}
	if err := a.observeAzure(ctx, l, o, s); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// observeAzure asks Azure. What the preflight may want to know, as far as the
// journal lets it be guessed, is asked for beside the lists.
func (a *app) observeAzure(ctx context.Context, l *loaded, o planOptions, s *seen) error {
	r := &daemon.Reconciler{Endpoint: s.az.endpoint, APIVersion: s.az.client.APIVersion(), Target: s.az.target}
	views, err := a.recallFrom(ctx, &o.state, r, l)
	if err != nil {
		return err
	}
	var guesses []plan.Ask
	for _, v := range views {
		if ask, worth := plan.Guess(&v.Input); worth {
			guesses = append(guesses, ask)
		}
	}
	var ahead sync.WaitGroup
	ahead.Go(func() { s.scout.ask(ctx, guesses) })
	views, s.failed = a.see(ctx, r, views)
	ahead.Wait()
	for _, v := range views {
		s.inputs = append(s.inputs, v.Input)
	}
	return ctx.Err()
}

// savedInputs takes what Azure once said from a file.
func (a *app) savedInputs(ctx context.Context, l *loaded, o planOptions) ([]plan.Input, error) {
	lists, err := readActual(o.actual)
	if err != nil {
		return nil, err
	}
	r := &daemon.Reconciler{Endpoint: a.azure.scope(), APIVersion: a.azure.apiVersion}
	views, err := a.recallFrom(ctx, &o.state, r, l)
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
	a.notice("Azure was not asked: this plan is against the computes in %s", o.actual)
	return inputs, nil
}

// emptyInputs takes the workspaces for empty.
func (a *app) emptyInputs(l *loaded) []plan.Input {
	inputs := make([]plan.Input, len(l.chosen))
	for i, ws := range l.chosen {
		inputs[i] = plan.Input{Desired: ws, Now: clock.Now(), Against: plan.Nothing}
	}
	a.notice("Azure was not asked: this plan is as if the workspaces were empty")
	return inputs
}

// recallFrom takes in what the journal knows, and lets go of it at once: while
// it is open here, nobody can apply.
func (a *app) recallFrom(ctx context.Context, s *state, r *daemon.Reconciler, l *loaded) ([]*daemon.View, error) {
	j, err := a.readJournal(ctx, s)
	if err != nil {
		return nil, err
	}
	r.Journal = j
	views, err := recall(r, l)
	return views, errors.Join(err, j.Close())
}
