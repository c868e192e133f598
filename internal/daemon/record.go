package daemon

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// record is what a loop writes down for reports. Its slices are replaced and
// never changed, for reports share them; the loop's mu guards the rest.
type record struct {
	since    time.Time // of the phase
	began    time.Time // of the running pass; zero between passes
	turn     int64     // of it
	next     time.Time // pass, by the monotonic clock
	last     *PassReport
	err      string
	hint     string
	applied  string // commit
	plan     string // hash
	held     []Held
	notices  []Notice
	heldAgo  []Held // by the pass before
	computes []Compute
	steps    map[stepKey]time.Time // that are under way
	drift    int

	of claim // what the last plan was made for
}

type stepKey struct {
	name string
	verb plan.Verb
}

// report copies what is written down.
func (l *loop) report(r *WorkspaceReport) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rec, now := &l.record, clock.Now()
	*r = WorkspaceReport{
		ID: l.id, Source: l.now.source, Dir: l.now.dir, Good: l.now.commit, Attempted: l.now.commit, Applied: rec.applied,
		Phase: l.state, Since: rec.since, Error: rec.err, Hint: rec.hint, Failures: l.failures,
		Held: rec.held, Notices: rec.notices, Plan: rec.plan, Last: rec.last, Next: rec.nextAt(now), Computes: rec.computes, Drift: rec.drift,
		Pending: !rec.began.IsZero() || len(l.wake) > 0 || l.goesOn() || rec.last != nil && !rec.next.After(time.Now()),
		Steps:   rec.underWay(), Suspended: l.suspended(now), Waits: l.waiting != "" && l.waiting == rec.plan,
	}
	if l.now.ws == nil {
		r.Good = ""
	}
	for _, c := range l.claims {
		if c.source == l.now.source && c.attempted != "" {
			r.Attempted, r.Mistakes, r.Mistake = c.attempted, c.mistakes, c.mistake
		}
	}
	switch {
	case l.now.left || len(l.claims) == 0:
		r.Phase, r.Next, r.Plan, r.Held = Left, time.Time{}, "", nil
	case l.now.hold != nil:
		held := *l.now.hold
		r.Hold = &held
	}
	r.Kept = l.kept()
}

// nextAt is when the next pass is due by the wall clock, which may have been set
// since that was decided.
func (rec *record) nextAt(now time.Time) time.Time {
	if rec.next.IsZero() {
		return rec.next
	}
	return now.Add(time.Until(rec.next)).Round(time.Millisecond)
}

// underWay are the steps under way, the oldest first.
func (rec *record) underWay() []UnderWay {
	if len(rec.steps) == 0 {
		return nil
	}
	all := make([]UnderWay, 0, len(rec.steps))
	for key, since := range rec.steps {
		all = append(all, UnderWay{key.name, key.verb, since})
	}
	slices.SortFunc(all, func(a, b UnderWay) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Verb, b.Verb))
	})
	return all
}

// enter notes how the workspace stands; l.mu is held.
func (l *loop) enter(state Phase) {
	if l.state != state || l.record.since.IsZero() {
		l.record.since = clock.Now()
	}
	l.state = state
}

// passEnds writes down how a pass went, which was cut or left something under
// way, or not; l.mu is held.
func (l *loop) passEnds(f force, cut bool, err error, took, next time.Duration) {
	last := &PassReport{Began: l.record.began, Ended: clock.Now(), Took: took.Seconds(), Outcome: PassOK, Turn: l.record.turn}
	switch {
	case err != nil:
		last.Outcome = PassFailed
	case f.ws == nil:
		last.Outcome = PassFailed // no good set is known
	case cut:
		last.Outcome = PassInterrupted
	case l.state == HeldBack:
		last.Outcome = PassHeld
	}
	if last.Outcome == PassOK || last.Outcome == PassHeld {
		l.record.applied = f.commit
	}
	l.record.last, l.record.began, l.record.next = last, time.Time{}, time.Now().Add(next)
	if o := l.d.Observer; o != nil && f.ws != nil && !f.left {
		o.Pass(l.id, last.Outcome, took, l.record.drift)
	}
}

// planned writes down what a pass is going to do, and how much of it is
// drift: what differs where the pass before left it in sync with the same set.
func (l *loop) planned(f force, v *View, ws *plan.Workspace, hash string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rec := &l.record
	before := rec.computes
	same := rec.of.ws != nil && (rec.of.ws == f.ws || rec.of.as(f.ws))
	rec.computes, rec.heldAgo = stand(v, ws, nil, before), rec.held
	rec.held = held(ws, nil, rec.heldAgo)
	rec.notices = notices(ws, rec.notices)
	rec.of, rec.plan, rec.drift, l.commanded = f.claim, "", 0, v.Suspended
	if len(rec.held) > 0 {
		rec.plan = hash
	}
	if same {
		rec.drift = drifted(ws, before)
	}
	steps, owed := begun(v.Begun), l.owed.Names()
	for key, since := range rec.steps {
		if owed[spec.FoldName(key.name)] {
			steps[key] = since
		}
	}
	rec.steps = steps
}

// carriedOut writes down what a pass came to.
func (l *loop) carriedOut(v *View, ws *plan.Workspace, hash string, result *apply.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rec := &l.record
	rec.computes, rec.held = stand(v, ws, result, rec.computes), held(ws, result, rec.heldAgo)
	if len(rec.held) > 0 {
		rec.plan = hash
	}
	waiting := l.owed.Names()
	for _, name := range result.Waiting {
		waiting[spec.FoldName(name)] = true
	}
	maps.DeleteFunc(rec.steps, func(key stepKey, _ time.Time) bool { return !waiting[spec.FoldName(key.name)] })
}

// stepped writes down what happens to a step.
func (l *loop) stepped(e apply.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := stepKey{e.Name, e.Verb}
	switch e.State { //nolint:exhaustive // what waits goes on

	case apply.Began:
		if _, known := l.record.steps[key]; !known {
			l.record.steps[key] = clock.Now()
		}
	case apply.Undoing:
		return
	case apply.Done, apply.Failed, apply.Blocked, apply.Stale:
		delete(l.record.steps, key)
	}
	if o := l.d.Observer; o != nil && e.State != apply.Began {
		o.Step(e.Verb, e.State)
	}
}

// begun are the steps that earlier passes sent.
func begun(units []journal.Unit) map[stepKey]time.Time {
	steps := map[stepKey]time.Time{}
	for i := range units {
		for j := range units[i].Steps {
			if s := &units[i].Steps[j]; s.State == journal.Intent || s.State == journal.Sent {
				steps[stepKey{s.Name, plan.Verb(s.Verb)}] = s.Begun
			}
		}
	}
	return steps
}

// drifted counts the changes of what was in sync before. A removal is none: its
// time came, or a hold of it ended.
func drifted(ws *plan.Workspace, before []Compute) (n int) {
	fine := map[string]bool{}
	for i := range before {
		fine[spec.FoldName(before[i].Name)] = before[i].State == ComputeInSync
	}
	for i := range ws.Changes {
		if c := &ws.Changes[i]; fine[spec.FoldName(c.Name)] && c.Desired != nil {
			n++
		}
	}
	return n
}

// firstMistake is the first of the errors, in one line.
func firstMistake[E error](errs []E) string {
	if len(errs) == 0 {
		return ""
	}
	return errs[0].Error()
}
