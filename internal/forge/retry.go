package forge

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxTries = 5               // of one request, or of one look and write
	patience = 2 * time.Minute // what is waited in all: a pipeline is paid by the minute
)

// rest waits, if that is not more than is left of the patience.
func (w *wire) rest(ctx context.Context, d time.Duration) bool {
	if d > w.left {
		return false
	}
	w.left -= d
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// backoff is 1, 2, 4, 8 seconds.
func backoff(try int) time.Duration { return time.Second << (try - 1) }

// again says whether, and after what time, the same request may be sent once
// more: when it was not looked at, or was a GET.
func (e *RequestError) again(try int) (time.Duration, bool) {
	if try == maxTries || !e.limited && (e.Method != http.MethodGet || !e.transient()) {
		return 0, false
	}
	return max(e.wait, backoff(try)), true
}

// limits reads whether the host asks us to slow down. Besides 429 GitHub uses
// 403, which it also answers where a permission is missing: what tells them
// apart is a header, or the message. Without a time it asks for a minute.
func limits(answer *http.Response, text string) (limited bool, wait time.Duration) {
	h := answer.Header
	wait = retryAfter(h.Get("Retry-After"))
	spent := h.Get("X-RateLimit-Remaining") == "0"
	switch answer.StatusCode {
	case http.StatusTooManyRequests:
		limited = true
	case http.StatusForbidden:
		limited = wait > 0 || spent || strings.Contains(strings.ToLower(text), "rate limit")
	}
	if wait == 0 && limited && spent {
		wait = untilReset(h.Get("X-RateLimit-Reset"))
	}
	if wait == 0 && limited {
		wait = time.Minute
	}
	return limited, wait
}

// retryAfter reads the header in both its forms, seconds and a date; 0 where there is none.
func retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return seconds(n)
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// untilReset reads a moment in seconds since 1970.
func untilReset(s string) time.Duration {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return max(0, time.Until(time.Unix(n, 0))) + time.Second
}

// seconds does not overflow: a day is as good as for ever.
func seconds(n int) time.Duration {
	const day = 24 * 60 * 60
	return time.Duration(min(n, day)) * time.Second
}
