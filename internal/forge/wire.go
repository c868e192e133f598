package forge

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/computesync/computesync/internal/output"
	"github.com/computesync/computesync/internal/secret"
)

const (
	requestTime = 30 * time.Second
	maxAnswer   = 32 << 20 // bytes
)

// wire makes the requests to one host.
type wire struct {
	base    *url.URL
	http    *http.Client
	header  http.Header                // of every request
	secrets []secret.Value             // what no text may hold
	explain func(*RequestError) string // the way out of what was not granted
	left    time.Duration              // of the patience
}

func newWire(env Env, base string, header http.Header, secrets ...secret.Value) (*wire, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, &contextError{"the address of the API is not one to send a token to", "it begins with https:// and a host; plain http is for loopback"}
	}
	u.Path, u.RawPath, u.RawQuery, u.Fragment = strings.TrimRight(u.Path, "/"), "", "", ""
	header.Set("User-Agent", env.Agent)
	client := &http.Client{Transport: env.Transport, Timeout: requestTime, CheckRedirect: followed}
	return &wire{base: u, http: client, header: header, secrets: secrets, left: patience}, nil
}

func loopback(name string) bool {
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// followed lets a redirect through that stays on its host and repeats the
// request as it was; GitHub sends such where a repository was renamed.
func followed(rq *http.Request, via []*http.Request) error {
	const most = 3
	first := via[0]
	if len(via) > most || rq.Method != first.Method || rq.URL.Host != first.URL.Host || rq.URL.Scheme != first.URL.Scheme {
		return http.ErrUseLastResponse
	}
	return nil
}

// call makes a request and decodes the answer. Link is a path below the base, or
// a whole URL on its host. What was not looked at is sent again, and so is a GET
// that failed in passing.
func (w *wire) call(ctx context.Context, method, link string, in, out any) (http.Header, error) {
	for try := 1; ; try++ {
		begin := time.Now()
		header, err := w.once(ctx, method, link, in, out)
		var e *RequestError
		if !errors.As(err, &e) || ctx.Err() != nil {
			return header, err
		}
		w.left -= time.Since(begin) // a host that hangs is waited for, too
		wait, again := e.again(try)
		if !again {
			return nil, err
		}
		if !w.rest(ctx, wait) {
			e.Text = strings.TrimSpace(e.Text + fmt.Sprintf(" (to be tried again after %s, which is longer than is waited here)", wait.Round(time.Second)))
			return nil, err
		}
	}
}

func (w *wire) once(ctx context.Context, method, link string, in, out any) (http.Header, error) {
	rq, err := w.request(ctx, method, link, in)
	if err != nil {
		return nil, err
	}
	fault := &RequestError{Method: method, Path: rq.URL.EscapedPath()}
	answer, err := w.http.Do(rq)
	if err != nil {
		fault.Text = w.clean(withoutURL(err).Error())
		return nil, fault
	}
	defer answer.Body.Close()
	fault.Status = answer.StatusCode
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	switch {
	case err != nil:
		fault.Status, fault.Text = 0, "the answer breaks off"
	case answer.StatusCode == http.StatusNonAuthoritativeInfo: // Azure DevOps' page to sign in
		fault.Status, fault.Text = http.StatusUnauthorized, "the answer is a page to sign in"
	case answer.StatusCode/100 != 2:
		w.refused(fault, answer, body)
	case out == nil || json.Unmarshal(body, out) == nil:
		return answer.Header, nil
	default:
		fault.Text, fault.garbled = "the answer is not the JSON that was expected", true
	}
	fault.way = w.explain(fault)
	return nil, fault
}

func (w *wire) request(ctx context.Context, method, link string, in any) (*http.Request, error) {
	u := w.base.String() + link
	if strings.Contains(link, "://") {
		u = link
	}
	var body io.Reader
	if in != nil {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(in); err != nil {
			return nil, fmt.Errorf("encode request: %w", err)
		}
		body = &b
	}
	rq, err := http.NewRequestWithContext(ctx, method, u, body)
	if err != nil {
		return nil, &contextError{"a request cannot be made of what the environment says", "see the variables that docs/pull-requests.md lists"}
	}
	if rq.URL.Host != w.base.Host || rq.URL.Scheme != w.base.Scheme {
		return nil, &contextError{"the next page is on " + output.OneLine(rq.URL.Host) + ", which is not shown the token", "look at what stands between here and the API"}
	}
	rq.Header = w.header.Clone()
	if in != nil {
		rq.Header.Set("Content-Type", "application/json")
	}
	return rq, nil
}

// refused reads what the host says of a request that it did not grant.
func (w *wire) refused(e *RequestError, answer *http.Response, body []byte) {
	var said struct {
		Message string
		Errors  []struct{ Message string }
	}
	if answer.StatusCode/100 == 3 {
		e.Text = "it redirects elsewhere, which is not followed"
	} else if json.Unmarshal(body, &said) == nil {
		for _, more := range said.Errors {
			said.Message += " " + more.Message
		}
		e.Text = w.clean(said.Message)
	}
	e.limited, e.wait = limits(answer, e.Text)
}

// clean makes a foreign text fit to be printed.
func (w *wire) clean(s string) string {
	return clip(secret.Redact(output.OneLine(s), w.secrets...), maxText)
}

// withoutURL takes the URL out of an error of net/http.
func withoutURL(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}
