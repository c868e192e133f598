package journal

import (
	"encoding/binary"
	"time"
)

var bucketHistory = []byte("history")

// keepEvents is how many events a workspace's history holds at most.
const keepEvents = 10_000

// Event is a line of a workspace's history.
type Event struct {
	At          time.Time `json:"at"`
	Commit      string    `json:"commit,omitempty"`
	Plan        string    `json:"plan,omitempty"` // hash
	Name        string    `json:"name,omitempty"` // of the compute
	Verb        string    `json:"verb,omitempty"`
	Outcome     string    `json:"outcome,omitempty"`
	By          string    `json:"by,omitempty"`          // who asked for it
	Text        string    `json:"text,omitempty"`        // for people; never a secret, never an operation's URL
	Correlation string    `json:"correlation,omitempty"` // id that Azure's support asks for
}

// Append adds an event to the history, which keeps the last 10,000.
func (w *Workspace) Append(e Event) error {
	return w.write("append event", func(t *tx, b *bucket) error {
		return appendEvents(t, b, []Event{e})
	})
}

// History returns at most limit events, the newest first.
func (w *Workspace) History(limit int) ([]Event, error) {
	var events []Event
	err := w.view("read history", func(b *bucket) error {
		history := b.child(bucketHistory)
		if history == nil {
			return nil
		}
		c := history.Cursor()
		for k, v := c.Last(); k != nil && len(events) < limit; k, v = c.Prev() {
			var e Event
			if err := decode(history.plain(v), &e); err != nil {
				return err
			}
			events = append(events, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return events, nil
}

// appendEvents numbers events without gaps, so that each one pushes out the
// one that came keepEvents before it.
func appendEvents(t *tx, b *bucket, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	history, err := b.makeChild(bucketHistory)
	if err != nil {
		return err
	}
	for _, e := range events {
		n, err := history.NextSequence()
		if err != nil {
			return err
		}
		if err := t.putJSON(history, number(n), e); err != nil {
			return err
		}
		if n <= keepEvents {
			continue
		}
		if err := t.remove(history, number(n-keepEvents)); err != nil {
			return err
		}
	}
	return nil
}

// number is a key that sorts as its number does.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
