package forge

import (
	"context"
	"fmt"
	"strings"

	"github.com/computesync/computesync/internal/output"
)

// Outcome is what became of a comment or status.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Edited    Outcome = "edited"
	Unchanged Outcome = "unchanged"
	Nothing   Outcome = "not needed" // there is none, and none is wanted
)

// SupersededError says that the pull request has a newer commit than the one
// that the pipeline looks at. What would be told is out of date, and the
// newer commit's own run tells what is not.
type SupersededError struct {
	Number, Head, Latest string
}

func (e *SupersededError) Error() string {
	return fmt.Sprintf("pull request %s has moved on from %.12s to %.12s", e.Number, e.Head, e.Latest)
}

// Check looks whether there is somebody to tell: the pull request is open, and
// its head is the commit that the pipeline looks at.
func (p *PullRequest) Check(ctx context.Context) error {
	now, err := p.look(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("look at %s: %w", p, err)
	case !now.open:
		return &contextError{p.String() + " is " + output.OneLine(now.state), "nobody is told of a plan there any more; run this for open pull requests"}
	case p.head != "" && p.head != now.head:
		return &SupersededError{p.number, p.head, output.OneLine(now.head)}
	}
	p.head = now.head
	return nil
}

// Tell has the pull request carry the note: the comment with its marker is edited
// if it says something else, and made if there is none. Check comes before it.
func (p *PullRequest) Tell(ctx context.Context, n Note) (Outcome, error) {
	outcome := Outcome("")
	err := p.settle(ctx, func() (func() error, error) {
		have, err := p.find(ctx, n.Marker)
		now, write := p.change(ctx, have, n)
		if outcome == "" {
			outcome = now // after an unanswered write the look finds its own work
		}
		return write, err
	})
	if err != nil {
		return "", fmt.Errorf("post comment on %s: %w", p, err)
	}
	return outcome, nil
}

// change is the write that makes the note of what is there; nil when none is needed.
func (p *PullRequest) change(ctx context.Context, have *comment, n Note) (Outcome, func() error) {
	switch {
	case have == nil && !n.Create:
		return Nothing, nil
	case have == nil:
		return Created, func() error { return p.create(ctx, n) }
	case same(have.body, n.Body) && have.open == n.Open:
		return Unchanged, nil
	}
	return Edited, func() error { return p.edit(ctx, have, n) }
}

// Set sets a status of the head. A commit takes at most 1,000 of one context
// (GitHub), and a write whose answer was lost must not be repeated blindly:
// so the one in force is read first, and an equal one is left. Check comes
// before it.
func (p *PullRequest) Set(ctx context.Context, s Status) error {
	s = Status{s.State, clip(output.OneLine(s.Description), maxDescription), bounded(output.OneLine(s.Context)), p.target}
	err := p.settle(ctx, func() (func() error, error) {
		have, err := p.status(ctx, s.Context)
		if err != nil || have != nil && have.State == s.State && have.Description == s.Description && have.target == s.target {
			return nil, err
		}
		return func() error { return p.set(ctx, s) }, nil
	})
	if err != nil {
		return fmt.Errorf("set status of %s: %w", p, err)
	}
	return nil
}

// settle looks, and makes the write that the look finds needed. A write of which
// nobody knows whether it took effect is followed by another look.
func (p *PullRequest) settle(ctx context.Context, look func() (write func() error, err error)) error {
	for try := 1; ; try++ {
		write, err := look()
		if err != nil || write == nil {
			return err
		}
		if err = write(); !unsure(err) || try == maxTries {
			return err
		}
		if !p.wire.rest(ctx, backoff(try)) {
			return err
		}
	}
}

// same compares bodies as hosts keep them: line ends and what is empty at the end may change.
func same(a, b string) bool { return kept(a) == kept(b) }

func kept(body string) string {
	return strings.TrimRight(strings.ReplaceAll(body, "\r\n", "\n"), " \t\n")
}

// endsWith reports whether the marker is the last line of the body. Whoever
// quotes the comment has it elsewhere, or with a > before it.
func endsWith(body, marker string) bool {
	body = kept(body)
	return marker != "" && body[strings.LastIndex(body, "\n")+1:] == marker
}
