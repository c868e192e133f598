package daemon

import (
	"maps"
	"slices"
	"strings"

	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// claim is what one source declares of a workspace.
type claim struct {
	source string
	dir    string          // the workspace's folder there
	commit string          // of ws
	ws     *spec.Workspace // the newest good one; nil: none is known

	attempted string // the newest commit of the source; "": it has given none yet
	mistakes  int    // in it: then it is refused
	mistake   string // the first of them
}

// force is what a pass goes by.
type force struct {
	claim
	hold *plan.Held // holds the whole workspace
	left bool       // no source declares it: what was begun is finished, and nothing else done
}

// choose finds what is in force: what the one source that declares the
// workspace says. l.mu is held.
func (l *loop) choose() force {
	sources := slices.Sorted(maps.Keys(l.claims))
	switch len(sources) {
	case 0:
		return force{l.now.claim, &plan.Held{Code: plan.Suspended, Text: "no source declares the workspace any more"}, true}
	case 1:
		return force{claim: *l.claims[sources[0]]}
	}
	f := force{claim: *l.claims[sources[0]]}
	names := make([]string, len(sources))
	for i, index := range sources {
		c := l.claims[index]
		names[i] = c.source
		if f.ws == nil {
			f.claim = *c
		}
	}
	f.hold = &plan.Held{Code: plan.DuplicateWorkspace, Text: "more than one source declares the workspace: " + strings.Join(names, ", ")}
	return f
}

// as reports whether a claim declares the same, out of the same files.
func (c *claim) as(ws *spec.Workspace) bool {
	return c != nil && c.ws != nil && c.ws.Sum != "" && c.ws.Sum == ws.Sum && c.ws.Dir == ws.Dir
}

// set puts a good set in force. Waiting on the former one ends; units that
// were begun are finished first all the same. A commit that leaves the
// workspace's files alone is told as the one in force, and changes nothing
// else.
func (l *loop) set(index int, commit string, ws *spec.Workspace) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.succeed(index)
	same := l.claims[index].as(ws)
	l.claims[index] = &claim{source: l.d.Sources[index].Name, dir: ws.Dir, commit: commit, ws: ws, attempted: commit}
	if same {
		l.now = l.choose()
		if l.state == Starting {
			l.signal()
			l.calm = true // nothing is to be done that is known of
		}
		return
	}
	l.failures, l.eager = 0, 0
	l.changed()
}

// refuse keeps the last good set in force against a commit with mistakes.
func (l *loop) refuse(index int, commit string, ws *spec.Workspace) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.succeed(index)
	c := l.claims[index]
	if ws.Ungranted && c.ws == nil { // what the journal has is the name of the source alone
		delete(l.claims, index)
		l.changed()
		return
	}
	if c == nil {
		c = &claim{source: l.d.Sources[index].Name, dir: ws.Dir, commit: before.commit, ws: before.ws}
		l.claims[index] = c
		l.changed()
	}
	c.attempted, c.mistakes, c.mistake = commit, len(ws.Errors), firstMistake(ws.Errors)
	l.begin()
	in := "none: nothing is changed until a commit is good"
	if c.ws != nil {
		in = c.commit
	}
	l.log.Error().Str("commit", commit).Int("errors", len(ws.Errors)).Str("in_force", in).Msg("commit refused")
}

// drop notes that a source does not declare the workspace, or no longer.
func (l *loop) drop(index int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.claims[index]
	if c == nil {
		return
	}
	delete(l.claims, index)
	if c.attempted == "" && len(l.claims) == 0 { // only the journal knows it
		l.claims[-1] = c
		l.begin()
		return
	}
	l.changed()
}

// changed goes by new claims. The next pass tells what that means; l.mu is held.
func (l *loop) changed() {
	was := l.now
	l.now = l.choose()
	if was.hold != nil && !was.left && l.now.hold == nil {
		l.log.Info().Msg("one source alone declares the workspace again")
	}
	l.tryKeep()
	if l.cut != nil {
		l.cut()
	}
	l.signal()
}

// stand keeps in force what the source declared last, as far as is known.
func (l *loop) stand(index int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.claims[index] != nil {
		l.begin()
	}
}

// begin makes the first pass due, after a start; l.mu is held.
func (l *loop) begin() {
	if l.state == Starting {
		l.signal()
	}
}

// claimed reports whether the source has a claim to the workspace.
func (l *loop) claimed(index int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.claims[index] != nil
}

// claimedFrom reports whether the source declares the workspace in that folder.
func (l *loop) claimedFrom(index int, dir string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.claims[index]
	return c != nil && c.dir == dir
}
