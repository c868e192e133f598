package source

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/storer"
)

// A commit names its parents by hash, so that a chain of commits from the head down to
// the commit in effect proves that the head continues it, no matter who sends the chain. A
// signature says who made a commit, and not that it is the newest one.

// depths are how many generations of a remote's history are asked for, one after the
// other, until the commit in effect is among them. The head itself names its parents,
// which is enough for a push of one commit and for a merge.
var depths = []int{32, 512, 4096}

// mostCommits bounds how many commits a walk visits; what is behind them counts as not known.
const mostCommits = 50_000

// descent compares heads with the commit in effect.
type descent struct {
	required bool
	from     plumbing.Hash // the commit in effect; zero: none is known
	// refused is the last head that does not descend from it, and why: it is not
	// fetched again.
	refused plumbing.Hash
	why     *Error
}

// set names the commit in effect. What is none, as of a plain folder, has no descendants.
func (d *descent) set(commit string) {
	from := plumbing.ZeroHash
	if plumbing.IsHash(commit) {
		from = plumbing.NewHash(commit)
	}
	if from != d.from {
		*d = descent{required: d.required, from: from}
	}
}

// recheck repeats what is known of a head that was refused.
func (d *descent) recheck(head plumbing.Hash) error {
	if d.why != nil && d.refused == head {
		return d.why
	}
	return nil
}

// walk is what some of a head's history shows.
type walk struct {
	found   bool // the commit in effect is in it
	whole   bool // it is all of the history
	commits int
}

// descends looks for a commit in the history of head, as far as store has it.
func descends(store storer.EncodedObjectStorer, head, from plumbing.Hash) (walk, error) {
	w := walk{whole: true}
	seen := map[plumbing.Hash]bool{head: true}
	for next := []plumbing.Hash{head}; len(next) > 0; next = next[1:] {
		if next[0] == from {
			w.found = true
			return w, nil
		}
		commit, err := getCommit(store, next[0])
		switch {
		case errors.Is(err, plumbing.ErrObjectNotFound):
			w.whole = false
			continue
		case err != nil:
			return walk{commits: w.commits}, err
		}
		w.commits++
		for _, parent := range commit.ParentHashes {
			switch {
			case seen[parent]:
			case len(seen) == mostCommits && parent != from:
				w.whole = false
			default:
				seen[parent] = true
				next = append(next, parent)
			}
		}
	}
	return w, nil
}

// missing reports whether head has to be said not to descend from the commit in effect.
func (d *descent) missing(w walk) bool { return !w.found && !d.from.IsZero() }

// judge goes by a walk: it refuses head where it must descend from the commit in effect.
func (d *descent) judge(head plumbing.Hash, w walk) error {
	if !d.required || !d.missing(w) {
		return nil
	}
	e := problem(Descent, fmt.Sprintf("commit %s does not descend from %s, which is in effect", head, short(d.from)))
	if !w.whole {
		e.Detail += fmt.Sprintf(", as far as its newest %d commits show", w.commits)
	}
	e.hint = "an old commit was offered again, or the branch was rewritten; if that is meant: computesync accept " +
		head.String()
	e.Commit, d.refused, d.why = head.String(), head, e
	return e
}

// mark says in a snapshot that was not refused what a walk showed.
func (d *descent) mark(snap *Snapshot, w walk) {
	if !d.missing(w) {
		return
	}
	snap.Rewritten = d.from.String()
	if !w.whole {
		snap.Seen = w.commits
	}
}

func short(hash plumbing.Hash) string { return hash.String()[:12] }

// checkDescent compares a head, whose own commit is in store, with the commit in effect,
// and fetches as much of its history as it takes, within bounds.
func (r *remote) checkDescent(
	ctx context.Context, wire *wire, store storer.EncodedObjectStorer, head plumbing.Hash, budget *budget,
) (w walk, err error) {
	d := &r.descent
	if d.from.IsZero() {
		return walk{}, nil
	}
	w, err = descends(store, head, d.from)
	for i := 0; err == nil && !w.found && !w.whole && i < len(depths); i++ {
		var deeper walk
		if deeper, err = r.lookBack(ctx, wire, head, depths[i], *budget); err == nil {
			w = deeper
		}
	}
	if err != nil && d.required && wire.explain(err).Problem != TooLarge {
		return w, err // the next attempt may show it
	}
	return w, d.judge(head, w)
}

// lookBack fetches some generations of a head's history, and only the commits where the
// server can leave all else out. What it takes of its budget is free again afterwards.
func (r *remote) lookBack(
	ctx context.Context, wire *wire, head plumbing.Hash, depth int, budget budget,
) (walk, error) {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	s, err := r.open(ctx, ctx, wire)
	if err != nil {
		return walk{}, err
	}
	defer s.Close()
	refs, listed, err := r.list(ctx, wire, s)
	if err == nil {
		err = budget.take(costRefs * listed)
	}
	if err != nil {
		return walk{}, err
	}
	store, err := r.download(ctx, s, refs.Capabilities, head, depth, &budget)
	if err != nil {
		return walk{}, err
	}
	return descends(store, head, r.descent.from)
}

func (r *remote) effective(commit string) { r.descent.set(commit) }
func (l *local) effective(commit string)  { l.descent.set(commit) }
