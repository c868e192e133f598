package apply

import (
	"cmp"
	"context"
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
		has := func(key string) bool { return slices.Contains(wanted, key) }
		if slices.ContainsFunc(c.Underlying(), has) && !u.r.removed.has(c) {
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
	for _, key := range u.change.Desired.Underlying() {
		if other := u.r.begun[key]; other != "" {
			return errStale{why + other}
		}
		if other := u.r.owed[key]; other != "" { // which may take longer than this run
			return errHeld{plan.Held{Code: plan.Transitional, Text: why + other}}
		}
	}
	return nil
}

// resourcesOf names what units of an earlier run attach or may put back.
func resourcesOf(begun []*unit) map[string]string {
	names := map[string]string{}
	for _, u := range begun {
		attaches(u.change, names)
	}
	return names
}

// Attaching adds to names what a unit in the journal attaches or may put back,
// each resource with the name of the compute. A unit that cannot be read adds
// nothing.
func Attaching(j journal.Unit, names map[string]string) {
	if c, err := changeOf(&j); err == nil {
		attaches(c, names)
	}
}

func attaches(change *plan.Change, names map[string]string) {
	for _, c := range []*spec.Compute{change.Previous, change.Desired} {
		if c == nil {
			continue
		}
		for _, key := range c.Underlying() {
			names[key] = c.Name
		}
	}
}

// claims keeps two units of a workspace from attaching one resource: at the same
// time both could find it free, and soon after no list may show it yet.
type claims struct {
	mu    sync.Mutex
	taken map[string]chan struct{} // by name of the resource; closed when it is given back
	holds map[string]holding       // by name of the resource: what a write of ours attached it as
}

type holding struct {
	name string // folded
	at   time.Time
}

func newClaims() *claims {
	return &claims{taken: map[string]chan struct{}{}, holds: map[string]holding{}}
}

// attached notes that a write which attaches resources as that name was taken.
func (c *claims) attached(name string, keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		c.holds[key] = holding{spec.FoldName(name), time.Now()}
	}
}

// removed notes that nothing is attached as that name any more.
func (c *claims) removed(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.holds, func(_ string, h holding) bool { return h.name == spec.FoldName(name) })
}

// holder is the other name that one of the resources was attached as a moment
// ago, "" when there is none.
func (c *claims) holder(name string, keys []string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		if h := c.holds[key]; h.name != spec.FoldName(name) && time.Since(h.at) < spec.ReadLag {
			return h.name
		}
	}
	return ""
}

// take waits until nobody holds any of the keys, and holds them all.
func (c *claims) take(ctx context.Context, keys []string) (release func(), err error) {
	for {
		held := c.try(keys)
		if held == nil {
			return func() { c.giveBack(keys) }, nil
		}
		select {
		case <-held:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// try takes all keys, or returns what to wait for.
func (c *claims) try(keys []string) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		if held := c.taken[key]; held != nil {
			return held
		}
	}
	free := make(chan struct{})
	for _, key := range keys {
		c.taken[key] = free
	}
	return nil
}

func (c *claims) giveBack(keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, key := range keys {
		if i == 0 {
			close(c.taken[key])
		}
		delete(c.taken, key)
	}
}
