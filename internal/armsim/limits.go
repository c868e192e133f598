package armsim

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// Limit is a token bucket: Burst requests at once, and PerSecond more each second.
type Limit struct {
	Burst     int
	PerSecond float64
}

// Limits are the token buckets that ARM keeps per subscription.
type Limits struct{ Reads, Writes, Deletes Limit }

// ARMLimits are the ones that Azure Resource Manager documents for a subscription and principal since 2024 ("Understand how
// Azure Resource Manager throttles requests").
var ARMLimits = Limits{Reads: Limit{250, 25}, Writes: Limit{200, 10}, Deletes: Limit{200, 10}}

type bucket struct {
	tokens float64
	filled time.Time
}

// budget is what the x-ms-ratelimit-remaining headers say.
type budget struct {
	class        string // reads, writes or deletes
	left, global int
}

// spend takes a request off its subscription's budget; it returns the 429 when nothing is left. POST actions count as
// writes, polls of an operation as reads.
func (s *Server) spend(rq *request) (budget, *answer) {
	if rq.subscription == "" {
		return budget{}, nil
	}
	b, limit := budget{"writes", 199, 2999}, Limit{}
	if s.limits != nil {
		limit = s.limits.Writes
	}
	switch rq.method {
	case http.MethodGet, http.MethodHead:
		b = budget{"reads", 249, 3749}
		if s.limits != nil {
			limit = s.limits.Reads
		}
	case http.MethodDelete:
		b = budget{"deletes", 199, 2999}
		if s.limits != nil {
			limit = s.limits.Deletes
		}
	}
	if s.limits == nil {
		return b, nil
	}
	left, wait := s.bucket(fold(rq.subscription)+"/"+b.class, limit, rq.now).take(limit, rq.now)
	b.left = left
	if wait == 0 {
		return b, nil
	}
	seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
	a := armError(http.StatusTooManyRequests, "SubscriptionRequestsThrottled",
		"Number of requests for subscription '%s' and operation '%s' exceeded the backend storage limit. Please try again after '%s' seconds.",
		rq.subscription, rq.method, seconds)
	a.header = map[string]string{"Retry-After": seconds}
	return b, &a
}

func (s *Server) bucket(key string, limit Limit, now time.Time) *bucket {
	b := s.buckets[key]
	if b == nil {
		b = &bucket{float64(limit.Burst), now}
		s.buckets[key] = b
	}
	return b
}

// take takes a token and returns how many are left, or how long it is until there is one.
func (b *bucket) take(limit Limit, now time.Time) (left int, wait time.Duration) {
	if passed := now.Sub(b.filled); passed > 0 {
		b.tokens = min(float64(limit.Burst), b.tokens+passed.Seconds()*limit.PerSecond)
		b.filled = now
	}
	if b.tokens < 1 {
		return 0, max(time.Nanosecond, time.Duration((1-b.tokens)/limit.PerSecond*float64(time.Second)))
	}
	b.tokens--
	return int(b.tokens), 0
}
