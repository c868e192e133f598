package arm

import (
	"cmp"
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
	Requests     int64   // sent, repetitions included
	Throttled    int64   // answered 429
	Remaining    float64 // our estimate of what may be sent at once; below zero while answers are awaited
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

// Stats counts what the client has sent.
func (c *Client) Stats() Stats { return c.pacer.stats() }

type bucketKey struct {
	subscription string
	class        Class
}

// pacer holds back requests so that the service need not refuse them. It is a policy inside azcore's retry policy: each
// try waits its turn.
type pacer struct {
	limit   int // requests in flight per bucket
	mu      sync.Mutex
	buckets map[bucketKey]*bucket
}

func newPacer(limit int) *pacer {
	return &pacer{limit: limit, buckets: map[bucketKey]*bucket{}}
}

// Do waits for the request's turn, sends it and learns from the answer.
func (p *pacer) Do(req *policy.Request) (*http.Response, error) {
	raw := req.Raw()
	b := p.bucket(bucketKey{subscriptionOf(raw.URL.Path), classOf(raw.Method)})
	turn, err := b.wait(raw.Context())
	if err != nil {
		return nil, err
	}
	resp, err := req.Next()
	b.done(turn, resp)
	return resp, err
}

func (p *pacer) bucket(key bucketKey) *bucket {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.buckets[key]
	if b == nil {
		b = newBucket(key.class, p.limit)
		p.buckets[key] = b
	}
	return b
}

func (p *pacer) stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all Stats
	for key, b := range p.buckets {
		b.mu.Lock()
		b.refill()
		all = append(all, BucketStats{key.subscription, key.class, b.requests, b.throttled, b.tokens})
		b.mu.Unlock()
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
