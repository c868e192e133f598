package daemon

import (
	"context"
	"errors"
	"time"

	"github.com/rs/zerolog"

	"github.com/computesync/computesync/internal/source"
	"github.com/computesync/computesync/internal/spec"
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
	asked := d.asked[index]
	d.all.Go(func() { watch(ctx, src, asked.hint, log) })
	tick := time.NewTicker(d.Tick)
	defer tick.Stop()
	var commit, failure string
	var set *spec.Set
	wait := firstRetry
	for first := true; ; first = false {
		p.busy.Store(true)
		asked.begins()
		snapshot, err := d.fetch(ctx, index)
		if ctx.Err() != nil {
			return
		}
		var retry <-chan time.Time
		if err != nil {
			if text := err.Error(); text != failure {
				failure = text
				what := "source unavailable; what was declared last stays in force"
				if refusal(err) != nil {
					what = "commit refused; the last good commit stays in effect"
				}
				hinted(log.Error().Err(err), hint(err)).Msg(what)
			}
			if !final(err) {
				retry = time.After(wait)
				wait = min(2*wait, lastRetry)
			}
		} else {
			if failure != "" {
				log.Info().Msg("source is available again")
			}
			wait, failure = firstRetry, ""
			if snapshot.Commit != commit {
				commit = snapshot.Commit
				set = d.take(index, snapshot, set)
				asked.gave(commit, set)
			}
		}
		if first {
			d.answered(index, err)
		}
		asked.ends(err)
		p.beat()
		p.busy.Store(false)
		if !idle(ctx, p, asked.hints, retry, tick.C) {
			return
		}
	}
}

// final reports whether only a change, of which the source gives a hint, can help.
func final(err error) bool {
	e, ok := errors.AsType[*source.Error](err)
	return ok && e.Final()
}

// watch passes the source's hints on.
func watch(ctx context.Context, src Source, hint func(), log zerolog.Logger) {
	for {
		err := src.Watch(ctx, hint)
		if ctx.Err() != nil {
			return
		}
		log.Error().Err(err).Msg("watch source")
		select {
		case <-time.After(lastRetry):
		case <-ctx.Done():
			return
		}
	}
}

// idle waits for a reason to fetch; false when the daemon ends.
func idle(ctx context.Context, p *pulse, hints <-chan struct{}, retry, tick <-chan time.Time) bool {
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

// answered notes that a source gave its first answer. Where that was an error,
// what the journal says that it declared is in force: drift is still put right.
func (d *Daemon) answered(index int, err error) {
	if err != nil {
		for _, l := range d.workspaces() {
			l.stand(index)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.silent--; d.silent == 0 {
		d.open()
	}
}

// take hands a new commit to the loops of its workspaces. Of a commit that
// does not tell all the workspaces it declares, none counts as gone. What it
// leaves as it was in the set before is not read again.
func (d *Daemon) take(index int, snapshot *source.Snapshot, before *spec.Set) *spec.Set {
	src := d.Sources[index]
	set := spec.Load(snapshot.Files, spec.Options{
		Prefix: src.Prefix, Owned: d.Reconciler.Owned, Guards: d.Guards, Grant: src.Grant, Before: before,
	})
	d.tellCommit(src, snapshot, set)
	complete := len(set.Errors) == 0
	declared := map[*loop]bool{}
	for _, ws := range set.Workspaces {
		l := d.find(index, ws)
		if l == nil {
			complete = complete && ws.Ungranted
			continue
		}
		declared[l] = true
		if len(ws.Errors) > 0 {
			l.refuse(index, snapshot.Commit, ws)
		} else {
			l.set(index, snapshot.Commit, ws)
		}
	}
	for _, l := range d.workspaces() {
		switch {
		case declared[l]:
		case complete:
			l.drop(index)
		default:
			l.stand(index)
		}
	}
	if complete {
		d.asked[index].hears()
		d.dismiss()
	}
	return set
}

// find returns the loop of a workspace as read from a source. Where a mistake
// hides which workspace it is, the folder tells; nil: nothing does. A workspace
// outside of the source's grant is only ever one that the source has a claim to:
// it must not touch what another source declares.
func (d *Daemon) find(index int, ws *spec.Workspace) *loop {
	if len(ws.Errors) == 0 {
		return d.workspace(ws.ID)
	}
	var known *loop
	for _, l := range d.workspaces() {
		if l.id.Key() == ws.ID.Key() && (!ws.Ungranted || l.claimed(index)) {
			return l
		}
		if l.claimedFrom(index, ws.Dir) {
			known = l
		}
	}
	if known == nil && !ws.Ungranted && ws.ID.Complete() {
		return d.workspace(ws.ID)
	}
	return known
}

func (d *Daemon) tellCommit(src Source, snapshot *source.Snapshot, set *spec.Set) {
	log := d.Log.With().Str("source", src.Name).Str("commit", snapshot.Short()).Logger()
	errs := set.AllErrors()
	log.Info().Int("workspaces", len(set.Workspaces)).Int("errors", len(errs)).Msg("new commit")
	for _, e := range errs {
		hinted(log.Error().Str("at", e.Pos.String()), e.Hint).Msg(e.Msg)
	}
	for _, n := range set.AllNotices() {
		level := zerolog.DebugLevel
		if n.Loud() {
			level = zerolog.WarnLevel
		}
		log.WithLevel(level).Str("at", n.Pos.String()).Str("code", n.Code).Msg(n.Text)
	}
}
