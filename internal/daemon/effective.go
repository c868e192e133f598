package daemon

import (
	"context"
	"errors"
	"fmt"
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
	if err != nil {
		return nil, err
	}
	now := journal.Source{Commit: snapshot.Commit, Rewritten: snapshot.Rewritten, Seen: snapshot.Seen}
	if now.Commit == known.Commit {
		now.Rewritten, now.Seen = known.Rewritten, known.Seen
	}
	d.asked[index].continues(rewritten(now))
	if now == known {
		return snapshot, nil
	}
	if err := d.noteEffective(index, known, now); err != nil && src.Descends {
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

// noteEffective makes a commit the one in effect. One that is not seen to descend
// from the former is added to the histories.
func (d *Daemon) noteEffective(index int, was, now journal.Source) error {
	src, text := d.Sources[index], rewritten(now)
	e := journal.Event{
		At: clock.Now().UTC(), Commit: now.Commit, Verb: "commit", Outcome: "rewritten",
		Text: text + "; its source does not require that",
	}
	if now.Seen > 0 {
		e.Outcome = "unproven"
	}
	isNew := text != "" && now.Commit != was.Commit
	var scopes []string
	if isNew {
		scopes = d.scopes(index)
	}
	_, err := d.Reconciler.Journal.ChangeSource(src.Name, func(s *journal.Source) bool {
		*s = now
		return true
	}, e, scopes...)
	if err == nil && isNew {
		what := "the branch was rewritten: its newest commit does not descend from the one that was in effect"
		if now.Seen > 0 {
			what = "whether the branch was rewritten is not known: its newest commits do not lead to the one that was in effect"
		}
		d.Log.Warn().Str("source", src.Name).Str("commit", now.Commit).Str("was", now.Rewritten).
			Str("hint", "require_descendant: true in the source's configuration refuses such commits").Msg(what)
	}
	return err
}

// rewritten says of a commit that it is not seen to descend from the one that was in
// effect before it; "" where it does.
func rewritten(s journal.Source) string {
	switch {
	case s.Rewritten == "":
		return ""
	case s.Seen > 0:
		return fmt.Sprintf("is not known to descend from %s, which was in effect: its newest %d commits do not show it",
			s.Rewritten, s.Seen)
	}
	return "does not descend from " + s.Rewritten + ", which was in effect"
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
