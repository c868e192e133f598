// Package control is the daemon's unix socket: the owner of the daemon, and
// root, ask it there how things stand and have it do things.
//
// It speaks JSON over HTTP: POST /v1/NAME with what the call takes as the body,
// and what it gives back in the answer.
package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// SocketName is the socket's file in its folder.
const SocketName = "control.sock"

const (
	prefix = "/v1/"
	// largest is how much of a question is read; answers are ours, and as long
	// as they must be.
	largest = 64 << 10
	// answerWithin is how long a call may take.
	answerWithin = 30 * time.Second
	// longestPath is what a socket's address can hold (unix(7)), without the
	// byte that ends it.
	longestPath = 107
)

// Path is where a daemon's socket is: in the folder that the service manager
// made for it, else in the one of its state.
func Path(runtimeDir, stateDir string) string {
	if dirs := filepath.SplitList(runtimeDir); len(dirs) > 0 && dirs[0] != "" {
		return filepath.Join(dirs[0], SocketName)
	}
	return filepath.Join(stateDir, SocketName)
}

// Call answers one question, which is JSON.
type Call func(ctx context.Context, question []byte) (answer any, err error)

// Calls are what can be asked, by name.
type Calls map[string]Call

// Handle makes a Call of a function that takes and gives values.
func Handle[Q, A any](f func(context.Context, Q) (A, error)) Call {
	return func(ctx context.Context, question []byte) (any, error) {
		var q Q
		d := json.NewDecoder(bytes.NewReader(question))
		d.DisallowUnknownFields()
		if err := d.Decode(&q); err != nil && !errors.Is(err, io.EOF) {
			return nil, &Error{Text: fmt.Sprintf("read the question: %v", err), Way: "ask with the computesync that the daemon is"}
		}
		return f(ctx, q)
	}
}

// Error is what the daemon answers where it cannot do as it is asked.
type Error struct {
	Text string `json:"error"`
	Way  string `json:"hint,omitempty"`
}

func (e *Error) Error() string { return e.Text }

// Hint is the way out.
func (e *Error) Hint() string { return e.Way }

// ServeHTTP answers a question.
func (c Calls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
	defer cancel()
	status, answer := c.answer(ctx, r)
	data, err := json.Marshal(answer)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"error":"the answer cannot be written"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n'))
}

func (c Calls) answer(ctx context.Context, r *http.Request) (status int, answer any) {
	call := c[r.URL.Path[min(len(prefix), len(r.URL.Path)):]]
	if call == nil || r.Method != http.MethodPost {
		return http.StatusNotFound, &Error{"the daemon does not know " + r.Method + " " + r.URL.Path, "it is of another version than the one that asks: restart it"}
	}
	question, err := io.ReadAll(io.LimitReader(r.Body, largest+1))
	switch {
	case err != nil:
		return http.StatusBadRequest, &Error{Text: "read the question: " + err.Error()}
	case len(question) > largest:
		return http.StatusRequestEntityTooLarge, &Error{Text: fmt.Sprintf("the question is longer than %d bytes", largest)}
	}
	answer, err = call(ctx, question)
	if err == nil {
		return http.StatusOK, answer
	}
	told := &Error{Text: err.Error()}
	if h, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		told.Way = h.Hint()
	}
	return http.StatusUnprocessableEntity, told
}

// checkPath refuses what cannot be a socket's address.
func checkPath(path string) error {
	if len(path) > longestPath {
		return &Error{
			fmt.Sprintf("the path of the socket, %s, has %d bytes, and no socket's may have more than %d", path, len(path), longestPath),
			"name a shorter state_dir, or a shorter RUNTIME_DIRECTORY",
		}
	}
	return nil
}

// isThere reports whether something is at a path.
func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
