package daemon

import (
	"errors"
	"slices"
	"strings"

	"github.com/rs/zerolog"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/plan"
)

// tellPlan logs what a pass is going to do.
func (l *loop) tellPlan(f force, p *plan.Plan, begun int) {
	if p.Steps() == 0 && begun == 0 {
		return
	}
	l.mu.Lock()
	if l.state != Failing { // which it is until a pass succeeds
		l.enter(Applying)
	}
	l.mu.Unlock()
	event := l.log.Info().Str("commit", f.commit).Str("plan", p.Hash)
	for _, a := range plan.Actions {
		if n := p.Summary[string(a)]; n > 0 {
			event = event.Int(string(a), n)
		}
	}
	event.Int("held", p.Summary["held"]).Int("resumed", begun).Msg("applying")
	for i := range p.Workspaces[0].Changes {
		c := &p.Workspaces[0].Changes[i]
		for _, note := range c.Notes {
			if c.Held == nil {
				l.log.Warn().Str("compute", c.Name).Str("action", string(c.Action)).Msg("note: " + note)
			}
		}
	}
}

// tellStep logs what happens to a step; many goroutines call it.
func (l *loop) tellStep(e apply.Event) {
	l.stepped(e)
	event := l.log.Info()
	switch {
	case l.d.outage() != nil: // which the log has
		event = l.log.Debug()
	case e.State == apply.Failed || e.State == apply.Blocked || e.State == apply.Undoing:
		event = l.log.Error()
	}
	event = event.Str("compute", e.Name).Str("verb", string(e.Verb)).Str("state", string(e.State))
	if e.Took > 0 {
		event = event.Float64("seconds", e.Took.Seconds())
	}
	if e.Text != "" {
		event = event.Str("reason", e.Text)
	}
	event.Msg("step")
}

// tellHeld logs what a pass held or noticed: each once, until it was not for a pass.
func (l *loop) tellHeld(f force, ws *plan.Workspace, hash string, result *apply.Result) {
	now := map[string]bool{}
	if f.hold != nil && !f.left {
		key := f.hold.Text
		if !l.told[key] {
			l.log.Error().Str("code", string(f.hold.Code)).Str("hint", "keep it in one of them").Msg("held: " + f.hold.Text)
		}
		now[key] = true
	}
	l.tellKept(now)
	held := func(name string, action plan.Action, h *plan.Held) {
		key := name + "/" + string(action) + " " + string(h.Code)
		if h.Overdue {
			key += " overdue"
		}
		if strings.Contains(h.Text, hash) { // it tells how to approve this very plan
			key += " " + hash
		}
		if !l.told[key] && !now[key] {
			l.log.Warn().Str("compute", name).Str("action", string(action)).Str("code", string(h.Code)).Msg("held: " + h.Text)
		}
		now[key] = true
	}
	for i := range ws.Changes {
		c := &ws.Changes[i]
		ours := c.Action == plan.None && c.Held != nil && c.Held.Code == plan.Transitional // a begun unit, whose steps are told
		if c.Held != nil && !ours && (f.hold == nil || *c.Held != *f.hold) {
			held(c.Name, c.Action, c.Held)
		}
	}
	for i := range result.Held {
		held(result.Held[i].Name, result.Held[i].Action, &result.Held[i].Held)
	}
	for i := range ws.Notices {
		n := &ws.Notices[i]
		key := n.Name + " " + string(n.Code)
		if !l.told[key] {
			hinted(l.log.Warn(), n.Code.Kind().Remedy).Str("compute", n.Name).Str("code", string(n.Code)).Msg("notice: " + n.Text)
		}
		now[key] = true
	}
	l.told = now
}

// tellKept logs that the pass went by a former claim, as tellHeld does.
func (l *loop) tellKept(now map[string]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.kept()
	if kept == "" {
		return
	}
	if !l.told[kept] {
		l.log.Warn().Str("hint", "make the sources answer; computesync status has their errors").
			Msg("the last good set stays in effect: " + kept)
	}
	now[kept] = true
}

// tellParting logs that the workspace left, and what we own there.
func (l *loop) tellParting() {
	records, err := l.journal.Records()
	names := make([]string, 0, len(records))
	for _, r := range records {
		names = append(names, r.Name)
	}
	slices.Sort(names)
	l.log.Warn().Err(err).Strs("ours", names).Msg("no source declares the workspace any more; everything in it is left as it is")
}

// hint is the way out that an error names.
func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// hinted adds a way out to a log line, where there is one.
func hinted(e *zerolog.Event, hint string) *zerolog.Event {
	if hint == "" {
		return e
	}
	return e.Str("hint", hint)
}
