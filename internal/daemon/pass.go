package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/spec"
)

// Reconciler makes passes: it looks at one workspace, plans, and applies.
type Reconciler struct {
	Endpoint string // of Resource Manager: part of the journal's scope
	// APIVersion is that of requests about computes, where nothing needs another.
	APIVersion string
	Journal    *journal.Journal
	Target     func(ws *spec.Workspace) apply.Target
	Ask        func(context.Context, []plan.Ask) plan.Answers // finds out prices; nil: nobody can
	Secrets    apply.Resolver                                 // nil: rotation is not checked, and nothing can be applied
	Timeout    time.Duration                                  // of one operation
	Parallel   int                                            // requests in flight
	Rules      spec.Rules                                     // of the configuration, for every workspace
	Approve    string                                         // the command that approves a plan, for texts; see plan.Input
	Owed       *apply.Owed                                    // of the one workspace; nil: Apply waits for all units

	// Patient marks looks that only drift is looked for with: they may wait for
	// other requests. nil: they do not.
	Patient func(context.Context) context.Context
	// LastLook is apply.Options.LastLook.
	LastLook func(context.Context, func(context.Context) error) context.Context
}

// View is what a pass saw of a workspace: all that its plan rests on.
type View struct {
	plan.Input
	Commit  string
	Begun   []journal.Unit // units that an earlier pass began, to be resumed
	Owed    []journal.Unit // units that go on by themselves
	journal *journal.Workspace
	consent *journal.Approval // that the journal has; nil: none
	pages   int               // requests that the list took
}

// Look takes in one workspace: what the journal knows, and the complete list of
// its computes. Nothing is written.
func (r *Reconciler) Look(ctx context.Context, ws *spec.Workspace, commit string) (*View, error) {
	v, err := r.Recall(ws, commit)
	if err != nil {
		return nil, err
	}
	return v, r.SeeRecent(ctx, v)
}

// SeeRecent is See for those who make one pass only: a list that does not show
// what was recorded a moment ago is read again until it does, or until that is
// no longer a moment ago.
func (r *Reconciler) SeeRecent(ctx context.Context, v *View) error {
	for pause := time.Second; ; pause = min(2*pause, 4*time.Second) {
		if err := r.See(ctx, v); err != nil || !v.Behind() {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		v.Now = clock.Now()
	}
}

// Recall takes in what the journal knows of a workspace; it fails where nothing
// could be written to the journal, because its file is gone.
func (r *Reconciler) Recall(ws *spec.Workspace, commit string) (*View, error) {
	if err := r.Journal.Check(); err != nil {
		return nil, err
	}
	v := &View{Commit: commit, journal: r.Journal.Workspace(journal.Scope(r.Endpoint, ws.ID))}
	v.Endpoint, v.APIVersion, v.Desired, v.Now = r.Endpoint, r.APIVersion, ws, clock.Now()
	err := r.recallUnits(v)
	if err != nil {
		return nil, err
	}
	if v.Records, err = v.journal.Records(); err != nil {
		return nil, err
	}
	if v.Disowned, err = v.journal.Disowned(); err != nil {
		return nil, err
	}
	if err := r.recallSteering(v); err != nil {
		return nil, err
	}
	current, before, err := v.journal.Permissions()
	if err != nil {
		return nil, err
	}
	if v.Previous = current; current != nil && current.Same(&spec.Permissions{Commit: commit, Sum: ws.Sum}) {
		v.Previous = before
	}
	if v.BusySince, err = v.journal.BusySince(); err != nil {
		return nil, err
	}
	if v.Removed, err = v.journal.Removed(); err != nil {
		return nil, err
	}
	if v.Unrouted, err = v.journal.Unrouted(); err != nil {
		return nil, err
	}
	return v, nil
}

// recallUnits takes in what is not finished. Units that go on by themselves may
// end at any moment. So these are looked up before the journal is read, or one
// that ended between would be resumed, and records after it, which are then
// those that it left.
func (r *Reconciler) recallUnits(v *View) error {
	owed := r.Owed.IDs()
	units, err := v.journal.Unfinished()
	v.InFlight, v.Attaching = map[string]bool{}, spec.ByUnderlying[string]{}
	for _, u := range units {
		apply.Attaching(u, &v.Attaching)
		if slices.Contains(owed, u.ID) {
			v.Owed = append(v.Owed, u)
		} else {
			v.Begun = append(v.Begun, u)
		}
		for _, name := range apply.Names(u) {
			v.InFlight[spec.FoldName(name)] = true
		}
	}
	return err
}

// See adds to a view what the workspace holds.
func (r *Reconciler) See(ctx context.Context, v *View) error {
	var err error
	if v.Actual, v.pages, err = r.Target(v.Desired).List(ctx); err != nil {
		return err
	}
	if r.Secrets != nil {
		var known []secret.Value
		v.Rotated, known = r.rotated(ctx, v.Desired, v.Records)
		redact(v.Actual, known)
	}
	return nil
}

// redact hides secrets in what Azure says of computes that failed: it may
// repeat what was sent.
func redact(actual []*spec.Compute, known []secret.Value) {
	for _, a := range actual {
		for i, text := range a.Live.Errors {
			a.Live.Errors[i] = secret.Redact(text, known...)
		}
	}
}

// rotated finds the secrets whose value is no longer the one that was sent,
// and returns the values that are. A secret that does not resolve cannot be
// told and is left as it is.
func (r *Reconciler) rotated(ctx context.Context, ws *spec.Workspace, records map[string]*spec.Record) (out map[string][]string, known []secret.Value) {
	out = map[string][]string{}
	prints := r.Journal.Prints()
	for _, d := range ws.Computes {
		record := records[d.Key()]
		if record == nil {
			continue
		}
		for field, ref := range d.Secrets() {
			sent, ok := record.Secrets[field]
			if !ok {
				continue
			}
			v, version, err := r.Secrets.ResolveFor(ctx, ref, secret.Destination{Workspace: ws.ID.String(), Kind: d.Kind.Name})
			if err != nil {
				continue
			}
			known = append(known, v)
			if !prints.Same(sent, v, version) {
				out[d.Key()] = append(out[d.Key()], field)
			} else if now := prints.Of(v, version); now != "" {
				record.Secrets[field] = now // one of a former version is replaced
			}
		}
		slices.Sort(out[d.Key()])
	}
	return out, known
}

// Apply carries out the workspace's part of a plan built from the view, and
// what an earlier pass left unfinished. Of a workspace that is held as a whole
// nothing is remembered: what it says is not in force.
func (r *Reconciler) Apply(ctx context.Context, v *View, ws *plan.Workspace, hash string, interrupt <-chan struct{}, report func(apply.Event)) (*apply.Result, error) {
	if v.Hold == nil {
		if err := v.journal.SetPermissions(permissions(v)); err != nil {
			return nil, err
		}
		if err := v.journal.Save(v.remember(ws)); err != nil {
			return nil, err
		}
		if err := v.journal.SetBusySince(ws.BusySince(v.Now)); err != nil {
			return nil, err
		}
		if err := v.journal.SetRemoved(ws.Removed(&v.Input)); err != nil {
			return nil, err
		}
	}
	if ws.Empty() && len(v.InFlight) == 0 {
		return &apply.Result{}, nil
	}
	spent, err := v.spend(ws, hash)
	if err != nil {
		return nil, err
	}
	ended, stop := v.untilClosing(ctx, ws, interrupt)
	defer stop()
	result, err := apply.Run(ctx, apply.Options{
		Target: r.Target(v.Desired), Journal: v.journal, Records: v.Records, Disowned: v.Disowned,
		Secrets: r.Secrets, Prints: r.Journal.Prints(), Commit: v.Commit, Plan: hash,
		Timeout: r.Timeout, Pages: v.pages, Parallel: r.Parallel, Interrupt: ended.Done(),
		Owed: r.Owed, Elsewhere: v.Owed, Report: report, LastLook: r.LastLook,
	}, ws, v.Begun)
	if err != nil {
		return nil, err
	}
	result.Closed = errors.Is(context.Cause(ended), errClosed)
	return result, v.giveBack(spent, result)
}

// permissions are what this commit says about removals.
func permissions(v *View) spec.Permissions {
	p := spec.Permissions{Commit: v.Commit, Sum: v.Desired.Sum, Settings: v.Desired.Settings}
	for _, d := range v.Desired.Computes {
		if d.Lifecycle.Protect || v.Desired.Settings.Protects(d.Name) {
			p.Protected = append(p.Protected, d.Key())
		}
		if d.Lifecycle.BusyForce {
			p.Forced = append(p.Forced, d.Key())
		}
	}
	slices.Sort(p.Forced)
	slices.Sort(p.Protected)
	return p
}

// remember brings the records up to date with what is declared: all of it for
// a compute that is as declared, and what the file says of its removal in any
// case. Records of what is gone are dropped.
func (v *View) remember(ws *plan.Workspace) journal.Update {
	differs := map[string]bool{}
	for i := range ws.Changes {
		differs[spec.FoldName(ws.Changes[i].Name)] = true
		differs[spec.FoldName(ws.Changes[i].Former)] = true
	}
	actual := make(map[string]*spec.Compute, len(v.Actual))
	for _, a := range v.Actual {
		actual[a.Key()] = a
	}
	up := journal.Update{At: v.Now.UTC()}
	for _, d := range v.Desired.Computes {
		a, key := actual[d.Key()], d.Key()
		if a == nil || v.InFlight[key] {
			continue
		}
		record := v.Records[key]
		if record != nil && record.CreatedOn != a.Live.CreatedOn {
			record = nil // of an earlier one of that name
		}
		expired := !d.Lifecycle.Expires.IsZero() && !d.Lifecycle.Expires.After(v.Now) // then it was neither compared nor adopted
		switch {
		case !differs[key] && !expired && a.Live.ProvisioningState == "Succeeded":
			up.Put = append(up.Put, v.asDeclared(d, a, record))
		case record != nil && record.Spec != nil:
			up.Put = append(up.Put, withLifecycle(record, d))
		}
	}
	for key, record := range v.Records {
		if actual[key] == nil && !v.InFlight[key] && !differs[key] && v.Forgets(record) {
			up.Forget = append(up.Forget, record.Name)
		}
	}
	slices.Sort(up.Forget)
	return up
}

// asDeclared is the record of a compute of ours that is as declared. Where
// there was none, its tag alone says that it is ours, and that stays a claim.
func (v *View) asDeclared(d, a *spec.Compute, record *spec.Record) *spec.Record {
	r := &spec.Record{Name: a.Name, CreatedOn: a.Live.CreatedOn, Good: true, Spec: d}
	if record == nil {
		r.Seen, r.Adopted, r.Claimed = v.Now.UTC(), spec.Adopted(a), true
		return r
	}
	r.Adopted, r.Claimed, r.Secrets = record.Adopted, record.Claimed, record.Secrets
	r.Seen, r.Wrote, r.Modified = record.Seen, record.Wrote, record.Modified
	return r
}

// withLifecycle is a record with what the file says of removal now; the rest
// stays as it was last applied.
func withLifecycle(record *spec.Record, d *spec.Compute) *spec.Record {
	updated := *record
	updated.Spec = record.Spec.WithLifecycle(d.Lifecycle)
	return &updated
}

// Outdated says why the view's part of a plan that was made before cannot be
// carried out any more: a line for each thing in the way, none when all is as
// it was and nothing that was begun is left to be finished.
func (v *View) Outdated(ws *plan.Workspace) []string {
	var why []string
	for _, u := range v.Begun {
		names := apply.Names(u)
		slices.Sort(names)
		why = append(why, fmt.Sprintf("what was begun on %s is not finished", strings.Join(slices.Compact(names), " and ")))
	}
	return append(why, ws.Outdated(&v.Input)...)
}

// Plan plans one view by itself.
func (v *View) Plan() *plan.Plan { return plan.Build(v.Commit, []plan.Input{v.Input}) }

// Plan plans one view, with prices where a guard rail needs them.
func (r *Reconciler) Plan(ctx context.Context, v *View) *plan.Plan {
	if r.Ask == nil {
		return v.Plan()
	}
	inputs := []plan.Input{v.Input}
	p := plan.Priced(v.Commit, inputs, func(asks []plan.Ask) plan.Answers { return r.Ask(ctx, asks) })
	v.Prices = inputs[0].Prices
	return p
}

// String names the view's workspace for logs.
func (v *View) String() string { return fmt.Sprintf("%s at %s", v.Desired.ID, v.Commit) }

// Owned reports whether the journal knows a compute of that name as ours.
func (r *Reconciler) Owned(id spec.WorkspaceID, name string) bool {
	records, err := r.Journal.Workspace(journal.Scope(r.Endpoint, id)).Records()
	return err == nil && records[spec.FoldName(name)] != nil
}
