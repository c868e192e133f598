package arm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"time"
)

// ErrOperationGone says that the service no longer knows an operation. It may have ended either way: look at the resource.
var ErrOperationGone = errors.New("operation is no longer known to the service")

// Operation is a long operation that Azure has begun. Its URL carries a signature, so every printed form shows only the
// guid; [Operation.Token] is the one way to get at it.
type Operation struct {
	guid  string
	style string  // styleAsync or styleLocation
	url   *string // a pointer, because fmt shows the unexported fields of structs but does not follow pointers to strings
}

// The two polling protocols of Azure Resource Manager (its documentation: "Track asynchronous Azure operations").
const (
	styleAsync    = "azure-async-operation"
	styleLocation = "location"
)

// operationOf finds the operation that a 2xx answer began. Azure-AsyncOperation wins; a Location means polling only with
// 202, otherwise it names the resource.
func operationOf(resp *http.Response) *Operation {
	if u := resp.Header.Get("Azure-AsyncOperation"); u != "" {
		return newOperation(styleAsync, u)
	}
	if u := resp.Header.Get("Location"); u != "" && resp.StatusCode == http.StatusAccepted {
		return newOperation(styleLocation, u)
	}
	return nil
}

var guidLike = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

func newOperation(style, address string) *Operation {
	op := &Operation{guid: "unnamed", style: style, url: &address}
	if u, err := url.Parse(address); err == nil && guidLike.MatchString(path.Base(u.Path)) {
		op.guid = path.Base(u.Path)
	}
	return op
}

// GUID names the operation in logs; "unnamed" if its URL has none.
func (o Operation) GUID() string { return o.guid }

// String is the guid.
func (o Operation) String() string { return o.guid }

// Format prints the guid, whatever the verb.
func (o Operation) Format(s fmt.State, _ rune) { fmt.Fprint(s, o.guid) }

// MarshalJSON is the guid.
func (o Operation) MarshalJSON() ([]byte, error) { return json.Marshal(o.guid) }

// Token is what ResumeOperation takes. It contains the signed URL: it belongs in the journal and nowhere else.
func (o Operation) Token() string {
	if o.url == nil {
		return ""
	}
	return o.style + " " + *o.url
}

// ResumeOperation makes an operation of its token. Whether its host may be asked is checked by Poll.
func ResumeOperation(token string) (*Operation, error) {
	style, address, _ := strings.Cut(token, " ")
	if style != styleAsync && style != styleLocation || address == "" {
		return nil, errors.New("resume operation: not an operation token")
	}
	return newOperation(style, address), nil
}

// Progress is the state of an operation at one look.
type Progress struct {
	Done       bool          // it has ended
	Failed     *Error        // why, if it ended in Failed or Canceled
	RetryAfter time.Duration // when the service wants to be asked again; zero: not said
	Status     string        // the service's word: InProgress, Succeeded, ...
}

// Poll asks once for the state of an operation, at its URL byte for byte. An error means that the question failed, not the
// operation; ErrOperationGone means that only the resource itself can tell now.
func (c *Client) Poll(ctx context.Context, op *Operation) (Progress, error) {
	if op == nil || op.url == nil {
		return Progress{}, errors.New("poll operation: there is none")
	}
	if err := c.endpoint.check("operation", *op.url); err != nil {
		return Progress{}, err
	}
	resp, err := c.send(ctx, http.MethodGet, *op.url, nil, true)
	if err != nil {
		return pollError(op, err)
	}
	if op.style == styleLocation {
		return locationProgress(op, resp), nil
	}
	return asyncProgress(op, resp)
}

// pollError tells an operation that failed from a question that did. A Location answers with the operation's own error.
func pollError(op *Operation, err error) (Progress, error) {
	e := (*Error)(nil)
	if !errors.As(err, &e) {
		return Progress{}, fmt.Errorf("poll operation %s: %w", op.guid, err)
	}
	if e.Status == http.StatusNotFound || e.Status == http.StatusGone {
		return Progress{}, fmt.Errorf("poll operation %s: %w", op.guid, ErrOperationGone)
	}
	if op.style == styleLocation && (e.Status == http.StatusBadRequest || e.Status == http.StatusConflict) {
		e.Operation, e.State = op.guid, "Failed"
		return Progress{Done: true, Failed: e, Status: e.State}, nil
	}
	return Progress{}, fmt.Errorf("poll operation %s: %w", op.guid, err)
}

// statusDocument is what an operation URL answers. Some answers put provisioningState where status should be.
type statusDocument struct {
	Status     string `json:"status"`
	Properties struct {
		ProvisioningState string `json:"provisioningState"`
	} `json:"properties"`
}

func (d statusDocument) word() string {
	if d.Status != "" {
		return d.Status
	}
	return d.Properties.ProvisioningState
}

// asyncProgress reads the status document of an Azure-AsyncOperation.
func asyncProgress(op *Operation, resp *Response) (Progress, error) {
	var doc statusDocument
	err := json.Unmarshal(resp.Body, &doc)
	switch {
	case err == nil && doc.word() != "":
		return newProgress(op, resp, doc.word()), nil
	case resp.Status == http.StatusNoContent:
		return newProgress(op, resp, "Succeeded"), nil
	case resp.Status == http.StatusAccepted:
		return newProgress(op, resp, "InProgress"), nil
	case err == nil:
		err = errors.New("no status in it")
	}
	return Progress{}, &MalformedError{Method: "poll", Path: "operation/" + op.guid, CorrelationID: resp.CorrelationID, Err: err}
}

// locationProgress reads the answer of a Location URL: 202 means running, and another 2xx is the result itself, whose
// provisioningState may still say otherwise.
func locationProgress(op *Operation, resp *Response) Progress {
	if resp.Status == http.StatusAccepted {
		return newProgress(op, resp, "InProgress")
	}
	var doc statusDocument
	if json.Unmarshal(resp.Body, &doc) == nil && doc.Properties.ProvisioningState != "" {
		return newProgress(op, resp, doc.Properties.ProvisioningState)
	}
	return newProgress(op, resp, "Succeeded")
}

// newProgress judges a status word: only Succeeded, Failed and Canceled are ends, anything else is running.
func newProgress(op *Operation, resp *Response, status string) Progress {
	p := Progress{Status: status, RetryAfter: resp.RetryAfter}
	switch strings.ToLower(status) {
	case "succeeded":
		p.Done = true
	case "failed", "canceled":
		p.Done = true
		p.Failed = operationError(op.guid, status, resp)
	}
	return p
}
