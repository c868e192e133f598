package render

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/computesync/computesync/internal/daemon"
	"github.com/computesync/computesync/internal/plan"
)

// shownHeld is how many held changes, or steps under way, a workspace shows
// that is not shown wide.
const shownHeld = 5

// Status writes how everything stands for people, at 80 columns: a line for
// each workspace, and below it what is not as it should be. Sources show where
// something is wrong with them; wide shows all of them, and every compute.
func Status(w io.Writer, r *daemon.Report, wide bool) error {
	s := &statusText{at: r.At, wide: wide, outage: r.Outage}
	s.down()
	s.b.WriteString(summary(r) + "\n")
	if r.State != nil {
		s.detail("error", r.State.Error)
		s.detail("hint", r.State.Hint)
	}
	if len(r.Workspaces) > 0 {
		s.b.WriteByte('\n')
		s.workspaces(r.Workspaces)
	}
	s.sources(r)
	_, err := io.WriteString(w, s.b.String())
	return err
}

type statusText struct {
	b    strings.Builder
	at   time.Time
	wide bool

	outage *daemon.Outage // nil: there is none
}

// down shows an outage of Resource Manager at the top; the workspaces that it stops do not repeat it.
func (s *statusText) down() {
	o := s.outage
	if o == nil {
		return
	}
	text := fmt.Sprintf("Azure Resource Manager at %s has not answered since %s (%s): %s; next try in %s",
		o.Endpoint, o.Since.UTC().Format("15:04:05Z"), age(s.at.Sub(o.Since)), o.Reason, age(o.Next.Sub(s.at)))
	wrap(&s.b, "", 0, 2, clip(visible(text), 600))
	wrap(&s.b, "", 0, 2, "hint: "+visible(o.Hint))
	s.b.WriteByte('\n')
}

// known reports whether a workspace's error is the outage that the top shows.
func (s *statusText) known(w *daemon.WorkspaceReport) bool {
	return s.outage != nil && w.Error == s.outage.Error
}

// summary counts the workspaces by phase, and those of which a commit is
// refused, which may be in sync with the one before.
func summary(r *daemon.Report) string {
	n, refused := map[daemon.Phase]int{}, 0
	var notices []plan.Notice
	for i := range r.Workspaces {
		n[r.Workspaces[i].Phase]++
		for _, x := range r.Workspaces[i].Notices {
			notices = append(notices, x.Notice)
		}
		if r.Workspaces[i].Mistakes > 0 {
			refused++
		}
	}
	var parts []string
	for _, phase := range daemon.Phases {
		if n[phase] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[phase], phase))
		}
	}
	word := "workspaces"
	if len(r.Workspaces) == 1 {
		word = "workspace"
	}
	if len(parts) == 0 {
		return "0 workspaces"
	}
	text := fmt.Sprintf("%d %s: %s", len(r.Workspaces), word, strings.Join(parts, ", "))
	if refused > 0 {
		text += fmt.Sprintf("; %d with a refused commit", refused)
	}
	if list := strings.TrimPrefix(noticed(notices), ", "); list != "" {
		text += "; computes: " + list
	}
	return text
}

// statusRow is a line of the table.
type statusRow [6]string

func (s *statusText) workspaces(all []daemon.WorkspaceReport) {
	rows := []statusRow{{"WORKSPACE", "STATE", "SINCE", "COMMIT", "HELD", "NEXT LOOK"}}
	for i := range all {
		rows = append(rows, s.row(&all[i], all))
	}
	var width statusRow
	widths := make([]int, len(width))
	for _, r := range rows {
		for i, cell := range r {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for i, r := range rows {
		line := ""
		for j, cell := range r {
			line += cell + strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell)+2)
		}
		s.b.WriteString(strings.TrimRight(line, " ") + "\n")
		if i > 0 {
			s.details(&all[i-1])
		}
	}
}

func (s *statusText) row(w *daemon.WorkspaceReport, all []daemon.WorkspaceReport) statusRow {
	held := "-"
	if len(w.Held) > 0 {
		held = fmt.Sprint(len(w.Held))
	}
	return statusRow{clip(visible(nameAmong(w, all)), 40), string(w.Phase), age(s.at.Sub(w.Since)), commitOf(w.Good), held, s.next(w)}
}

// nameAmong is a workspace's name, with what tells it from others of that name.
func nameAmong(w *daemon.WorkspaceReport, all []daemon.WorkspaceReport) string {
	for i := range all {
		if o := &all[i]; o.ID != w.ID && strings.EqualFold(o.ID.Name, w.ID.Name) {
			if strings.EqualFold(o.ID.ResourceGroup, w.ID.ResourceGroup) {
				return w.ID.String()
			}
			return w.ID.ResourceGroup + "/" + w.ID.Name
		}
	}
	return w.ID.Name
}

func (s *statusText) next(w *daemon.WorkspaceReport) string {
	switch {
	case w.Phase == daemon.Left:
		return "-"
	case w.Pending || w.Next.IsZero():
		return "now"
	}
	return "in " + age(w.Next.Sub(s.at))
}

// details tell below a workspace's line what is not as it should be.
func (s *statusText) details(w *daemon.WorkspaceReport) {
	if w.Mistakes > 0 {
		s.detail("refused", fmt.Sprintf("commit %s has %s: %s", commitOf(w.Attempted), plural(w.Mistakes, "mistake"), w.Mistake))
	}
	if w.Kept != "" {
		s.detail("last good set in effect", w.Kept)
	}
	if w.Error != "" && !s.known(w) {
		for line := range strings.SplitSeq(w.Error, "\n") {
			s.detail("error", line)
		}
	}
	if w.Hint != "" && !s.known(w) {
		s.detail("hint", w.Hint)
	}
	for _, x := range w.Suspended {
		s.detail("suspended", suspension(&x, s.at))
	}
	if w.Waits {
		s.detail("approval", "waits for computesync approve "+w.Plan)
	}
	if w.Hold != nil {
		s.detail("held", fmt.Sprintf("all of it (%s): %s", w.Hold.Code, w.Hold.Text))
	} else {
		s.held(w.Held)
	}
	s.noticed(w.Notices)
	s.underWay(w.Steps)
	if s.wide {
		s.computes(w)
	}
}

func (s *statusText) detail(what, text string) {
	first := "  " + what + ": "
	wrap(&s.b, first, len(first), 4, clip(visible(text), 400))
}

// suspension says what is suspended, by whom, for how long, and why.
func suspension(x *daemon.Suspended, at time.Time) string {
	text := "all of it"
	if x.Computes != "" {
		text = x.Computes
	}
	if x.InGit {
		text += " in git"
	}
	if x.By != "" {
		text += " by " + x.By
	}
	if !x.Until.IsZero() {
		text += fmt.Sprintf(" until %s (in %s)", x.Until.UTC().Format("2006-01-02 15:04Z"), age(x.Until.Sub(at)))
	}
	return text + ": " + x.Reason
}

func (s *statusText) held(all []daemon.Held) {
	shown := all[:s.shown(len(all))]
	for i := range shown {
		h := &shown[i]
		action := string(h.Action) + " "
		if h.Action == plan.None {
			action = ""
		}
		s.detail("held", fmt.Sprintf("%s%s for %s (%s): %s", action, h.Name, age(s.at.Sub(h.Since)), h.Code, h.Text))
	}
	s.more(len(all)-len(shown), "held")
}

func (s *statusText) noticed(all []daemon.Notice) {
	shown := all
	if !s.wide {
		shown = all[:min(len(all), shownHeld)]
	}
	for i := range shown {
		n := &shown[i]
		s.detail(string(n.Code), fmt.Sprintf("%s for %s: %s", n.Name, age(s.at.Sub(n.Since)), n.Text))
	}
	s.more(len(all)-len(shown), "noticed")
}

func (s *statusText) underWay(all []daemon.UnderWay) {
	shown := all[:s.shown(len(all))]
	for _, u := range shown {
		s.detail("under way", fmt.Sprintf("%s %s for %s", u.Verb, u.Name, age(s.at.Sub(u.Since))))
	}
	s.more(len(all)-len(shown), "under way")
}

// shown is how many of so many are shown.
func (s *statusText) shown(n int) int {
	if s.wide {
		return n
	}
	return min(n, shownHeld)
}

func (s *statusText) more(n int, what string) {
	if n > 0 {
		fmt.Fprintf(&s.b, "  and %d more %s: -o wide shows all\n", n, what)
	}
}

// computes are the lines of a workspace's computes.
func (s *statusText) computes(w *daemon.WorkspaceReport) {
	if w.Last != nil {
		fmt.Fprintf(&s.b, "  last pass: %s, %s ago, took %s; applied %s\n", w.Last.Outcome, age(s.at.Sub(w.Last.Ended)),
			time.Duration(w.Last.Took*float64(time.Second)).Round(time.Millisecond), commitOf(w.Applied))
	}
	for _, c := range w.Computes {
		state := string(c.State)
		if c.Code != "" {
			state += " (" + string(c.Code) + ")"
		}
		for _, code := range c.Notices {
			state += ", " + string(code)
		}
		line := fmt.Sprintf("  %-24s  %-17s  %s for %s", visible(c.Name), c.Kind, state, age(s.at.Sub(c.Since)))
		s.b.WriteString(line + "\n")
	}
}

func (s *statusText) sources(r *daemon.Report) {
	var lines []string
	for i := range r.Sources {
		src := &r.Sources[i]
		switch {
		case src.Refused != "":
			lines = append(lines, fmt.Sprintf("source %s: refused for %s: %s", src.Name, age(s.at.Sub(src.Failing)), src.Error), "hint: "+src.Hint)
		case src.Error != "":
			lines = append(lines, fmt.Sprintf("source %s does not answer for %s: %s", src.Name, age(s.at.Sub(src.Failing)), src.Error))
			if src.Hint != "" {
				lines = append(lines, "hint: "+src.Hint)
			}
		case src.Answered.IsZero():
			lines = append(lines, "source "+src.Name+" has not answered yet")
		case src.Mistakes > told(r, src):
			lines = append(lines, fmt.Sprintf("source %s: commit %s has %s: %s", src.Name, commitOf(src.Attempted), plural(src.Mistakes, "mistake"), src.Mistake))
		case s.wide:
			lines = append(lines, fmt.Sprintf("source %s: commit %s, asked %s ago", src.Name, commitOf(src.Attempted), age(s.at.Sub(src.Asked))))
		}
		shown := s.shown(len(src.Missed))
		for _, missed := range src.Missed[:shown] {
			lines = append(lines, "source "+src.Name+": "+missed)
		}
		if more := len(src.Missed) - shown; more > 0 {
			lines = append(lines, fmt.Sprintf("and %d more: -o wide shows all", more))
		}
		if src.Rewritten != "" {
			lines = append(lines, fmt.Sprintf("source %s: commit %s %s", src.Name, commitOf(src.Attempted), src.Rewritten))
		}
	}
	if len(lines) > 0 {
		s.b.WriteByte('\n')
	}
	for _, line := range lines {
		wrap(&s.b, "", 0, 2, clip(visible(line), 600))
	}
}

// told counts the mistakes of a source's commit that its workspaces tell of.
func told(r *daemon.Report, src *daemon.SourceReport) (n int) {
	for i := range r.Workspaces {
		if w := &r.Workspaces[i]; w.Source == src.Name && w.Attempted == src.Attempted {
			n += w.Mistakes
		}
	}
	return n
}

// commitOf names a commit; "-" where there is none.
func commitOf(commit string) string { return cmp.Or(shortCommit(commit), "-") }

// age is a time that has passed, or is to pass, in its largest unit.
func age(d time.Duration) string {
	switch {
	case d < time.Second:
		return "0s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d/time.Second))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d/time.Minute))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d/time.Hour))
	}
	return fmt.Sprintf("%dd", int(d/(24*time.Hour)))
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
