package apply

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/computesync/computesync/internal/journal"
	"github.com/computesync/computesync/internal/plan"
	"github.com/computesync/computesync/internal/spec"
)

// freshFor is how old a look that found nothing may be when the write that rests
// on it leaves.
const freshFor = 2 * time.Second

// vacant makes sure that nothing has the name which the step is about to give,
// and that nobody else has attached what it attaches: a second attachment
// would break the first. What is in the way of a unit that has removed something
// may be an old answer, and is looked at for a while.
func (u *unit) vacant(ctx context.Context, s *step) error {
	var found error
	err := lookAgain(ctx, func() bool {
		found = u.inTheWay(ctx, s)
		return !is[errStale](found) || !u.owed
	})
	return cmp.Or(err, found)
}

// inTheWay looks once.
func (u *unit) inTheWay(ctx context.Context, s *step) error {
	if s.Verb != plan.VerbAttach && !u.r.many {
		c, err := u.r.Target.Get(ctx, s.Name)
		if err == nil {
			err = u.nameTaken(s, c)
		}
		return err
	}
	since := time.Now()
	if u.r.many && s == u.steps[0] && len(s.Needs) == 0 {
		since = since.Add(-freshFor)
	}
	l, err := u.r.lists.after(ctx, since)
	if err != nil {
		return err
	}
	if err := u.nameTaken(s, l.find(s.Name)); err != nil {
		return err
	}
	wanted := u.wanted(s).Underlying()
	if other := u.r.claims.holder(s.Name, wanted); other != "" {
		return errStale{fmt.Sprintf("what %s attaches was attached as %s a moment ago", s.Name, other)}
	}
	for _, c := range l.byName {
		if spec.Overlap(u.r.Records[c.Key()].Underlying(c), wanted) && !u.r.removed.has(c) {
			return errStale{fmt.Sprintf("what %s attaches is attached as %s by now", s.Name, c.Name)}
		}
	}
	return nil
}

// nameTaken is why the step's name is not free, given what has it. It may be
// what a former try of the step made, whose answer was lost and whose effect did
// not show in time: that is errArrived.
func (u *unit) nameTaken(s *step, c *spec.Compute) error {
	switch {
	case c == nil || u.r.removed.has(c):
		return nil
	case s.lost && !u.precedes(s, c) && s.originOf(c, false) == ours:
		return errArrived
	}
	return errStale{s.Name + " exists by now"}
}

// incarnations are the newest ones by folded name that the units of a run have
// removed: what still shows one is an old answer.
type incarnations struct {
	mu     sync.Mutex
	byName map[string]string // createdOn
}

func (x *incarnations) add(s *step) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.byName == nil {
		x.byName = map[string]string{}
	}
	x.byName[spec.FoldName(s.Name)] = s.created
}

func (x *incarnations) has(c *spec.Compute) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return spec.UpTo(c.Live.CreatedOn, x.byName[c.Key()])
}

// wantsBegun reports why a unit that is not begun must wait: what it attaches
// may be on its way to another name by a unit of an earlier run, where no list
// shows it yet.
func (u *unit) wantsBegun() error {
	if u.begun || u.change.Desired == nil {
		return nil
	}
	why := "what " + u.change.Name + " attaches is being attached as "
	for _, wanted := range u.change.Desired.Underlying() {
		if others := u.r.begun.Overlapping(wanted); len(others) > 0 {
			return errStale{why + others[0]}
		}
		if others := u.r.owed.Overlapping(wanted); len(others) > 0 { // which may take longer than this run
			return errHeld{plan.Held{Code: plan.Transitional, Text: why + others[0]}}
		}
	}
	return nil
}

// attachedBy is what units of an earlier run attach or may put back.
func attachedBy(begun []*unit) (names spec.ByUnderlying[string]) {
	for _, u := range begun {
		attaches(u.change, &names, u.full)
	}
	return names
}

// Attaching adds to names what a unit in the journal attaches or may put back,
// with the name of the compute. A unit that cannot be read adds nothing.
func Attaching(j journal.Unit, names *spec.ByUnderlying[string]) {
	c, err := changeOf(&j)
	if err != nil {
		return
	}
	var bodies []*spec.Compute
	for _, s := range j.Steps {
		var b body
		if json.Unmarshal(s.Body, &b) == nil {
			bodies = append(bodies, b.Compute)
		}
	}
	attaches(c, names, bodies...)
}

// attaches adds what a change states, what its bodies carry besides, and what it
// may put back.
func attaches(change *plan.Change, names *spec.ByUnderlying[string], bodies ...*spec.Compute) {
	for _, c := range append(bodies, change.Desired, change.Previous) {
		if c == nil {
			continue
		}
		for _, a := range c.Underlying() {
			names.Add(a, c.Name)
		}
	}
}

// claims keeps two units of a workspace from attaching one resource: at the same
// time both could find it free, and soon after no list may show it yet.
type claims struct {
	mu    sync.Mutex
	taken []*claim           // by writes that are on their way
	holds map[string]holding // what a write of ours attached, by the folded name that it gave it
}

type claim struct {
	wanted []spec.Underlying
	freed  chan struct{} // closed when it is given back
}

type holding struct {
	what []spec.Underlying
	at   time.Time
}

func newClaims() *claims { return &claims{holds: map[string]holding{}} }

// attached notes that a write which attaches something as that name was taken.
func (c *claims) attached(name string, what []spec.Underlying) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.holds, func(_ string, h holding) bool { return time.Since(h.at) >= spec.ReadLag })
	if len(what) > 0 {
		c.holds[spec.FoldName(name)] = holding{what, time.Now()}
	}
}

// removed notes that nothing is attached as that name any more.
func (c *claims) removed(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.holds, spec.FoldName(name))
}

// holder is another name under which some of what is wanted was attached a
// moment ago, "" when there is none.
func (c *claims) holder(name string, wanted []spec.Underlying) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for other, h := range c.holds {
		if other != spec.FoldName(name) && spec.Overlap(h.what, wanted) && time.Since(h.at) < spec.ReadLag {
			return other
		}
	}
	return ""
}

// take waits until nobody else holds any of what is wanted, and holds it all.
func (c *claims) take(ctx context.Context, wanted []spec.Underlying) (release func(), err error) {
	own := &claim{wanted, make(chan struct{})}
	for {
		held := c.try(own)
		if held == nil {
			return func() { c.giveBack(own) }, nil
		}
		select {
		case <-held:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// try takes all of it, or returns what to wait for.
func (c *claims) try(own *claim) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, other := range c.taken {
		if spec.Overlap(other.wanted, own.wanted) {
			return other.freed
		}
	}
	c.taken = append(c.taken, own)
	return nil
}

func (c *claims) giveBack(own *claim) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(own.freed)
	c.taken = slices.DeleteFunc(c.taken, func(other *claim) bool { return other == own })
}
