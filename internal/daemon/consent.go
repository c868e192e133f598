package daemon

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// recallSteering takes in how people intervened.
func (r *Reconciler) recallSteering(v *View) (err error) {
	v.Rules, v.Approve = r.Rules, r.Approve
	if v.Suspended, err = v.journal.Suspensions(); err != nil {
		return err
	}
	if v.consent, err = v.journal.Approval(); err == nil && v.consent != nil {
		v.Approved = v.consent.Plan
	}
	return err
}

// void drops a consent to a plan that is not this one: it was to what was shown
// then, and never comes to life again.
func (v *View) void(p *plan.Plan) (dropped bool, err error) {
	if v.consent == nil || v.consent.Plan == p.Hash {
		return false, nil
	}
	return true, v.journal.DropApproval(journal.Event{
		At: v.Now.UTC(), Plan: v.consent.Plan, Verb: "approve", Outcome: "void", By: v.consent.By,
		Text: "plan " + v.consent.Plan + " changed before it was carried out",
	})
}

// spend drops the consent to a plan before the first of its steps: it is used
// once, and a crash must not bring it back. It returns what was spent.
func (v *View) spend(ws *plan.Workspace, hash string) (*journal.Approval, error) {
	if v.consent == nil || v.consent.Plan != hash || ws.Empty() {
		return nil, nil
	}
	return v.consent, v.journal.DropApproval()
}

// giveBack returns a consent that served for nothing.
func (v *View) giveBack(spent *journal.Approval, result *apply.Result) error {
	if spent == nil || v.began(result) {
		return nil
	}
	return v.journal.Approve(*spent)
}

// began reports whether a step was done, or is under way that was not before.
func (v *View) began(result *apply.Result) bool {
	fresh := func(name string) bool { return !v.InFlight[spec.FoldName(name)] }
	return result.Done > 0 || slices.ContainsFunc(result.Waiting, fresh)
}

var errClosed = errors.New("a change window closed")

// untilClosing ends with interrupt, and when what the plan would do may not
// begin any more.
func (v *View) untilClosing(ctx context.Context, ws *plan.Workspace, interrupt <-chan struct{}) (ended context.Context, stop func()) {
	left := time.Duration(math.MaxInt64)
	if at, ok := ws.Closes(&v.Input); ok {
		left = clock.Until(at)
	}
	ended, cancel := context.WithTimeoutCause(ctx, left, errClosed)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		select {
		case <-interrupt:
			cancel()
		case <-ended.Done():
		}
	})
	return ended, func() { cancel(); waiting.Wait() }
}
