package apply

import (
	"maps"
	"slices"
	"sync"

	"github.com/computesync/computesync/internal/spec"
)

// Owed are the units of one workspace that go on after the Run that carried
// them out has returned. Each has removed something and owes a write for it: a
// removal that takes minutes must not hold up everything else. They go on to
// their end; the next runs leave their computes alone.
type Owed struct {
	stop  <-chan struct{}
	ended func()

	claims *claims // of all runs in the workspace
	runs   sync.WaitGroup

	mu     sync.Mutex
	units  map[string]*unit // by ID
	result *Result          // since the last Take; nil: no unit has ended
	err    error
}

// NewOwed makes an empty one. When stop is closed, its units wait for nothing
// but the write that they owe. Each calls ended when it has come to its end.
func NewOwed(stop <-chan struct{}, ended func()) *Owed {
	return &Owed{stop: stop, ended: ended, claims: newClaims(), units: map[string]*unit{}}
}

// IDs are those of the units that go on; of nil there are none.
func (o *Owed) IDs() []string {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Sorted(maps.Keys(o.units))
}

// Names are the folded names of the computes that these units are about.
func (o *Owed) Names() map[string]bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	names := map[string]bool{}
	for _, u := range o.units {
		for _, s := range u.steps {
			names[spec.FoldName(s.Name)] = true
		}
	}
	return names
}

// Retries reports whether one of these units was tried before.
func (o *Owed) Retries() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, u := range o.units {
		if u.resume {
			return true
		}
	}
	return false
}

// Take returns what came of the units that have ended since the last call, nil
// if none has. The error is the journal's.
func (o *Owed) Take() (*Result, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	result, err := o.result, o.err
	o.result, o.err = nil, nil
	return result, err
}

// Wait waits until all have ended. No Run may be called then.
func (o *Owed) Wait() { o.runs.Wait() }

// add takes over units, and returns the names of all that it has.
func (o *Owed) add(units map[*unit]bool) (names []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for u := range units {
		o.units[u.change.ID()] = u
	}
	for _, u := range o.units {
		names = append(names, u.change.Name)
	}
	return names
}

// drop notes the end of a unit, and what came of it.
func (o *Owed) drop(u *unit, result *Result, err error) {
	o.mu.Lock()
	delete(o.units, u.change.ID())
	if o.result == nil {
		o.result = &Result{}
	}
	o.result.Add(result)
	if err != nil {
		o.err = err
	}
	o.mu.Unlock()
	o.ended()
}

// owe notes whether a write is still due that a removal made necessary.
func (u *unit) owe(owed bool) {
	u.r.mu.Lock()
	defer u.r.mu.Unlock()
	u.owed = owed
	u.r.settle()
}

// settle lets Run return once every unit has ended, or owes a write and may go
// on without it. It needs mu.
func (r *run) settle() {
	if r.live == nil || r.returned != nil {
		return
	}
	alone := r.Owed == nil || r.journalErr != nil // then all end before
	for u := range r.live {
		if alone || !u.owed {
			return
		}
	}
	result := r.result
	r.returned, r.returnedErr, r.result = &result, r.journalErr, Result{}
	if r.Owed != nil {
		result.Waiting = append(result.Waiting, r.Owed.add(r.live)...)
	}
	close(r.settled)
}

// ended notes that a unit has ended.
func (r *run) ended(u *unit) {
	r.mu.Lock()
	delete(r.live, u)
	if r.returned == nil {
		defer r.mu.Unlock()
		r.settle()
		return
	}
	result, err := r.result, r.journalErr
	r.result = Result{}
	r.mu.Unlock()
	r.Owed.drop(u, &result, err)
}

// interrupt is what cuts waits short: of units that go on after their run has
// returned it is what stops these.
func (r *run) interrupt() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.returned != nil {
		return r.Owed.stop
	}
	return r.Interrupt
}

// elsewhere are the units that earlier runs go on with. They are not begun
// here: only what they attach counts.
func (r *run) elsewhere() (units []*unit) {
	for i := range r.Elsewhere {
		if c, err := changeOf(&r.Elsewhere[i]); err == nil { // it was read when it was resumed, or written by this process
			units = append(units, &unit{r: r, change: c})
		}
	}
	return units
}
