package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"time"
)

// Client asks a daemon.
type Client struct {
	path string
	http *http.Client
}

// Dial makes a client of the daemon at a socket; nothing is asked yet.
func Dial(path string) *Client {
	t := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "unix", path)
		},
		DisableKeepAlives: true,
	}
	return &Client{path, &http.Client{Transport: t, Timeout: answerWithin + 15*time.Second}}
}

// Ask puts one question. An error is the daemon's own *Error, or says that none
// answers.
func Ask[A any](ctx context.Context, c *Client, name string, question any) (answer A, err error) {
	if err := checkPath(c.path); err != nil {
		return answer, err
	}
	body, err := json.Marshal(question)
	if err != nil {
		return answer, fmt.Errorf("ask the daemon: %w", err)
	}
	rq, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://daemon"+prefix+name, bytes.NewReader(body))
	if err != nil {
		return answer, fmt.Errorf("ask the daemon: %w", err)
	}
	resp, err := c.http.Do(rq)
	if err != nil {
		return answer, c.unanswered(ctx, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer, c.unanswered(ctx, err)
	}
	if resp.StatusCode != http.StatusOK {
		told := &Error{}
		if json.Unmarshal(data, told) != nil || told.Text == "" {
			told.Text = "the daemon answered " + resp.Status
		}
		return answer, told
	}
	if err := json.Unmarshal(data, &answer); err != nil {
		return answer, fmt.Errorf("read the daemon's answer: %w", err)
	}
	return answer, nil
}

// unanswered says why no daemon answers, and what to do.
func (c *Client) unanswered(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, fs.ErrPermission):
		return &Error{"the daemon's socket " + c.path + " is closed to you", "ask as the user that the daemon runs as, or as root"}
	case !undialled(err):
		return &Error{"the daemon at " + c.path + " turned the question away", "ask as the user that the daemon runs as, or as root"}
	case !isThere(c.path):
		return &Error{"no daemon answers: there is no socket at " + c.path, "start one with computesync run, or name its socket with --socket: state_dir/" + SocketName + ", as its log says"}
	}
	return &Error{"no daemon answers at " + c.path, "the one that listened there has ended: start it again"}
}

// undialled reports whether there was nobody to connect to.
func undialled(err error) bool {
	dial, ok := errors.AsType[*net.OpError](err)
	return ok && dial.Op == "dial"
}
