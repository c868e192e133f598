package arm

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/computesync/computesync/internal/clock"
)

const (
	// maxFaults bounds how often a read is repeated after errors that say nothing about when to come back; the waits
	// between add up to about 3 seconds.
	maxFaults = 3
	// maxThrottled bounds how often any request is repeated after 429. The pacer keeps these rare.
	maxThrottled = 6
	// maxRetryAfter is the longest Retry-After that is waited for. azcore's own limit of a minute would return longer
	// ones to the caller at once.
	maxRetryAfter = time.Hour
)

// withRetries puts the retry rule of one call into its context. A write is repeated after 429 only: that alone says it
// was not accepted. A read that failed because it was the probe of what may still be a blip is repeated, however often it
// failed before.
func withRetries(ctx context.Context, readOnly bool, b *breaker) context.Context {
	faults, throttled := 0, 0
	return policy.WithRetryOptions(ctx, policy.RetryOptions{
		MaxRetries:    maxFaults + maxThrottled,
		RetryDelay:    300 * time.Millisecond,
		MaxRetryDelay: maxRetryAfter,
		ShouldRetry: func(resp *http.Response, err error) bool {
			if err == nil && resp.StatusCode == http.StatusTooManyRequests {
				throttled++
				return throttled <= maxThrottled
			}
			if !readOnly || !transient(resp, err) {
				return false
			}
			faults++
			return faults <= maxFaults || b.maybeBlip()
		},
	})
}

// transient tells whether repeating a read may help.
func transient(resp *http.Response, err error) bool {
	if err != nil {
		var cert *tls.CertificateVerificationError
		return !errors.As(err, &cert) && !errors.Is(err, errTooLarge)
	}
	switch resp.StatusCode {
	case http.StatusRequestTimeout, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// retryAfter reads how long the service asks us to wait: milliseconds in either of Azure's own headers, else seconds or an
// HTTP date in Retry-After. Zero means that it said nothing usable.
func retryAfter(h http.Header) time.Duration {
	for _, name := range []string{"retry-after-ms", "x-ms-retry-after-ms"} {
		if d := units(h.Get(name), time.Millisecond); d > 0 {
			return d
		}
	}
	text := h.Get("Retry-After")
	if d := units(text, time.Second); d > 0 {
		return d
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(answeredAt(h)))
	}
	return 0
}

// answeredAt is when an answer was made, by the service's own clock where it says so: ours may have been set wrong.
func answeredAt(h http.Header) time.Time {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		return at
	}
	return clock.Now()
}

func units(text string, unit time.Duration) time.Duration {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n > int64(365*24*time.Hour/unit) {
		return 0
	}
	return time.Duration(n) * unit
}
