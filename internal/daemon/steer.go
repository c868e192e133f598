package daemon

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// RefusedError is a request of a person that does not fit how things are.
type RefusedError struct{ text, hint string }

func (e *RefusedError) Error() string { return e.text }

// Hint is the way out.
func (e *RefusedError) Hint() string { return e.hint }

func refuse(hint, format string, args ...any) error {
	return &RefusedError{fmt.Sprintf(format, args...), hint}
}

// everyCompute is the glob of a suspension of a whole workspace.
const everyCompute = "*"

// Suspend keeps what target names as it is until the suspension's time is over
// or Resume lifts it: a workspace, or with a glob behind a slash computes of
// it. What was begun is finished. It returns what is suspended, in full.
func (d *Daemon) Suspend(target string, s spec.Suspension) (string, error) {
	l, computes, err := d.target(target)
	if err != nil {
		return "", err
	}
	if problem := spec.CheckReason(s.Reason); problem != "" {
		return "", refuse("whoever misses a change reads it: say why in one line", "suspend %s: %s", target, problem)
	}
	s.Computes, s.Since = computes, clock.Now().UTC()
	if !s.Active(s.Since) {
		return "", refuse("name a time to come, or none", "suspend %s: %s is over already", target, s.Until.UTC().Format(time.RFC3339))
	}
	if err := l.journal.Suspend(s, journal.Event{At: s.Since, Name: nameOf(computes), Verb: "suspend", Outcome: "done", By: s.By, Text: s.Reason}); err != nil {
		return "", err
	}
	event := l.log.Warn().Str("computes", computes).Str("by", s.By).Str("reason", s.Reason)
	if !s.Until.IsZero() {
		event = event.Time("until", s.Until)
	}
	event.Msg("suspended")
	l.disturb()
	return l.full(computes), nil
}

// nameOf is what the history calls computes: "" for the whole workspace.
func nameOf(computes string) string {
	if computes == everyCompute {
		return ""
	}
	return computes
}

// Resume lifts the suspension that Suspend made of the same target. One that
// stands in git is lifted there.
func (d *Daemon) Resume(target, by string) (string, error) {
	l, computes, err := d.target(target)
	if err != nil {
		return "", err
	}
	found, err := l.journal.Resume(computes, journal.Event{At: clock.Now().UTC(), Name: nameOf(computes), Verb: "resume", Outcome: "done", By: by})
	if err != nil {
		return "", err
	}
	inGit := l.suspendedInGit(computes)
	switch {
	case !found && inGit != "":
		return "", refuse("remove suspend there, and commit", "resume %s: it is suspended in git, in %s", target, inGit)
	case !found:
		return "", l.notSuspended(target)
	}
	l.log.Info().Str("computes", computes).Str("by", by).Msg("resumed")
	l.disturb()
	if inGit != "" {
		return l.full(computes) + ", which stays suspended in git, in " + inGit, nil
	}
	return l.full(computes), nil
}

// notSuspended names the suspensions that there are instead.
func (l *loop) notSuspended(target string) error {
	all, err := l.journal.Suspensions()
	if err != nil {
		return err
	}
	hint := "nothing of the workspace is suspended by command"
	if len(all) > 0 {
		names := make([]string, len(all))
		for i := range all {
			names[i] = l.full(all[i].Computes)
		}
		hint = "suspended is " + strings.Join(names, ", ")
	}
	return refuse(hint, "resume %s: it is not suspended", target)
}

// suspendedInGit is the file that suspends the workspace, or one of the
// computes; "" when none does.
func (l *loop) suspendedInGit(computes string) string {
	l.mu.Lock()
	ws := l.now.ws
	l.mu.Unlock()
	if ws == nil {
		return ""
	}
	now, asked := clock.Now(), spec.Suspension{Computes: computes}
	if ws.Settings.Suspend.Active(now) {
		return ws.File
	}
	for _, c := range ws.Computes {
		if c.Lifecycle.Suspend.Active(now) && asked.Covers(c.Name) {
			return fmt.Sprintf("%s:%d", c.File, c.Line)
		}
	}
	return ""
}

// suspended is what is suspended at that time, by command and in git; l.mu is
// held.
func (l *loop) suspended(at time.Time) (all []Suspended) {
	add := func(s *spec.Suspension, computes string, inGit bool) {
		if s.Active(at) {
			all = append(all, Suspended{computes, s.Reason, s.By, s.Since, s.Until, inGit})
		}
	}
	for i := range l.commanded {
		s := &l.commanded[i]
		add(s, nameOf(s.Computes), false)
	}
	if ws := l.now.ws; ws != nil {
		add(ws.Settings.Suspend, "", true)
		for _, c := range ws.Computes {
			add(c.Lifecycle.Suspend, c.Name, true)
		}
	}
	return all
}

// Approve lets a plan be carried out that waits for that: the one of this hash,
// as it is, once. It returns the plan's workspace.
func (d *Daemon) Approve(hash, by string) (string, error) {
	var waiting []string
	for _, l := range d.workspaces() {
		switch plan := l.awaits(); plan {
		case "":
		case hash:
			now := clock.Now().UTC()
			event := journal.Event{At: now, Plan: hash, Verb: "approve", Outcome: "done", By: by, Text: "plan " + hash}
			if err := l.journal.Approve(journal.Approval{Plan: hash, By: by, At: now}, event); err != nil {
				return "", err
			}
			l.log.Info().Str("plan", hash).Str("by", by).Msg("approved")
			l.disturb()
			return l.id.String(), nil
		default:
			waiting = append(waiting, fmt.Sprintf("%s of %s", plan, l.id.Name))
		}
	}
	hint := "no plan waits; computesync status tells when one does"
	if len(waiting) > 0 {
		hint = "waiting is " + strings.Join(waiting, ", ")
	}
	return "", refuse(hint, "approve %s: no plan of that hash waits for approval", hash)
}

// target finds the loop and the computes that a person means by
// WORKSPACE[/COMPUTES]. The workspace is called by its name, or in full.
func (d *Daemon) target(text string) (*loop, string, error) {
	workspace, computes := text, everyCompute
	if n := strings.Count(text, "/"); n == 1 || n == 3 {
		i := strings.LastIndexByte(text, '/')
		workspace, computes = text[:i], spec.FoldName(text[i+1:])
	}
	if _, err := path.Match(computes, "x"); err != nil || computes == "" {
		return nil, "", refuse("write WORKSPACE/GLOB, such as ml-prod/gpu-*", "%q is not a glob", computes)
	}
	var found []*loop
	var names []string
	for _, l := range d.workspaces() {
		names = append(names, l.id.Name)
		if strings.EqualFold(l.id.Name, workspace) || strings.EqualFold(l.id.String(), workspace) {
			found = append(found, l)
		}
	}
	switch {
	case len(names) == 0:
		return nil, "", refuse("wait until its sources have answered, as computesync status tells", "the daemon knows no workspace yet")
	case len(found) == 0:
		return nil, "", refuse("there is "+strings.Join(names, ", "), "no workspace is called %s", workspace)
	case len(found) == 1:
		return found[0], computes, nil
	}
	full := make([]string, len(found))
	for i, l := range found {
		full[i] = l.id.String()
	}
	return nil, "", refuse("write it in full: "+strings.Join(full, " or "), "more than one workspace is called %s", workspace)
}

// full is WORKSPACE[/COMPUTES] as nobody can mistake it.
func (l *loop) full(computes string) string {
	if computes == everyCompute {
		return l.id.String()
	}
	return l.id.String() + "/" + computes
}

// disturb goes by what was written into the journal: it ends the waits of the
// running pass, and makes another due.
func (l *loop) disturb() {
	commanded, err := l.journal.Suspensions()
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil { // else the pass will tell
		l.commanded = commanded
	}
	if l.cut != nil {
		l.cut()
	}
	l.signal()
}

// awaits is the hash of the plan that waits for approval, "" when none does.
func (l *loop) awaits() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiting
}

// await notes what the plan of a pass waits for: an approval, if it is left as
// it was, for one of which something was done will not be made again; and the
// moment at which the first of its holds passes by itself.
func (l *loop) await(v *View, p *plan.Plan, left bool) {
	waiting, passes := "", time.Time{}
	if left && v.waits(p) {
		waiting = p.Hash
	}
	for _, c := range p.Workspaces[0].Changes {
		if c.Held != nil && !c.Held.Until.IsZero() && (passes.IsZero() || c.Held.Until.Before(passes)) {
			passes = c.Held.Until
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting, l.passes = waiting, passes
}

// waits reports whether an approval would change why something is held.
func (v *View) waits(p *plan.Plan) bool {
	holds := func(c plan.Change) bool { return c.Held != nil }
	if v.Approved == p.Hash || !slices.ContainsFunc(p.Workspaces[0].Changes, holds) {
		return false
	}
	in := v.Input
	in.Approved = p.Hash
	lifted := plan.Build(v.Commit, []plan.Input{in}).Workspaces[0].Changes
	for i, c := range p.Workspaces[0].Changes {
		if c.Held != nil && (lifted[i].Held == nil || lifted[i].Held.Code != c.Held.Code) {
			return true
		}
	}
	return false
}
