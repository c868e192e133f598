// Package webhook takes the calls by which a git host tells that somebody
// pushed. What a call says is never looked at: who can prove to know the secret
// wakes the sources, and they ask the repository itself. So a call that is sent
// again does no harm, and many at once are one.
package webhook

import (
	"io"
	"net/http"

	"github.com/computesync/computesync/internal/secret"
)

// maxBody is how much of a call is read: GitHub caps its own at 25 MB.
const maxBody = 25 << 20

// atOnce bounds the calls that are read at the same time.
const atOnce = 16

// Outcome is what became of a call, for a counter.
type Outcome string

// The outcomes.
const (
	Woke    Outcome = "woke"
	Ignored Outcome = "ignored" // proven, and about something else than a push
	Refused Outcome = "refused" // not proven
	TooLong Outcome = "too_long"
	Busy    Outcome = "busy"
)

// Hook is one address that is called.
type Hook struct {
	Kind   *Kind
	Secret secret.Value
	Wake   func()        // asks the sources to look; it must not wait
	Count  func(Outcome) // may be nil
	slots  chan struct{}
}

// New makes a hook of a kind.
func New(kind *Kind, key secret.Value, wake func(), count func(Outcome)) *Hook {
	return &Hook{Kind: kind, Secret: key, Wake: wake, Count: count, slots: make(chan struct{}, atOnce)}
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
	if h.Count != nil {
		h.Count(outcome)
	}
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
	}
}

func (h *Hook) take(w http.ResponseWriter, r *http.Request) Outcome {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		return Busy
	}
	proof := h.Kind.prove(r.Header, h.Secret)
	if proof == nil {
		return Refused // before anything of the body is read
	}
	// The body is digested as it comes and kept nowhere.
	n, err := io.Copy(proof, http.MaxBytesReader(w, r.Body, maxBody))
	switch {
	case n >= maxBody:
		return TooLong
	case err != nil || !proof.holds():
		return Refused
	case !h.Kind.isPush(r.Header):
		return Ignored
	}
	h.Wake()
	return Woke
}
