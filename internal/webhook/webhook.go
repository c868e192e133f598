// Package webhook takes the calls by which a git host tells that somebody
// pushed. What a call says is never looked at: who can prove to know the secret
// wakes the sources, and they ask the repository itself. So a call that is sent
// again does no harm, and many at once are one.
package webhook

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/computesync/computesync/internal/secret"
)

// maxBody is how much of a call is read: GitHub caps its own at 25 MB.
const maxBody = 25 << 20

// bodyTime is how long a caller may take to send the body that its signature is over.
const bodyTime = 5 * time.Second

// Outcome is what became of a call, for a counter.
type Outcome string

// The outcomes.
const (
	Woke    Outcome = "woke"
	Ignored Outcome = "ignored" // proven, and about something else than a push
	Refused Outcome = "refused" // not proven
	TooLong Outcome = "too_long"
	Busy    Outcome = "busy"    // others called while it was still being sent
	Unready Outcome = "unready" // the secret cannot be had
)

// Outcomes are all of them.
var Outcomes = []Outcome{Woke, Ignored, Refused, TooLong, Busy, Unready}

// Secret gives the secret of a hook as it is now.
type Secret func(context.Context) (secret.Value, error)

// Hook is one address that is called.
type Hook struct {
	kind  *Kind
	key   Secret
	wake  func()
	count func(Outcome)
	queue queue
}

// New makes a hook of a kind. wake has the sources asked, and must not wait;
// count hears of every call.
func New(kind *Kind, key Secret, wake func(), count func(Outcome)) *Hook {
	return &Hook{kind: kind, key: key, wake: wake, count: count}
}

// ServeHTTP takes a POST: 202 where it wakes the sources, 200 where it is
// proven and tells of something else, 401 where it is not proven.
func (h *Hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "only POST", http.StatusMethodNotAllowed)
		return
	}
	outcome := h.take(w, r)
	h.count(outcome)
	switch outcome {
	case Woke:
		w.WriteHeader(http.StatusAccepted)
	case Ignored:
		w.WriteHeader(http.StatusOK)
	case Refused:
		http.Error(w, "the secret is missing or wrong", http.StatusUnauthorized)
	case TooLong:
		http.Error(w, "too long", http.StatusRequestEntityTooLarge)
	case Busy:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many calls at once", http.StatusServiceUnavailable)
	case Unready:
		http.Error(w, "the hook's secret cannot be read", http.StatusServiceUnavailable)
	}
}

func (h *Hook) take(w http.ResponseWriter, r *http.Request) Outcome {
	key, err := h.key(r.Context())
	if err != nil {
		return Unready
	}
	proof := h.kind.prove(r.Header, key)
	if proof == nil {
		return Refused // before anything of the body is read
	}
	if s, ok := proof.(signed); ok {
		if outcome := h.read(w, r, s); outcome != "" {
			return outcome
		}
	}
	if !h.kind.isPush(r.Header) {
		return Ignored
	}
	h.wake()
	return Woke
}

// read digests a body as it comes and keeps it nowhere; the outcome is empty where it proves the call. Until it is there
// anybody may be calling, so that it takes a place that can be lost.
func (h *Hook) read(w http.ResponseWriter, r *http.Request, proof signed) Outcome {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime)) // the server's own deadline holds where this cannot be set
	call := &reading{from: origin(r.RemoteAddr), end: func() { _ = control.SetReadDeadline(time.Unix(1, 0)) }}
	h.queue.enter(call)
	n, err := io.Copy(proof, http.MaxBytesReader(w, r.Body, maxBody))
	stayed := h.queue.leave(call)
	switch {
	case n >= maxBody:
		return TooLong
	case err != nil && !stayed:
		return Busy
	case err != nil || !proof.holds():
		return Refused
	}
	return ""
}
