package arm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// OutageError reports a request that was not sent, or a read that failed, because the endpoint answers nobody.
type OutageError struct{ Outage }

func (e *OutageError) Error() string { return e.String() }

// String is one text for as long as the outage lasts, whichever request it stopped.
func (o Outage) String() string {
	since := o.Since.UTC().Format(time.RFC3339)
	return fmt.Sprintf("reach Azure Resource Manager at %s: no answer since %s: %s", o.Endpoint, since, o.Reason)
}

// Hint says where to look for the cause.
func (o Outage) Hint() string {
	return "see https://azure.status.microsoft, and check the network, the proxy and azure.endpoint"
}

// RetryIn is how long it takes until the next probe: before that no request goes out.
func (e *OutageError) RetryIn() time.Duration { return max(time.Until(e.Next), time.Second) }

// NonRetriable has azcore give up the call.
func (e *OutageError) NonRetriable() {}

// IsOutage lets packages that do not know this one recognize the error.
func (e *OutageError) IsOutage() {}

// Outage is the outage of the client's endpoint, nil while it answers.
func (c *Client) Outage() *Outage { return c.budget.breaker.outage() }

// answers reports whether an answer came from the service itself: it may be a refusal, but no 5xx, and no web page of
// something on the way.
func (a *attempt) answers() bool {
	isPage := bytes.HasPrefix(bytes.TrimSpace(a.body), []byte("<"))
	return a.resp != nil && a.resp.StatusCode < http.StatusInternalServerError && !isPage
}

// learn passes on how a request ended that was sent at a time.
func (b *breaker) learn(req *http.Request, sent time.Time, a *attempt, err error) {
	switch {
	case a.answers():
		b.answer()
	case errors.Is(err, errTooLarge): // something answers, and it may not be the service
	case err == nil:
		e := answerError(req.Method, req.URL.Path, a)
		reason := fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
		if text := e.Reason(); text != "" {
			reason += ": " + text
		}
		b.fail(sent, resourceOf(req.URL.Path), reason, e.RetryAfter)
	case req.Context().Err() == nil: // else the caller gave up
		b.fail(sent, resourceOf(req.URL.Path), transportReason(err), 0)
	}
}

// transportReason is a transport error without the addresses in it, which differ from one connection to the next.
func transportReason(err error) string {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return oneLine(op.Op + ": " + op.Err.Error())
	}
	return oneLine(withoutURL(err).Error())
}

// resourceOf is the resource in a resource group that a path is about, without what is below it; a path without a
// provider is its own. "" is for what belongs to no resource, such as operations.
func resourceOf(path string) string {
	group, rest, found := strings.Cut(strings.ToLower(path), "/providers/")
	switch {
	case !found:
		return group
	case !strings.Contains(group, "/resourcegroups/"):
		return ""
	}
	segments := strings.SplitN(rest, "/", 4)
	return group + "/" + strings.Join(segments[:min(len(segments), 3)], "/")
}

// subscriptionVersion is an api-version of subscriptions, which everybody with a role in one may read.
const subscriptionVersion = "2022-12-01"

// outage explains a read that got no answer: by an outage, or not, which is nil. Where all that failed was about one
// resource, the subscription is asked for to find out.
func (c *Client) outage(ctx context.Context, path string, a *attempt) *OutageError {
	b := c.budget.breaker
	if !a.started {
		b.missed()
	}
	version := url.Values{"api-version": {subscriptionVersion}}
	if link, err := c.endpoint.url("/subscriptions/"+subscriptionOf(path), version); err == nil && b.doubtful() {
		if _, err := c.send(ctx, http.MethodGet, link, nil, false); err != nil && ctx.Err() == nil {
			b.confirm()
		}
	}
	if o := b.outage(); o != nil {
		return &OutageError{*o}
	}
	return nil
}
