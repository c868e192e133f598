package arm

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
)

// Response is a 2xx answer.
type Response struct {
	Status        int           // HTTP status
	Body          []byte        // as received; may be empty
	Operation     *Operation    // the long operation it began; nil without a polling header
	RetryAfter    time.Duration // zero when the service named none
	CorrelationID string        // x-ms-correlation-request-id
	Clock         Clock         // how Azure's clock compares with ours
}

// Clock bounds by how much the service's clock is ahead of ours; both zero where the answer has no Date.
type Clock struct{ Min, Max time.Duration }

// clockOf compares the Date of an answer, which has whole seconds, with our clock while the request was under way.
func clockOf(a *attempt) Clock {
	date, err := http.ParseTime(a.resp.Header.Get("Date"))
	if err != nil {
		return Clock{}
	}
	return Clock{Min: date.Sub(a.ended), Max: date.Add(time.Second).Sub(a.began)}
}

// Get reads the resource at path, an unescaped ARM path without query, into out unless that is nil.
// Transient failures are retried; what remains is an *Error, *TransportError, *AuthError, *OutageError or *MalformedError.
func (c *Client) Get(ctx context.Context, path string, out any) (*Response, error) {
	resp, err := c.own(ctx, http.MethodGet, path, nil, nil, true)
	if err != nil || out == nil {
		return resp, err
	}
	if err := json.Unmarshal(resp.Body, out); err != nil {
		return nil, &MalformedError{Method: http.MethodGet, Path: path, CorrelationID: resp.CorrelationID, Err: err}
	}
	return resp, nil
}

// Do sends one of our own requests. The client's api-version is added unless query names one. Body may be nil, a
// json.RawMessage sent as it is, or a value to marshal. GET and HEAD are retried as in Get; any other method is sent
// again only after 429, so its error may be [Ambiguous].
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, body any) (*Response, error) {
	return c.own(ctx, method, path, query, body, method == http.MethodGet || method == http.MethodHead)
}

type createKey struct{}

// Create sends a PUT that is to make the resource at path. Whether the service looks at If-None-Match is not known; where
// it does, it refuses to overwrite what is there (412).
func (c *Client) Create(ctx context.Context, path string, body any) (*Response, error) {
	return c.own(context.WithValue(ctx, createKey{}, true), http.MethodPut, path, nil, body, false)
}

// PostRead sends a POST that changes nothing (listNodes, checkComputeNameAvailability): it is retried as a read. Azure
// counts it as a write.
func (c *Client) PostRead(ctx context.Context, path string, body any) (*Response, error) {
	return c.own(ctx, http.MethodPost, path, nil, body, true)
}

// own sends a request to a path of the endpoint.
func (c *Client) own(ctx context.Context, method, path string, query url.Values, body any, readOnly bool) (*Response, error) {
	q := url.Values{"api-version": {c.apiVersion}}
	for k, v := range query {
		q[k] = v
	}
	data, err := marshal(body)
	if err != nil {
		return nil, fmt.Errorf("send %s %s: %w", method, shorten(path), err)
	}
	link, err := c.endpoint.url(path, q)
	if err != nil {
		return nil, err
	}
	return c.send(ctx, method, link, data, readOnly)
}

func marshal(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case json.RawMessage:
		return b, nil
	}
	return json.Marshal(body)
}

// send makes one call on a complete URL, which is used as it is.
func (c *Client) send(ctx context.Context, method, link string, body []byte, readOnly bool) (*Response, error) {
	a := &attempt{}
	ctx = context.WithValue(withRetries(ctx, readOnly, c.budget.breaker), attemptKey{}, a)
	req, err := c.request(ctx, method, link, body)
	if err != nil {
		return nil, err
	}
	_, err = c.pipeline.Do(req)
	path := req.Raw().URL.Path
	if refused, ok := errors.AsType[*OutageError](err); ok {
		return nil, refused
	}
	if readOnly && !a.answers() && ctx.Err() == nil {
		if o := c.outage(ctx, path, a); o != nil {
			return nil, o
		}
	}
	switch {
	case a.resp != nil && a.resp.StatusCode/100 == 2:
		return newResponse(a), nil // even if the context ended just after it arrived
	case err == nil:
		return nil, answerError(method, path, a)
	case isUnsent(err):
		return nil, err
	case !a.started && ctx.Err() == nil:
		return nil, &AuthError{Err: err}
	case readOnly && errors.Is(err, errTooLarge):
		return nil, &MalformedError{Method: method, Path: path, Err: err}
	}
	sent := a.sent || a.resp != nil && unsure(a.resp.StatusCode)
	id := req.Raw().Header.Get("x-ms-client-request-id")
	return nil, &TransportError{Method: method, Path: path, ClientRequestID: id, Sent: sent, Err: withoutURL(err)}
}

func (c *Client) request(ctx context.Context, method, link string, body []byte) (*policy.Request, error) {
	req, err := runtime.NewRequest(ctx, method, link)
	if err != nil {
		return nil, fmt.Errorf("send %s: %w", method, withoutURL(err))
	}
	runtime.SkipBodyDownload(req) // wire has read it
	req.Raw().Header.Set("Accept", "application/json")
	req.Raw().Header.Set("User-Agent", c.userAgent)
	if ctx.Value(createKey{}) != nil {
		req.Raw().Header.Set("If-None-Match", "*")
	}
	if len(body) > 0 {
		if err := req.SetBody(streaming.NopCloser(bytes.NewReader(body)), "application/json"); err != nil {
			return nil, fmt.Errorf("send %s: %w", method, err)
		}
	}
	return req, nil
}

func newResponse(a *attempt) *Response {
	return &Response{
		Status:        a.resp.StatusCode,
		Body:          a.body,
		Operation:     operationOf(a.resp),
		RetryAfter:    retryAfter(a.resp.Header),
		CorrelationID: a.resp.Header.Get(headerCorrelation),
		Clock:         clockOf(a),
	}
}

// withoutURL takes the URL out of an error of net/http or net/url: it may carry a signature.
func withoutURL(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}
