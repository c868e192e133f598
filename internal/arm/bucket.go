package arm

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// limits are the figures Microsoft documents for Resource Manager's token buckets ("Understand how Azure Resource Manager
// throttles requests", since 2024): per subscription, principal and region.
var limits = map[Class]struct{ capacity, perSecond float64 }{
	Reads:   {250, 25},
	Writes:  {200, 10},
	Deletes: {200, 10},
}

const (
	// firstFlight bounds what is in flight until the first answer: somebody else may have emptied the bucket.
	firstFlight = 8
	// pause is how long a class rests after a 429 that names no time.
	pause = time.Second
	// reserve is the share of a bucket that patient requests leave to the others, and patientEvery how often one of them is
	// served like the others: nobody waits for ever.
	reserve      = 0.2
	patientEvery = time.Second
)

// bucket is our estimate of one of the service's token buckets. It falls by what we send and rises with time, and every
// answer that names what is left corrects it (see correct). Waiters are served in order, patient ones after the others.
type bucket struct {
	class    Class
	capacity float64
	rate     float64 // tokens per second

	mu        sync.Mutex
	inFlight  int // granted and not done
	slow      int // of them, patient ones
	finished  int // done
	tokens    float64
	at        time.Time // when tokens was right; in the future while the class rests after a 429
	answered  bool
	queue     []*turn
	patient   []*turn
	patientAt time.Time   // when a patient one was served last
	timer     *time.Timer // armed while somebody waits for time to pass
	requests  int64
	throttled int64
	statuses  map[int]int64 // answers; 0: there was none
}

// turn is a request that waits for its turn, and then has it.
type turn struct {
	granted chan struct{}
	limit   int // how many may be in flight
	patient bool
	before  int // how many had finished when it was granted
}

func newBucket(class Class) *bucket {
	l := limits[class]
	return &bucket{class: class, capacity: l.capacity, rate: l.perSecond, tokens: l.capacity, at: time.Now(), statuses: map[int]int64{}}
}

// wait blocks until a request may be sent, with limit of them in flight at most; the caller owes a done. An error is the
// context's, and nothing is owed.
func (b *bucket) wait(ctx context.Context, limit int) (*turn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &turn{granted: make(chan struct{}), limit: limit, patient: isPatient(ctx)}
	b.mu.Lock()
	queue := b.queueOf(t)
	*queue = append(*queue, t)
	b.serve()
	b.mu.Unlock()
	select {
	case <-t.granted:
		return t, nil
	case <-ctx.Done():
		b.leave(t)
		return nil, ctx.Err()
	}
}

// leave takes a waiter out of the queue, or gives back what it was granted and did not use.
func (b *bucket) leave(t *turn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.serve()
	queue := b.queueOf(t)
	if i := slices.Index(*queue, t); i >= 0 {
		*queue = slices.Delete(*queue, i, i+1)
		return
	}
	b.land(t)
	b.requests--
	b.tokens++
}

// done ends a turn and learns from the answer; nil means that there was none.
func (b *bucket) done(t *turn, resp *http.Response) {
	b.mu.Lock()
	defer b.mu.Unlock()
	defer b.serve()
	b.land(t)
	meanwhile := b.finished - t.before
	b.finished++
	if resp == nil {
		b.statuses[0]++
		return
	}
	b.statuses[resp.StatusCode]++
	b.answered = true
	b.refill()
	if resp.StatusCode == http.StatusTooManyRequests {
		b.rest(retryAfter(resp.Header))
		return
	}
	left, err := strconv.Atoi(resp.Header.Get("x-ms-ratelimit-remaining-subscription-" + string(b.class)))
	if err == nil && left >= 0 {
		b.correct(left, meanwhile)
	}
}

// correct moves the estimate into what an answer allows. The service had left tokens when it counted that request. Those
// in flight are not counted in it, as far as we know: more than left without them there cannot be. Those that finished
// during its flight may or may not be counted: less than left without all of these there cannot be either. Between the two
// our own count is the better one, because answers overtake each other.
func (b *bucket) correct(left, meanwhile int) {
	if b.at.After(time.Now()) {
		return // resting: this answer is older than the refusal
	}
	most := float64(left - b.inFlight)
	b.tokens = min(most, max(b.tokens, most-float64(meanwhile)))
}

// rest empties the bucket and lets it fill again only from the end of the wait on: what the service will have then is not
// known, and the first answer tells.
func (b *bucket) rest(wait time.Duration) {
	b.throttled++
	if wait <= 0 {
		wait = pause
	}
	if until := time.Now().Add(min(wait, maxRetryAfter)); until.After(b.at) {
		b.at = until
	}
	b.tokens = 1
}

// refill brings the estimate up to now. A service that says it has more than its documented capacity is believed.
func (b *bucket) refill() {
	now := time.Now()
	if !now.After(b.at) {
		return
	}
	full := max(b.tokens, b.capacity)
	b.tokens = min(full, b.tokens+now.Sub(b.at).Seconds()*b.rate)
	b.at = now
}

func (b *bucket) queueOf(t *turn) *[]*turn {
	if t.patient {
		return &b.patient
	}
	return &b.queue
}

// land takes a turn out of those in flight.
func (b *bucket) land(t *turn) {
	b.inFlight--
	if t.patient {
		b.slow--
	}
}

// serve grants what can be granted and arms the timer for who is next.
func (b *bucket) serve() {
	b.refill()
	for {
		t, wait := b.next()
		switch {
		case t == nil: // nothing waits for time
			if b.timer != nil {
				b.timer.Stop()
			}
			return
		case wait <= 0:
			b.grant(t)
		case b.timer == nil:
			b.timer = time.AfterFunc(wait, b.tick)
			return
		default:
			b.timer.Reset(wait)
			return
		}
	}
}

// next is whose turn it is, and in how long; nil where nobody waits, or all wait for answers.
func (b *bucket) next() (*turn, time.Duration) {
	wait := b.until(1)
	hasTurn := b.patientAt.Add(patientEvery)
	if len(b.patient) > 0 && b.hasRoom(b.patient[0]) {
		if !hasTurn.After(time.Now()) {
			return b.patient[0], wait
		}
		if len(b.queue) == 0 {
			return b.patient[0], max(wait, min(time.Until(hasTurn), b.until(1+reserve*b.capacity)))
		}
	}
	if len(b.queue) > 0 && b.hasRoom(b.queue[0]) {
		return b.queue[0], wait
	}
	return nil, 0
}

// hasRoom tells whether one more may be in flight.
func (b *bucket) hasRoom(t *turn) bool {
	limit := t.limit
	if !b.answered {
		limit = min(limit, firstFlight)
	}
	return b.inFlight < limit && (!t.patient || b.slow < slowOf(limit))
}

// slowOf is how many of the requests in flight may be patient ones.
func slowOf(limit int) int { return max(1, limit/2) }

// grant gives the turn to the head of its queue.
func (b *bucket) grant(t *turn) {
	queue := b.queueOf(t)
	*queue = (*queue)[1:]
	if t.patient {
		b.slow++
		b.patientAt = time.Now()
	}
	t.before = b.finished
	close(t.granted)
	b.inFlight++
	b.requests++
	b.tokens--
}

func (b *bucket) tick() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serve()
}

// until is how long it takes until there are so many tokens.
func (b *bucket) until(tokens float64) time.Duration {
	wait := max(0, time.Until(b.at))
	if missing := tokens - b.tokens; missing > 0 {
		wait += time.Duration(missing/b.rate*float64(time.Second)) + time.Microsecond
	}
	return wait
}
