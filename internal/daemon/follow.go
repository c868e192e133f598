package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/strictyaml"
)

// A source that gives no snapshot is asked again after these growing waits,
// besides its own hints.
const (
	firstRetry = 2 * time.Second
	lastRetry  = time.Minute
)

// follow keeps up with one source until ctx ends.
func (d *Daemon) follow(ctx context.Context, index int, p *pulse) {
	src := d.Sources[index]
	log := d.Log.With().Str("source", src.Name).Logger()
	hints := make(chan struct{}, 1)
	d.all.Go(func() {
		err := src.Watch(ctx, func() {
			select {
			case hints <- struct{}{}:
			default:
			}
		})
		if err != nil && ctx.Err() == nil {
			log.Error().Err(err).Msg("watch source")
		}
	})
	tick := time.NewTicker(d.Tick)
	defer tick.Stop()
	var last *source.Snapshot
	wait := firstRetry
	failure := ""
	for {
		p.busy.Store(true)
		snapshot, err := src.Fetch(ctx)
		p.busy.Store(false)
		p.beat()
		var retry <-chan time.Time
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			if text := err.Error(); text != failure {
				failure = text
				log.Error().Err(err).Str("hint", hint(err)).Msg("source unavailable; what was declared last stays in force")
			}
			if last == nil {
				d.restore(index)
			}
			retry = time.After(wait)
			wait = min(2*wait, lastRetry)
		default:
			if failure != "" {
				log.Info().Msg("source is available again")
			}
			wait, failure = firstRetry, ""
			if snapshot != last {
				last = snapshot
				d.take(index, snapshot)
			}
		}
		if !d.idle(ctx, p, hints, retry, tick.C) {
			return
		}
	}
}

// idle waits for a reason to fetch; false when the daemon ends.
func (d *Daemon) idle(ctx context.Context, p *pulse, hints <-chan struct{}, retry, tick <-chan time.Time) bool {
	for {
		select {
		case <-hints:
			return true
		case <-retry:
			return true
		case <-tick:
			p.beat()
		case <-ctx.Done():
			return false
		}
	}
}

// take hands a new commit to the loops of its workspaces.
func (d *Daemon) take(index int, snapshot *source.Snapshot) {
	src := d.Sources[index]
	set := spec.Load(snapshot.Files, spec.Options{Prefix: src.Prefix, Owned: d.Reconciler.Owned})
	log := d.Log.With().Str("source", src.Name).Str("commit", snapshot.Short()).Logger()
	errs := set.AllErrors()
	log.Info().Int("workspaces", len(set.Workspaces)).Int("errors", len(errs)).Msg("new commit")
	for _, e := range errs {
		log.Error().Str("at", e.Pos.String()).Str("hint", e.Hint).Msg(e.Msg)
	}
	for _, n := range set.AllNotices() {
		log.Debug().Str("at", n.Pos.String()).Str("code", n.Code).Msg(n.Text)
	}
	seen := map[string]bool{}
	for _, ws := range set.Workspaces {
		id := ws.ID
		if len(ws.Errors) > 0 && id.Name == "" {
			id = d.idAt(src.Name, ws.Dir)
		}
		if id.Name == "" {
			continue
		}
		seen[id.Key()] = true
		l := d.withLoop(id)
		if len(ws.Errors) > 0 {
			l.refuse(snapshot.Commit, ws.Errors)
			continue
		}
		l.set(src.Name, snapshot.Commit, ws)
	}
	d.declare(index, src.Name, seen, len(set.Errors) > 0)
}

// idAt finds the workspace that was last read from a folder whose
// workspace.yaml cannot be read now.
func (d *Daemon) idAt(source, dir string) (id spec.WorkspaceID) {
	d.eachGood(func(good *journal.LastGood, set *goodSet) {
		if set.Source == source && good.Dir == dir {
			id = good.ID
		}
	})
	return id
}

// declare notes which workspaces a source declares, holds those that two
// declare, and lets go of those that left it. A source that could not be read
// whole lets go of none.
func (d *Daemon) declare(index int, name string, seen map[string]bool, partial bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for key := range seen {
		if d.declared[key] == nil {
			d.declared[key] = map[int]string{}
		}
		d.declared[key][index] = name
	}
	for key, sources := range d.declared {
		if !seen[key] && !partial {
			delete(sources, index)
		}
		l := d.loops[key]
		switch len(sources) {
		case 0:
			delete(d.declared, key)
			delete(d.loops, key)
			l.leave()
		case 1:
			l.hold(nil)
		default:
			var names []string
			for _, n := range sources {
				names = append(names, n)
			}
			slices.Sort(names)
			l.hold(&plan.Held{Code: plan.DuplicateWorkspace, Text: fmt.Sprintf("more than one source declares it: %v", names)})
		}
	}
}

// lastGoodFile is the one file of a last good set: the workspace as it was
// understood, and the source that declared it.
const lastGoodFile = "workspace.json"

type goodSet struct {
	Source    string          `json:"source"`
	Workspace *spec.Workspace `json:"workspace"`
}

// saveGood keeps a set for restarts; a nil one forgets it.
func (l *loop) saveGood(source, commit string, ws *spec.Workspace) {
	good := journal.LastGood{Commit: commit, ID: l.id}
	var err error
	if ws != nil {
		good.Dir = ws.Dir
		var data []byte
		data, err = json.Marshal(goodSet{source, ws})
		good.Files = map[string][]byte{lastGoodFile: data}
	}
	if err == nil {
		err = l.journal.SetLastGood(good)
	}
	if err != nil {
		l.log.Error().Err(err).Msg("keep the last good set")
	}
}

// readGood reads a last good set; nil when there is none.
func readGood(w *journal.Workspace) (*journal.LastGood, *goodSet, error) {
	good, err := w.LastGood()
	if err != nil || good == nil || len(good.Files[lastGoodFile]) == 0 {
		return nil, nil, err
	}
	set := new(goodSet)
	if err := json.Unmarshal(good.Files[lastGoodFile], set); err != nil {
		return nil, nil, fmt.Errorf("read the last good set of %s: %w", good.ID, err)
	}
	return good, set, nil
}

// restore puts the last good sets of a source in force that cannot be read
// after a restart: drift is still put right.
func (d *Daemon) restore(index int) {
	d.eachGood(func(good *journal.LastGood, set *goodSet) {
		if set.Source != d.Sources[index].Name {
			return
		}
		l := d.withLoop(good.ID)
		l.mu.Lock()
		if l.desired == nil {
			l.commit, l.desired = good.Commit, set.Workspace
			l.signal()
		}
		l.mu.Unlock()
		d.mu.Lock()
		if d.declared[good.ID.Key()] == nil {
			d.declared[good.ID.Key()] = map[int]string{}
		}
		d.declared[good.ID.Key()][index] = d.Sources[index].Name
		d.mu.Unlock()
	})
}

// eachGood calls f with every last good set of this endpoint.
func (d *Daemon) eachGood(f func(*journal.LastGood, *goodSet)) {
	scopes, err := d.Reconciler.Journal.Workspaces()
	if err != nil {
		d.Log.Error().Err(err).Msg("read the journal")
		return
	}
	for _, scope := range scopes {
		good, set, err := readGood(d.Reconciler.Journal.Workspace(scope))
		switch {
		case err != nil:
			d.Log.Error().Err(err).Msg("read the journal")
		case good != nil && scope == journal.Scope(d.Reconciler.Endpoint, good.ID):
			f(good, set)
		}
	}
}

// refuse keeps the last good set in force against a commit with mistakes.
func (l *loop) refuse(commit string, errs strictyaml.Errors) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused = commit
	if l.desired == nil {
		if good, set, err := readGood(l.journal); err != nil {
			l.log.Error().Err(err).Msg("read the journal")
		} else if good != nil {
			l.commit, l.desired = good.Commit, set.Workspace
		}
	}
	in := "none: nothing is changed until a commit is good"
	if l.desired != nil {
		in = l.commit
		l.signal()
	}
	l.log.Error().Str("commit", commit).Int("errors", len(errs)).Str("in_force", in).Msg("commit refused")
}
