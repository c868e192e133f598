package daemon

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/spec"
)

// lastGoodFile is the one file of a last good set: a goodSet.
const lastGoodFile = "workspace.json"

// goodSet is a workspace as it was understood.
type goodSet struct {
	Source    string          `json:"source"`  // whose it is
	Claimed   []string        `json:"claimed"` // the sources that declare the workspace; none: it left
	Workspace *spec.Workspace `json:"workspace"`
}

// keep keeps what is in force, and who declares it, for restarts.
func (l *loop) keep() error {
	if l.now.ws == nil {
		return nil
	}
	set := goodSet{Source: l.now.source, Workspace: l.now.ws, Claimed: []string{}}
	for _, index := range slices.Sorted(maps.Keys(l.claims)) {
		set.Claimed = append(set.Claimed, l.claims[index].source)
	}
	data, err := json.Marshal(set)
	if err != nil {
		return err
	}
	return l.journal.SetLastGood(journal.LastGood{
		Commit: l.now.commit, Dir: l.now.dir, ID: l.id,
		Files: map[string][]byte{lastGoodFile: data},
	})
}

// tryKeep keeps what is in force; where the disk has no room, the next pass
// tries again. l.mu is held.
func (l *loop) tryKeep() {
	err := l.keep()
	l.unkept = err != nil
	if err != nil {
		l.log.Error().Err(err).Msg("keep the last good set")
	}
}

// forget drops the last good set of a workspace that left for good.
func (l *loop) forget() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.now.left {
		return nil // it came back
	}
	l.now.claim, l.waiting = claim{}, ""
	return l.journal.SetLastGood(journal.LastGood{ID: l.id})
}

// recall takes in what the journal knows of all workspaces. Nothing of it is
// in force before its source has answered: then it is, unless the source says
// otherwise. A former claim is in effect from the first pass on.
func (d *Daemon) recall() {
	scopes, err := d.Reconciler.Journal.Workspaces()
	if err != nil {
		d.Log.Error().Err(err).Msg("read the journal")
	}
	for _, scope := range scopes {
		good, set, err := readGood(d.Reconciler.Journal.Workspace(scope))
		switch {
		case err != nil:
			d.Log.Error().Err(err).Msg("read the journal")
		case good != nil && scope == journal.Scope(d.Reconciler.Endpoint, good.ID):
			set.Workspace.GuardBy(d.Guards)
			d.workspace(good.ID).recall(good, set)
		}
	}
}

func (l *loop) recall(good *journal.LastGood, set *goodSet) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := claim{source: set.Source, dir: good.Dir, commit: good.Commit, ws: set.Workspace}
	for n, name := range set.Claimed {
		index := l.d.source(name)
		switch {
		case index < 0:
			index -= n // a former claim, with a number of its own
		case !l.grants(index, name == set.Source, set.Workspace):
			l.log.Warn().Str("source", name).
				Msg("the source may no longer name the workspace: what it declared before does not count")
			continue
		}
		if name == set.Source {
			l.claims[index] = &last
		} else {
			l.claims[index] = &claim{source: name}
		}
	}
	l.now.claim = last
	if l.now = l.choose(); l.now.left || len(l.former()) > 0 {
		l.signal() // no answer of its source does
	}
}

// grants reports whether a source may have a claim that the journal knows. What
// it declared is known only where that is the last good set.
func (l *loop) grants(index int, declared bool, ws *spec.Workspace) bool {
	grant := &l.d.Sources[index].Grant
	if declared {
		return grant.Allows(ws)
	}
	return grant.HasWorkspace(ws.ID)
}

// Named is what each source is known to have named, by its name: the last good
// sets of one Resource Manager say so.
func Named(j *journal.Journal, endpoint string) map[string]spec.Grant {
	named := map[string]spec.Grant{}
	scopes, err := j.Workspaces()
	if err != nil {
		return named
	}
	for _, scope := range scopes {
		good, set, err := readGood(j.Workspace(scope))
		if err != nil || good == nil || scope != journal.Scope(endpoint, good.ID) {
			continue
		}
		g := named[set.Source]
		g.Workspaces = append(g.Workspaces, good.ID.String())
		if owner := set.Workspace.Settings.Owner; !slices.Contains(g.Owners, owner) {
			g.Owners = append(g.Owners, owner)
		}
		named[set.Source] = g
	}
	return named
}

// readGood reads a last good set; nil when there is none.
func readGood(w *journal.Workspace) (*journal.LastGood, *goodSet, error) {
	good, err := w.LastGood()
	if err != nil || good == nil || len(good.Files[lastGoodFile]) == 0 {
		return nil, nil, err
	}
	set := new(goodSet)
	if err := json.Unmarshal(good.Files[lastGoodFile], set); err != nil {
		return nil, nil, fmt.Errorf("read the last good set of %s: it is damaged or of another version", good.ID)
	}
	if set.Workspace == nil {
		return nil, nil, nil
	}
	return good, set, nil
}
