package daemon

import (
	"context"
	"errors"
	"strings"

	"github.com/computesync/computesync/internal/clock"
	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/source"
)

// The journal knows the commit in effect of each source: the newest one that was
// taken from it. A head that does not descend from that is refused where the
// source's configuration says so, also after a restart, until a person accepts it.

// fetch asks a source. What it gives is in the journal, as the commit in effect,
// before anything is done by it. Where descent is not required, a journal that
// cannot be written keeps no commit from being taken: it is tried again with the
// next fetch.
func (d *Daemon) fetch(ctx context.Context, index int) (*source.Snapshot, error) {
	src, j := d.Sources[index], d.Reconciler.Journal
	known, err := j.Source(src.Name)
	if err != nil {
		return nil, err
	}
	src.SetEffective(known.Commit)
	snapshot, err := src.Fetch(ctx)
	if refused := refusal(err); refused != nil {
		return nil, errors.Join(err, d.noteRefusal(index, known.Commit, refused))
	}
	if err != nil || snapshot.Commit == known.Commit && known.Refused == "" {
		return snapshot, err
	}
	if err := d.noteEffective(index, snapshot); err != nil && src.Descends {
		return nil, err
	}
	return snapshot, nil
}

// refusal is the error of a commit that does not descend from the one in effect;
// nil where err is another one.
func refusal(err error) *source.Error {
	if e, ok := errors.AsType[*source.Error](err); ok && e.Problem == source.Descent {
		return e
	}
	return nil
}

// noteRefusal keeps a refusal for Accept, and adds it to the histories once.
func (d *Daemon) noteRefusal(index int, effective string, refused *source.Error) error {
	e := journal.Event{
		At: clock.Now().UTC(), Commit: refused.Commit, Verb: "commit", Outcome: "refused",
		Text: strings.TrimPrefix(refused.Detail, "commit "+refused.Commit+" "),
	}
	_, err := d.Reconciler.Journal.ChangeSource(d.Sources[index].Name, func(s *journal.Source) bool {
		if s.Commit != effective || s.Refused == refused.Commit {
			return false // another one is in effect by now, or it is known
		}
		s.Refused = refused.Commit
		return true
	}, e, d.scopes(index)...)
	return err
}

// noteEffective makes a commit the one in effect. One that does not descend from
// the former is added to the histories.
func (d *Daemon) noteEffective(index int, snapshot *source.Snapshot) error {
	src := d.Sources[index]
	e := journal.Event{
		At: clock.Now().UTC(), Commit: snapshot.Commit, Verb: "commit", Outcome: "rewritten",
		Text: "does not descend from " + snapshot.Rewritten + ", which was in effect; its source does not require that",
	}
	var scopes []string
	if snapshot.Rewritten != "" {
		scopes = d.scopes(index)
	}
	_, err := d.Reconciler.Journal.ChangeSource(src.Name, func(s *journal.Source) bool {
		*s = journal.Source{Commit: snapshot.Commit}
		return true
	}, e, scopes...)
	if err == nil && snapshot.Rewritten != "" {
		d.Log.Warn().Str("source", src.Name).Str("commit", snapshot.Short()).Str("was", snapshot.Rewritten).
			Str("hint", "require_descendant: true in the source's configuration refuses such commits").
			Msg("the branch was rewritten: its newest commit does not descend from the one that was in effect")
	}
	return err
}

// scopes are those of the workspaces that a source declares, as far as is known.
func (d *Daemon) scopes(index int) (scopes []string) {
	for _, l := range d.workspaces() {
		if l.claimed(index) {
			scopes = append(scopes, journal.Scope(d.Reconciler.Endpoint, l.id))
		}
	}
	return scopes
}

// Accept puts a commit into effect that was refused because it does not descend
// from the one in effect. It returns the sources that offer it.
func (d *Daemon) Accept(commit, by string) (string, error) {
	var accepted, others []string
	for index, src := range d.Sources {
		refused, err := d.accept(index, commit, by)
		switch {
		case err != nil:
			return "", err
		case refused == "":
		case refused == commit:
			accepted = append(accepted, src.Name)
			d.Log.Warn().Str("source", src.Name).Str("commit", commit).Str("by", by).Msg("commit accepted")
			d.asked[index].hint()
		default:
			others = append(others, refused+" of "+src.Name)
		}
	}
	if len(accepted) > 0 {
		return strings.Join(accepted, ", "), nil
	}
	hint := "nothing is refused; computesync status shows it when something is"
	if len(others) > 0 {
		hint = "refused is " + strings.Join(others, ", ")
	}
	return "", refuse(hint, "accept %s: no source offers a commit of that hash that was refused", commit)
}

// accept puts a commit of one source into effect if it is the one that was
// refused, which it returns; "" where none was.
func (d *Daemon) accept(index int, commit, by string) (refused string, err error) {
	src := d.Sources[index]
	e := journal.Event{
		At: clock.Now().UTC(), Commit: commit, Verb: "accept", Outcome: "done", By: by, Text: "from " + src.Name,
	}
	_, err = d.Reconciler.Journal.ChangeSource(src.Name, func(s *journal.Source) bool {
		if refused = s.Refused; refused == "" || refused != commit {
			return false
		}
		*s = journal.Source{Commit: commit}
		return true
	}, e, d.scopes(index)...)
	return refused, err
}
