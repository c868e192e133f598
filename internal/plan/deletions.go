package plan

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/computesync/computesync/internal/spec"
	"github.com/computesync/computesync/internal/window"
)

// holdDeletions holds all deletions when they are more than the limit, together
// with those of earlier plans where it counts over a time. The limit is the
// stricter of this commit's and the one before.
func (b *builder) holdDeletions(deletions int, planHash string) {
	limit := b.settings.MaxDeletions
	earlier, left := b.deletionsLeft(limit)
	if p := b.in.Previous; p != nil {
		if e, l := b.deletionsLeft(p.Settings.MaxDeletions); l < left {
			limit, earlier, left = p.Settings.MaxDeletions, e, l
		}
	}
	if deletions <= left {
		return
	}
	h := &Held{Code: MaxDeletions, Text: fmt.Sprintf("the plan deletes, detaches or replaces %d computes", deletions)}
	if len(earlier) > 0 {
		h.Text += fmt.Sprintf(" after %d in the last %s", len(earlier), limit.Per)
	}
	if over := deletions - left; over <= len(earlier) {
		h.Until = earlier[over-1].Add(time.Duration(limit.Per)).UTC()
	}
	how := fmt.Sprintf("--allow-deletions %d", deletions)
	if b.in.Approve != "" {
		how = b.in.Approve + " " + planHash
	}
	h.Text += fmt.Sprintf(", max_deletions is %s; allow it with %s", limit, how)
	for _, c := range b.changes {
		if c.Action.counted() {
			c.holdBy(h)
		}
	}
}

// deletionsLeft is how many deletions a limit still permits, and when those were
// that earlier plans made within its time, the oldest first.
func (b *builder) deletionsLeft(limit spec.Limit) (earlier []time.Time, left int) {
	planned := map[string]bool{}
	for _, c := range b.changes {
		if c.deletes() {
			planned[incarnation(c.Name, c.CreatedOn)] = true
		}
	}
	for key, at := range b.in.Removed {
		if at.After(b.in.Now) { // the clock was set back
			at = b.in.Now
		}
		if b.in.Now.Sub(at) < time.Duration(limit.Per) && !planned[key] && !b.remains(key) {
			earlier = append(earlier, at)
		}
	}
	slices.SortFunc(earlier, time.Time.Compare)
	return earlier, limit.Of(b.owned+len(earlier)) - len(earlier)
}

// remains reports whether an incarnation that a plan was to remove is there, and
// nobody removes it now: Azure refused that, or something else came between.
func (b *builder) remains(key string) bool {
	return slices.ContainsFunc(b.list, func(a *spec.Compute) bool {
		return incarnation(a.Name, a.Live.CreatedOn) == key && !b.pending(a.Key()) && moving(a) != "Deleting"
	})
}

// incarnation distinguishes a compute from a later one of its name.
func incarnation(name, createdOn string) string { return spec.FoldName(name) + " " + createdOn }

// Removed lists what plans deleted, detached or replaced, this one as well, by
// incarnation, and when: the input of the next plan.
func (w *Workspace) Removed(in *Input) map[string]time.Time {
	all := maps.Clone(in.Removed)
	const longest = time.Duration(window.Longest) * time.Second
	maps.DeleteFunc(all, func(_ string, at time.Time) bool { return in.Now.Sub(at) > longest })
	for i := range w.Changes {
		c := &w.Changes[i]
		if c.Action.counted() && len(c.Steps) > 0 {
			if all == nil {
				all = map[string]time.Time{}
			}
			all[incarnation(c.Name, c.CreatedOn)] = in.Now.UTC().Truncate(time.Second)
		}
	}
	return all
}
