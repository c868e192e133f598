package arm

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// Class is a kind of request that Resource Manager counts apart.
type Class string

// The classes. A POST counts as a write whatever it does, and a look at an operation as a read.
const (
	Reads   Class = "reads"
	Writes  Class = "writes"
	Deletes Class = "deletes"
)

func classOf(method string) Class {
	switch method {
	case http.MethodGet, http.MethodHead:
		return Reads
	case http.MethodDelete:
		return Deletes
	}
	return Writes
}

// BucketStats is what was sent of one class in one subscription.
type BucketStats struct {
	Subscription string // lower case; empty for requests outside any
	Class        Class
	Requests     int64         // sent, repetitions included
	Throttled    int64         // answered 429
	ByStatus     map[int]int64 // answers; 0: there was none
	Remaining    float64       // our estimate of what may be sent at once; below zero while answers are awaited
}

// Stats is what a client has sent so far, ordered by subscription and class.
type Stats []BucketStats

// Requests is their number over all buckets.
func (s Stats) Requests() (n int64) {
	for _, b := range s {
		n += b.Requests
	}
	return n
}

// Throttled is the number of answers 429 over all buckets.
func (s Stats) Throttled() (n int64) {
	for _, b := range s {
		n += b.Throttled
	}
	return n
}

// Stats counts what was sent against the client's budget.
func (c *Client) Stats() Stats { return c.budget.stats() }

type bucketKey struct {
	subscription string
	class        Class
}

// Budget is our estimate of what the service lets one principal send, and whether it answers at all. Clients that speak to
// one endpoint as one principal share it, also where one takes over from the other: what a 429 said holds for all of them,
// and so does an outage.
type Budget struct {
	breaker *breaker

	mu      sync.Mutex
	buckets map[bucketKey]*bucket
}

// NewBudget makes a budget of which nothing is spent. outage, which may be nil, is called when an outage begins and when it
// has ended, one call at a time; requests wait until it returns.
func NewBudget(outage func(Outage)) *Budget {
	return &Budget{breaker: &breaker{notify: outage}, buckets: map[bucketKey]*bucket{}}
}

type patientKey struct{}

// Patient marks what can wait: requests of such a context let all others of their subscription and class go before, leave
// them a share of the budget and half of the requests in flight. One a second goes all the same.
func Patient(ctx context.Context) context.Context { return context.WithValue(ctx, patientKey{}, true) }

func isPatient(ctx context.Context) bool { return ctx.Value(patientKey{}) != nil }

// pacer holds back requests so that the service need not refuse them. It is a policy inside azcore's retry policy: each
// try waits its turn.
type pacer struct {
	budget *Budget
	limit  int // requests in flight per bucket
}

// Do waits for the request's turn, sends it and learns from the answer. During an outage there are no turns to wait for.
func (p *pacer) Do(req *policy.Request) (*http.Response, error) {
	raw := req.Raw()
	if err := p.budget.breaker.check(classOf(raw.Method) == Reads); err != nil {
		return nil, err
	}
	b := p.budget.bucket(bucketKey{subscriptionOf(raw.URL.Path), classOf(raw.Method)})
	turn, err := b.wait(raw.Context(), p.limit)
	if err != nil {
		return nil, err
	}
	resp, err := req.Next()
	if _, refused := errors.AsType[*OutageError](err); refused || isUnsent(err) {
		b.leave(turn)
		return nil, err
	}
	b.done(turn, resp)
	return resp, err
}

func (b *Budget) bucket(key bucketKey) *bucket {
	b.mu.Lock()
	defer b.mu.Unlock()
	one := b.buckets[key]
	if one == nil {
		one = newBucket(key.class)
		b.buckets[key] = one
	}
	return one
}

func (b *Budget) stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all Stats
	for key, one := range b.buckets {
		one.mu.Lock()
		one.refill()
		all = append(all, BucketStats{key.subscription, key.class, one.requests, one.throttled, maps.Clone(one.statuses), one.tokens})
		one.mu.Unlock()
	}
	slices.SortFunc(all, func(a, b BucketStats) int {
		return cmp.Or(cmp.Compare(a.Subscription, b.Subscription), cmp.Compare(a.Class, b.Class))
	})
	return all
}

// subscriptionOf finds the subscription in a path, which may stand behind the prefix of a proxy.
func subscriptionOf(path string) string {
	_, rest, found := strings.Cut(strings.ToLower(path), "/subscriptions/")
	if !found {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	return id
}
