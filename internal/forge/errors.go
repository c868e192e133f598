package forge

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// contextError says what is missing, or wrong, before any request is made.
type contextError struct{ text, way string }

func (e *contextError) Error() string { return "post: " + e.text }

// Hint is the way out.
func (e *contextError) Hint() string { return e.way }

func missing(name, way string) error { return &contextError{name + " is not set", way} }

// RequestError is a request that was not granted. It holds no token, also where the host repeats it.
type RequestError struct {
	Method, Path string
	Status       int    // 0: no answer came
	Text         string // the host's own words, or what is wrong with its answer
	way          string
	garbled      bool          // it was granted, and the answer cannot be read
	limited      bool          // it was not looked at: too many came
	wait         time.Duration // how long the host asks to wait; 0: it does not say
}

func (e *RequestError) Error() string {
	text := e.Method + " " + e.Path
	if e.Status != 0 {
		text += fmt.Sprintf(": %d %s", e.Status, strings.ToLower(http.StatusText(e.Status)))
	}
	if e.Text != "" {
		text += ": " + strings.TrimRight(e.Text, ". ")
	}
	return text
}

// Hint is the way out.
func (e *RequestError) Hint() string { return e.way }

// unsure reports whether a write may have taken effect although it failed.
func unsure(err error) bool {
	var e *RequestError
	return errors.As(err, &e) && e.Method != http.MethodGet && (e.transient() || e.garbled)
}

// transient reports whether the same request may well be granted later, and the host does not say when.
func (e *RequestError) transient() bool {
	return e.Status == 0 || e.Status >= http.StatusInternalServerError && e.Status != http.StatusNotImplemented
}
