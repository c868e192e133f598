package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/computesync/computesync/internal/apply"
	"github.com/computesync/computesync/internal/output"
)

// narrator tells the story of the demo in lines of who does what. It is also
// the writer of the daemon's log: what the daemon logs becomes lines of the
// story, and is remembered for the scenes to wait for.
type narrator struct {
	out  io.Writer
	bold bool

	mu    sync.Mutex
	heard []logLine // since the scene began
	err   error     // of out
}

// logLine is what the story takes from a line of the daemon's log.
type logLine struct {
	Level     string  `json:"level"`
	Message   string  `json:"message"`
	Workspace string  `json:"workspace"`
	Compute   string  `json:"compute"`
	Verb      string  `json:"verb"`
	State     string  `json:"state"`
	Seconds   float64 `json:"seconds"`
	Reason    string  `json:"reason"`
	Code      string  `json:"code"`
	Action    string  `json:"action"`
	At        string  `json:"at"`
	Hint      string  `json:"hint"`
	Error     string  `json:"error"`
	Commit    string  `json:"commit"`
	InForce   string  `json:"in_force"`
}

// scene begins a scene: what was heard before no longer counts.
func (n *narrator) scene(number int, title string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = nil
	title = fmt.Sprintf("%d. %s", number, title)
	if n.bold {
		title = "\x1b[1m" + title + "\x1b[0m"
	}
	fmt.Fprintf(n.out, "\n%s\n", title)
}

// forget has what was heard so far no longer count.
func (n *narrator) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = nil
}

// end tells how it all came out.
func (n *narrator) end(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	fmt.Fprintf(n.out, "\n"+format+"\n", args...)
}

// say tells a line of the story.
func (n *narrator) say(who, format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.line(who, fmt.Sprintf(format, args...))
}

func (n *narrator) line(who, text string) {
	if _, err := fmt.Fprintf(n.out, "   %-10s %s\n", who, output.Visible(text)); err != nil {
		n.err = err
	}
}

// last is the last thing of a kind that the daemon said in this scene, nil if
// it did not.
func (n *narrator) last(match func(*logLine) bool) *logLine {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := len(n.heard) - 1; i >= 0; i-- {
		if match(&n.heard[i]) {
			return &n.heard[i]
		}
	}
	return nil
}

// failed is why nobody reads the story any more, if so.
func (n *narrator) failed() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.err
}

// Write takes one line of the daemon's log.
func (n *narrator) Write(data []byte) (int, error) {
	var l logLine
	if err := json.Unmarshal(data, &l); err != nil {
		return 0, fmt.Errorf("read the daemon's log: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = append(n.heard, l)
	failed := func(l logLine) bool { return l.State == string(apply.Failed) }
	if l.Message == "pass failed" && slices.ContainsFunc(n.heard, failed) {
		return len(data), nil // the steps that failed have been shown
	}
	for _, text := range l.story() {
		n.line("daemon", text)
	}
	return len(data), nil
}

// story is a log line as people tell it; nothing for what goes without saying.
func (l *logLine) story() []string {
	switch {
	case l.Message == "step" && l.State == string(apply.Done):
		return []string{fmt.Sprintf("%s: %s %s: done in %.1fs", path.Base(l.Workspace), l.Verb, l.Compute, l.Seconds)}
	case l.Message == "step" && l.State == string(apply.Began), l.Message == "applying":
		return nil
	case l.Message == "step":
		return []string{fmt.Sprintf("%s: %s %s: %s: %s", path.Base(l.Workspace), l.Verb, l.Compute, l.State, l.Reason)}
	case l.Message == "new commit":
		return []string{"reads commit " + l.Commit}
	case l.Code != "":
		return []string{fmt.Sprintf("%s: %s %s is held (%s): %s", path.Base(l.Workspace), l.Action, l.Compute, l.Code,
			strings.TrimPrefix(l.Message, "held: "))}
	case l.Message == "commit refused":
		return []string{fmt.Sprintf("%s: commit refused; %s stays in force", path.Base(l.Workspace), short(l.InForce))}
	case l.At != "":
		lines := []string{"error: " + l.At + ": " + l.Message}
		if l.Hint != "" {
			lines = append(lines, "hint: "+l.Hint)
		}
		return lines
	}
	return []string{strings.TrimSpace(l.Message + " " + l.Error)}
}

// short cuts a commit's hash to what is shown of it.
func short(commit string) string {
	if len(commit) == 40 {
		return commit[:shortHash]
	}
	return commit
}
