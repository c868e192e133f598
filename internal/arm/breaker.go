package arm

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	// openAfter is how many requests in a row must fail, and openSpan for how long, before an outage is declared. A read
	// that is repeated after faults is tried for longer than openSpan: none of its callers sees the first failures.
	openAfter = 5
	openSpan  = 2 * time.Second
	// blip is for how long after that requests wait instead of being refused: most faults are over by then.
	blip = 4 * time.Second
	// Probes are this far apart, growing from the first to the last, with a tenth of jitter either way.
	firstProbe = time.Second
	lastProbe  = 10 * time.Second
)

// Outage is a time in which the endpoint does not answer: connections fail, or what comes back is a 5xx or a web page.
type Outage struct {
	Endpoint  string
	Since     time.Time // when the first request that failed was sent
	Ended     time.Time // zero while it lasts
	Reason    string    // of the failure that made it one
	Last      string    // reason of the last failure
	Next      time.Time // when a request is let out next, to find out whether it is over
	Failed    int       // requests, probes included
	Resources int       // that these were about: workspaces, as a rule
	Refused   int       // requests that were not sent
}

// breaker keeps requests back while the endpoint answers none. It is closed while answers come. It opens when requests
// about several resources fail and none is answered in between, so that one broken resource never opens it. While it is
// open, one read at a time is let out as a probe; any answer of the service's own, a refusal too, closes it.
type breaker struct {
	notify func(Outage) // called when it opens and when it closes, in that order and under mu; may be nil

	mu        sync.Mutex
	endpoint  string
	answered  time.Time       // when the service answered last
	run       Outage          // the failures in a row since then
	resources map[string]bool // that they are about
	doubted   time.Time       // when doubtful was last true
	opened    time.Time       // zero: it is closed
	closed    chan struct{}   // closed when it closes
	wait      time.Duration   // between the next two probes
}

// at says which endpoint it is about: that of the clients that share it.
func (b *breaker) at(ep endpoint) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.endpoint = ep.base.String()
}

// admit blocks until a request may go out. An error is an *OutageError, or the context's in an *UnsentError.
func (b *breaker) admit(ctx context.Context, read bool) error {
	for {
		wait, closed, err := b.turn(read, true)
		if err != nil || wait <= 0 {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-closed:
		case <-timer.C:
		case <-ctx.Done():
			err = &UnsentError{ctx.Err()}
		}
		timer.Stop()
		if err != nil {
			return err
		}
	}
}

// check refuses at once what admit would refuse; whatever else waits for its turn first.
func (b *breaker) check(read bool) error {
	_, _, err := b.turn(read, false)
	return err
}

// turn says for how long a request is to wait, 0 when it may go. One that goes while the breaker is open is the probe,
// if it goes now.
func (b *breaker) turn(read, now bool) (time.Duration, <-chan struct{}, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	probe, patience := time.Until(b.run.Next), time.Until(b.opened.Add(blip))
	switch {
	case b.opened.IsZero():
		return 0, nil, nil
	case read && probe <= 0:
		if now {
			b.schedule()
		}
		return 0, nil, nil
	case patience <= 0:
		b.run.Refused++
		return 0, nil, &OutageError{b.run}
	case read:
		patience = min(patience, probe)
	}
	return patience, b.closed, nil
}

// maybeBlip reports whether it is open for so short a while that requests wait instead of being refused.
func (b *breaker) maybeBlip() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.opened.IsZero() && time.Since(b.opened) < blip
}

// schedule sets the time of the next probe.
func (b *breaker) schedule() {
	b.run.Next = time.Now().Add(b.wait - b.wait/10 + rand.N(b.wait/5))
	b.wait = min(2*b.wait, lastProbe)
}

// answer notes an answer of the service's own.
func (b *breaker) answer() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answered = time.Now()
	if !b.opened.IsZero() {
		b.run.Ended = b.answered
		b.opened = time.Time{}
		close(b.closed)
		b.say()
	}
	b.run, b.resources = Outage{}, nil
}

// fail notes a request about a resource, "" for none of its own, that was sent and got no such answer. The service may
// have named how long to leave it alone.
func (b *breaker) fail(sent time.Time, resource, reason string, retryAfter time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if sent.Before(b.answered) {
		return // it says nothing about the time since
	}
	if b.run.Failed == 0 {
		b.run.Since, b.run.Endpoint, b.resources = sent, b.endpoint, map[string]bool{}
	}
	if resource != "" {
		b.resources[resource] = true
	}
	b.run.Failed++
	b.run.Resources, b.run.Last = len(b.resources), reason
	if len(b.resources) > 1 {
		b.open()
	}
	if until := time.Now().Add(min(retryAfter, maxRetryAfter)); !b.opened.IsZero() && until.After(b.run.Next) {
		b.run.Next = until
	}
}

// lasts reports whether enough requests failed for long enough.
func (b *breaker) lasts() bool {
	return b.run.Failed >= openAfter && time.Since(b.run.Since) >= openSpan
}

// open declares an outage if enough failed; b.mu is held.
func (b *breaker) open() {
	if !b.opened.IsZero() || !b.lasts() {
		return
	}
	b.opened, b.closed, b.wait = time.Now(), make(chan struct{}), firstProbe
	b.run.Reason = b.run.Last
	b.schedule()
	b.say()
}

func (b *breaker) say() {
	if b.notify != nil {
		b.notify(b.run)
	}
}

// doubtful reports whether only a request about something else can distinguish an outage from a broken resource. One
// caller at a time is to send it.
func (b *breaker) doubtful() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.opened.IsZero() || !b.lasts() || time.Since(b.doubted) < lastProbe {
		return false
	}
	b.doubted = time.Now()
	return true
}

// confirm opens the breaker after such a request failed. One that was answered has ended the run of failures.
func (b *breaker) confirm() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open()
}

// missed notes that a request could not be sent for want of a token: a probe that failed, if it was one.
func (b *breaker) missed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.opened.IsZero() && time.Until(b.run.Next) <= 0 {
		b.schedule()
	}
}

// outage is the one that lasts, nil if there is none.
func (b *breaker) outage() *Outage {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened.IsZero() {
		return nil
	}
	o := b.run
	return &o
}
